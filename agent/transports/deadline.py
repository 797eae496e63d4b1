"""A time limit over calls that have none of their own, or that start anew with each byte."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from heapq import heappop, heappush
from itertools import count
from threading import Condition, Thread
from types import TracebackType
from typing import Self


class Deadline:
    """Within the `with` block, calls `cut` once when `seconds` are over; `passed` tells so.

    `cut` runs in another thread and should break the connection, so that whatever waits on
    it returns.
    """

    def __init__(self, seconds: float, cut: Callable[[], object]) -> None:
        self.passed = False
        self._seconds = seconds
        self._cut: Callable[[], object] | None = cut

    def __enter__(self) -> Self:
        _watch().add(time.monotonic() + self._seconds, self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cut = None

    @property
    def is_over(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._cut is None

    def end(self) -> None:
        """The time is over: cut, unless the block was left in this very moment."""
        cut, self._cut = self._cut, None
        if cut is not None:
            self.passed = True
            cut()


class _Watch:
    """The one thread that waits for all deadlines: a thread for each would cost more than most
    of what they watch."""

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Deadline]] = []
        self._numbers = count()
        self._changed = Condition()
        Thread(target=self._run, name="deadlines", daemon=True).start()

    def add(self, at: float, deadline: Deadline) -> None:
        with self._changed:
            heappush(self._due, (at, next(self._numbers), deadline))
            if self._due[0][2] is deadline:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            deadline = self._next()
            # What breaks a connection may itself wait for it; the other deadlines must not.
            Thread(target=deadline.end, name="deadline", daemon=True).start()

    def _next(self) -> Deadline:
        """The next one that somebody still waits for, when its time is over."""
        with self._changed:
            while True:
                while self._due and self._due[0][2].is_over:
                    heappop(self._due)
                left = self._due[0][0] - time.monotonic() if self._due else None
                if left is not None and left <= 0:
                    return heappop(self._due)[2]
                self._changed.wait(left)


@cache
def _watch() -> _Watch:
    return _Watch()
