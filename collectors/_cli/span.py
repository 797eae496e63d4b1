"""Uptimes as command lines write them, in seconds."""

from __future__ import annotations

import re

_DAY = 86400
_UNITS = {
    **dict.fromkeys(("y", "year"), 365 * _DAY),
    **dict.fromkeys(("w", "week"), 7 * _DAY),
    **dict.fromkeys(("d", "day"), _DAY),
    **dict.fromkeys(("h", "hr", "hour"), 3600),
    **dict.fromkeys(("m", "min", "minute"), 60),
    **dict.fromkeys(("s", "sec", "second"), 1),
}
_WORDED = re.compile(
    r"(\d{1,6})\s?(year|week|day|hour|hr|minute|min|second|sec|[ywdhms](?![a-z]))", re.IGNORECASE
)
_CLOCK = re.compile(r"(?<![\d:.])(\d{1,4}):(\d\d)(?::(\d\d))?(?![\d:])")
_DAYS = re.compile(r"(\d{1,5})[,:](\d{1,2}):(\d\d):(\d\d)")


def span_s(text: str) -> float | None:
    """Seconds of `134 weeks, 5 days and 44 minutes`, `1425 days 19:42:12`, `88d 21h`; None: none.

    >>> span_s("1 week(s), 2 day(s), 9 hour(s)"), span_s("160 days 11:32:40"), span_s("never")
    (810000.0, 13865560.0, None)
    """
    worded = _WORDED.findall(text)
    clock = _CLOCK.search(text)
    if not worded and clock is None:
        return None
    seconds = sum(int(number) * _UNITS[unit.lower()] for number, unit in worded)
    if clock is not None:
        seconds += int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3] or 0)
    return float(seconds)


def clocked_s(text: str) -> float | None:
    """Seconds of `67,08:57:53` or `67:08:57:53`: days, hours, minutes, seconds.

    >>> clocked_s("67,08:57:53")
    5821073.0
    """
    found = _DAYS.search(text)
    if found is None:
        return None
    days, hours, minutes, seconds = map(int, found.groups())
    return float(days * _DAY + hours * 3600 + minutes * 60 + seconds)
