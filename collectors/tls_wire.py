"""TLS services as seen from outside: versions, cipher suites, groups, and certificates.

What a server accepts is found by offering it: all suites of one version, then all but the one
it picked, until it picks none. A server answers an offer it cannot meet with an alert, or hangs
up; a ServerHello of another version than the one offered is no success of that one. Before
TLS 1.3 a hello offers its version and all older ones (RFC 5246 E.1): an alert about the version
settles those, too. TLS 1.3 is asked without a key share, so each answer costs the server neither
signature nor exchange.

With the option `starttls` each connection first says the words by which that protocol goes on
in TLS; of mail servers one more asks what they take without it.
"""

from __future__ import annotations

import re
import struct
from base64 import b64decode
from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.ask import Ask
from evidence.capture import Capture
from evidence.certificates import certificate
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected, shown
from evidence.facts import AlgorithmOffer, Certificate, Fact
from evidence.tls_suites import BEFORE_TLS13, GROUPS, TLS13, group_name, suite_name

TRANSPORTS = ("wire",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

STARTTLS = ("smtp", "imap", "pop3", "ftp", "ldap", "postgresql")
_HOLES = {
    "version": "030[0-4]",
    "suites": "[0-9a-f]{4}(?:,[0-9a-f]{4}){0,400}",
    "groups": "[0-9a-f]{4}(?:,[0-9a-f]{4}){0,40}",
    "protocol": "|".join(STARTTLS),
}


def _both(name: str, text: str) -> tuple[Ask, Ask]:
    """A probe of a TLS service, and the same behind STARTTLS."""
    return (
        Ask(f"tls_{name}", f"tls {text}", kind="probe", holes=_HOLES, limit_s=30.0),
        Ask(
            f"starttls_{name}",
            f"starttls {{protocol}} {text}",
            kind="probe",
            holes=_HOLES,
            limit_s=30.0,
        ),
    )


HELLO = _both("hello", "hello {version} {suites}")
ONE_GROUP = _both("groups", "groups {groups}")
FLIGHT = _both("flight", "flight {version} {suites}")
HANDSHAKE = _both("handshake", "handshake")
# What a server takes without TLS; of the other protocols only a log-in would tell.
QUESTIONED = ("smtp", "imap", "pop3")
INSISTS = Ask(
    "starttls_insists",
    "starttls {protocol} insists",
    kind="probe",
    holes={"protocol": "|".join(QUESTIONED)},
    limit_s=30.0,
)
SSL2 = Ask("tls_ssl2", "tls ssl2", kind="probe", limit_s=30.0)

VERSIONS = {0x0304: "TLSv1.3", 0x0303: "TLSv1.2", 0x0302: "TLSv1.1", 0x0301: "TLSv1"}
_SSL3 = 0x0300
_NAMES = {**VERSIONS, _SSL3: "SSLv3"}
_HANDSHAKE_RECORD, _ALERT = 22, 21
# Alerts that answer an offer (RFC 8446 6.2): handshake failure, version, security.
_PROTOCOL_VERSION = 70
_REFUSALS = (40, _PROTOCOL_VERSION, 71)
_SERVER_HELLO, _CERTIFICATE, _KEY_EXCHANGE = 2, 11, 12
_SUPPORTED_VERSIONS, _KEY_SHARE = 43, 51
# Groups of TLS 1.3 that are offered; those below are of older versions.
_MODERN_GROUPS = tuple(one for one in GROUPS if one >= 0x17 and one != 0x16)
_MOST_HELLOS = 400  # more than there are suites: a server that repeats itself ends the asking


@dataclass(frozen=True, slots=True)
class Hello:
    """A ServerHello: the version it settles, the suite, and TLS 1.3's group."""

    version: int
    suite: int
    group: int | None


def crypto(device: Device) -> Flow:
    """Every version with its suites, the groups of TLS 1.3, and the certificates shown."""
    asked = _Asked(device)
    suites = yield from asked.suites()
    old = yield from asked.ssl2()
    if not asked.tls:
        raise asked.none()
    groups = (yield from asked.groups()) if suites[0x0304] else []
    chains, sizes = yield from asked.flights(suites)
    if not chains:
        chains = yield from asked.handshake()
    spoken = [name for version, name in _NAMES.items() if suites[version]]
    names: dict[str, Sequence[str]] = {"version": [*spoken, *(["SSLv2"] if old else [])]}
    names |= _by_version(suites)
    if groups:
        names["group TLSv1.3"] = [group_name(one) for one in groups]
    if needed := (yield from asked.needed()):
        names["starttls"] = [needed]
    offers = asked.offers(names, sizes)
    return [*offers, *_certificates(chains, asked.address, asked.port)]


def versions_and_suites(device: Device) -> Flow:
    """These alone, as most other programs ask for them; what `crypto` is measured by."""
    asked = _Asked(device)
    return asked.offers(_by_version((yield from asked.suites())))


def _by_version(suites: Mapping[int, Sequence[int]]) -> dict[str, Sequence[str]]:
    return {
        f"suite {name}": [suite_name(one) for one in suites[version]]
        for version, name in _NAMES.items()
        if suites[version]
    }


class _Asked:
    """What one server was asked and said: where it is, and whether it ever spoke TLS."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._before = device.options.get("starttls")
        if self._before is not None and self._before not in STARTTLS:
            raise Unexpected(
                f"{device.id}: starttls {shown(self._before)!r} is unknown; known are "
                f"{', '.join(STARTTLS)}",
                code="starttls_unknown",
                next_step="correct the option in devices.yaml",
            )
        self.address, self.port = device.address, device.port or 443
        self.oldest = 0  # a server that refused this version refused every older one, too
        self.tls = False
        self._said = b""

    def offers(
        self, names: Mapping[str, Sequence[str]], sizes: Sequence[tuple[str, int]] = ()
    ) -> list[AlgorithmOffer]:
        """Facts of names by part, or part and version; the sizes belong to the versions."""
        return [
            AlgorithmOffer(
                protocol="tls",
                part=part.partition(" ")[0],
                place=part.partition(" ")[2] or None,
                names=tuple(found),
                sizes_bits=tuple(sizes) if part == "version" else (),
                address=self.address,
                port=self.port,
            )
            for part, found in names.items()
        ]

    def suites(self) -> Generator[Ask, Capture, dict[int, list[int]]]:
        """The suites of every version; of one that an older refusal settled, none."""
        found: dict[int, list[int]] = {}
        for version in (*VERSIONS, _SSL3):
            known = TLS13 if version == 0x0304 else BEFORE_TLS13
            settled = version < self.oldest
            found[version] = [] if settled else (yield from self.picked(version, known))
        return found

    def picked(self, version: int, known: Sequence[int]) -> Generator[Ask, Capture, list[int]]:
        """The suites a server picks of these in one version, in the order it prefers them.

        A server that breaks off without a word about the suites or the version may have broken
        down over one of them (a finite-field exchange without parameters): it is asked anew, for
        each kind of key exchange alone, once.
        """
        offers = [{one: f"{one:04x}" for one in known}]
        found, broke_off = list[int](), False
        while offers and len(found) < _MOST_HELLOS:
            left = offers[-1]
            said = {"version": f"{version:04x}", "suites": ",".join(left.values())}
            reply = yield from self._reply(self._ask(HELLO, **said))
            hello = _hello(_messages(reply).get(_SERVER_HELLO, b""))
            if hello is not None and hello.version == version and hello.suite in left:
                found.append(hello.suite)
                del left[hello.suite]
                if not left:
                    offers.pop()
                continue
            offers.pop()
            alert = _alert(reply)
            if not found and version < 0x0303 and alert == _PROTOCOL_VERSION:
                self.oldest = version
            elif hello is None and alert not in _REFUSALS and not broke_off:
                broke_off = True
                offers += _by_exchange(left)
        return found

    def groups(self) -> Generator[Ask, Capture, list[int]]:
        """The groups it would use for TLS 1.3, in the order it prefers them."""
        left, found = list(_MODERN_GROUPS), list[int]()
        while left:
            asked = self._ask(ONE_GROUP, groups=",".join(f"{one:04x}" for one in left))
            hello = _hello(_messages((yield from self._reply(asked))).get(_SERVER_HELLO, b""))
            if hello is None or hello.group not in left:
                break
            found.append(hello.group)
            left.remove(hello.group)
        return found

    def flights(
        self, suites: Mapping[int, Sequence[int]]
    ) -> Generator[Ask, Capture, tuple[list[list[bytes]], list[tuple[str, int]]]]:
        """Chains of certificates, one for each kind of key, and the bits of finite-field groups."""
        version = next((one for one in (0x0303, 0x0302, 0x0301, _SSL3) if suites[one]), None)
        chains: list[list[bytes]] = []
        sizes: list[tuple[str, int]] = []
        if version is None:
            return chains, sizes
        for suite in _one_of_each(suites[version]):
            asked = self._ask(FLIGHT, version=f"{version:04x}", suites=f"{suite:04x}")
            messages = _messages((yield from self._reply(asked)))
            chain = _chain(messages.get(_CERTIFICATE, b""))
            if chain and chain not in chains:
                chains.append(chain)
            bits = _finite_field_bits(messages.get(_KEY_EXCHANGE, b""))
            if bits and "_DHE_" in suite_name(suite):
                sizes.append(("dhe", bits))
        return chains, sizes

    def handshake(self) -> Generator[Ask, Capture, list[list[bytes]]]:
        """The server's own certificate, where it shows none in the clear."""
        try:
            record = (yield self._ask(HANDSHAKE)).json()
        except NotAnswered:
            return []
        encoded = record.get("certificate_b64") if isinstance(record, Mapping) else None
        return [[b64decode(encoded)]] if encoded else []

    def ssl2(self) -> Generator[Ask, Capture, bool]:
        """Whether a SERVER-HELLO of SSL 2.0 came back: message 4, version 2.

        Behind STARTTLS it is not asked for: the words are younger than the protocol.
        """
        if self._before is not None:
            return False
        try:
            reply = yield from self._reply(SSL2)
        except NotAnswered:
            return False
        spoken = len(reply) >= 7 and reply[2] == 4 and reply[5:7] == b"\0\2"
        self.tls = self.tls or spoken
        return spoken

    def needed(self) -> Generator[Ask, Capture, str | None]:
        """Whether the service insists on TLS: `required` or `optional`; None: it is not told."""
        if self._before not in QUESTIONED:
            return None
        try:
            record = _record((yield INSISTS(protocol=self._before)))
        except NotAnswered:
            return None
        return _needed(self._before, bytes.fromhex(record["reply_hex"]).decode("latin-1").upper())

    def none(self) -> Unexpected:
        """What it means that nothing of all this was answered in TLS."""
        said = self._said.decode("latin-1")
        if not said:
            return Unexpected(
                f"{self._device.id}: the listener closes every connection without a word",
                code="result_empty_suspicious",
                next_step="it may speak no TLS, or refuse this agent's address",
            )
        return Unexpected(
            f"{self._device.id}: no TLS; it says {shown(said)!r}",
            next_step="check the port; a protocol that goes on in TLS (mail, directory, "
            "database) is asked with the option starttls",
        )

    def _ask(self, both: tuple[Ask, Ask], **holes: str) -> Ask:
        """The probe, behind STARTTLS where the device has it."""
        plain, after = both
        if self._before is None:
            return plain(**holes) if holes else plain
        return after(protocol=self._before, **holes)

    def _reply(self, ask: Ask) -> Generator[Ask, Capture, bytes]:
        """What came back; b"" where nothing did, twice: once may be a busy server's hurry."""
        record = _record((yield ask))
        if not record["reply_hex"]:
            record = _record((yield ask))
        if "refused" in record and not self.tls:
            raise Unexpected(
                f"{self._device.id}: goes on in no TLS by {self._before}; it says "
                f"{shown(str(record['refused']))!r}",
                code="starttls_refused",
                next_step="check port and protocol; a service that offers no TLS is a finding",
            )
        self.address = str(record.get("address") or self.address)
        self.port = int(record.get("port") or self.port)
        reply = bytes.fromhex(record["reply_hex"])
        is_tls = len(reply) >= 5 and reply[0] in (_ALERT, _HANDSHAKE_RECORD) and reply[1] == 3
        self.tls = self.tls or is_tls
        self._said = self._said or (b"" if is_tls else reply)
        return reply


def _needed(protocol: str, answer: str) -> str | None:
    """SMTP: 530 refuses a message before TLS (RFC 3207 4), 250 takes it. IMAP: LOGINDISABLED
    (RFC 3501 6.2.3) with no way to log in beside it. POP3: no USER and no SASL (RFC 2449) to log
    in by. Any other answer says nothing of it."""
    if protocol == "smtp":
        return {"530": "required", "250": "optional"}.get(answer[:3])
    if protocol == "imap":
        if not re.search(r"(?m)^\* CAPABILITY .*IMAP4", answer):
            return None
        clear = "LOGINDISABLED" not in answer or re.search(r"\bAUTH=(?:PLAIN|LOGIN)\b", answer)
        return "optional" if clear else "required"
    if not answer.startswith("+OK") or not re.search(r"(?m)^STLS\b", answer):
        return None
    clear = re.search(r"(?m)^USER\b|^SASL\b.*\b(?:PLAIN|LOGIN)\b", answer)
    return "optional" if clear else "required"


def _alert(reply: bytes) -> int | None:
    """The alert that a reply is, and nothing else."""
    return reply[6] if len(reply) == 7 and reply[0] == _ALERT and reply[1] == 3 else None


def _by_exchange(suites: Mapping[int, str]) -> list[dict[int, str]]:
    """The same offer in parts, one for each kind of key exchange."""
    parts: dict[str, dict[int, str]] = {}
    for suite, written in suites.items():
        exchange = suite_name(suite).removeprefix("TLS_").partition("_")[0]
        parts.setdefault(exchange, {})[suite] = written
    return list(parts.values()) if len(parts) > 1 else []


def _record(capture: Capture) -> Mapping[str, Any]:
    record = capture.json()
    if not isinstance(record, Mapping) or not isinstance(record.get("reply_hex"), str):
        raise Unexpected(f"{capture.device}: {capture.ask.text!r}: no record of a probe")
    return record


def _messages(reply: bytes) -> dict[int, bytes]:
    """Handshake messages by type, the first of each, out of the records of a reply."""
    at, stream = 0, b""
    while len(reply) >= at + 5 and reply[at] == _HANDSHAKE_RECORD and reply[at + 1] == 3:
        size = int.from_bytes(reply[at + 3 : at + 5], "big")
        stream += reply[at + 5 : at + 5 + size]
        at += 5 + size
    found: dict[int, bytes] = {}
    at = 0
    while len(stream) >= at + 4:
        size = int.from_bytes(stream[at + 1 : at + 4], "big")
        if len(stream) < at + 4 + size:
            break
        found.setdefault(stream[at], stream[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def _hello(body: bytes) -> Hello | None:
    """A ServerHello (RFC 8446 4.1.3, RFC 5246 7.4.1.3); None: it is none, or cut off."""
    if len(body) < 38:
        return None
    at = 35 + body[34]
    if len(body) < at + 3:
        return None
    version, suite = struct.unpack(">H", body[:2])[0], struct.unpack(">H", body[at : at + 2])[0]
    said = _extensions(body[at + 3 :])
    if len(chosen := said.get(_SUPPORTED_VERSIONS, b"")) == 2:
        version = int.from_bytes(chosen, "big")
    share = said.get(_KEY_SHARE, b"")
    return Hello(version, suite, int.from_bytes(share[:2], "big") if len(share) >= 2 else None)


def _extensions(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 2
    while len(data) >= at + 4:
        number, size = struct.unpack(">HH", data[at : at + 4])
        found[number] = data[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _chain(body: bytes) -> list[bytes]:
    """The certificates of a Certificate message (RFC 5246 7.4.2), the server's own first."""
    found, at = list[bytes](), 3
    while len(body) >= at + 3:
        size = int.from_bytes(body[at : at + 3], "big")
        if size and len(body) >= at + 3 + size:
            found.append(body[at + 3 : at + 3 + size])
        at += 3 + size
    return found


def _finite_field_bits(body: bytes) -> int | None:
    """The length of the prime that a ServerKeyExchange of DHE begins with."""
    size = int.from_bytes(body[:2], "big")
    prime = body[2 : 2 + size]
    return int.from_bytes(prime, "big").bit_length() if len(prime) == size else None


def _one_of_each(suites: Sequence[int]) -> list[int]:
    """One suite for each way of showing who one is, and one with a finite-field exchange."""
    found: dict[str, int] = {}
    for suite in suites:
        exchange = suite_name(suite).removeprefix("TLS_").partition("_WITH_")[0]
        shown_by = exchange.removesuffix("_EXPORT").rpartition("_")[2]
        found.setdefault(shown_by, suite)
        if exchange.startswith("DHE_"):
            found.setdefault("dhe", suite)
    return list(dict.fromkeys(found.values()))


def _certificates(
    chains: Iterable[Sequence[bytes]], address: str, port: int
) -> Iterable[Certificate]:
    for chain in chains:
        for depth, der in enumerate(chain):
            yield certificate(der, address=address, port=port, depth=depth)
