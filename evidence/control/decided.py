"""`rule_is_decided`: a review clause is judged by what was decided, not by what is idle.

The clause orders a reasoned decision, not a deletion, so a rule's row (what was observed) and
its standing (what was decided, in time or not) give the verdict together:

| Row            | decided   | open      | overdue       |
|----------------|-----------|-----------|---------------|
| in_use         | satisfied | satisfied | satisfied     |
| must_decide    | satisfied | partly    | not satisfied |
| provable_later | (none)    | satisfied | (none)        |
| not_measurable | satisfied | partly    | not assessed  |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from evidence.clock import day_start, months_complete_at, taipei_day
from evidence.control.book import CheckUse, Control
from evidence.control.disposition import Decision, Disposition, Kind
from evidence.control.policy import Policy
from evidence.control.words import Verdict
from evidence.observation import Observation, Result
from evidence.text import Text

DECIDED_BY_TICKET = "decided"
"""State of an observation that says: an approved ticket holds a decision about this rule."""


class Row(StrEnum):
    """What was observed of a rule."""

    in_use = "in_use"  # has traffic, and nothing risky
    must_decide = "must_decide"  # no traffic proven, high risk, or its system decommissioned
    provable_later = "provable_later"  # history too short; the day it becomes provable is known
    not_measurable = "not_measurable"  # something about it cannot be judged


class Standing(StrEnum):
    """Where the decision about a rule stands."""

    decided = "decided"
    open = "open"
    overdue = "overdue"


TABLE: Mapping[Row, Mapping[Standing, Verdict]] = {
    Row.in_use: dict.fromkeys(Standing, Verdict.satisfied),
    Row.must_decide: {
        Standing.decided: Verdict.satisfied,
        Standing.open: Verdict.partly,
        Standing.overdue: Verdict.not_satisfied,
    },
    # Nothing can be decided before it can be known, so nothing is due either.
    Row.provable_later: dict.fromkeys(Standing, Verdict.satisfied),
    Row.not_measurable: {
        Standing.decided: Verdict.satisfied,
        Standing.open: Verdict.partly,
        Standing.overdue: Verdict.not_assessed,
    },
}


def is_rule(observation: Observation) -> bool:
    """Whether an observation speaks of one firewall rule, so that the table judges it."""
    return "rule" in observation.measures


def row(observations: Iterable[Observation]) -> Row:
    """The row of a rule, from everything observed of it."""
    seen = [one for one in observations if one.state != DECIDED_BY_TICKET]
    if any(one.result in (Result.not_satisfied, Result.partly) for one in seen):
        return Row.must_decide
    unknown = [one for one in seen if one.result is Result.not_assessed]
    if not unknown:
        return Row.in_use
    if all(one.measures.get("provable_on") for one in unknown):
        return Row.provable_later
    return Row.not_measurable


def needs_decision(observations: Iterable[Observation]) -> set[str]:
    """Subjects of rules that somebody must decide about, now or later overdue.

    Since when a subject is in this set is what `fold` takes as `first_found_at`: the days to
    decide do not run while a rule's history is merely too short.
    """
    rules: dict[str, list[Observation]] = {}
    for one in filter(is_rule, observations):
        rules.setdefault(one.subject, []).append(one)
    return {
        subject
        for subject, mine in rules.items()
        if row(mine) in (Row.must_decide, Row.not_measurable)
    }


@dataclass(frozen=True, slots=True)
class Review:
    """What the standing of a rule depends on, besides what people said."""

    control: Control
    policy: Policy
    at: datetime
    period_start: datetime

    def due_on(
        self, row: Row, observations: Sequence[Observation], first_found_at: datetime
    ) -> date | None:
        """The day by which somebody must have decided; None where nothing is to be decided.

        A rule that is only there because its system was decommissioned has the clause's own
        deadline; every other has the company's, counted from when it was first found.
        """
        if row in (Row.in_use, Row.provable_later):
            return None
        deadlines = [_deadline(one) for one in observations]
        stated = [day for day in deadlines if day is not None]
        others = [
            one
            for one, deadline in zip(observations, deadlines, strict=True)
            if deadline is None and one.result not in (Result.satisfied, Result.not_applicable)
        ]
        if others or not stated:
            days = timedelta(days=self.policy.decide_within_days)
            stated.append(taipei_day(first_found_at) + days)
        return min(stated)

    def standing(
        self,
        observations: Sequence[Observation],
        decision: Disposition | None,
        due_on: date | None,
    ) -> tuple[Standing, date | None, Text]:
        """Where the decision stands, the day something is due next, and why in words."""
        if due_on is None:
            return Standing.open, None, Text("nothing is to be decided", "無須決定")
        today = taipei_day(self.at)
        if decision is None or decision.decision is None:
            late = today > due_on
            return (Standing.overdue if late else Standing.open), due_on, _undecided(late, due_on)
        decided_on = taipei_day(decision.at)
        if decided_on > due_on and decision.at >= self.period_start:
            said = Text(
                f"decided on {decided_on}, after {due_on}", f"{decided_on} 才決定，逾期限 {due_on}"
            )
            return Standing.overdue, due_on, said
        ends_on = self._ends_on(decision, observations)
        if ends_on is not None and today > ends_on:
            return Standing.overdue, ends_on, _ended(decision.decision, ends_on)
        return Standing.decided, ends_on, _decided(decision)

    def _ends_on(self, decision: Disposition, observations: Sequence[Observation]) -> date | None:
        """The last day a decision counts: for keep until the next review is due, for adjust and
        disable until the device must show it done."""
        decided_on = taipei_day(decision.at)
        ends = [decision.until] if decision.until else []
        if decision.decision is Decision.keep:
            months = self._review_months(observations)
            if months is not None:
                over_at = months_complete_at(decision.at, months)
                ends.append(taipei_day(over_at) - timedelta(days=1))
            return min(ends, default=None)
        if not ends:
            ends = [decided_on + timedelta(days=self.policy.carry_out_within_days)]
        ends += [day for one in observations if (day := _deadline(one)) and day >= decided_on]
        return min(ends)

    def _review_months(self, observations: Sequence[Observation]) -> int | None:
        """The shortest review period that covers this rule: half-yearly in the DMZ."""
        scope = tuple(place for one in observations for place in one.scope)
        months = [
            activity.months
            for activity in self.control.activities
            if activity.since == "last_done"
            and activity.months is not None
            and CheckUse(check="", scope=activity.scope).sees(scope)
        ]
        return min(months, default=None)


def decision_about(
    subject: str,
    control: Control,
    observations: Sequence[Observation],
    dispositions: Iterable[Disposition],
    at: datetime,
) -> Disposition | None:
    """The latest decision about a rule as it now is, from the store or from a ticket."""
    match = {str(one.measures["match_digest"]) for one in observations if _match(one)}
    found = [
        one
        for one in (*dispositions, *map(_ticket, filter(_is_ticket, observations)))
        if one.kind is Kind.decision
        and one.complete
        and one.about(control.id, subject)
        and one.at <= at
        and (one.digest is None or not match or one.digest in match)
    ]
    return max(found, key=lambda one: one.at, default=None)


def _is_ticket(observation: Observation) -> bool:
    return observation.state == DECIDED_BY_TICKET


def _ticket(observation: Observation) -> Disposition:
    """The decision an approved ticket holds."""
    said = observation.measures
    until = said.get("until")
    return Disposition(
        kind=Kind.decision,
        subject=observation.subject,
        by=str(said["by"]),
        at=day_start(date.fromisoformat(said["decided_on"])),
        reason=str(said["reason"]),
        decision=Decision(said["decision"]),
        until=None if until is None else date.fromisoformat(until),
        approver=said.get("approver"),
    )


def _match(observation: Observation) -> bool:
    return bool(observation.measures.get("match_digest"))


def _deadline(observation: Observation) -> date | None:
    """The clause's own deadline for a decommissioned system's rule."""
    said = observation.measures.get("deadline_on")
    return None if said is None else date.fromisoformat(said)


def _undecided(late: bool, due_on: date) -> Text:
    if late:
        return Text(f"no decision by {due_on}: overdue", f"至 {due_on} 未作決定，已逾期")
    return Text(f"to be decided by {due_on}", f"應於 {due_on} 前決定")


def _ended(decision: Decision, ends_on: date) -> Text:
    if decision is Decision.keep:
        return Text(
            f"the decision to keep it held until {ends_on}", f"保留之決定僅至 {ends_on} 有效"
        )
    return Text(
        f"to be carried out by {ends_on}, and the device does not show it",
        f"應於 {ends_on} 前完成，設備上仍未見調整或停用",
    )


def _decided(said: Disposition) -> Text:
    word = (said.decision or Decision.keep).text
    on = taipei_day(said.at)
    four_eyes = Text(" (approved by the same person)", "（核准者與決定者同一人）")
    mark = four_eyes if said.self_approved else Text("", "")
    return Text(
        f"{word.en}, decided by {said.by} on {on}: {said.reason}{mark.en}",
        f"{said.by} 於 {on} 決定{word.zh}：{said.reason}{mark.zh}",
    )
