"""The fold: observations, dispositions and the calendar become findings. Pure, and run by three.

Without dispositions its result is the agent's, provisional; with them the store's for the
month; over the signed records of both the verifier's. No clock: `at` is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from evidence.clock import add_months, day_start, month_bounds, taipei_day
from evidence.control.book import Control, Join, RuleBook
from evidence.control.clocks import Calendar
from evidence.control.decided import TABLE, Review, Standing, decision_about, is_rule, row
from evidence.control.disposition import Disposition, Kind
from evidence.control.finding import ClockState, ControlResult, Finding, Judgement
from evidence.control.policy import Policy, Profile
from evidence.control.said import clause_reason, clauses_reason, excuse_words, joined, rule_reason
from evidence.control.words import Answer, Verdict
from evidence.observation import CHECK_FAILED, Observation
from evidence.text import Text


def fold(
    book: RuleBook,
    profile: Profile,
    policy: Policy,
    observations: Sequence[Observation],
    *,
    period: str,
    at: datetime,
    dispositions: Sequence[Disposition] = (),
    first_found_at: Mapping[str, datetime] | None = None,
) -> Judgement:
    """What every clause comes to for a month (`2026-11`), as known at `at`.

    `first_found_at` says since when a subject has needed a decision; a subject that is not in
    it was first found by the observation itself. Dispositions later than `at` do not count.
    """
    said: dict[str, tuple[Disposition, ...]] = {}
    for one in sorted(dispositions, key=lambda one: (one.at, one.id)):
        if one.at <= at:
            said[one.subject] = (*said.get(one.subject, ()), one)
    folder = _Folder(profile, policy, period, at, first_found_at or {})
    results = [folder.result(control, observations, said) for control in book]
    return Judgement(
        period=period,
        at=at,
        results=tuple(_with_its_clauses(one, results, policy) for one in results),
        inputs={"rule_book": book.digest, "policy": policy.digest, "profile": profile.digest},
    )


def _with_its_clauses(
    head: ControlResult, results: Sequence[ControlResult], policy: Policy
) -> ControlResult:
    """A control that has clauses below it is as bad as the worst of them: nobody may read
    "CC-17010 satisfied" while one of its clauses is not."""
    below = [
        one
        for one in results
        if one.control.id.startswith(f"{head.control.id}.")
        and one.verdict is not Verdict.not_applicable
    ]
    if not below:
        return head
    return replace(
        head,
        verdict=policy.worst({head.verdict, *(one.verdict for one in below)}),
        verdict_alone=policy.worst({head.verdict_alone, *(one.verdict_alone for one in below)}),
        reason=joined([head.reason, clauses_reason(below)]),
    )


# Dispositions by subject, oldest first: a month has thousands of both.
Said = Mapping[str, tuple[Disposition, ...]]


@dataclass(frozen=True, slots=True)
class _Folder:
    profile: Profile
    policy: Policy
    period: str
    at: datetime
    first_found_at: Mapping[str, datetime]

    def result(
        self, control: Control, observations: Sequence[Observation], said: Said
    ) -> ControlResult:
        seen = [
            one
            for one in observations
            if any(one.check == use.key and use.sees(one.scope) for use in control.checks)
        ]
        findings = tuple(self._findings(control, seen, said))
        calendar = Calendar(self.policy, self.profile, self.at)
        clocks = calendar.states(control, said, findings)
        alone = calendar.states(control, {}, findings)
        about = [one for one in said.get("", ()) if one.control == control.id]
        binds = self.profile.binds(control)
        verdict = self._verdict(control, [one.verdict for one in findings], clocks, about)
        return ControlResult(
            control=control,
            binds=binds,
            verdict=_bound(binds, verdict),
            verdict_alone=_bound(
                binds, self._verdict(control, [one.verdict_alone for one in findings], alone, ())
            ),
            reason=clause_reason(control, binds, findings, clocks, about),
            findings=findings,
            clocks=clocks,
            dispositions=tuple(one.id for one in about),
        )

    def _findings(
        self, control: Control, seen: Sequence[Observation], said: Said
    ) -> Iterable[Finding]:
        """One finding a rule where the table judges, else one an observation."""
        by_table = control.join is Join.rule_is_decided
        rules: dict[str, list[Observation]] = {}
        for one in seen:
            if by_table and is_rule(one):
                rules.setdefault(one.subject, []).append(one)
            else:
                yield self._by_result(control, one, said.get(one.subject, ()))
        # A check that crashed speaks of every rule: none of them may look judged without it.
        crashed = [one for one in seen if one.state == CHECK_FAILED]
        for subject, mine in rules.items():
            yield self._by_decision(control, subject, [*mine, *crashed], said.get(subject, ()))

    def _by_decision(
        self,
        control: Control,
        subject: str,
        mine: Sequence[Observation],
        said: Sequence[Disposition],
    ) -> Finding:
        review = Review(control, self.policy, self.at, month_bounds(self.period)[0])
        found_at = self.first_found_at.get(subject, min(one.at for one in mine))
        kind = row(mine)
        due_on = review.due_on(kind, mine, found_at)
        decision = decision_about(subject, control, mine, said, self.at)
        standing, next_on, words = review.standing(mine, decision, due_on)
        alone, _, _ = review.standing(mine, None, due_on)
        return Finding(
            control=control.pinned,
            device=mine[0].device,
            subject=subject,
            state=kind.value,
            verdict=TABLE[kind][standing],
            verdict_alone=TABLE[kind][alone],
            reason=rule_reason(mine, words if due_on else None),
            observations=tuple(one.digest for one in mine),
            dispositions=(decision.id,) if decision in said and decision is not None else (),
            first_found_at=found_at if due_on else None,
            due_on=next_on,
            overdue=standing is Standing.overdue,
            triggers=tuple(sorted({one.state for one in mine})),
        )

    def _by_result(
        self, control: Control, one: Observation, said: Sequence[Disposition]
    ) -> Finding:
        """A check's own result; a plan or exception in force makes a deficiency one step less.

        What a machine could not assess, a person may: manual evidence about it counts as said.
        """
        alone = Verdict.of(one.result)
        verdict, words = alone, [one.description]
        used: tuple[str, ...] = ()
        for disposition in said:
            if not disposition.about(control.id, one.subject) or not disposition.complete:
                continue
            better = self._improved(alone, one, disposition)
            if better is not alone:
                verdict, used = better, (*used, disposition.id)
            elif alone is Verdict.satisfied or disposition.kind not in (Kind.plan, Kind.exception):
                continue
            words.append(excuse_words(disposition, self._why_not(one, disposition)))
        return Finding(
            control=control.pinned,
            device=one.device,
            subject=one.subject,
            state=one.state,
            verdict=verdict,
            verdict_alone=alone,
            reason=joined(words),
            observations=(one.digest,),
            dispositions=used,
            triggers=(one.state,),
        )

    def _improved(self, alone: Verdict, one: Observation, said: Disposition) -> Verdict:
        if self._why_not(one, said) is not None:
            return alone
        if said.kind is Kind.manual_evidence and alone is Verdict.not_assessed:
            return said.verdict or alone
        if said.kind not in (Kind.plan, Kind.exception):
            return alone
        steps = {Verdict.not_satisfied: Verdict.partly, Verdict.partly: Verdict.satisfied}
        return steps.get(alone, alone)

    def _why_not(self, one: Observation, said: Disposition) -> Text | None:
        """Why what was said excuses nothing (any more); None: it holds."""
        if said.until is not None and taipei_day(self.at) > said.until:
            return Text(f"held until {said.until} and holds no longer", f"已於 {said.until} 失效")
        expired_on = one.measures.get("expired_on")
        made_on = taipei_day(said.at)
        if said.kind is not Kind.plan or expired_on is None:
            return None
        # The clause wants the plan before the end of support; one made later excuses nothing.
        if made_on > date.fromisoformat(expired_on):
            return Text(
                f"late: made on {made_on}, after {expired_on}",
                f"逾期訂定：{made_on} 訂定，晚於 {expired_on}",
            )
        return None

    def _verdict(
        self,
        control: Control,
        findings: Sequence[Verdict],
        clocks: Sequence[ClockState],
        about: Sequence[Disposition],
    ) -> Verdict:
        """The worst of findings, clocks and manual evidence, in the company's order."""
        judged: set[Verdict] = set(findings) - {Verdict.not_applicable}
        manual = self._manual(control, about)
        if manual is not None and manual is not Verdict.not_applicable:
            judged.add(manual)
        elif manual is None and control.manual and not control.activities:
            judged.add(Verdict.awaiting_evidence)
        judged |= {clock.verdict for clock in clocks}
        if control.checks and not findings and manual is None:
            judged.add(Verdict.not_assessed)
        if manual is Verdict.not_applicable and not findings:
            return manual
        return self.policy.worst(judged or {Verdict.not_assessed})

    def _manual(self, control: Control, about: Sequence[Disposition]) -> Verdict | None:
        """What the newest manual evidence about the whole clause says, if it is of this audit.

        It counts from the start of the audit period that ends with this month, or to `until`.
        """
        months = control.audit.months or 1
        first = add_months(taipei_day(month_bounds(self.period)[0]), 1 - months)
        found = [
            one
            for one in about
            if one.kind is Kind.manual_evidence
            and one.complete
            and one.verdict is not None
            and (
                one.at >= day_start(first)
                if one.until is None
                else taipei_day(self.at) <= one.until
            )
        ]
        return found[-1].verdict if found else None


def _bound(binds: Answer, verdict: Verdict) -> Verdict:
    """The verdict, where the clause binds. Not knowing whether it does is no `not applicable`."""
    if binds is Answer.yes:
        return verdict
    return Verdict.not_applicable if binds is Answer.no else Verdict.undetermined
