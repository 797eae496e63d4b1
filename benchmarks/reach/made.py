"""Policies to find covered rules in: random, with a share of narrower copies and planted unions.

A rule is a box of source, destination, service, each a set of spans: one prefix or port where
groups are expanded, several where a rule holds its groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from evidence.rules.spans import Span, Spans, joined

Policy = list[tuple[Spans, Spans, Spans]]
Expanded = list[tuple[Span, Span, Span]]

ANY_ADDRESS: Span = (0, 2**32 - 1)
ANY_SERVICE: Span = (0, (256 << 16) - 1)
_PORTS = (443, 80, 22, 8443, 3389, 1433, 5432)
_COPIES, _UNIONS, _WIDE = 0.05, 0.01, 0.02


@dataclass(frozen=True, slots=True)
class Made:
    """A policy, and the places of rules that were made to lie under earlier ones."""

    policy: Policy
    planted: frozenset[int]


def made(rules: int, seed: int = 1, groups: bool = False) -> Made:
    """As many rules, the last of them a denial of everything."""
    random = Random(seed)
    pool = _Pool(random, groups)
    policy: Policy = []
    planted: set[int] = set()
    while len(policy) < rules - 1:
        kind = random.random()
        if policy and kind < _COPIES:
            source, destination, service = random.choice(policy)
            planted.add(len(policy))
            policy.append((((source[0][0],) * 2,), destination, service))
        elif kind < _COPIES + _UNIONS and len(policy) < rules - 4:
            source, destination, service = pool.box()
            first, last = source[0]
            half = (first + last) // 2
            lower, upper = ((first, half),), ((half + 1, last),)
            policy.append((lower, destination, service))
            policy.append((upper if half < last else lower, destination, service))
            planted.add(len(policy))
            policy.append((((first, last),), destination, service))
        else:
            policy.append(pool.box())
    policy.append(((ANY_ADDRESS,), (ANY_ADDRESS,), (ANY_SERVICE,)))
    return Made(policy[:rules], frozenset(planted))


class _Pool:
    """What rules are made of: prefixes and ports, or a broker's objects and groups of them."""

    def __init__(self, random: Random, groups: bool) -> None:
        self._random = random
        self._hosts = [(one, one) for one in (self._address() for _ in range(2000))]
        self._groups: list[Spans] = []
        if groups:
            self._groups = [
                joined(random.sample(self._hosts, random.randrange(2, 9))) for _ in range(400)
            ]

    def box(self) -> tuple[Spans, Spans, Spans]:
        return self._side(_WIDE), self._side(0), self._services()

    def _address(self) -> int:
        return 10 << 24 | self._random.randrange(64) << 16 | self._random.randrange(1 << 16)

    def _side(self, wide: float) -> Spans:
        kind = self._random.random()
        if kind < wide:
            return (ANY_ADDRESS,)
        if self._groups and kind < 0.4:
            return self._random.choice(self._groups)
        if self._groups and kind < 0.8:
            return (self._random.choice(self._hosts),)
        size = 1 << (32 - self._random.choice((32, 32, 32, 28, 24, 24, 24, 20, 16)))
        first = self._address() & -size
        return ((first, first + size - 1),)

    def _services(self) -> Spans:
        count = self._random.choice((1, 1, 1, 2, 3)) if self._groups else 1
        return joined(self._service() for _ in range(count))

    def _service(self) -> Span:
        protocol = 6 if self._random.random() < 0.8 else 17
        port = self._random.choice((*_PORTS, self._random.randrange(1024, 60_000)))
        width = self._random.choice((0, 0, 0, 0, 10, 1000))
        return (protocol << 16 | port, protocol << 16 | min(port + width, 0xFFFF))


def expanded(policy: Policy) -> tuple[Expanded, Sequence[int]]:
    """Every rule's members crossed, and of which rule each of them is."""
    boxes, owners = [], []
    for place, (sources, destinations, services) in enumerate(policy):
        for box in product(sources, destinations, services):
            boxes.append(box)
            owners.append(place)
    return boxes, owners
