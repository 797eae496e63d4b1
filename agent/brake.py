"""The brake: how a run learns that it must end, and how long it still has."""

from __future__ import annotations

import time
from threading import Event


class Brake:
    """Pulled once. A run begins no visit after that, and gives up those still on their way
    when `budget_s` is over; what was not read stays due."""

    def __init__(self, budget_s: float = 20.0) -> None:
        self.budget_s = budget_s
        self._pulled = Event()
        self._until = 0.0

    def pull(self) -> None:
        if not self._pulled.is_set():
            self._until = time.monotonic() + self.budget_s
            self._pulled.set()

    @property
    def pulled(self) -> bool:
        return self._pulled.is_set()

    @property
    def spent(self) -> bool:
        """Whether the time for what was on its way is over."""
        return self.pulled and time.monotonic() >= self._until

    def wait(self, seconds: float) -> bool:
        """Wait for the brake at most so long. Returns whether it is pulled."""
        return self._pulled.wait(max(0.0, seconds))
