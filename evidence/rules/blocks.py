"""Which of many rules touch which part of one dimension, as bits of whole numbers.

A dimension is cut into blocks where values begin and end. A block's bits are the rules whose value
has a number in it; so the rules that may overlap or contain a value are a few ORs or ANDs away,
whatever their number. They are candidates, to be looked at exactly.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from operator import and_, or_

from evidence.rules.spans import Spans

_MOST_BLOCKS = 512
_MOST_KEPT = 1024


class Blocks:
    """The values of one dimension, by the place of the rule that has it (None: no rule)."""

    def __init__(self, values: Sequence[Spans | None]) -> None:
        edges = sorted(
            {
                edge
                for value in set(values)
                for span in value or ()
                for edge in (span[0], span[1] + 1)
            }
        )
        step = -(-len(edges) // _MOST_BLOCKS) or 1
        self._cuts = edges[::step]
        self._all = (1 << len(values)) - 1
        self._touched = self._bits(values)
        self._kept: dict[tuple[Callable[[int, int], int], tuple[int, ...]], int] = {}

    def _bits(self, values: Sequence[Spans | None]) -> list[int]:
        """The bits of every block: a sweep over those that begin and end in it."""
        count = len(self._cuts) + 1
        begin: list[bytearray | None] = [None] * count
        end: list[bytearray | None] = [None] * count
        size_bytes = len(values) // 8 + 1
        places: dict[Spans, list[tuple[int, int]]] = {}
        for rule, value in enumerate(values):
            if value is None:
                continue
            if value not in places:
                places[value] = self._runs(value)
            for first, last in places[value]:
                for side, block in ((begin, first), (end, last)):
                    room = side[block]
                    if room is None:
                        room = side[block] = bytearray(size_bytes)
                    room[rule >> 3] |= 1 << (rule & 7)
        found, running = [], 0
        for begun, ended in zip(begin, end, strict=True):
            running |= int.from_bytes(begun or b"", "little")
            found.append(running)
            running &= ~int.from_bytes(ended or b"", "little")
        return found

    def _runs(self, value: Spans) -> list[tuple[int, int]]:
        """First and last block of each run of blocks that the value touches."""
        cuts, found = self._cuts, list[tuple[int, int]]()
        for first, last in value:
            start, end = bisect_right(cuts, first), bisect_right(cuts, last)
            if found and start <= found[-1][1] + 1:
                found[-1] = (found[-1][0], max(end, found[-1][1]))
            else:
                found.append((start, end))
        return found

    def touching(self, value: Spans) -> int:
        """Bits of the rules that may have a number in common with the value."""
        return self._of(value, or_)

    def around(self, value: Spans) -> int:
        """Bits of the rules that may contain the value: they touch every block that it touches."""
        return self._of(value, and_)

    def _of(self, value: Spans, join: Callable[[int, int], int]) -> int:
        cuts = self._cuts
        if len(value) == 1:
            first, last = bisect_right(cuts, value[0][0]), bisect_right(cuts, value[0][1])
            if first == last:
                return self._touched[first]
        blocks = tuple(
            block for first, last in self._runs(value) for block in range(first, last + 1)
        )
        key = join, blocks
        if key not in self._kept:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            bits = 0 if join is or_ else self._all
            for block in blocks:
                bits = join(bits, self._touched[block])
            self._kept[key] = bits
        return self._kept[key]
