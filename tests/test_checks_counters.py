"""Counters that somebody zeroed or stopped: told as that, and never taken for a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from checks.counters_run_on import check
from evidence.device import Device
from evidence.facts import RuleUsage, Unit
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.usage import histories
from tests.usage_vectors import AT, BUSY, DAY, RULE, daily, rebooted

SINCE = AT - 40 * DAY


def month_of(readings: list[Reading]) -> Observation:
    """The one observation about the unit, for October."""
    device = Device(id="fw-1", platform="toy", subjects=("firewall",))
    seen = Readings(
        at=AT,
        period="2026-10",
        all=readings[-1:],
        devices={"fw-1": device},
        usage_of=lambda group: histories(readings),
    )
    (found,) = check(seen)
    assert found.description.zh
    return found


def with_counts(readings: list[Reading], days: int, count: int | None) -> list[Reading]:
    """The busy counter set to something in every reading of the last days."""
    return [
        replace(
            one,
            facts=tuple(
                replace(fact, count=count)
                if isinstance(fact, RuleUsage) and fact.key == BUSY and AT - one.at < days * DAY
                else fact
                for fact in one.facts
            ),
        )
        for one in readings
    ]


def test_counters_that_ran_on_are_as_they_should_be() -> None:
    found = month_of(daily(since=SINCE))
    assert (found.result, found.state) == (Result.satisfied, "ran_on")
    assert found.measures["readings"] == len(found.evidence) == 34


def test_a_counter_zeroed_without_a_restart_is_told_with_its_rule_and_day() -> None:
    found = month_of(with_counts(daily(since=SINCE), 10, 3))
    assert (found.result, found.state) == (Result.partly, "zeroed_without_restart")
    assert found.measures["rules"] == [BUSY]
    assert "2026-10-24 10:30" in found.description.en


def test_a_restart_is_no_disturbance() -> None:
    found = month_of(rebooted(daily(since=SINCE), AT - 12 * DAY - timedelta(hours=3)))
    assert found.result is Result.satisfied


def test_a_zeroing_before_the_month_is_not_told_again() -> None:
    assert month_of(with_counts(daily(since=SINCE), 36, 3)).result is Result.satisfied


def test_counting_that_was_switched_off_is_told() -> None:
    found = month_of(with_counts(daily(since=SINCE), 5, None))
    assert (found.result, found.state) == (Result.partly, "counting_stopped")
    assert found.measures["rules"] == [BUSY]


def test_both_are_told_in_one() -> None:
    readings = with_counts(with_counts(daily(since=SINCE), 10, 3), 5, None)
    found = month_of(readings)
    assert found.state == "zeroed_without_restart"
    assert "switched off" in found.description.en


def test_a_single_reading_shows_nothing() -> None:
    found = month_of(daily(since=AT))
    assert (found.result, found.state) == (Result.not_assessed, "not_compared")


def test_other_hardware_is_no_zeroing() -> None:
    before = daily(since=SINCE, until=AT - 10 * DAY, unit=Unit(serial="A"))
    after = with_counts(daily(since=AT - 9 * DAY, unit=Unit(serial="B")), 10, 3)
    assert RULE and month_of(before + after).result is Result.satisfied
