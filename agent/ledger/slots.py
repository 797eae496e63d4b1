"""Slots: each definition of a rule that a unit ever had, under a number that stays its own.

A definition is a rule's key, the digest of its match part, and its counter's reset domain. Names
are long and hardly ever change, so they are kept once; counters are kept by number.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import zstandard

from evidence.usage import Names
from evidence.usage.history import Aligned, Column, Place, domain_name
from evidence.usage.snapshot import Ints

Slot = tuple[str, str, str]  # key, match digest, reset domain
# The last part of a unit's list is written anew when it grows; a full one never again.
_PART = 512


@dataclass(frozen=True, slots=True)
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
        known = {slot: number for number, slot in enumerate(self.names)}
        wanted = list(zip(names.keys, names.matches, names.domains, strict=True))
        numbers = np.array([known.setdefault(slot, len(known)) for slot in wanted], np.int64)
        if len(known) == len(self.names):
            return self, numbers
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

    @property
    def columns(self) -> tuple[Column, ...]:
        """What a history's columns are: key and match digest, one a slot."""
        return tuple([slot[:2] for slot in self.names])

    def align(self, numbers: Sequence[Ints]) -> Aligned:
        """Where the rules of some snapshots stand, given by their slots: columns in the order of
        first mention, and the numbers of their domains."""
        order = _first_mentioned(numbers, len(self.names))
        columns: dict[Column, int] = {}
        domains: dict[str, int] = {}
        column, of_domain = np.zeros((2, len(self.names)), np.int64)
        for slot in order:
            key, match, domain = self.names[slot]
            column[slot] = columns.setdefault((key, match), len(columns))
            of_domain[slot] = domains.setdefault(domain_name(domain, key), len(domains))
        places: list[Place] = [(column[slots], of_domain[slots]) for slots in numbers]
        return places, tuple(columns), tuple(domains)

    def alone(self) -> bool:
        """Whether each column has one slot: no counter ever went over to another domain."""
        return len(set(self.columns)) == len(self.names)


def _first_mentioned(numbers: Sequence[Ints], slots: int) -> list[int]:
    seen = np.zeros(slots, np.bool_)
    order: list[int] = []
    before: Ints | None = None
    for one in numbers:
        if one is before:
            continue
        before = one
        new = one[~seen[one]]
        order += dict.fromkeys(new.tolist())
        seen[new] = True
    return order


def _packed(names: Iterable[Slot]) -> bytes:
    return zstandard.compress(
        json.dumps(list(zip(*names, strict=True)), ensure_ascii=False).encode()
    )
