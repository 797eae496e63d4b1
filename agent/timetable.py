"""The timetable: what is due now, and what has to wait although it is due.

What waits is not lost: it stays due, and is read once when it may be. What came due again in the
meantime can never be read any more: that is a gap, with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from zoneinfo import ZoneInfo

from agent.cadence import Cadence, cadence
from agent.collect import Job
from agent.config import Config
from agent.ledger import Ledger
from agent.settings import CalendarModel, MaintenanceModel, span
from evidence.collection import Gap
from evidence.device import Device
from evidence.reading import Failure

# Why something that was due was not read, where the calendar does not say it.
MISSED = "run_missed", "the agent was not running, had no room, or was busy until then"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A due job that may not run now, and why: `quiet_hours` or `maintenance`."""

    job: Job
    code: str
    reason: str


def due(config: Config, ledger: Ledger, now: datetime) -> list[Job]:
    """The devices and subjects whose last due moment has not been attempted, and that may run."""
    return timetable(config, ledger, now)[0]


def timetable(config: Config, ledger: Ledger, now: datetime) -> tuple[list[Job], list[Waiting]]:
    """What is due and may run, and what is due and has to wait."""
    may, must_wait = [], []
    for device in config.devices.values():
        late = jitter(device.id, config.calendar)
        due_at = _cadence_of(config, device).last_due_at(now - late) + late
        subjects = tuple(
            one for one in device.subjects if _is_due(ledger, device.id, one, due_at, now)
        )
        if not subjects:
            continue
        job = Job(device, subjects)
        why = _must_wait(config.calendar, device, now)
        if why is None:
            may.append(with_missed(config, ledger, job, now))
        else:
            must_wait.append(Waiting(job, *why))
    return may, must_wait


def with_missed(config: Config, ledger: Ledger, job: Job, now: datetime) -> Job:
    """A job that is read now, whoever asked for it, with what was due before and was not read."""
    device, subjects = job.device, job.subjects
    gaps = [list(_missed(config, ledger, device, one, now)) for one in subjects]
    whole = [[replace(gap, subject=None) for gap in one] for one in gaps]
    if len(subjects) == len(device.subjects) and all(one == whole[0] for one in whole):
        gaps = whole[:1]
    return replace(job, missed=tuple(gap for one in gaps for gap in one))


def jitter(device: str, calendar: CalendarModel) -> timedelta:
    """How much after its cadence a device is due: by its id, so the same on every day."""
    seconds = calendar.jitter_minutes * 60
    place = int.from_bytes(sha256(device.encode()).digest()[:8], "big")
    return timedelta(seconds=place % seconds if seconds else 0)


def is_quiet(calendar: CalendarModel, now: datetime) -> bool:
    """Whether this is a quiet time of a trading day."""
    local = now.astimezone(ZoneInfo(calendar.timezone))
    if local.weekday() >= 5 or local.date() in calendar.holidays:
        return False
    return any(start <= local.time() < end for start, end in map(span, calendar.quiet))


def _cadence_of(config: Config, device: Device) -> Cadence:
    words = config.schedules.get(device.id) or config.schedule
    return cadence(words, ZoneInfo(config.calendar.timezone))


def _is_due(ledger: Ledger, device: str, subject: str, due_at: datetime, now: datetime) -> bool:
    # An attempt from the future was made while the clock was wrong; it settles nothing.
    last = ledger.last_attempt(device, subject, until=now)
    return last is None or last < due_at


def _missed(
    config: Config, ledger: Ledger, device: Device, subject: str, now: datetime
) -> Iterator[Gap]:
    """What came due after the last attempt, before the newest time, by its reason."""
    last = ledger.last_attempt(device.id, subject, until=now)
    if last is None:
        return
    late = jitter(device.id, config.calendar)
    found = _cadence_of(config, device).due_between(last - late, now - late)
    moments = [one + late for one in found]
    whys = [_must_wait(config.calendar, device, one) or MISSED for one in moments[:-1]]
    starts = [n for n, why in enumerate(whys) if n == 0 or why != whys[n - 1]]
    for start, end in pairwise([*starts, len(whys)]):
        yield Gap(
            failure=_said(device, end - start, *whys[start]),
            device=device.id,
            subject=subject,
            from_at=moments[start],
            until_at=moments[end],
        )


def _said(device: Device, times: int, code: str, reason: str) -> Failure:
    return Failure(
        code,
        f"{device.id}: due {times} times and not read: {reason}",
        "nothing; it was read once when it could be",
    )


def _must_wait(calendar: CalendarModel, device: Device, now: datetime) -> tuple[str, str] | None:
    for one in calendar.maintenance:
        if _covers(one, device, now, ZoneInfo(calendar.timezone)):
            return "maintenance", one.reason or f"maintenance until {one.end}"
    if is_quiet(calendar, now):
        return "quiet_hours", "trading hours"
    return None


def _covers(window: MaintenanceModel, device: Device, now: datetime, zone: ZoneInfo) -> bool:
    concerned = not (window.devices or window.sites)
    concerned = concerned or device.id in window.devices or device.site in window.sites
    return concerned and _moment(window.start, zone) <= now < _moment(window.end, zone)


def _moment(at: datetime, zone: ZoneInfo) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
