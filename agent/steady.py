"""A clock that does not jump: a step of the machine's clock is believed after it has lasted.

Times are the wall clock's. When it steps against the boot-time clock (which runs on while the
machine sleeps, and nobody sets), the old course is kept for an hour: a step that is taken back
has then changed nothing, and one that stays is taken over once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from evidence.clock import Clock

log = logging.getLogger(__name__)
# NTP slews less than this between two looks; a device's clock is trusted to the same figure.
STEP = timedelta(minutes=5)
BELIEVED_AFTER_S = 3600.0


def since_boot_s() -> float:
    """Seconds since the machine started, asleep or awake."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SteadyClock:
    """A Clock. `stepped` is how far the wall clock is from the course being kept, zero mostly."""

    def __init__(self, wall: Clock, elapsed_s: Callable[[], float] = since_boot_s) -> None:
        self._wall, self._elapsed_s = wall, elapsed_s
        self._course, self._at_s = wall(), elapsed_s()
        self._stepped_at_s: float | None = None
        self.stepped = timedelta()

    def __call__(self) -> datetime:
        wall, now_s = self._wall(), self._elapsed_s()
        course = self._course + timedelta(seconds=now_s - self._at_s)
        difference = wall - course
        if abs(difference) <= STEP:
            self._follow(wall, now_s)
            return wall
        if self._stepped_at_s is None:
            self._stepped_at_s = now_s
            log.warning("the clock stepped by %s; the old course is kept for an hour", difference)
        if now_s - self._stepped_at_s >= BELIEVED_AFTER_S:
            log.warning("the clock has stayed %s from its course; it is believed now", difference)
            self._follow(wall, now_s)
            return wall
        self.stepped = difference
        return course

    def _follow(self, wall: datetime, now_s: float) -> None:
        self._course, self._at_s = wall, now_s
        self._stepped_at_s, self.stepped = None, timedelta()
