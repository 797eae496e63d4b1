"""The one driver: it alone asks. A visit is one device, all its subjects, through one transport.

A collector yields an ask; the driver sends it, redacts the answer, and sends the capture
back, or throws the error into the collector. Whatever goes wrong becomes the failure of a
reading: the other subjects and devices go on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.doubt import cautions, doubt, too_privileged
from agent.platforms import Platform
from agent.redact import SiteKey, redact
from agent.transports import Answer, Transport
from evidence.ask import Ask
from evidence.capture import Capture, Provenance, check_size
from evidence.clock import Clock
from evidence.device import Device
from evidence.errors import Denied, EvidenceError, Incomplete, Unreachable, VisitError, shown
from evidence.facts import Fact
from evidence.reading import Failure, Reading
from evidence.replay import Flow, installed_version

log = logging.getLogger(__name__)

# The requester of what nobody asked for: it was due.
SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One ask of one subject and what came of it: a capture, or an error's code and sentence.

    `attempt` counts how often the device has been visited for this, from 1.
    """

    subject: str
    ask: Ask
    asked_at: datetime
    answered_at: datetime
    capture: Capture | None = None
    error: Failure | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit brought home: each subject's last reading, and every exchange in order."""

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


@dataclass(frozen=True, slots=True)
class Budget:
    """What one connection to a device may take, however many asks share it."""

    limit_s: float = 1800.0
    limit_bytes: int = 256 * 1024 * 1024


_ACCOUNT = "account"
ClockSaid = tuple[Failure | None, datetime | None]


