"""Is the cryptography in use public, validated and unbroken?

What each service offers on the wire, and what configurations allow, beside the company's dated
table: `broken`, `aging` and `current` patterns by protocol and part. An algorithm that is offered
counts, whether or not anybody uses it. One that no list has is *not assessed*. Keys count by
their bits, certificates also by their last day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from checks._observed import observed
from evidence.clock import taipei_day
from evidence.facts import AlgorithmOffer, Certificate
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "cryptography_is_current"
OFFERS = Text("the cryptography it offers", "所提供之加密演算法")
Patterns = Mapping[str, Sequence[str]]
Answer = tuple[Result, str, Text]
NO_CRITERIA = (
    Result.not_assessed,
    "no_criteria",
    Text("the company has no criteria for cryptography", "公司未訂加密演算法判定準則"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The company's table: patterns by `protocol/part`, shortest keys, days before an end."""

    broken: Patterns
    aging: Patterns
    current: Patterns
    shortest_bits: Mapping[str, int]
    certificate_days: int

    def worth(self, part: str, name: str) -> Result:
        """What one algorithm is worth; not assessed where no list has it."""
        for patterns, result in (
            (self.broken, Result.not_satisfied),
            (self.aging, Result.partly),
            (self.current, Result.satisfied),
        ):
            if any(fnmatchcase(name, one) for one in patterns.get(part, ())):
                return result
        return Result.not_assessed

    def too_short(self, kind: str, bits: int) -> bool:
        return any(
            bits < shortest
            for pattern, shortest in self.shortest_bits.items()
            if fnmatchcase(kind, pattern)
        )


def check(
    readings: Readings,
    *,
    broken: Patterns | None = None,
    aging: Patterns | None = None,
    current: Patterns | None = None,
    shortest_bits: Mapping[str, int] | None = None,
    certificate_days: int = 30,
) -> Iterator[Observation]:
    """One observation a service or setting, and one a certificate.

    `shortest_bits` by kind of key or exchange; `certificate_days`: how long before its end a
    certificate is to be renewed.
    """
    yield from unread(readings, "crypto", CHECK, OFFERS)
    criteria = Criteria(
        broken=broken or {},
        aging=aging or {},
        current=current or {},
        shortest_bits=shortest_bits or {},
        certificate_days=certificate_days,
    )
    for device, reading in readings.each("crypto"):
        if reading is None:
            continue
        services: dict[str, list[AlgorithmOffer]] = {}
        for offer in reading.of(AlgorithmOffer):
            services.setdefault(_service(offer), []).append(offer)
        judged = {name: _offered(criteria, offers) for name, offers in services.items()}
        for one in reading.of(Certificate):
            judged[_certificate_name(one)] = _shown(criteria, one, readings)
        for name, (answer, measures) in judged.items():
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{device.id}/{name}",
                about="cryptography",
                answer=answer if criteria.current else NO_CRITERIA,
                measures=measures,
            )


def _service(offer: AlgorithmOffer) -> str:
    """What the offers of one listener, or of one setting, are told apart by."""
    if offer.source == "wire":
        return f"{offer.protocol} {offer.address}:{offer.port}"
    return f"{offer.protocol} {offer.place}" if offer.place else offer.protocol


def _offered(
    criteria: Criteria, offers: Iterable[AlgorithmOffer]
) -> tuple[Answer, Mapping[str, Any]]:
    found: dict[Result, dict[str, None]] = {result: {} for result in Result}
    sizes: dict[str, int] = {}
    for one in offers:
        for name in one.names:
            found[criteria.worth(f"{one.protocol}/{one.part}", name)][_said(one, name)] = None
        for kind, bits in one.sizes_bits:
            sizes[kind] = min(bits, sizes.get(kind, bits))
            if criteria.too_short(kind, bits):
                found[Result.not_satisfied][f"{kind} {bits} bits"] = None
    measures = {
        "broken": list(found[Result.not_satisfied]),
        "aging": list(found[Result.partly]),
        "unknown": list(found[Result.not_assessed]),
        "current": list(found[Result.satisfied]),
        "sizes_bits": sizes,
    }
    return _answer(found), measures


