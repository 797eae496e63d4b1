"""Deficiencies that are open, and whether they are followed up each quarter until they are closed.

建立內部控制制度處理準則 §15: deficiencies found are followed up at least quarterly until they are
corrected. A deficiency here is a clause that is not, or only partly, complied with; it is open from
the first of the months that followed one another so, and closed by the month that no longer is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from evidence.clock import add_months, month_bounds, taipei_day
from evidence.control import Disposition, Kind, Verdict

SUBJECT = "follow_up"
"""What a follow-up is about, beside its clause: no finding, no activity."""
EVERY_MONTHS = 3
DEFICIENT = (Verdict.not_satisfied, Verdict.partly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deficiency:
    """`since`: the month it was found in, as 2026-09. `entries`: its follow-ups, oldest first."""

    control: str
    verdict: Verdict
    since: str
    entries: tuple[Disposition, ...]
    next_due_on: date
    overdue: bool


def open_since(history: Sequence[tuple[str, Mapping[str, Verdict]]]) -> dict[str, str]:
    """Each deficient clause of the last month with the month it is open since.

    `history`: months with the verdicts of their clauses, the last one last; a month nobody judged
    is not among them and closes nothing.
    """
    found: dict[str, str] = {}
    for period, verdicts in history:
        found = {
            control: found.get(control, period)
            for control, verdict in verdicts.items()
            if verdict in DEFICIENT
        }
    return found


def deficiencies(
    verdicts: Mapping[str, Verdict],
    since: Mapping[str, str],
    said: Iterable[Disposition],
    at: datetime,
) -> list[Deficiency]:
    """The register of a month, in the order of `verdicts`, as it stands at a moment. A control that
    is as bad as a clause below it is not listed beside that clause."""
    above = {one[:at] for one in since for at, sign in enumerate(one) if sign == "."}
    entries: dict[str, list[Disposition]] = {}
    for one in said:
        if one.kind is Kind.follow_up and one.subject == SUBJECT and one.complete:
            entries.setdefault(one.control, []).append(one)
    return [
        _deficiency(control, verdicts[control], since[control], entries.get(control, ()), at)
        for control in verdicts
        if control in since and control not in above
    ]


def _deficiency(
    control: str, verdict: Verdict, since: str, said: Sequence[Disposition], at: datetime
) -> Deficiency:
    start, end = month_bounds(since)
    mine = sorted((one for one in said if start <= one.at <= at), key=lambda one: one.at)
    # Counted from the last follow-up, and the first from the end of the month it was found in.
    last = taipei_day(mine[-1].at) if mine else taipei_day(end - timedelta(seconds=1))
    due = add_months(last, EVERY_MONTHS)
    return Deficiency(
        control=control,
        verdict=verdict,
        since=since,
        entries=tuple(mine),
        next_due_on=due,
        overdue=taipei_day(at) > due,
    )
