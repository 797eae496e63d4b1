"""Days that people write into names, comments and schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from evidence.facts import FirewallRule

_DATE = re.compile(r"(20\d\d)[-/.]?(\d\d)[-/.]?(\d\d)")
_TEMPORARY = re.compile(r"臨時|暫時|暫行|測試|\btemp|\btmp|\btest", re.IGNORECASE)


def days(text: str) -> Iterator[date]:
    """Every day in a text: 2026-10-31, 2026/10/31, 20261031."""
    for year, month, day in _DATE.findall(text):
        try:
            yield date(int(year), int(month), int(day))
        except ValueError:
            continue


def called_temporary(rule: FirewallRule) -> bool:
    return bool(_TEMPORARY.search(_said(rule)))


def last_day(rule: FirewallRule) -> date | None:
    """The last day a rule gives itself: by its schedule, or as a temporary one by its name or
    comment; None: it gives none."""
    said = _said(rule) if called_temporary(rule) else ""
    return max((*days(rule.schedule or ""), *days(said)), default=None)


def _said(rule: FirewallRule) -> str:
    return f"{rule.name or ''} {rule.comment or ''}"
