"""Counters that drop old hits (Check Point): a fall is no reset, what is kept is what shows."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from evidence.clock import window_start
from evidence.facts import RuleUsage
from evidence.reading import Reading
from evidence.usage import Assumption, State
from tests.usage_vectors import (
    AT,
    DAY,
    FIRST,
    proof_of,
    reading,
    usage,
)

SIX_MONTHS, THREE_MONTHS = timedelta(days=186), timedelta(days=92)


def counter(at: datetime, hits: Iterable[datetime], kept: timedelta) -> RuleUsage:
    """What a manager says at `at` that drops hits older than `kept`."""
    known = [hit for hit in hits if at - kept < hit <= at]
    return usage(
        len(known),
        persistent=True,
        reset_domain="",
        first_hit_at=min(known, default=None),
        last_hit_at=max(known, default=None),
        counter_reset_at=at - kept,
        kept_months=3 if kept == THREE_MONTHS else 6,
        open_sessions=0,
    )


def daily(since: datetime, kept: timedelta, hits: Iterable[datetime] = ()) -> list[Reading]:
    readings, at, hits = [], since, list(hits)
    while at <= AT:
        readings.append(
            reading(at, [counter(at, hits, kept)], rule={"modified_at": FIRST - 600 * DAY})
        )
        at += DAY
    return readings


def state(readings: list[Reading]) -> State:
    return proof_of(readings, accept=Assumption.no_older_sessions).state


def test_one_reading_suffices_where_hits_are_kept_for_the_window() -> None:
    assert state(daily(AT, SIX_MONTHS)) == State.proven


def test_one_reading_shows_no_more_than_is_kept() -> None:
    proof = proof_of(daily(AT, THREE_MONTHS), accept=Assumption.no_older_sessions)
    assert proof.state == State.insufficient
    assert proof.provable_on is not None and proof.provable_on > AT.date()


def test_three_months_of_readings_fill_what_three_months_kept_leave_open() -> None:
    start = window_start(AT, 6)
    assert state(daily(start + THREE_MONTHS - DAY, THREE_MONTHS)) == State.proven
    assert state(daily(start + THREE_MONTHS + 3 * DAY, THREE_MONTHS)) == State.insufficient


def test_hits_that_age_away_are_no_reset() -> None:
    """A week of hits before the window is dropped day by day within it."""
    start = window_start(AT, 6)
    old = [start - timedelta(days=back, hours=1) for back in range(2, 9)]
    readings = daily(start, SIX_MONTHS, old)
    counts = [one.of(RuleUsage)[0].count for one in readings]
    assert (counts[0], counts[-1]) == (7, 0)
    assert state(readings) == State.proven


def test_one_hit_for_each_that_goes_is_traffic() -> None:
    """The count stands still; the last hit does not."""
    start = window_start(AT, 6)
    hits = [start - SIX_MONTHS + timedelta(days=day, hours=12) for day in range(370)]
    assert state(daily(AT - 30 * DAY, SIX_MONTHS, hits)) == State.has_traffic
