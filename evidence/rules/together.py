"""Whether several boxes together leave nothing of one. Exact, and quick to see that they do not.

The box is cut in each dimension where the others begin and end; the pieces are bits of whole
numbers, so that a part of the box is one number a dimension.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from evidence.rules.spans import Spans, overlapping

Part = tuple[int, ...]
"""Pieces by dimension, as bits."""

_MANY = 24  # from here on a point that nobody takes is looked for first
_MOST_TRIED = 12  # a longer list of covering boxes is told as it was found


@dataclass(frozen=True, slots=True)
class _Piece:
    """A given box as far as it lies in the needed one: the runs of pieces it takes, and as bits."""

    place: int
    runs: tuple[tuple[tuple[int, int], ...], ...]
    bits: Part


def together(
    need: Sequence[Spans | None], given: Sequence[tuple[int, Sequence[Spans | None]]]
) -> tuple[int, ...]:
    """The places of given boxes that leave nothing of the needed one; () where some is left."""
    near = [one for one in given if _meets(need, one[1])]
    if len(near) < 2:
        return ()
    whole, pieces = _cut(need, near)
    for dimension, bits in enumerate(whole):
        taken = 0
        for one in pieces:
            taken |= one.bits[dimension]
        if bits & ~taken:
            return ()
    if len(pieces) >= _MANY and _point_left(whole, pieces):
        return ()
    used = _used(whole, pieces)
    if not used or len(used) > _MOST_TRIED:
        return tuple(sorted(used))
    # What was only needed on the way there is not named.
    for place in sorted(used, reverse=True):
        fewer = [one for one in pieces if one.place in used and one.place != place]
        if _used(whole, fewer):
            used = {one.place for one in fewer}
    return tuple(sorted(used))


def _meets(need: Sequence[Spans | None], given: Sequence[Spans | None]) -> bool:
    for wanted, mine in zip(need, given, strict=True):
        if wanted is not None and wanted is not mine and not overlapping(wanted, mine or ()):
            return False
    return True


def _cut(
    need: Sequence[Spans | None], near: Sequence[tuple[int, Sequence[Spans | None]]]
) -> tuple[Part, list[_Piece]]:
    """The needed box in pieces, and which of them each given box takes."""
    whole: list[int] = []
    runs: list[list[tuple[tuple[int, int], ...]]] = [[] for _ in near]
    for dimension, wanted in enumerate(need):
        if wanted is None:
            continue
        values = {id(box[dimension]): box[dimension] or () for _, box in near}
        starts, ends = _pieces(wanted, list(values.values()))
        if len(starts) == 1:
            continue  # every box here takes all of it
        taken = {key: _runs(value, starts, ends) for key, value in values.items()}
        whole.append((1 << len(starts)) - 1)
        for mine, (_, box) in zip(runs, near, strict=True):
            mine.append(taken[id(box[dimension])])
    return tuple(whole), [
        _Piece(place, tuple(mine), tuple(map(_bits, mine)))
        for mine, (place, _) in zip(runs, near, strict=True)
    ]


def _pieces(wanted: Spans, values: Sequence[Spans]) -> tuple[list[int], list[int]]:
    """First and last numbers of the pieces into which others' edges cut a value."""
    edges = sorted(
        {edge for value in values for first, last in value for edge in (first, last + 1)}
    )
    starts: list[int] = []
    ends: list[int] = []
    for first, last in wanted:
        at = bisect_left(edges, first + 1)
        start = first
        while at < len(edges) and edges[at] <= last:
            starts.append(start)
            ends.append(edges[at] - 1)
            start = edges[at]
            at += 1
        starts.append(start)
        ends.append(last)
    return starts, ends


def _runs(value: Spans, starts: Sequence[int], ends: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The pieces a value takes, as half-open runs; edges are cut at, so a piece is in or out."""
    found = []
    for first, last in value:
        low, high = bisect_left(starts, first), bisect_left(ends, last + 1)
        if low < high:
            found.append((low, high))
    return tuple(found)


def _bits(runs: tuple[tuple[int, int], ...]) -> int:
    bits = 0
    for low, high in runs:
        bits |= (1 << high) - (1 << low)
    return bits


def _point_left(whole: Part, pieces: Sequence[_Piece]) -> bool:
    """Whether a point is found that nobody takes, going where the fewest are. False: not found."""
    open_ = set(range(len(whole)))
    left = list(pieces)
    while left and open_:
        count, dimension, piece = min(_fewest(whole, left, one) for one in open_)
        if not count:
            return True
        open_.discard(dimension)
        bit = 1 << piece
        left = [one for one in left if one.bits[dimension] & bit]
    return not left


def _fewest(whole: Part, pieces: Sequence[_Piece], dimension: int) -> tuple[int, int, int]:
    """How many boxes take the least taken piece of a dimension, the dimension, and that piece."""
    change = [0] * (whole[dimension].bit_length() + 1)
    for one in pieces:
        for low, high in one.runs[dimension]:
            change[low] += 1
            change[high] -= 1
    best, running = (len(pieces) + 1, 0), 0
    for piece, step in enumerate(change[:-1]):
        running += step
        if running < best[0]:
            best = (running, piece)
    return best[0], dimension, best[1]


def _used(whole: Part, pieces: Sequence[_Piece]) -> set[int]:
    """The boxes by which nothing is left, empty where something is: part after part, each split
    along the box that lacks the least of it."""
    used: set[int] = set()
    todo: list[tuple[Part, Sequence[_Piece]]] = [(whole, pieces)]
    while todo:
        part, among = todo.pop()
        near, best, lacking = _nearest(part, among)
        if best is None:
            return set()
        if len(lacking) <= 1:
            used.add(best.place)
        for dimension in lacking[:1]:
            inside = part[dimension] & best.bits[dimension]
            if len(lacking) > 1:
                todo.append((_with(part, dimension, inside), near))
            todo.append((_with(part, dimension, part[dimension] & ~inside), near))
    return used


def _nearest(
    part: Part, among: Sequence[_Piece]
) -> tuple[list[_Piece], _Piece | None, Sequence[int]]:
    """Those that meet the part, and of them the one that lacks it in the fewest dimensions."""
    near: list[_Piece] = []
    best: _Piece | None = None
    lacking: Sequence[int] = ()
    for one in among:
        lacks = []
        for dimension, (wanted, mine) in enumerate(zip(part, one.bits, strict=True)):
            common = wanted & mine
            if not common:
                break
            if common != wanted:
                lacks.append(dimension)
        else:
            if not lacks:
                return near, one, ()
            near.append(one)
            if best is None or len(lacks) < len(lacking):
                best, lacking = one, lacks
    return near, best, lacking


def _with(part: Part, dimension: int, bits: int) -> Part:
    return (*part[:dimension], bits, *part[dimension + 1 :])
