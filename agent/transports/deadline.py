"""A time limit over calls that have none of their own, or that start anew with each byte."""

from __future__ import annotations

from collections.abc import Callable
from threading import Timer
from types import TracebackType
from typing import Self


class Deadline:
    """Within the `with` block, calls `cut` once when `seconds` are over; `passed` tells so.

    `cut` runs in another thread and should break the connection, so that whatever waits on
    it returns.
    """

    def __init__(self, seconds: float, cut: Callable[[], object]) -> None:
        self.passed = False
        self._cut = cut
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.passed = True
        self._cut()
