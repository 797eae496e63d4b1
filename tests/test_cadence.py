"""Cadences: which moment was due last, in the configuration's words, by the Taipei calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.cadence import cadence
from agent.config import Config, load_config
from agent.ledger import Ledger
from agent.timetable import due
from evidence.clock import TAIPEI
from evidence.errors import ConfigurationError
from evidence.reading import Reading

WORDS = (
    "hourly",
    "daily",
    "daily at 02:30",
    "weekly on monday at 23:59",
    "monthly on 1 at 00:00",
    "monthly on 29 at 02:30",
    "monthly on 31 at 02:30",
    "monthly on last at 02:30",
)


def taipei(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=TAIPEI)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("words", "now", "due_at"),
    [
        ("hourly", taipei(2026, 11, 23, 9, 59, 59), taipei(2026, 11, 23, 9)),
        ("daily at 02:30", taipei(2026, 11, 23, 2, 30), taipei(2026, 11, 23, 2, 30)),
        ("daily at 02:30", taipei(2026, 11, 23, 2, 29, 59), taipei(2026, 11, 22, 2, 30)),
        ("daily", taipei(2026, 11, 23, 3), taipei(2026, 11, 23, 2, 30)),
        ("Daily  at 2:30", taipei(2026, 11, 23, 3), taipei(2026, 11, 23, 2, 30)),
        ("weekly on monday at 23:59", taipei(2026, 11, 23, 12), taipei(2026, 11, 16, 23, 59)),
        ("monthly on 1 at 00:00", taipei(2026, 11, 1), taipei(2026, 11, 1)),
        ("monthly on last at 02:30", taipei(2026, 11, 30, 2, 30), taipei(2026, 11, 30, 2, 30)),
        ("monthly on last at 02:30", taipei(2026, 11, 30, 2), taipei(2026, 10, 31, 2, 30)),
        ("monthly on last at 02:30", taipei(2028, 3, 1), taipei(2028, 2, 29, 2, 30)),
        ("monthly on last at 02:30", taipei(2027, 3, 1), taipei(2027, 2, 28, 2, 30)),
        ("monthly on 31 at 02:30", taipei(2026, 12, 1), taipei(2026, 11, 30, 2, 30)),
        ("monthly on 30 at 02:30", taipei(2027, 3, 15), taipei(2027, 2, 28, 2, 30)),
        ("monthly on 29 at 02:30", taipei(2027, 3, 15), taipei(2027, 2, 28, 2, 30)),
        ("monthly on 29 at 02:30", taipei(2028, 3, 15), taipei(2028, 2, 29, 2, 30)),
    ],
)
def test_the_last_due_moment_is_by_the_taipei_calendar(
    words: str, now: datetime, due_at: datetime
) -> None:
    found = cadence(words).last_due_at(now)
    assert found == due_at
    assert found.tzinfo is UTC


@given(
    words=st.sampled_from(WORDS),
    second=st.integers(1_577_836_800, 3_471_292_800),  # 2020 to 2080
)
def test_the_last_due_moment_has_been_and_none_lies_between(words: str, second: int) -> None:
    when, now = cadence(words), datetime.fromtimestamp(second, UTC)
    last = when.last_due_at(now)
    assert last <= now < last + timedelta(days=32)
    assert when.last_due_at(last) == last
    assert when.last_due_at(last + (now - last) / 2) == last


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("", "schedule_invalid"),
        ("often", "schedule_invalid"),
        ("weekly", "schedule_invalid"),
        ("monthly at 02:30", "schedule_invalid"),
        ("daily on 3 at 02:30", "schedule_invalid"),
        ("hourly at 02:30", "schedule_invalid"),
        ("daily at noon", "schedule_invalid"),
        ("daily at 24:00", "schedule_never"),
        ("daily at 02:60", "schedule_never"),
        ("monthly on 0 at 02:30", "schedule_never"),
        ("monthly on 32 at 02:30", "schedule_never"),
        ("monthly on monday at 02:30", "schedule_never"),
        ("weekly on 3 at 02:30", "schedule_never"),
        ("weekly on last at 02:30", "schedule_never"),
    ],
)
def test_words_that_never_come_due_are_refused(words: str, code: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        cadence(words)
    assert caught.value.code == code


# --- zones whose clocks change ---

# Zone, and a day around which its clock changes: an hour forward and back, half an hour, by a day.
CHANGES = (
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that was left out
    ("Asia/Taipei", date(2028, 2, 29)),
)


@pytest.mark.parametrize(("name", "day"), CHANGES)
@pytest.mark.parametrize("at", ["00:00", "01:15", "01:45", "02:00", "02:30", "03:00", "23:59"])
def test_every_day_is_due_once_however_long_it_is(name: str, day: date, at: str) -> None:
    """Minute by minute: what came due, as one who asks each minute sees it."""
    zone = ZoneInfo(name)
    when = cadence(f"daily at {at}", zone)
    start = datetime.combine(day - timedelta(days=3), time(12), zone).astimezone(UTC)
    seen: list[datetime] = []
    for minute in range(6 * 24 * 60):
        due_at = when.last_due_at(start + timedelta(minutes=minute))
        if not seen or due_at != seen[-1]:
            seen.append(due_at)
    assert seen == sorted(seen), "what was due never takes a step back"
    days = [one.astimezone(zone).date() for one in seen]
    assert len(set(days)) == len(days)
    assert set(days) == {one for one in days_between(days[0], days[-1]) if exists(one, zone)}
    assert when.due_between(seen[0], seen[-1]) == seen[1:]


@pytest.mark.parametrize(("name", "day"), CHANGES)
def test_every_hour_is_due_once_however_the_clock_is_set(name: str, day: date) -> None:
    zone = ZoneInfo(name)
    start = datetime.combine(day - timedelta(days=1), time(), zone).astimezone(UTC)
    hours = cadence("hourly", zone).due_between(start, start + timedelta(days=3))
    assert {b - a for a, b in pairwise(hours)} == {timedelta(hours=1)}
    assert len(hours) == 72


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def exists(day: date, zone: ZoneInfo) -> bool:
    """Whether this day's noon was ever on the clock."""
    noon = datetime.combine(day, time(12), zone)
    return noon.astimezone(UTC).astimezone(zone).date() == day