@dataclass(slots=True)
class Visitor:
    """Drives the collectors of one device.

    `open_transport` is called once an attempt, at the first ask, so that a device of which
    nothing is asked is never contacted. `on_ask` is told of each ask before it leaves
    (progress). Each subject is read within `around`; what that raises is the reading's failure.
    `own_clock` says what speaks against dating a subject's reading so, and since when not.
    """

    device: Device
    platform: Platform
    open_transport: Callable[[], Transport]
    clock: Clock
    key: SiteKey
    requester: str = SCHEDULE
    provenance: Provenance = field(default_factory=Provenance)
    on_ask: Callable[[Ask], None] = lambda ask: None
    budget: Budget = field(default_factory=Budget)
    around: Callable[[str], AbstractContextManager[None]] = lambda subject: nullcontext()
    own_clock: Callable[[str, datetime], ClockSaid] = lambda subject, at: (None, None)
    _attempt: int = 0
    _started_at: datetime | None = None
    _readings: dict[str, Reading] = field(default_factory=dict)
    _exchanges: list[Exchange] = field(default_factory=list)
    _transport: Transport | None = None
    _closed: EvidenceError | None = None
    _until_s: float = 0.0
    _left_bytes: int = 0

    def visit(self, subjects: Iterable[str]) -> Visit:
        """Read each subject. Never raises for what a device does; failures are readings.

        Called again it is one visit still: these subjects are read anew, by a new connection,
        and what the earlier attempts got of them counts no more.
        """
        self._attempt += 1
        self._transport = self._closed = None
        self._started_at = self._started_at or self.clock()
        try:
            # The account first: what it may do can forbid to read anything else with it.
            for subject in sorted(subjects, key=lambda one: one != _ACCOUNT):
                self._readings[subject] = self._read(subject)
        finally:
            self._close()
        return Visit(
            device=self.device,
            requester=self.requester,
            started_at=self._started_at,
            ended_at=self.clock(),
            readings=tuple(self._readings.values()),
            exchanges=tuple(self._exchanges),
        )

    def _read(self, subject: str) -> Reading:
        before = len(self._exchanges)
        facts: tuple[Fact, ...] = ()
        failure = None
        try:
            collector = self.platform.collectors[subject]
            if refused := too_privileged(self.device, self._readings.get(_ACCOUNT)):
                raise refused
            with self.around(subject):
                facts = tuple(self._drive(collector(self.device), subject))
            failure = doubt(self.device, facts)
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
        at = max((one.answered_at for one in mine), default=self.clock())
        doubt_of_at, clock_set_at = (None, None) if failure else self.own_clock(subject, at)
        return Reading(
            device=self.device.id,
            subject=subject,
            at=at,
            facts=() if failure else facts,
            captures=tuple(one.capture.digest for one in mine if one.capture),
            parser=f"collectors.{self.platform.name}.{subject}",
            parser_version=installed_version(),
            parser_digest=self.platform.parser_digest,
            failure=failure,
            cautions=(
                *(() if failure else cautions(facts)),
                *((doubt_of_at,) if doubt_of_at else ()),
            ),
            provenance=self.provenance.kind,
            confirmed_by=self.provenance.confirmed_by,
            ways=tuple(dict.fromkeys(o.capture.way for o in mine if o.capture and o.capture.way)),
            clock_set_at=clock_set_at,
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
        if not self.platform.declares(ask):
            raise Denied(f"{self.device.id}: {ask.text!r} is no ask of {self.platform.name}")
        asked_at = self.clock()
        again = self._asked_before(ask, subject)
        if again is not None:
            self._note(subject, ask, asked_at, again.answered_at, again)
            return again
        self.on_ask(ask)
        try:
            answer = self._open().ask(self._within_budget(ask))
            self._left_bytes -= len(answer.body)
            check_size(self.device.id, ask, answer.body)
            self._check_age(ask, answer)
            body = redact(ask, answer.body, self.key)
        except VisitError as error:
            self._note(subject, ask, asked_at, self.clock(), error=Failure.of(error))
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
            way=answer.way,
            media_type=answer.media_type,
            provenance=self._provenance(answer),
        )
        self._note(subject, ask, capture.asked_at, capture.answered_at, capture)
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

    def _note(
        self,
        subject: str,
        ask: Ask,
        asked_at: datetime,
        answered_at: datetime,
        capture: Capture | None = None,
        error: Failure | None = None,
    ) -> None:
        self._exchanges.append(
            Exchange(subject, ask, asked_at, answered_at, capture, error, self._attempt)
        )

    def _asked_before(self, ask: Ask, subject: str) -> Capture | None:
        """The capture of the same ask for another subject of this attempt: asked once is enough."""
        for one in self._exchanges:
            if one.attempt != self._attempt:
                continue
            if one.capture and one.subject != subject and one.ask.text == ask.text:
                return one.capture
        return None

    def _open(self) -> Transport:
        """The open transport. One failed opening is final: no second log-in in an attempt."""
        if self._closed is not None:
            raise self._closed
        if self._transport is None:
            try:
                self._transport = self.open_transport()
                self._until_s = time.monotonic() + self.budget.limit_s
                self._left_bytes = self.budget.limit_bytes
            except EvidenceError as error:
                self._closed = error
                raise
        return self._transport

    def _within_budget(self, ask: Ask) -> Ask:
        """The ask with no more time and bytes than the connection has left. Raises Incomplete."""
        left_s, left_bytes = self._until_s - time.monotonic(), self._left_bytes
        if left_s <= 0 or left_bytes <= 0:
            raise Incomplete(
                f"{self.device.id}: one session took over {self.budget.limit_s:.0f} s or "
                f"{self.budget.limit_bytes} bytes; {ask.text!r} was not asked any more",
                code="session_over",
                next_step="look why the device is slow, or says so much",
            )
        if ask.limit_s <= left_s and ask.limit_bytes <= left_bytes:
            return ask
        return replace(
            ask, limit_s=min(ask.limit_s, left_s), limit_bytes=min(ask.limit_bytes, left_bytes)
        )

    def _close(self) -> None:
        """Leave the device. A farewell that fails takes nothing away from what was read."""
        if self._transport is None:
            return
        try:
            self._transport.close()
        except Exception as error:
            log.warning("%s: closing the connection: %s", self.device.id, type(error).__name__)
