"""Findings: what the fold comes to, per subject, per clock and per clause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from evidence.clock import stamp
from evidence.control.book import Activity, Control
from evidence.control.words import Answer, Verdict
from evidence.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one thing comes to under one clause.

    `verdict_alone` is the verdict without dispositions: it stays beside the other. `state` is the
    row of the table it fell into, or the check's own word; `triggers` are all the words that the
    checks said. `observations` and `dispositions` are digests. `due_on`: the day by which
    somebody must decide or carry out; None: nothing is due.
    """

    control: str
    device: str
    subject: str
    state: str
    verdict: Verdict
    verdict_alone: Verdict
    reason: Text
    observations: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    first_found_at: datetime | None = None
    due_on: date | None = None
    overdue: bool = False
    triggers: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "control": self.control,
            "device": self.device,
            "subject": self.subject,
            "state": self.state,
            "verdict": self.verdict.value,
            "verdict_alone": self.verdict_alone.value,
            "reason": self.reason.record(),
            "observations": list(self.observations),
            "dispositions": list(self.dispositions),
            "first_found_at": None if self.first_found_at is None else stamp(self.first_found_at),
            "due_on": _day(self.due_on),
            "overdue": self.overdue,
            "triggers": list(self.triggers),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockState:
    """Where an activity stands: when it was last done and by whom, and when it is due again.

    `months` None: nobody said the period. `last_done_on` None: no record of it is known, which
    is not the same as never done.
    """

    activity: Activity
    months: int | None
    verdict: Verdict
    reason: Text
    last_done_on: date | None = None
    by: str | None = None
    next_due_on: date | None = None
    overdue: bool = False
    dispositions: tuple[str, ...] = ()

    def record(self) -> dict[str, Any]:
        return {
            "activity": self.activity.id,
            "title": self.activity.title.record(),
            "months": self.months,
            "verdict": self.verdict.value,
            "reason": self.reason.record(),
            "last_done_on": _day(self.last_done_on),
            "by": self.by,
            "next_due_on": _day(self.next_due_on),
            "overdue": self.overdue,
            "dispositions": list(self.dispositions),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult:
    """What one clause comes to in a period, with everything that made it so."""

    control: Control
    binds: Answer
    verdict: Verdict
    verdict_alone: Verdict
    reason: Text
    findings: tuple[Finding, ...] = ()
    clocks: tuple[ClockState, ...] = ()
    dispositions: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many findings came to each verdict."""
        return Counter(finding.verdict for finding in self.findings)

    def record(self) -> dict[str, Any]:
        return {
            "control": self.control.pinned,
            "title": self.control.title.record(),
            "caveat": None if self.control.caveat is None else self.control.caveat.record(),
            "binds": self.binds.value,
            "verdict": self.verdict.value,
            "verdict_alone": self.verdict_alone.value,
            "reason": self.reason.record(),
            "counts": {verdict.value: count for verdict, count in sorted(self.counts.items())},
            "findings": [finding.record() for finding in self.findings],
            "clocks": [clock.record() for clock in self.clocks],
            "dispositions": list(self.dispositions),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All clauses of a rule book for one period. `inputs` names what it rests on, by digest."""

    period: str
    at: datetime
    results: tuple[ControlResult, ...]
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[Verdict, int]:
        """How many clauses came to each verdict."""
        return Counter(result.verdict for result in self.results)

    def result(self, control: str) -> ControlResult:
        """The result of a clause by short or pinned id. Raises KeyError."""
        for one in self.results:
            if control in (one.control.id, one.control.pinned):
                return one
        raise KeyError(control)

    def records(self) -> tuple[Mapping[str, Any], ...]:
        """One record a clause, for the assessment that is signed."""
        return tuple(result.record() for result in self.results)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
