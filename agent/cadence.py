"""Cadence: when a subject was last due, in the words of the configuration.

`hourly`, `daily at 02:30`, `weekly on monday at 02:30`, `monthly on 1 at 02:30`,
`monthly on last at 02:30`; by the clock of Asia/Taipei, or of another zone. Asking for the *last*
due moment instead of the next makes a catch-up after an outage happen once, and nothing twice.

Where a zone's clock changes, a time of day that is left out comes due as much later, and one that
comes twice is due the first time: a day has one due moment, however long it is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from evidence.clock import TAIPEI, add_months
from evidence.errors import ConfigurationError

_WORDS = re.compile(
    r"(?P<every>hourly|daily|weekly|monthly)"
    r"(?: on (?P<on>last|\d{1,2}|monday|tuesday|wednesday|thursday|friday|saturday|sunday))?"
    r"(?: at (?P<at>\d{1,2}:\d{2}))?"
)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Cadence:
    """A parsed cadence: `is_due_on` says which days, `at` the time of day, None: every hour."""

    words: str
    at: time | None
    is_due_on: Callable[[date], bool]
    zone: ZoneInfo = TAIPEI

    def last_due_at(self, now: datetime) -> datetime:
        """The newest moment at or before `now` when this was due, as UTC."""
        if self.at is None:
            # In UTC, where every hour has sixty minutes and comes once.
            return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        day = now.astimezone(self.zone).date()
        while not self.is_due_on(day) or (due_at := self._moment(day, self.at)) > now:
            day -= timedelta(days=1)
        return due_at

    def due_between(self, after: datetime, until: datetime) -> list[datetime]:
        """Every moment when this was due, after the one time and up to the other, in order."""
        found: list[datetime] = []
        due_at = self.last_due_at(until)
        while due_at > after:
            found.append(due_at)
            due_at = self.last_due_at(due_at - timedelta(microseconds=1))
        return found[::-1]

    def _moment(self, day: date, at: time) -> datetime:
        # Two local times compare by their figures; only as UTC do they compare as moments.
        return datetime.combine(day, at, self.zone).astimezone(UTC)


@cache
def cadence(words: str, zone: ZoneInfo = TAIPEI) -> Cadence:
    """The cadence of these words. Raises ConfigurationError (`schedule_invalid`,
    `schedule_never` for a day that never comes)."""
    match = _WORDS.fullmatch(" ".join(words.casefold().split()))
    if match is None or _contradicts(match):
        raise ConfigurationError(
            f"schedule {words!r} is not understood",
            code="schedule_invalid",
            next_step="write `hourly`, `daily at 02:30`, `weekly on monday at 02:30` or "
            "`monthly on last at 02:30`",
        )
    every, on = match["every"], match["on"]
    if every == "hourly":
        return Cadence(words, None, lambda day: True, zone)
    try:
        at = time.fromisoformat((match["at"] or "02:30").zfill(5))
    except ValueError:
        raise ConfigurationError(
            f"schedule {words!r}: there is no such time of day", code="schedule_never"
        ) from None
    return Cadence(words, at, _days(every, on, words), zone)


def runs_on_last_day(words: str) -> bool:
    """Whether these words name a day that some months do not have."""
    match = _WORDS.fullmatch(" ".join(words.casefold().split()))
    return match is not None and match["every"] == "monthly" and match["on"] in ("29", "30", "31")


def _contradicts(match: re.Match[str]) -> bool:
    """Whether a day is named where none belongs or none where one does; or an hour's time."""
    named, every = bool(match["on"]), match["every"]
    return named == (every in ("hourly", "daily")) or (every == "hourly" and bool(match["at"]))


def _days(every: str, on: str, words: str) -> Callable[[date], bool]:
    if every == "daily":
        return lambda day: True
    if every == "weekly" and on in _DAYS:
        return lambda day: day.weekday() == _DAYS.index(on)
    if every == "monthly" and on == "last":
        return lambda day: day.day == monthrange(day.year, day.month)[1]
    if every == "monthly" and on.isdigit() and 1 <= int(on) <= 31:
        # The 31st of a month without one is its last day, as everywhere in this house.
        return lambda day: day == add_months(date(2024, 1, int(on)), _months_since(day))
    raise ConfigurationError(f"schedule {words!r} never comes due", code="schedule_never")


def _months_since(day: date) -> int:
    return (day.year - 2024) * 12 + day.month - 1
