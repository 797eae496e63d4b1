"""Times as devices write them: local ones, with or without the letters of a zone."""

from __future__ import annotations

from datetime import UTC, datetime

from evidence.clock import zone_named


def local_time(text: str, form: str, timezone: str, letters: str | None = None) -> datetime | None:
    """The moment of a time in `form` (of strptime, the C locale), as UTC.

    `letters` are the zone's as written; without them the time is of `timezone`. None where the
    text is no such time, or where the letters are neither UTC's nor those of `timezone`.

    >>> local_time("2026-11-23 10:30:00", "%Y-%m-%d %H:%M:%S", "Asia/Taipei", "CST")
    datetime.datetime(2026, 11, 23, 2, 30, tzinfo=datetime.timezone.utc)
    """
    try:
        naive = datetime.strptime(" ".join(text.split()), form).replace(tzinfo=UTC)
        if letters in ("UTC", "GMT"):
            return naive
    except ValueError:
        return None
    zone = zone_named(timezone)
    if zone is None:
        return None
    there = naive.replace(tzinfo=zone)
    return there.astimezone(UTC) if letters in (None, there.tzname()) else None
