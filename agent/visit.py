"""The one driver: it alone asks. A visit is one device, all its subjects, through one transport.

A collector yields an ask; the driver sends it, redacts the answer, and sends the capture
back, or throws the error into the collector. Whatever goes wrong becomes the failure of a
reading: the other subjects and devices go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.platforms import Flow, Platform, parser_version
from agent.redact import SiteKey, redact
from agent.transports import Answer, Transport
from evidence.ask import Ask
from evidence.capture import Capture, Provenance, check_size
from evidence.clock import Clock
from evidence.device import Device
from evidence.errors import Denied, EvidenceError, Unreachable, VisitError, shown
from evidence.facts import Fact, HardwareItem, RuleUsage, Unit, to_record
from evidence.reading import Failure, Reading, canonical

log = logging.getLogger(__name__)

WINDOW_MONTHS = 6  # what CC-17010 asks of a rule without traffic
# The requester of what nobody asked for: it was due.
SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ask of one subject and what came of it: a capture, or an error's code and sentence."""

    subject: str
    ask: Ask
    asked_at: datetime
    answered_at: datetime
    capture: Capture | None = None
    error: Failure | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit brought home: readings, and every exchange behind them in order."""

    device: Device
    requester: str
    started_at: datetime
    ended_at: datetime
    readings: tuple[Reading, ...]
    exchanges: tuple[Exchange, ...]

    @property
    def captures(self) -> dict[str, bytes]:
        """Captured bytes by digest."""
        found = (exchange.capture for exchange in self.exchanges)
        return {capture.digest: capture.body for capture in found if capture is not None}


@dataclass(slots=True)
class Visitor:
    """Drives the collectors of one device.

    `open_transport` is called once, at the first ask, so that a device of which nothing is
    asked is never contacted. `on_ask` is told of each ask before it leaves (progress).
    """

    device: Device
    platform: Platform
    open_transport: Callable[[], Transport]
    clock: Clock
    key: SiteKey
    requester: str = SCHEDULE
    provenance: Provenance = field(default_factory=Provenance)
    on_ask: Callable[[Ask], None] = lambda ask: None
    _exchanges: list[Exchange] = field(default_factory=list)
    _transport: Transport | None = None
    _closed: EvidenceError | None = None

    def visit(self, subjects: Iterable[str]) -> Visit:
        """Read each subject. Never raises for what a device does; failures are readings."""
        started_at = self.clock()
        try:
            readings = tuple(self._read(subject) for subject in subjects)
        finally:
            self._close()
        return Visit(
            device=self.device,
            requester=self.requester,
            started_at=started_at,
            ended_at=self.clock(),
            readings=readings,
            exchanges=tuple(self._exchanges),
        )

    def _read(self, subject: str) -> Reading:
        before = len(self._exchanges)
        facts: tuple[Fact, ...] = ()
        failure = None
        try:
            collector = self.platform.collectors[subject]
            facts = tuple(self._drive(collector(self.device), subject))
            failure = self._doubt(facts)
        except EvidenceError as error:
            failure = Failure.of(error)
        except Exception as error:  # a parser's own mistake must not end the other subjects
            failure = Failure(
                "parser_failed",
                f"{self.platform.name} {subject}: the answer could not be read "
                f"({type(error).__name__}: {shown(str(error))})",
                "keep the capture and report it; the device's other subjects are unaffected",
            )
        mine = self._exchanges[before:]
        return Reading(
            device=self.device.id,
            subject=subject,
            at=max((one.answered_at for one in mine), default=self.clock()),
            facts=() if failure else facts,
            captures=tuple(one.capture.digest for one in mine if one.capture),
            parser=f"collectors.{self.platform.name}.{subject}",
            parser_version=parser_version(),
            parser_digest=self.platform.parser_digest,
            failure=failure,
            cautions=() if failure else tuple(_cautions(facts)),
            provenance=self.provenance.kind,
            confirmed_by=self.provenance.confirmed_by,
        )

    def _drive(self, flow: Flow, subject: str) -> Iterable[Fact]:
        """Run one collector to its end: ask, capture, send; or throw the error in."""
        try:
            ask = next(flow)
            while True:
                try:
                    capture = self._ask(ask, subject)
                except VisitError as error:
                    ask = flow.throw(error)
                else:
                    ask = flow.send(capture)
        except StopIteration as end:
            return tuple(end.value or ())

    def _ask(self, ask: Ask, subject: str) -> Capture:
        if not any(known.admits(ask.text) for known in self.platform.all_asks):
            raise Denied(f"{self.device.id}: {ask.text!r} is no ask of {self.platform.name}")
        asked_at = self.clock()
        again = self._asked_before(ask, subject)
        if again is not None:
            self._exchanges.append(Exchange(subject, ask, asked_at, again.answered_at, again))
            return again
        self.on_ask(ask)
        try:
            answer = self._open().ask(ask)
            check_size(self.device.id, ask, answer.body)
            self._check_age(ask, answer)
            body = redact(ask, answer.body, self.key)
        except VisitError as error:
            failure = Failure.of(error)
            self._exchanges.append(Exchange(subject, ask, asked_at, self.clock(), error=failure))
            raise
        capture = Capture(
            device=self.device.id,
            ask=ask,
            body=body,
            asked_at=answer.at or asked_at,
            answered_at=answer.at or self.clock(),
            account=answer.account,
            requester=self.requester,
            peer=answer.peer,
            media_type=answer.media_type,
            provenance=self._provenance(answer),
        )
        self._exchanges.append(
            Exchange(subject, ask, capture.asked_at, capture.answered_at, capture)
        )
        return capture

    def _check_age(self, ask: Ask, answer: Answer) -> None:
        """Raises Unreachable (`answer_stale`): what is there must not be taken for missing."""
        if answer.at is None or answer.until is None or self.clock() <= answer.until:
            return
        raise Unreachable(
            f"{self.device.id}: the answer to {ask.text!r} was written on "
            f"{answer.at:%Y-%m-%d %H:%M} UTC, too long ago",
            code="answer_stale",
            next_step=f"look why {answer.by or 'what writes it'} no longer does",
        )

    def _provenance(self, answer: Answer) -> Provenance:
        """As of the visit; an answer that somebody wrote down for us says who, and when."""
        if answer.by is None or answer.at is None:
            return self.provenance
        return replace(self.provenance, delivered_by=answer.by, captured_at=answer.at)

    def _asked_before(self, ask: Ask, subject: str) -> Capture | None:
        """The capture of the same ask for another subject of this visit: asked once is enough."""
        for one in self._exchanges:
            if one.capture and one.subject != subject and one.ask.text == ask.text:
                return one.capture
        return None

    def _open(self) -> Transport:
        """The open transport. One failed opening is final: no second log-in in a visit."""
        if self._closed is not None:
            raise self._closed
        if self._transport is None:
            try:
                self._transport = self.open_transport()
            except EvidenceError as error:
                self._closed = error
                raise
        return self._transport

    def _close(self) -> None:
        """Leave the device. A farewell that fails takes nothing away from what was read."""
        if self._transport is None:
            return
        try:
            self._transport.close()
        except Exception as error:
            log.warning("%s: closing the connection: %s", self.device.id, type(error).__name__)

    def _doubt(self, facts: tuple[Fact, ...]) -> Failure | None:
        """Why these facts may not be taken: nothing at all, or another device's identity."""
        if not facts:
            return Failure(
                "result_empty_suspicious",
                f"{self.device.id}: the answers held nothing to record",
                "check the account's privileges on the device",
            )
        if unwritable := _unwritable(facts):
            return Failure(
                "result_unwritable",
                f"{self.device.id}: the answers hold a value that cannot be kept: {unwritable}",
                "read the device by hand; this is no number or text that a device should say",
            )
        for name, wanted in self.device.expected.items():
            seen = {
                str(value)
                for fact in facts
                if isinstance(fact, Unit | HardwareItem)
                and (value := getattr(fact, name, None)) is not None
            }
            if seen and wanted not in seen:
                return Failure(
                    "identity_mismatch",
                    f"{self.device.id}: expected {name} {wanted}, the device says "
                    f"{', '.join(sorted(map(shown, seen)))}",
                    "check the address, or correct `expected` after a replacement",
                )
        return None


