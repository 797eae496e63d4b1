"""Sets of whole numbers as sorted spans, both ends included, neither overlapping nor touching."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

Span = tuple[int, int]
Spans = tuple[Span, ...]


def joined(spans: Iterable[Span]) -> Spans:
    """The union, in order.

    >>> joined([(5, 9), (1, 4), (20, 30)])
    ((1, 9), (20, 30))
    """
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1] + 1:
            if last > found[-1][1]:
                found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def without(whole: Span, spans: Spans) -> Spans:
    """What of one span is in none of the others.

    >>> without((0, 9), ((2, 3), (7, 20)))
    ((0, 1), (4, 6))
    """
    first, end = whole
    found = []
    for start, last in spans:
        if start > end:
            break
        if start > first:
            found.append((first, start - 1))
        first = max(first, last + 1)
    if first <= end:
        found.append((first, end))
    return tuple(found)


def within(inner: Spans, outer: Spans) -> bool:
    """Whether every number of one set is in the other."""
    if inner is outer:
        return True
    for first, last in inner:
        # The span of `outer` that starts last before this one.
        place = bisect_right(outer, (first, _FAR)) - 1
        if place < 0 or outer[place][1] < last:
            return False
    return True


def overlapping(one: Spans, other: Spans) -> bool:
    """Whether the sets have a number in common."""
    if len(other) < len(one):
        one, other = other, one
    for first, last in one:
        place = bisect_right(other, (last, _FAR)) - 1
        if place >= 0 and other[place][1] >= first:
            return True
    return False


_FAR = 1 << 130  # beyond every number here: an IPv6 address, a service, a name's place
