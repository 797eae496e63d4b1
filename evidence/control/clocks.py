"""The clauses' own clocks: last done, by whom, next due, overdue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from evidence.clock import add_months, taipei_day
from evidence.control.book import Activity, Control
from evidence.control.disposition import Disposition, Kind
from evidence.control.finding import ClockState, Finding
from evidence.control.policy import Policy, Profile
from evidence.control.words import Verdict
from evidence.text import Text


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where every activity of a clause stands at a moment."""

    policy: Policy
    profile: Profile
    at: datetime

    def states(
        self,
        control: Control,
        said: Mapping[str, Sequence[Disposition]],
        findings: Sequence[Finding],
    ) -> tuple[ClockState, ...]:
        """One state an activity. `said`: dispositions by subject, here the activity's id."""
        return tuple(
            self._review(control, activity, said.get(activity.id, ()))
            if activity.since == "last_done"
            else self._deadline(activity, findings)
            for activity in control.activities
        )

    def _review(
        self, control: Control, activity: Activity, dispositions: Iterable[Disposition]
    ) -> ClockState:
        """An activity that recurs, counted from when it was last done."""
        months = self.policy.months(control, activity, self.profile.tier)
        done = max(
            (
                one
                for one in dispositions
                if one.kind is Kind.review and one.complete and one.control == control.id
            ),
            key=lambda one: one.at,
            default=None,
        )
        if months is None:
            return self._no_period(activity, done)
        if done is None:
            return ClockState(
                activity=activity,
                months=months,
                verdict=Verdict.awaiting_evidence,
                reason=Text(
                    f"no record of it yet; every {months} months",
                    f"尚無辦理紀錄；每 {months} 個月一次",
                ),
            )
        last_done_on = taipei_day(done.at)
        next_due_on = add_months(last_done_on, months)
        overdue = taipei_day(self.at) > next_due_on
        return ClockState(
            activity=activity,
            months=months,
            verdict=Verdict.not_satisfied if overdue else Verdict.satisfied,
            reason=_done(done, last_done_on, next_due_on, overdue),
            last_done_on=last_done_on,
            by=done.by,
            next_due_on=next_due_on,
            overdue=overdue,
            dispositions=(done.id,),
        )

    def _no_period(self, activity: Activity, done: Disposition | None) -> ClockState:
        """Nobody said how often: because the tier is unknown, or the policy is silent."""
        tier_unknown = activity.by_tier and self.profile.tier is None
        return ClockState(
            activity=activity,
            months=None,
            verdict=Verdict.undetermined if tier_unknown else Verdict.awaiting_evidence,
            reason=Text("the security tier is unknown", "資安分級未定")
            if tier_unknown
            else Text("the policy does not say how often", "公司判定準則未訂週期"),
            last_done_on=None if done is None else taipei_day(done.at),
            by=None if done is None else done.by,
            dispositions=() if done is None else (done.id,),
        )

    def _deadline(self, activity: Activity, findings: Iterable[Finding]) -> ClockState:
        """A deadline per rule: the earliest one that still runs, and whether any was missed."""
        mine = [finding for finding in findings if activity.since in finding.triggers]
        verdict = self.policy.worst({finding.verdict for finding in mine} or {Verdict.satisfied})
        days = [finding.due_on for finding in mine if finding.due_on is not None]
        return ClockState(
            activity=activity,
            months=activity.months,
            verdict=verdict,
            reason=Text(f"{len(mine)} rules concerned", f"涉及規則 {len(mine)} 條"),
            next_due_on=min(days, default=None),
            overdue=any(finding.overdue for finding in mine),
        )


def _done(done: Disposition, on: date, next_due_on: date, overdue: bool) -> Text:
    late = Text("; overdue", "，已逾期") if overdue else Text("", "")
    return Text(
        f"done on {on} by {done.by}; due again by {next_due_on}{late.en}",
        f"{done.by} 於 {on} 辦理；下次期限 {next_due_on}{late.zh}",
    )
