"""The timetable: what is due now, and what has to wait although it is due.

What waits is not lost: it stays due, and is read once when it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from agent.cadence import Cadence, cadence
from agent.collect import Job
from agent.config import Config
from agent.ledger import Ledger
from agent.settings import CalendarModel, MaintenanceModel, span
from evidence.clock import TAIPEI
from evidence.device import Device


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
        when = cadence(config.schedules.get(device.id) or config.schedule)
        late = jitter(device.id, config.calendar)
        subjects = tuple(
            one for one in device.subjects if _is_due(ledger, device.id, one, when, now, late)
        )
        if not subjects:
            continue
        job = Job(device, subjects)
        why = _must_wait(config.calendar, device, now)
        if why is None:
            may.append(job)
        else:
            must_wait.append(Waiting(job, *why))
    return may, must_wait


def jitter(device: str, calendar: CalendarModel) -> timedelta:
    """How much after its cadence a device is due: by its id, so the same on every day."""
    seconds = calendar.jitter_minutes * 60
    place = int.from_bytes(sha256(device.encode()).digest()[:8], "big")
    return timedelta(seconds=place % seconds if seconds else 0)


def is_quiet(calendar: CalendarModel, now: datetime) -> bool:
    """Whether this is a quiet time of a trading day."""
    local = now.astimezone(TAIPEI)
    if local.weekday() >= 5 or local.date() in calendar.holidays:
        return False
    return any(start <= local.time() < end for start, end in map(span, calendar.quiet))


def _is_due(
    ledger: Ledger, device: str, subject: str, when: Cadence, now: datetime, late: timedelta
) -> bool:
    # An attempt from the future was made while the clock was wrong; it settles nothing.
    last = ledger.last_attempt(device, subject, until=now)
    return last is None or last < when.last_due_at(now - late) + late


def _must_wait(calendar: CalendarModel, device: Device, now: datetime) -> tuple[str, str] | None:
    for one in calendar.maintenance:
        if _covers(one, device, now):
            return "maintenance", one.reason or f"maintenance until {one.end}"
    if is_quiet(calendar, now):
        return "quiet_hours", "trading hours"
    return None


def _covers(window: MaintenanceModel, device: Device, now: datetime) -> bool:
    concerned = not (window.devices or window.sites)
    concerned = concerned or device.id in window.devices or device.site in window.sites
    return concerned and _aware(window.start) <= now < _aware(window.end)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=TAIPEI)
