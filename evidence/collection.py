"""A collection: what one visit states. Plain records of its asks, readings and gaps.

Pure data: how it is signed and put in a file is the matter of `evidence/bundle.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

from evidence.ask import Ask
from evidence.capture import Capture, Provenance
from evidence.clock import parse_at, stamp
from evidence.device import Device
from evidence.errors import SealError, shown
from evidence.reading import Failure, Reading

FORMAT = 1
# The rest of a device is all that a collector may look at; these stay at home.
_PRIVATE = {"credential", "via", "owner"}
_DEVICE_FIELDS = tuple(one.name for one in fields(Device) if one.name not in _PRIVATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One ask of the visit, in the order asked: what was sent, and what came back or why not.

    `capture` is the digest of the answer after redaction; None when there was none, and then
    `failure` says why. `attempt` counts the connections of the visit: a subject that broke off
    is read anew by the next one, and its reading rests on its last. `subject` is the collector
    that asked; an answer shared by two collectors stands under both.
    """

    subject: str
    name: str
    text: str
    asked_at: datetime
    answered_at: datetime | None = None
    account: str | None = None
    peer: str | None = None
    media_type: str | None = None
    provenance: Provenance = field(default_factory=Provenance)
    capture: str | None = None
    failure: Failure | None = None
    attempt: int = 1
    way: str | None = None

    @classmethod
    def answered(cls, subject: str, capture: Capture, attempt: int = 1) -> Asked:
        return cls(
            subject=subject,
            name=capture.ask.name,
            text=capture.ask.text,
            asked_at=capture.asked_at,
            answered_at=capture.answered_at,
            account=capture.account,
            peer=capture.peer,
            media_type=capture.media_type,
            provenance=capture.provenance,
            capture=capture.digest,
            attempt=attempt,
            way=capture.way,
        )

    @classmethod
    def failed(
        cls,
        subject: str,
        ask: Ask,
        asked_at: datetime,
        failed_at: datetime,
        failure: Failure,
        attempt: int = 1,
    ) -> Asked:
        return cls(
            subject=subject,
            name=ask.name,
            text=ask.text,
            asked_at=asked_at,
            answered_at=failed_at,
            failure=failure,
            attempt=attempt,
        )

    def record(self) -> dict[str, Any]:
        return {
            "subject": self.subject,
            "name": self.name,
            "text": self.text,
            "asked_at": stamp(self.asked_at),
            "answered_at": _stamped(self.answered_at),
            "account": self.account,
            "peer": self.peer,
            "media_type": self.media_type,
            "provenance": {
                **asdict(self.provenance),
                "captured_at": _stamped(self.provenance.captured_at),
            },
            "capture": self.capture,
            "failure": None if self.failure is None else asdict(self.failure),
            "attempt": self.attempt,
            "way": self.way,
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Asked:
        provenance, failure = record["provenance"], record["failure"]
        return cls(
            **{key: record[key] for key in ("subject", "name", "text", "account", "peer")},
            **{key: record[key] for key in ("media_type", "capture")},
            asked_at=parse_at(record["asked_at"]),
            answered_at=_parsed(record["answered_at"]),
            provenance=Provenance(
                **{**provenance, "captured_at": _parsed(provenance["captured_at"])}
            ),
            failure=None if failure is None else Failure(**failure),
            # Not yet written by the first agents.
            attempt=record.get("attempt", 1),
            way=record.get("way"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What should have been read and was not: a device or subject (None: all), when and why."""

    failure: Failure
    device: str | None = None
    subject: str | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None

    def record(self) -> dict[str, Any]:
        return {
            "failure": asdict(self.failure),
            "device": self.device,
            "subject": self.subject,
            "from_at": _stamped(self.from_at),
            "until_at": _stamped(self.until_at),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Gap:
        return cls(
            failure=Failure(**record["failure"]),
            device=record["device"],
            subject=record["subject"],
            from_at=_parsed(record["from_at"]),
            until_at=_parsed(record["until_at"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What a bundle states. `host` is the health of the agent's own host, as plain values.

    `replayed`: nothing was asked of a device; the answers were played from a tape under an
    injected clock. A store refuses it unless told otherwise.
    """

    agent: str
    agent_version: str
    run: str
    visit: str
    device: Device
    requester: str
    started_at: datetime
    ended_at: datetime
    replayed: bool = False
    host: Mapping[str, Any] | None = None
    asks: tuple[Asked, ...] = ()
    readings: tuple[Reading, ...] = ()
    gaps: tuple[Gap, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "agent": self.agent,
            "agent_version": self.agent_version,
            "run": self.run,
            "visit": self.visit,
            "device": device_record(self.device),
            "requester": self.requester,
            "started_at": stamp(self.started_at),
            "ended_at": stamp(self.ended_at),
            "replayed": self.replayed,
            "host": None if self.host is None else dict(self.host),
            "asks": [asked.record() for asked in self.asks],
            "readings": [reading.record() for reading in self.readings],
            "gaps": [gap.record() for gap in self.gaps],
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Collection:
        """The collection a predicate holds. Raises SealError `statement_invalid`."""
        try:
            if not isinstance(record["replayed"], bool):
                raise TypeError("replayed is neither true nor false")
            return cls(
                **{key: record[key] for key in ("agent", "agent_version", "run", "visit")},
                **{key: record[key] for key in ("requester", "replayed", "host")},
                device=device_of(record["device"]),
                started_at=parse_at(record["started_at"]),
                ended_at=parse_at(record["ended_at"]),
                asks=tuple(Asked.of_record(asked) for asked in record["asks"]),
                readings=tuple(Reading.of_record(reading) for reading in record["readings"]),
                gaps=tuple(Gap.of_record(gap) for gap in record["gaps"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SealError(
                f"the collection does not parse ({shown(repr(error))})", code="statement_invalid"
            ) from None


def device_record(device: Device) -> dict[str, Any]:
    """What may be known of a device outside: all that a collector or a check looks at."""
    record = {}
    for name in _DEVICE_FIELDS:
        value = getattr(device, name)
        record[name] = dict(value) if isinstance(value, Mapping) else value
    return record


def device_of(record: Mapping[str, Any]) -> Device:
    """The device of a record; a field that only a later version knows is passed over."""
    known = {name: record[name] for name in _DEVICE_FIELDS if name in record}
    return Device(**{**known, "subjects": tuple(record["subjects"])})


def _stamped(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)


def _parsed(text: str | None) -> datetime | None:
    return None if text is None else parse_at(text)
