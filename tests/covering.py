"""Policies as boxes of numbers, small enough to be held against every point of them."""

from __future__ import annotations

from random import Random

from evidence.rules.cover import Box
from evidence.rules.spans import Spans, joined


def small_policy(random: Random) -> list[Box | None]:
    """Up to 25 rules over up to four small dimensions: spans, groups of spans, everything."""
    sizes = [random.randrange(1, 9) for _ in range(random.randrange(1, 5))]
    return [
        None if random.random() < 0.05 else tuple(_value(random, size) for size in sizes)
        for _ in range(random.randrange(2, 25))
    ]


def _value(random: Random, size: int) -> Spans:
    kind = random.random()
    if kind < 0.2:
        return ((0, size - 1),)
    count, most = (1, 4) if kind < 0.6 else (random.randrange(1, 5), 2)
    starts = [random.randrange(size) for _ in range(count)]
    return joined((first, min(size - 1, first + random.randrange(most))) for first in starts)


def adversarial(random: Random, size: int) -> list[Box | None]:
    """A board of single fields in shuffled order, every second time with one field missing, then
    rules that take whole rows, columns, blocks and everything."""
    fields: list[Box | None] = [
        (((x, x),), ((y, y),), ((z, z),))
        for x in range(size)
        for y in range(size)
        for z in range(2)
    ]
    random.shuffle(fields)
    if random.random() < 0.5:
        fields.pop()
    whole, both = ((0, size - 1),), ((0, 1),)
    wide: list[Box | None] = [(((n, n),), whole, both) for n in range(size)]
    wide += [(whole, ((n, n),), both) for n in range(size)]
    wide += [(((0, size // 2),), ((0, size // 2),), both), (whole, whole, both)]
    random.shuffle(wide)
    return fields + wide
