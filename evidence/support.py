"""Where a model or version stands between its milestones, by the company's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from evidence.lifecycle import Catalogue, Entry
from evidence.observation import Result


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone with its day; `days_left` is negative when it has passed."""

    name: str
    day: date
    days_left: int


@dataclass(frozen=True, slots=True)
class Support:
    """What is known, and what it comes to.

    `decisive` is the milestone that decides: the one that passed, or the next that will.
    `horizon_days` is the narrowest of the company's horizons that it already lies within.
    """

    state: str
    result: Result
    entry: Entry | None
    milestones: tuple[Milestone, ...] = ()
    decisive: Milestone | None = None
    horizon_days: int | None = None


def support(
    catalogue: Catalogue,
    entry: Entry | None,
    today: date,
    *,
    unknown: str,
    fails_at: Sequence[str],
    warns_at: Sequence[str],
    horizons_days: Sequence[int],
    max_age_days: int,
) -> Support:
    """Where an entry stands. `unknown` is the state without one (`unknown_model` …).

    The earliest milestone of `fails_at` decides; the last day itself is still supported. A
    stale catalogue can show that support ended, never that it goes on.
    """
    if entry is None:
        return Support(unknown, Result.not_assessed, None)
    known = tuple(
        Milestone(name, day, (day - today).days) for name, day in entry.milestones.items()
    )
    failing = min((one for one in known if one.name in fails_at), key=_day, default=None)
    if failing is None:
        return Support("no_date_published", Result.not_assessed, entry, known)
    if failing.days_left < 0:
        return Support("support_ended", Result.not_satisfied, entry, known, failing)
    within = [days for days in horizons_days if failing.days_left <= days]
    if within:
        return Support(
            "support_ends_soon", Result.partly, entry, known, failing, horizon_days=min(within)
        )
    if catalogue.age_days(today, entry) > max_age_days:
        return Support("catalogue_stale", Result.not_assessed, entry, known, failing)
    warning = [one for one in known if one.name in warns_at and one.days_left < 0]
    if warning:
        last = max(warning, key=_day)
        return Support("maintenance_ended", Result.partly, entry, known, last)
    return Support("supported", Result.satisfied, entry, known, failing)


def _day(milestone: Milestone) -> date:
    return milestone.day