def _unwritable(facts: Iterable[Fact]) -> str:
    """The first value that no record can hold: NaN, half a character, a number over 64 bits,
    a time past the calendar's end. Empty when there is none."""
    for fact in facts:
        try:
            record = to_record(fact)
            canonical(record)
        except (ValueError, OverflowError) as error:
            return shown(str(error))
        for name, value in record.items():
            if isinstance(value, int) and not -(2**63) <= value < 2**63:
                return f"{name} of more than 64 bits"
    return ""


def _cautions(facts: Iterable[Fact]) -> Iterable[Failure]:
    for fact in facts:
        if isinstance(fact, Unit) and (why := _clock_doubt(fact)):
            yield Failure(
                "device_clock_suspect",
                f"the device's clock {why}",
                "its times are not used for the window; correct its NTP and time zone",
            )
    kept = [
        fact.kept_months
        for fact in facts
        if isinstance(fact, RuleUsage) and fact.kept_months is not None
    ]
    if kept and min(kept) < WINDOW_MONTHS:
        yield Failure(
            "hits_kept_too_short",
            f"hits are kept for {min(kept)} months, less than the {WINDOW_MONTHS} that a proof "
            "of no traffic looks back",
            "have the manager keep them longer; until then only our own readings, month after "
            "month, can cover the window",
        )


def _clock_doubt(unit: Unit) -> str:
    """What is wrong with a unit's clock; empty when it fits ours, or was not asked."""
    zone = unit.clock_zone or "(zone not said)"
    if unit.clock_at is None:
        return f"is of an unknown zone, {shown(zone)}" if unit.clock_zone else ""
    offset_s = unit.clock_offset_s
    if 2000 < unit.clock_at.year < 2090 and offset_s is not None and abs(offset_s) <= 300:
        return ""
    return f"says {unit.clock_at:%Y-%m-%d %H:%M:%S} {shown(zone)}"
