"""Uptimes: `2 years, 31 weeks, 6 days, 9 hours, 55 minutes`, `123 day(s), 5 hour(s)`."""

from __future__ import annotations

import re
from datetime import timedelta

from collectors._cisco.answer import captured_at
from evidence.capture import Capture
from evidence.facts import Unit

_DAY = 86400
_SPAN = {
    "year": 365 * _DAY,
    "week": 7 * _DAY,
    "day": _DAY,
    "hour": 3600,
    "minute": 60,
    "second": 1,
}


def seconds(text: str) -> float | None:
    """Seconds in a span; None when it holds none."""
    spans = re.findall(r"(\d{1,6}) (year|week|day|hour|minute|second)", text)
    return float(sum(int(n) * _SPAN[word] for n, word in spans)) if spans else None


def unit(
    answer: Capture, *, model: str | None, serial: str | None, hostname: str | None, running: str
) -> Unit:
    """The unit. IOS leaves out what is below a minute, so its boot time is late by up to one."""
    uptime_s = seconds(running)
    at = captured_at(answer)
    booted = (at - timedelta(seconds=uptime_s)).replace(microsecond=0) if uptime_s else None
    return Unit(
        vendor="Cisco",
        model=model,
        serial=serial,
        hostname=hostname,
        boot_at=booted,
        uptime_s=uptime_s,
    )
