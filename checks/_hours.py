"""Times as checks weigh them: the company's hours of a day (`07:00-21:00`, and over midnight
`22:00-06:00`), and what has not come yet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

# A time further ahead than clocks differ is none: a clock is wrong, or what was said.
AHEAD = timedelta(days=1)


def within(hours: Sequence[str], first: time, last: time) -> bool:
    """Whether one of the spans, both ends included, holds both times. Raises ValueError for a
    span that is none."""
    return any(
        _holds(begins, ends, first) and _holds(begins, ends, last)
        for begins, ends in (map(time.fromisoformat, span.split("-")) for span in hours)
    )


def _holds(begins: time, ends: time, at: time) -> bool:
    return begins <= at <= ends if begins <= ends else at >= begins or at <= ends
