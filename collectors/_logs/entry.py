"""One line of a log that tells of traffic, and what the log calls the rule that decided it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from evidence.clock import zone_named

# How far a log may be ahead of the clock it is held against, and be of this year all the same.
_AHEAD = timedelta(days=1)
_FORMS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%d %b %Y %H:%M:%S",
    "%d%b%Y %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M",
)
# Seconds, milliseconds, microseconds and nanoseconds since 1970 by their number of digits.
_EPOCH = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}


@dataclass(frozen=True, slots=True)
class Entry:
    """`names`: every name the log has for the rule, the surest first; none where it names none.

    `context` is a VDOM or vsys, `policy` an access list or layer, "" where the log does not say.
    `entries`: how many lines this one sums up; `first_at` is then the first of them.
    """

    at: datetime
    names: tuple[str, ...]
    context: str = ""
    policy: str = ""
    entries: int = 1
    first_at: datetime | None = None


def moment(text: str, zone: str, until: datetime, offset: str | None = None) -> datetime | None:
    """The moment that a log writes, in UTC; None where it is none that we know.

    Without an offset of its own a time is of `zone`. One without a year is of the newest year in
    which it is not later than `until`.
    """
    text = " ".join(text.strip().strip('"').split())
    if text.isdigit() and len(text) in _EPOCH:
        return datetime.fromtimestamp(int(text) / _EPOCH[len(text)], UTC)
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
        if at.tzinfo is not None:
            return at.astimezone(UTC)
        naive: datetime | None = at.replace(tzinfo=UTC)
    except ValueError:
        naive = _written(text, until)
    there = _zone(zone, offset)
    if naive is None or there is None:
        return None
    return naive.replace(tzinfo=there).astimezone(UTC)


def _written(text: str, until: datetime) -> datetime | None:
    """A local time, its zone left open (UTC stands there)."""
    for form in _FORMS:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    for year in (until.year + 1, until.year, until.year - 1):
        with suppress(ValueError):
            at = datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=UTC)
            if at <= until + _AHEAD:
                return at
    return None


def _zone(zone: str, offset: str | None) -> tzinfo | None:
    if not offset:
        return zone_named(zone)
    sign, digits = offset[:1], offset[1:].replace(":", "")
    if sign not in "+-" or len(digits) != 4 or not digits.isdigit():
        return None
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(ahead if sign == "+" else -ahead)
