"""`Result`, one line of the table, and the stop-watch behind it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Ours beside a peer's, in `unit`. `peer` is None where the peer could not be had.

    `truth`: our answers were right, every one. What a peer answered is told in `note`.
    """

    name: str
    ours: float
    peer: float | None
    unit: str
    against: str
    truth: bool
    more_is_better: bool = True
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; below 1, how far from the peer."""
        if self.peer is None:
            return None
        return self.ours / self.peer if self.more_is_better else self.peer / self.ours

    def record(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "ours": self.ours,
            "peer": self.peer,
            "ratio": self.ratio,
            "unit": self.unit,
            "against": self.against,
            "truth": "ok" if self.truth else "failed",
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Spent:
    """What a piece of work took; `cpu_s` is this process alone, all its threads."""

    wall_s: float
    cpu_s: float


def spent(work: Callable[[], T]) -> tuple[Spent, T]:
    cpu_s, wall_s = _cpu_s(), time.perf_counter()
    done = work()
    return Spent(time.perf_counter() - wall_s, _cpu_s() - cpu_s), done


def beside(ours: Callable[[], Spent], peer: Callable[[], Spent], rounds: int) -> list[Spent]:
    """The medians of both, measured in turn, so that a busy moment of the machine meets both."""
    measured = [(ours(), peer()) for _ in range(rounds)]
    return [
        Spent(median(one.wall_s for one in side), median(one.cpu_s for one in side))
        for side in zip(*measured, strict=True)
    ]


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
