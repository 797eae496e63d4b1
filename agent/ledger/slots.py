"""Slots: each definition of a rule that a unit ever had, under a number that stays its own.

A definition is a rule's key, the digest of its match part, and its counter's reset domain. Names
are long and hardly ever change, so they are kept once; counters are kept by number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import zstandard

from evidence.usage import Names
from evidence.usage.history import Aligned, Column, Place, domain_name
from evidence.usage.snapshot import Ints

Slot = tuple[str, str, str]  # key, match digest, reset domain
Name = TypeVar("Name")
# The last part of a unit's list is written anew when it grows; a full one never again.
_PART = 512


@dataclass(frozen=True)
class Slots:
    """All slots of one unit, in the order of their numbers."""

    device: str
    unit: str
    names: tuple[Slot, ...]

    @classmethod
    def of(cls, db: sqlite3.Connection, device: str, unit: str) -> Slots:
        rows = db.execute(
            "SELECT packed FROM rule_slot WHERE device = ? AND unit = ? ORDER BY first",
            (device, unit),
        )
        names: list[Slot] = []
        for (packed,) in rows:
            names += zip(*json.loads(zstandard.decompress(packed)), strict=True)
        return cls(device, unit, tuple(names))

    def with_names(self, db: sqlite3.Connection, names: Names) -> tuple[Slots, Ints]:
        """The slots with these among them, new ones kept at once, and the number of each."""
        known = dict(zip(self.names, range(len(self.names)), strict=True))
        wanted = list(zip(names.keys, names.matches, names.domains, strict=True))
        found = [*map(known.get, wanted)]
        if None not in found:
            return self, np.array(found, np.int64)
        # Few are new on any day, so the others are not looked up again.
        for place, number in enumerate(found):
            if number is None:
                found[place] = known.setdefault(wanted[place], len(known))
        numbers = np.array(found, np.int64)
        grown = Slots(self.device, self.unit, tuple(known))
        first = len(self.names) // _PART * _PART
        db.executemany(
            "INSERT OR REPLACE INTO rule_slot (device, unit, first, packed) VALUES (?, ?, ?, ?)",
            [
                (self.device, self.unit, at, _packed(grown.names[at : at + _PART]))
                for at in range(first, len(known), _PART)
            ],
        )
        return grown, numbers

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What a history's columns are: key and match digest, one a slot."""
        return tuple([slot[:2] for slot in self.names])

    @cached_property
    def first(self) -> Ints:
        """For each slot the first one of the same column, so that a column is a number."""
        return _numbers_of(self.columns, self.column_numbers)

    @cached_property
    def column_numbers(self) -> dict[Column, int]:
        """The first slot of each column."""
        return _first_places(self.columns)

    @cached_property
    def _domains(self) -> tuple[list[str], Ints]:
        names = [domain or domain_name(domain, key) for key, _, domain in self.names]
        return names, _numbers_of(names, _first_places(names))

    def align(self, numbers: Sequence[Ints]) -> Aligned:
        """Where the rules of some snapshots stand, given by their slots: columns in the order of
        first mention, and the numbers of their domains."""
        order = _first_mentioned(numbers, len(self.names))
        names, of_domain = self._domains
        column, columns = _renumbered(self.first, order)
        domain, domains = _renumbered(of_domain, order)
        places: list[Place] = []
        before: Ints | None = None
        for slots in numbers:
            places.append(places[-1] if slots is before else (column[slots], domain[slots]))
            before = slots
        return (
            places,
            tuple([self.columns[slot] for slot in columns]),
            tuple([names[slot] for slot in domains]),
        )


def _first_places(names: Sequence[Name]) -> dict[Name, int]:
    """Where each name stands first."""
    return dict(zip(reversed(names), range(len(names) - 1, -1, -1), strict=True))


def _numbers_of(names: Sequence[Name], first: Mapping[Name, int]) -> Ints:
    if len(first) == len(names):
        return np.arange(len(names))
    return np.array([*map(first.__getitem__, names)], np.int64)


def _first_mentioned(numbers: Sequence[Ints], slots: int) -> Ints:
    """All slots of these snapshots, in the order in which they come up."""
    seen = np.zeros(slots, np.bool_)
    order: list[Ints] = [np.zeros(0, np.int64)]
    before: Ints | None = None
    for one in numbers:
        if one is not before:
            order.append(one[~seen[one]])
            seen[one] = True
        before = one
    return np.concatenate(order)


def _renumbered(named: Ints, order: Ints) -> tuple[Ints, list[int]]:
    """Numbers from 0 on for what the slots in this order are called, and a slot so called each."""
    called = named[order]
    names, at = np.unique(called, return_index=True)
    names = names[np.argsort(at)]
    number = np.zeros(len(named), np.int64)
    number[names] = np.arange(len(names))
    return number[named], names.tolist()


def _packed(names: Iterable[Slot]) -> bytes:
    return zstandard.compress(
        json.dumps(list(zip(*names, strict=True)), ensure_ascii=False).encode()
    )
