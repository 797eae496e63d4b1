"""A reading: one subject of one device, read once; its facts, or the reason there are none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, TypeVar

from evidence.clock import parse_at, stamp
from evidence.errors import EvidenceError
from evidence.facts import Fact, from_record, to_record

F = TypeVar("F", bound=Fact)
# The caution of a reading whose own time may be wrong.
OWN_CLOCK = "agent_clock_suspect"


def canonical(record: Any) -> bytes:
    """The bytes a record is hashed and signed as: sorted keys, no spaces, UTF-8, no NaN."""
    return json.dumps(
        record, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be read: stable code, sentence, next step.

    `kind` is the error's class, so that reading again throws what was thrown. Half a character
    that a device sent is written as its escape, so that a failure can always be recorded.
    """

    code: str
    message: str
    next_step: str = ""
    kind: str = ""

    @classmethod
    def of(cls, error: EvidenceError) -> Failure:
        message = error.message.encode("utf-8", "backslashreplace").decode()
        return cls(error.code, message, error.next_step, type(error).__name__)


@dataclass(frozen=True, kw_only=True)  # no slots: the digest stays with it once it is known
class Reading:
    """Facts of one device and subject at one time, with the digests of the captures behind them.

    `parser` names the collector, `parser_digest` is the SHA-256 of its source. A failed
    reading has a `failure` and no facts: what we do not know is a record, not a gap. `cautions`
    do not fail it: they say what weakens it (`device_clock_suspect`). `clock_set_at`: the agent's
    clock was set after readings that are dated up to then, so those show no silence.
    `ways` are the algorithms by which the answers came (`evidence.way`); none: not known.
    `provenance` is device, hand-delivered, replayed or imported; `confirmed_by` the second person
    who vouched for a hand-delivered one.
    """

    device: str
    subject: str
    at: datetime
    facts: tuple[Fact, ...] = ()
    captures: tuple[str, ...] = ()
    parser: str = ""
    parser_version: str = ""
    parser_digest: str = ""
    failure: Failure | None = None
    cautions: tuple[Failure, ...] = ()
    provenance: str = "device"
    confirmed_by: str | None = None
    ways: tuple[str, ...] = ()
    clock_set_at: datetime | None = None

    @property
    def clock_doubted(self) -> bool:
        """Whether the time of this reading may be wrong."""
        return any(one.code == OWN_CLOCK for one in self.cautions)

    def of(self, kind: type[F]) -> list[F]:
        """The facts of one type, in the order found."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def record(self) -> dict[str, Any]:
        # Left out where there are none: the first agents' readings keep their digests.
        more: dict[str, Any] = {"ways": list(self.ways)} if self.ways else {}
        if self.clock_set_at is not None:
            more["clock_set_at"] = stamp(self.clock_set_at)
        return {
            "device": self.device,
            "subject": self.subject,
            "at": stamp(self.at),
            "facts": [to_record(fact) for fact in self.facts],
            "captures": list(self.captures),
            "parser": self.parser,
            "parser_version": self.parser_version,
            "parser_digest": self.parser_digest,
            "failure": None if self.failure is None else asdict(self.failure),
            "cautions": [asdict(caution) for caution in self.cautions],
            "provenance": self.provenance,
            "confirmed_by": self.confirmed_by,
            **more,
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Reading:
        failure, clock_set_at = record["failure"], record.get("clock_set_at")
        return cls(
            device=record["device"],
            subject=record["subject"],
            at=parse_at(record["at"]),
            facts=tuple(from_record(fact) for fact in record["facts"]),
            captures=tuple(record["captures"]),
            parser=record["parser"],
            parser_version=record["parser_version"],
            parser_digest=record["parser_digest"],
            failure=None if failure is None else Failure(**failure),
            cautions=tuple(Failure(**caution) for caution in record["cautions"]),
            provenance=record["provenance"],
            confirmed_by=record["confirmed_by"],
            ways=tuple(record.get("ways", ())),
            clock_set_at=None if clock_set_at is None else parse_at(clock_set_at),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the reading's canonical record: what observations cite."""
        return sha256(canonical(self.record())).hexdigest()


def newest(readings: Iterable[Reading]) -> dict[tuple[str, str], Reading]:
    """The newest reading per (device, subject)."""
    found: dict[tuple[str, str], Reading] = {}
    for reading in readings:
        key = (reading.device, reading.subject)
        if key not in found or reading.at >= found[key].at:
            found[key] = reading
    return found


def units(readings: Sequence[Reading]) -> list[str]:
    """The names of units these readings speak of, in order of first mention."""
    return list(dict.fromkeys(f.subject_unit or r.device for r in readings for f in r.facts))
