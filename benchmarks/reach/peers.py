"""Covered by one earlier rule, the plain ways: a loop over integers, and numpy row by row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.reach.made import Expanded


def by_loop(boxes: Expanded) -> list[int | None]:
    """The first earlier box around each, leaving the loop as early as it can."""
    found: list[int | None] = []
    for place, ((a, b), (c, d), (e, f)) in enumerate(boxes):
        by = None
        for earlier in range(place):
            (g, h), (i, j), (k, m) = boxes[earlier]
            if g <= a and b <= h and i <= c and d <= j and k <= e and f <= m:
                by = earlier
                break
        found.append(by)
    return found


def by_numpy(boxes: Expanded) -> list[int | None]:
    """The same, each box against all earlier ones at once."""
    ends = np.array([[end for span in box for end in span] for box in boxes], np.int64)
    low = [np.ascontiguousarray(ends[:, column]) for column in (0, 2, 4)]
    high = [np.ascontiguousarray(ends[:, column]) for column in (1, 3, 5)]
    found: list[int | None] = [None]
    for place in range(1, len(boxes)):
        around = np.ones(place, bool)
        for first, last in zip(low, high, strict=True):
            around &= first[:place] <= first[place]
            around &= last[:place] >= last[place]
        by = int(around.argmax())
        found.append(by if around[by] else None)
    return found


def of_rules(found: Sequence[int | None], owners: Sequence[int]) -> set[int]:
    """The rules whose every box lies under an earlier rule's."""
    reached = {
        owner for owner, by in zip(owners, found, strict=True) if by is None or owners[by] == owner
    }
    return set(owners) - reached
