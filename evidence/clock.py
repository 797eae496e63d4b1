"""Time: how it is written, the calendar months of Asia/Taipei, and the clock that is injected.

A period in months runs by the calendar (Civil Code §§121, 123): its first day is not
counted, and where the last month has no such day it ends on that month's last day.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

TAIPEI = ZoneInfo("Asia/Taipei")
Clock = Callable[[], datetime]
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


@lru_cache(maxsize=4096)  # the same few times stand in thousands of records
def stamp(at: datetime) -> str:
    """An aware time as ISO 8601 UTC with `Z`, microseconds only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_at(text: str) -> datetime:
    """The aware UTC time that `stamp` wrote. Raises ValueError for a time without a zone."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return at.astimezone(UTC)


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of that name; None where there is none. Devices say what they like: a part
    of a name (`Asia`) is a folder of the database, and no zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later (earlier when negative), or that month's last day.

    >>> add_months(date(2026, 8, 31), 6)
    datetime.date(2027, 2, 28)
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def taipei_day(at: datetime) -> date:
    """The calendar day in Taipei; a new one begins at 16:00Z."""
    return at.astimezone(TAIPEI).date()


def day_start(day: date) -> datetime:
    """The moment a Taipei day begins, as UTC."""
    return datetime.combine(day, time(), TAIPEI).astimezone(UTC)


def moment_of(day: date | None, now: datetime) -> datetime:
    """A Taipei day as the moment it began; none, or today: now."""
    return now if day is None or day == taipei_day(now) else day_start(day)


def months_complete_at(anchor: datetime, months: int) -> datetime:
    """When a period of `months` that starts on the anchor's Taipei day is over, as UTC.

    The anchor's own day is not counted, so the period ends with the last moment of the
    corresponding day: the start of the day after it.
    """
    return day_start(add_months(taipei_day(anchor), months) + timedelta(days=1))


def window_start(at: datetime, months: int) -> datetime:
    """Start of the last window of `months` that is complete at `at`, as UTC.

    It begins when the latest day is over whose period of `months` is over by `at`: what is
    anchored on that day or before is old enough.
    """
    day = add_months(taipei_day(at), -months)
    while months_complete_at(day_start(day), months) > at:
        day -= timedelta(days=1)
    return day_start(day + timedelta(days=1))


def month_bounds(period: str) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a month written `2026-11`, by the Taipei calendar, as UTC.

    A month has one name, by which its records find each other. Raises ValueError for another.
    """
    if not _MONTH.fullmatch(period):
        raise ValueError(f"{period!r} is not a month written 2026-11")
    year, month = (int(part) for part in period.split("-"))
    first = date(year, month, 1)
    return day_start(first), day_start(add_months(first, 1))


def period_of(at: datetime) -> str:
    """The month (`2026-11`) a moment falls in, by the Taipei calendar."""
    return taipei_day(at).strftime("%Y-%m")


def roc(day: date) -> str:
    """The day in the Republic of China calendar: 115/11/23."""
    return f"{day.year - 1911}/{day.month:02d}/{day.day:02d}"