# --- what is due, with the ledger's memory ---


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "agent.yaml").write_text(
        "id: agent-1\nstate: state\nschedule: daily at 02:30\n", "utf-8"
    )
    (tmp_path / "devices.yaml").write_text(
        "devices:\n"
        "  - {id: host-1, platform: linux, subjects: [firewall, firmware], transport: local}\n",
        "utf-8",
    )
    return load_config(tmp_path / "agent.yaml")


def subjects_due(config: Config, ledger: Ledger, now: datetime) -> tuple[str, ...]:
    return tuple(subject for job in due(config, ledger, now) for subject in job.subjects)


def attempt(ledger: Ledger, at: datetime, *subjects: str) -> None:
    readings = [Reading(device="host-1", subject=one, at=at) for one in subjects]
    ledger.keep_bundle(readings[0].digest, b"", readings, "run", False)


def test_after_days_without_power_everything_is_caught_up_once(config: Config) -> None:
    ledger = Ledger(config.state)
    attempt(ledger, taipei(2026, 11, 1, 2, 31), "firewall", "firmware")
    now = taipei(2026, 11, 23, 9)
    assert subjects_due(config, ledger, now) == ("firewall", "firmware")
    attempt(ledger, now, "firewall", "firmware")
    assert subjects_due(config, ledger, now + timedelta(minutes=1)) == ()
    assert subjects_due(config, ledger, taipei(2026, 11, 24, 2, 29)) == ()
    assert subjects_due(config, ledger, taipei(2026, 11, 24, 2, 30)) == ("firewall", "firmware")
    ledger.close()


def test_each_subject_is_due_by_itself(config: Config) -> None:
    ledger = Ledger(config.state)
    attempt(ledger, taipei(2026, 11, 23, 2, 31), "firmware")
    assert subjects_due(config, ledger, taipei(2026, 11, 23, 9)) == ("firewall",)
    ledger.close()


def test_a_clock_that_once_jumped_ahead_does_not_silence_the_agent(config: Config) -> None:
    ledger = Ledger(config.state)
    attempt(ledger, taipei(2099, 1, 1), "firewall", "firmware")
    now = taipei(2026, 11, 23, 9)
    assert subjects_due(config, ledger, now) == ("firewall", "firmware")
    attempt(ledger, now, "firewall", "firmware")
    assert subjects_due(config, ledger, now + timedelta(minutes=1)) == ()
    ledger.close()


def test_a_clock_set_back_reads_again_at_most_once(config: Config) -> None:
    ledger = Ledger(config.state)
    attempt(ledger, taipei(2026, 11, 23, 9), "firewall", "firmware")
    assert subjects_due(config, ledger, taipei(2026, 11, 23, 8, 58)) == ("firewall", "firmware")
    attempt(ledger, taipei(2026, 11, 23, 8, 58), "firewall", "firmware")
    assert subjects_due(config, ledger, taipei(2026, 11, 23, 8, 59)) == ()
    ledger.close()


@pytest.mark.parametrize("place", ["agent.yaml:3", "devices.yaml:2"])
def test_a_schedule_that_never_comes_due_is_a_mistake_of_the_configuration(
    tmp_path: Path, place: str
) -> None:
    common, own = ("monthly on 32", "daily") if place.startswith("agent") else ("daily", "hourly 5")
    (tmp_path / "agent.yaml").write_text(f"id: agent-1\nstate: state\nschedule: {common}\n")
    (tmp_path / "devices.yaml").write_text(
        f"devices:\n  - {{id: host-1, platform: linux, transport: local, schedule: {own}}}\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load_config(tmp_path / "agent.yaml")
    assert f"{place}: {caught.value.code}" in caught.value.message
    assert caught.value.code in ("schedule_never", "schedule_invalid")
