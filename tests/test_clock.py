"""Time as the rules count it: calendar months in Taipei, of which the first day is not counted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.clock import (
    add_months,
    day_start,
    month_bounds,
    months_complete_at,
    parse_at,
    period_of,
    roc,
    stamp,
    taipei_day,
    window_start,
    zone_named,
)

moments = st.integers(1_577_836_800_000, 2_051_222_400_000).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 8, 28), 6, date(2027, 2, 28)),
        (date(2026, 3, 31), 6, date(2026, 9, 30)),
        (date(2026, 12, 1), 6, date(2027, 6, 1)),
        (date(2026, 2, 28), 6, date(2026, 8, 28)),
        (date(2026, 8, 31), -6, date(2026, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 12, date(2027, 1, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_a_month_without_that_day_ends_on_its_last(day: date, months: int, end: date) -> None:
    assert add_months(day, months) == end


def test_a_day_begins_in_taipei_at_four_in_the_afternoon_utc() -> None:
    assert day_start(date(2026, 11, 1)) == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert taipei_day(datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC)) == date(2026, 10, 31)
    assert taipei_day(datetime(2026, 10, 31, 16, tzinfo=UTC)) == date(2026, 11, 1)


def test_a_month_runs_from_four_in_the_afternoon_utc_to_the_same_a_month_later() -> None:
    start, end = month_bounds("2026-11")
    assert start == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert end == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert month_bounds("2026-12")[0] == end
    assert month_bounds("2026-12")[1] == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert (period_of(start), period_of(end)) == ("2026-11", "2026-12")
    assert period_of(end - timedelta(microseconds=1)) == "2026-11"


@pytest.mark.parametrize(
    "period",
    [
        *("2026", "2026-13", "2026-00", "November", "2026-11-01"),
        # Other ways to write a month: it would have two names, and two chains of records.
        *(
            "2026-1",
            "26-11",
            " 2026-11",
            "2026-11\n",
            "\N{FULLWIDTH DIGIT TWO}026-11",
            "+2026-11",
            "2_026-11",
        ),
    ],
)
def test_what_is_no_month_has_no_bounds(period: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        month_bounds(period)


def test_the_first_day_of_a_period_is_not_counted() -> None:
    early = datetime(2026, 3, 9, 16, tzinfo=UTC)  # 10 March, 00:00 in Taipei
    late = datetime(2026, 3, 10, 15, 59, 59, tzinfo=UTC)  # the same day, just before midnight
    over = datetime(2026, 9, 10, 16, tzinfo=UTC)  # when 10 September is over
    assert months_complete_at(early, 6) == months_complete_at(late, 6) == over
    assert months_complete_at(late + timedelta(seconds=1), 6) == over + timedelta(days=1)


def test_six_months_from_the_last_of_august_are_over_when_february_is() -> None:
    for day in (28, 29, 30, 31):
        anchor = datetime(2026, 8, day, 4, tzinfo=UTC)
        assert months_complete_at(anchor, 6) == datetime(2027, 2, 28, 16, tzinfo=UTC)
    leap = datetime(2027, 8, 31, 4, tzinfo=UTC)
    assert months_complete_at(leap, 6) == datetime(2028, 2, 29, 16, tzinfo=UTC)


def test_a_window_begins_after_the_latest_day_whose_period_is_over() -> None:
    midnight = datetime(2027, 2, 28, 16, tzinfo=UTC)  # 1 March in Taipei
    assert window_start(midnight, 6) == day_start(date(2026, 9, 1))
    assert window_start(midnight - timedelta(seconds=1), 6) == day_start(date(2026, 8, 28))


@given(at=moments, months=st.integers(1, 24))
def test_a_window_is_the_longest_running_one_that_is_complete(at: datetime, months: int) -> None:
    start = window_start(at, months)
    assert start == day_start(taipei_day(start))
    assert months_complete_at(start - timedelta(seconds=1), months) <= at
    assert months_complete_at(start, months) > at


@given(anchor=moments, months=st.integers(1, 24))
def test_what_is_anchored_before_a_window_is_provable_the_day_its_period_is_over(
    anchor: datetime, months: int
) -> None:
    complete_at = months_complete_at(anchor, months)
    assert window_start(complete_at, months) > anchor
    assert window_start(complete_at - timedelta(microseconds=1), months) <= anchor


@given(at=moments)
def test_a_moment_survives_being_written(at: datetime) -> None:
    assert parse_at(stamp(at)) == at


def test_a_moment_is_written_in_utc_and_read_only_with_its_zone() -> None:
    taipei = timezone(timedelta(hours=8))
    assert stamp(datetime(2026, 11, 1, 8, tzinfo=taipei)) == "2026-11-01T00:00:00Z"
    assert parse_at("2026-11-01T08:00:00+08:00") == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match="no time zone"):
        parse_at("2026-11-01T08:00:00")


def test_a_day_in_the_calendar_of_the_republic() -> None:
    assert roc(date(2026, 11, 3)) == "115/11/03"


@pytest.mark.parametrize(
    "name", ["", "Asia", "Nowhere/Else", "../Asia/Taipei", "/etc", "a\0b", "x" * 5000]
)
def test_what_is_no_time_zone_is_none(name: str) -> None:
    assert zone_named(name) is None