def _said(offer: AlgorithmOffer, name: str) -> str:
    """A suite stands for itself; a group, a version or a MAC is said with its part."""
    plain = offer.part in ("suite", "kex", "host_key", "cipher") or name.startswith(("TLS", "SSL"))
    return name if plain else f"{offer.part.replace('_', ' ')} {name}"


def _answer(found: Mapping[Result, Mapping[str, None]]) -> Answer:
    """The worst decides; what is unknown weighs more than what is leaving."""
    for result, state, words in (
        (Result.not_satisfied, "broken", Text("broken or too short: ", "已遭破解或強度不足：")),
        (Result.not_assessed, "unknown_algorithm", Text("in no list: ", "未列於判定準則：")),
        (Result.partly, "aging", Text("on their way out: ", "宜汰換：")),
    ):
        if names := list(found[result]):
            listed = ", ".join(names[:12]) + (f" … ({len(names)})" if len(names) > 12 else "")
            return result, state, Text(words.en + listed, words.zh + listed)
    count = len(found[Result.satisfied])
    if not count:
        words = Text("it offers nothing that can be judged", "無可判定之演算法")
        return Result.not_assessed, "nothing_offered", words
    words = Text(f"all {count} algorithms are current", f"{count} 項演算法均屬現行")
    return Result.satisfied, "current", words


def _certificate_name(one: Certificate) -> str:
    where = f"{one.address}:{one.port}" if one.address else (one.place or "")
    return f"certificate {where} {one.subject or one.sha256[:16]}".replace("  ", " ")


def _shown(
    criteria: Criteria, one: Certificate, readings: Readings
) -> tuple[Answer, Mapping[str, Any]]:
    """A certificate by its key, its signature and its last day."""
    left_days = None
    if one.expires_at is not None:
        left_days = (taipei_day(one.expires_at) - taipei_day(readings.at)).days
    measures = {
        "sha256": one.sha256,
        "issuer": one.issuer,
        "key": one.key,
        "key_bits": one.key_bits,
        "signature_hash": one.signature_hash,
        "depth": one.depth,
        "self_signed": one.self_signed,
        "expires_on": one.expires_at and taipei_day(one.expires_at).isoformat(),
        "days_left": left_days,
    }
    return _certified(criteria, one, left_days), measures


def _certified(criteria: Criteria, one: Certificate, left_days: int | None) -> Answer:
    if one.key is None or left_days is None:
        words = Text("the certificate cannot be read", "憑證無法判讀")
        return Result.not_assessed, "certificate_unreadable", words
    if left_days < 0:
        words = Text(f"ended {-left_days} days ago", f"已逾期 {-left_days} 日")
        return Result.not_satisfied, "certificate_expired", words
    found: dict[Result, dict[str, None]] = {result: {} for result in Result}
    found[criteria.worth("certificate/key", one.key)][f"{one.key} key"] = None
    if one.key_bits is not None and criteria.too_short(one.key, one.key_bits):
        found[Result.not_satisfied][f"{one.key} {one.key_bits} bits"] = None
    # A root is trusted because it is known, not for the signature it puts under itself.
    if not (one.self_signed and one.depth):
        signed = one.signature_hash or "?"
        found[criteria.worth("certificate/signature_hash", signed)][f"signed by {signed}"] = None
    answer = _answer(found)
    if answer[0] is Result.satisfied and left_days <= criteria.certificate_days:
        words = Text(f"ends in {left_days} days", f"{left_days} 日後到期")
        return Result.partly, "certificate_ends_soon", words
    if answer[0] is Result.satisfied:
        words = Text(f"{one.key} {one.key_bits}, ends in {left_days} days", f"有效 {left_days} 日")
        return Result.satisfied, "current", words
    return answer
