"""Times that a unit's own clock wrote down, where that clock was set meanwhile.

A reading corrects every time in it by how far the clock is off now. What was written down before
somebody set the clock is then wrong by as much as it was set. Which of the clock's settings, its
*eras*, a time comes from is mostly plain, because it lies in that era only; where it is not, the
time is known between two bounds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evidence.usage.snapshot import NONE, Ints

# A clock that is off by no more than this, from where it was, was not set. What it writes down
# within an era is then off by at most twice as much, which is the tolerance of clocks.
SET_S = 60
_TOLERANCE_S = 2 * SET_S
_ALWAYS = 1 << 62  # later than every time, and not near the end of the numbers


@dataclass(frozen=True, slots=True)
class _Era:
    """Rows (`first` ≤ row < `stop`) in which the clock was off by about `offset` seconds.

    It was so at no time before `after` and at none after `until`.
    """

    first: int
    stop: int
    offset: int
    after: int
    until: int


class Clock:
    """What is known of a unit's clock: how far it was off at each reading (`NONE`: not told)."""

    def __init__(self, read_at: Ints, offset: Ints) -> None:
        self._offset = offset
        self._eras = list(_eras(read_at, offset))

    def bounds(self, times: Ints) -> tuple[Ints, Ints]:
        """The earliest and the latest that these times can mean, a row for each reading."""
        if len(self._eras) < 2 or not times.size or (times == NONE).all():
            return times, times
        early, late = times.copy(), times.copy()
        for number, own in enumerate(self._eras[1:], 1):
            rows = slice(own.first, own.stop)
            first, last = self._within(times[rows], rows, self._eras[: number + 1])
            told = times[rows] != NONE
            np.copyto(early[rows], first, where=told)
            np.copyto(late[rows], last, where=told)
        return early, late

    def _within(self, times: Ints, rows: slice, eras: list[_Era]) -> tuple[Ints, Ints]:
        """The bounds of times told in the last of these eras."""
        offset = self._offset[rows].reshape(-1, *[1] * (times.ndim - 1))
        times = np.where(times == NONE, 0, times)
        earlier = [np.where(offset == NONE, 0, offset - era.offset) for era in eras[:-1]]
        values = np.stack([*(times + seconds for seconds in earlier), times])
        possible = np.stack(
            [
                (one > era.after - _TOLERANCE_S) & (one <= era.until + _TOLERANCE_S)
                for era, one in zip(eras, values, strict=True)
            ]
        )
        possible |= ~possible.any(axis=0)  # what fits nowhere may be of any
        return (
            np.where(possible, values, _ALWAYS).min(axis=0),
            np.where(possible, values, -_ALWAYS).max(axis=0),
        )


def _eras(read_at: Ints, offset: Ints) -> Iterator[_Era]:
    """The eras in order of time. A reading that does not tell belongs to the one before it."""
    first, about, after = 0, 0, -_ALWAYS
    for row, told in enumerate(offset.tolist()):
        if told == NONE or abs(told - about) <= SET_S:
            continue
        if row > first and (offset[first:row] != NONE).any():
            yield _Era(first, row, about, after, int(read_at[row]))
            first, after = row, int(read_at[row - 1])
        about = told
    yield _Era(first, len(offset), about, after, _ALWAYS)
