"""What was due in a simulated month, by brute force over its minutes, without the agent's code.

Every minute of the month is compared with the words of each schedule. What the agent could do is
known from the world it was put in: when it was on, had room, and might read the device.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

TAIPEI = ZoneInfo("Asia/Taipei")
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Span:
    """A stretch of time."""

    start: datetime
    end: datetime

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end


@dataclass(frozen=True)
class Plan:
    """A month and everything that happens in it. `turns` are the moments the agent had a turn."""

    whole: Span
    schedules: Mapping[str, str]
    subjects: Mapping[str, tuple[str, ...]]
    late: Mapping[str, timedelta]
    sites: Mapping[str, str]
    holidays: frozenset[date]
    maintenance: Mapping[str, Span]
    off: Sequence[Span]
    full: Sequence[Span]
    device_out: Mapping[str, Span]
    store_out: Sequence[Span]
    steps: Sequence[tuple[Span, timedelta]]
    turns: list[datetime] = field(default_factory=list)

    def is_off(self, at: datetime) -> bool:
        return any(span.holds(at) for span in self.off)

    def is_full(self, at: datetime) -> bool:
        return any(span.holds(at) for span in self.full)

    def is_out(self, device: str, at: datetime) -> bool:
        return device in self.device_out and self.device_out[device].holds(at)

    def step(self, at: datetime) -> timedelta:
        return next((step for span, step in self.steps if span.holds(at)), timedelta())

    def waits(self, device: str, at: datetime) -> str | None:
        """Why a device is left alone at that moment."""
        site = self.sites[device]
        if site in self.maintenance and self.maintenance[site].holds(at):
            return "maintenance"
        local = at.astimezone(TAIPEI)
        trades = local.weekday() < 5 and local.date() not in self.holidays
        return "quiet_hours" if trades and time(9) <= local.time() < time(13, 30) else None


def comes_due(words: str, local: datetime) -> bool:
    """Whether a schedule names this minute."""
    if words == "hourly":
        return local.minute == 0
    every, _, at = words.rpartition(" at ")
    if f"{local:%H:%M}" != at:
        return False
    days = {
        "daily": True,
        "weekly on monday": local.weekday() == 0,
        "monthly on last": (local + timedelta(days=1)).day == 1,
        "monthly on 1": local.day == 1,
    }
    return days[every]


def windows(plan: Plan, device: str) -> list[Span]:
    """From each moment a device came due to the next; the first begins before the month."""
    words, late = plan.schedules[device], plan.late[device]
    starts = [plan.whole.start - timedelta(days=400)]
    minute = plan.whole.start - timedelta(days=1)
    while minute < plan.whole.end:
        if plan.whole.start < minute + late and comes_due(words, minute.astimezone(TAIPEI)):
            starts.append(minute + late)
        minute += MINUTE
    starts = [start for start in starts if start <= plan.turns[-1]]
    return [Span(*pair) for pair in pairwise([*starts, plan.whole.end])]


@dataclass(frozen=True)
class Missed:
    """Something that was due and could not be read: when, and what the records must say of it.

    `code` is the device's own gap, `around` that of the whole agent.
    """

    device: str
    at: datetime
    code: str
    around: str | None


def within(times: Sequence[datetime], window: Span) -> Sequence[datetime]:
    """Those of the times, which are in order, that the window holds."""
    return times[bisect_left(times, window.start) : bisect_left(times, window.end)]


def judge(
    plan: Plan,
    device: str,
    due: Sequence[Span],
    attempts: Sequence[datetime],
    scheduled: Sequence[datetime],
) -> Iterator[Missed]:
    """Raise AssertionError for a reading too many, too few or too late; what could not be made.

    `due` are the device's windows; attempts and what was scheduled of them are in order.
    """
    for window in due:
        able = [
            turn
            for turn in within(plan.turns, window)
            if not plan.is_full(turn) and plan.waits(device, turn) is None
        ]
        made, by_itself = within(attempts, window), within(scheduled, window)
        assert len(by_itself) <= 1, f"{device}: read {len(by_itself)} times for {window.start}"
        assert not by_itself or by_itself[0] == made[0], f"{device}: read again for {window.start}"
        for at in by_itself:
            assert plan.waits(device, at) is None, f"{device}: read at a quiet time, {at}"
            assert not plan.is_full(at), f"{device}: read without room, {at}"
        if able:
            assert made, f"{device}: never read for {window.start}"
            assert made[0] < able[0] + MINUTE, f"{device}: read too late for {window.start}"
        elif not made:
            around = "agent_off" if plan.is_off(window.start) else None
            around = "disk_full" if plan.is_full(window.start) and not around else around
            code = plan.waits(device, window.start) or "run_missed"
            yield Missed(device, window.start, code, around)
