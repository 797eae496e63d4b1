"""Which rules lie wholly under earlier ones: under one alone, or under several together. Exact.

A rule is a box: for each dimension the numbers it takes. What lies under one earlier box is found
among the candidates that `Blocks` names; what does not is taken apart against those it overlaps,
until a part is left that none of them takes, or nothing is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence.rules.blocks import Blocks
from evidence.rules.spans import Spans, within
from evidence.rules.together import together

Box = tuple[Spans | None, ...]
"""The numbers by dimension. None, in a needed box only: any one number there is enough."""


def covered_by_one(needs: Sequence[Box | None], gives: Sequence[Box | None]) -> list[int | None]:
    """For each needed box the first earlier given box that contains it. None needs, or gives,
    nothing."""
    search = _Search(needs, gives)
    return [
        None if need is None else search.one(need, (1 << place) - 1)
        for place, need in enumerate(search.needs)
    ]


def covered(needs: Sequence[Box | None], gives: Sequence[Box | None]) -> list[tuple[int, ...]]:
    """For each needed box the earlier given boxes that leave nothing of it; () where some is left.

    What gives no more than itself needs, and lies under others, is not named: they take its place.
    """
    search = _Search(needs, gives)
    found: list[tuple[int, ...]] = []
    standing = 0
    for place, need in enumerate(search.needs):
        by: tuple[int, ...] = ()
        if need is not None and standing:
            one = search.one(need, standing)
            by = search.several(need, standing) if one is None else (one,)
        found.append(by)
        if search.gives[place] is not None and not (by and search.gives[place] is need):
            standing |= 1 << place
    return found


class _Search:
    """The boxes without the dimensions in which all are alike, and the blocks of the others."""

    def __init__(self, needs: Sequence[Box | None], gives: Sequence[Box | None]) -> None:
        some = next((box for box in gives if box is not None), ())
        kept = [
            dimension
            for dimension, value in enumerate(some)
            if any(box is not None and box[dimension] != value for box in (*needs, *gives))
        ]
        self.needs, self.gives = _narrowed(needs, gives, kept)
        self.blocks = [
            Blocks([None if box is None else box[place] for box in self.gives])
            for place in range(len(kept))
        ]

    def one(self, need: Box, allowed: int) -> int | None:
        bits = allowed
        for blocks, value in zip(self.blocks, need, strict=True):
            if value is not None:
                bits &= blocks.around(value)
                if not bits:
                    return None
        return next((place for place in _places(bits) if _contains(self.gives[place], need)), None)

    def several(self, need: Box, allowed: int) -> tuple[int, ...]:
        bits = allowed
        for blocks, value in zip(self.blocks, need, strict=True):
            if value is not None:
                bits &= blocks.touching(value)
                if not bits:
                    return ()
        return together(need, [(place, self.gives[place] or ()) for place in _places(bits)])


def _narrowed(
    needs: Sequence[Box | None], gives: Sequence[Box | None], kept: Sequence[int]
) -> tuple[list[Box | None], list[Box | None]]:
    """Both with the kept dimensions only; what was one and the same box stays that."""
    made: dict[int, Box] = {}

    def narrow(box: Box | None) -> Box | None:
        if box is None:
            return None
        if id(box) not in made:
            made[id(box)] = tuple(box[dimension] for dimension in kept)
        return made[id(box)]

    return [narrow(box) for box in needs], [narrow(box) for box in gives]


def _places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    base = 0
    while bits:
        word = bits & _WORD
        while word:
            low = word & -word
            yield base + low.bit_length() - 1
            word ^= low
        bits >>= _WORD_BITS
        base += _WORD_BITS


_WORD_BITS = 512
_WORD = (1 << _WORD_BITS) - 1


def _contains(given: Box | None, need: Box) -> bool:
    if given is None:
        return False
    for mine, wanted in zip(given, need, strict=True):
        if wanted is not None and wanted is not mine and not within(wanted, mine or ()):
            return False
    return True
