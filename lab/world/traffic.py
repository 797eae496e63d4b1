"""How much traffic a rule of the lab sees: a pure function of time, so that history repeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Flow:
    """Hits a day, evenly, between two moments (None: always). 0: never any."""

    per_day: float = 0.0
    since: datetime | None = None
    until: datetime | None = None

    def count(self, start: datetime, end: datetime) -> int:
        """Hits seen by a counter that was zeroed at `start` and is read at `end`."""
        first = max(start, self.since) if self.since else start
        last = min(end, self.until) if self.until else end
        return max(0, int((last - first) / DAY * self.per_day))

    def last_at(self, start: datetime, end: datetime) -> datetime | None:
        """When the newest of those hits was; None when there was none since `start`."""
        if not self.count(start, end):
            return None
        last = min(end, self.until) if self.until else end
        return last - timedelta(seconds=86_400 / self.per_day / 2)

    def first_at(self, start: datetime, end: datetime) -> datetime | None:
        """When the oldest of those hits was."""
        if not self.count(start, end):
            return None
        first = max(start, self.since) if self.since else start
        return first + timedelta(seconds=86_400 / self.per_day / 2)
