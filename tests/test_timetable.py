"""What is due and has to wait: trading hours, holidays, maintenance; jitter; a clock that steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agent.collect import Job
from agent.config import Config, load_config
from agent.ledger import Ledger
from agent.settings import CalendarModel
from agent.steady import SteadyClock
from agent.timetable import due, jitter, timetable
from evidence.clock import TAIPEI
from evidence.errors import ConfigurationError
from evidence.reading import Reading

CALENDAR = """\
calendar:
  quiet: [09:00-13:30]
  holidays: [2026-12-25]
  maintenance:
    - {start: 2026-12-01 22:00, end: 2026-12-02 06:00, sites: [colo], reason: switches replaced}
"""
DEVICES = """\
devices:
  - {id: host-1, platform: linux, subjects: [firmware], transport: local}
  - {id: host-2, platform: linux, subjects: [firmware], transport: local, site: colo}
"""


def taipei(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=TAIPEI)  # type: ignore[arg-type, misc]


def configured(folder: Path, more: str) -> Config:
    (folder / "agent.yaml").write_text(f"id: agent-1\nstate: state\nschedule: hourly\n{more}")
    (folder / "devices.yaml").write_text(DEVICES)
    return load_config(folder / "agent.yaml")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(tmp_path / "state")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("now", "may", "waits"),
    [
        (taipei(2026, 12, 24, 8, 59), ["host-1", "host-2"], []),
        (taipei(2026, 12, 24, 9, 0), [], ["quiet_hours", "quiet_hours"]),
        (taipei(2026, 12, 24, 13, 29, 59), [], ["quiet_hours", "quiet_hours"]),
        (taipei(2026, 12, 24, 13, 30), ["host-1", "host-2"], []),
        (taipei(2026, 12, 25, 10), ["host-1", "host-2"], []),  # a holiday
        (taipei(2026, 12, 26, 10), ["host-1", "host-2"], []),  # a Saturday
        (taipei(2026, 12, 2, 5, 59), ["host-1"], ["maintenance"]),
        (taipei(2026, 12, 2, 6), ["host-1", "host-2"], []),
    ],
)
def test_what_is_due_waits_for_its_time(
    tmp_path: Path, ledger: Ledger, now: datetime, may: list[str], waits: list[str]
) -> None:
    jobs, waiting = timetable(configured(tmp_path, CALENDAR), ledger, now)
    assert [job.device.id for job in jobs] == may
    assert [one.code for one in waiting] == waits


def test_jitter_spreads_devices_and_is_the_same_every_day(tmp_path: Path, ledger: Ledger) -> None:
    calendar = CalendarModel(jitter_minutes=30)
    late = {f"fw-{n}": jitter(f"fw-{n}", calendar) for n in range(50)}
    assert len(set(late.values())) > 40
    assert all(timedelta() <= one < timedelta(minutes=30) for one in late.values())
    assert late == {name: jitter(name, calendar) for name in late}
    config = configured(tmp_path, "calendar: {jitter_minutes: 30}\n")
    due_at = taipei(2026, 12, 24, 3) + jitter("host-1", config.calendar)
    reading = Reading(device="host-1", subject="firmware", at=due_at - timedelta(minutes=40))
    ledger.keep_bundle(reading.digest, b"", [reading], "run", False)
    before = [job.device.id for job in due(config, ledger, due_at - timedelta(seconds=1))]
    assert "host-1" not in before
    assert "host-1" in [job.device.id for job in due(config, ledger, due_at)]


@pytest.mark.parametrize(
    ("calendar", "line"),
    [
        ("calendar:\n  quiet: [9-13]\n", 5),
        ("calendar:\n  quiet: ['13:30-09:00']\n", 5),
        ("calendar:\n  quiet: ['09:00-25:00']\n", 5),
        ("calendar:\n  maintenance:\n    - {start: tomorrow, end: 2026-12-02 06:00}\n", 6),
        ("calendar:\n  maintenance:\n    - {start: 2026-12-03 06:00, end: 2026-12-02 06:00}\n", 6),
    ],
)
def test_a_span_that_is_none_is_named_with_its_line(
    tmp_path: Path, calendar: str, line: int
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configured(tmp_path, calendar)
    assert f"agent.yaml:{line}: span_invalid" in caught.value.message


def test_what_can_never_be_read_any_more_is_a_gap_with_its_reason(
    tmp_path: Path, ledger: Ledger
) -> None:
    """Read at 08:00; quiet from 09:00 to 13:30; then nobody was there until 16:10."""
    config = configured(tmp_path, CALENDAR)
    attempt(ledger, taipei(2026, 12, 24, 8, 0), "host-1", "host-2")
    jobs, _ = timetable(config, ledger, taipei(2026, 12, 24, 13, 30))
    assert [gaps_of(job) for job in jobs] == [[("quiet_hours", 9, 13)]] * 2
    jobs, _ = timetable(config, ledger, taipei(2026, 12, 24, 16, 10))
    assert [gaps_of(job) for job in jobs] == [[("quiet_hours", 9, 14), ("run_missed", 14, 16)]] * 2
    assert "due 5 times" in jobs[0].missed[0].failure.message
    attempt(ledger, taipei(2026, 12, 24, 16, 11), "host-1")
    jobs, _ = timetable(config, ledger, taipei(2026, 12, 24, 17))
    assert [(job.device.id, len(job.missed)) for job in jobs] == [("host-1", 0), ("host-2", 2)]


def test_subjects_that_were_read_at_other_times_have_gaps_of_their_own(
    tmp_path: Path, ledger: Ledger
) -> None:
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\nschedule: hourly\n")
    (tmp_path / "devices.yaml").write_text(
        "devices:\n  - {id: host-1, platform: linux, subjects: [firmware, firewall],"
        " transport: local}\n"
    )
    config = load_config(tmp_path / "agent.yaml")
    for subject, hour in (("firmware", 3), ("firewall", 5)):
        reading = Reading(device="host-1", subject=subject, at=taipei(2026, 12, 24, hour))
        ledger.keep_bundle(reading.digest, b"", [reading], "run", False)
    (job,) = timetable(config, ledger, taipei(2026, 12, 24, 7))[0]
    assert [gap.subject for gap in job.missed] == ["firmware", "firewall"]
    assert gaps_of(job) == [("run_missed", 4, 7), ("run_missed", 6, 7)]


def attempt(ledger: Ledger, at: datetime, *devices: str) -> None:
    for device in devices:
        reading = Reading(device=device, subject="firmware", at=at)
        ledger.keep_bundle(reading.digest, b"", [reading], "run", False)


def gaps_of(job: Job) -> list[tuple[str, int, int]]:
    """Code, first and last hour in Taipei of what a job says was missed."""

    def hour(at: datetime | None) -> int:
        assert at is not None
        return at.astimezone(TAIPEI).hour

    return [(one.failure.code, hour(one.from_at), hour(one.until_at)) for one in job.missed]


def test_the_calendar_is_that_of_the_sites_zone(tmp_path: Path, ledger: Ledger) -> None:
    calendar = "calendar: {timezone: Europe/London, quiet: ['09:00-10:00']}\n"
    config = configured(tmp_path, calendar)
    jobs, waiting = timetable(config, ledger, datetime(2026, 12, 24, 9, 30, tzinfo=UTC))
    assert (len(jobs), len(waiting)) == (0, 2)
    jobs, waiting = timetable(config, ledger, datetime(2027, 6, 24, 9, 30, tzinfo=UTC))
    assert (len(jobs), len(waiting)) == (2, 0), "summer time: it is half past ten"


def test_a_zone_that_is_none_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        configured(tmp_path, "calendar:\n  timezone: Asia/Taibei\n")
    assert "agent.yaml:5: zone_unknown" in caught.value.message


class Machine:
    """A wall clock that can be set, and a boot-time clock that cannot."""

    def __init__(self) -> None:
        self.wall, self.elapsed_s = taipei(2026, 12, 1).astimezone(UTC), 0.0
        self.clock = SteadyClock(lambda: self.wall, lambda: self.elapsed_s)

    def passes(self, span: timedelta) -> None:
        self.wall += span
        self.elapsed_s += span.total_seconds()


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1)])
def test_a_step_that_is_taken_back_has_changed_nothing(step: timedelta) -> None:
    machine = Machine()
    machine.passes(timedelta(minutes=1))
    true = machine.wall
    machine.wall += step
    machine.passes(timedelta(minutes=30))
    assert machine.clock() == true + timedelta(minutes=30)
    assert machine.clock.stepped == step
    machine.wall -= step
    assert machine.clock() == machine.wall
    assert not machine.clock.stepped


def test_a_step_that_stays_is_believed_once() -> None:
    machine = Machine()
    machine.wall += timedelta(days=1)
    assert machine.clock() == machine.wall - timedelta(days=1)
    machine.passes(timedelta(minutes=61))
    assert machine.clock() == machine.wall
    machine.passes(timedelta(days=3))  # the machine slept: no step
    assert machine.clock() == machine.wall and not machine.clock.stepped


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1)])
def test_a_month_with_steps_reads_every_day_once(tmp_path: Path, step: timedelta) -> None:
    """A month of minutes: each night once, whatever the clock did for half an hour around it."""
    (tmp_path / "agent.yaml").write_text("id: agent-1\nstate: state\nschedule: daily at 02:30\n")
    (tmp_path / "devices.yaml").write_text(DEVICES.rsplit("  - ", 1)[0])
    config, ledger, machine = load_config(tmp_path / "agent.yaml"), Ledger(tmp_path), Machine()
    read: list[datetime] = []
    for quarter in range(30 * 96):
        day, part = divmod(quarter, 96)
        stepped = day % 5 == 2 and part in (9, 10)  # 02:15 to 02:45
        wall = machine.wall
        machine.wall += step if stepped else timedelta()
        now = machine.clock()
        machine.wall = wall
        if due(config, ledger, now):
            reading = Reading(device="host-1", subject="firmware", at=now)
            ledger.keep_bundle(reading.digest, b"", [reading], "run", False)
            read.append(now.astimezone(TAIPEI))
        machine.passes(timedelta(minutes=15))
    ledger.close()
    first, *nights = read  # the first is what was never read before
    assert first == taipei(2026, 12, 1)
    assert nights == [taipei(2026, 12, 1, 2, 30) + timedelta(days=n) for n in range(30)]
