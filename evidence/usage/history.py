"""`UnitHistory`: one unit's counters over time, as columns.

A column is one *definition* of one rule: its key and the digest of its match part. A rule
whose match changes goes on in another column, so its window begins anew and its lineage
shows; move and comment leave the column as it is, and so does a rename where the key is no name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from evidence.reading import Reading
from evidence.usage.clocks import Clock
from evidence.usage.snapshot import (
    ABSENT,
    FIELDS,
    NONE,
    Bits,
    Bools,
    Clear,
    Ints,
    Names,
    Snapshot,
)

Column = tuple[str, str]  # key, match digest
Place = tuple[Ints, Ints]  # columns, domains
Aligned = tuple[list[Place], tuple[Column, ...], tuple[str, ...]]
Name = TypeVar("Name")
_CLOCKED = ("last_hit", "first_hit", "reset", "created", "modified")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitHistory:
    """Rows are readings in order of time, columns are rule definitions.

    `count` is `NOT_COUNTED` where the unit keeps no count and `ABSENT` where the reading has
    no such rule; the other numbers are `NONE` where nothing was told. `domain` indexes
    `domains`; counters of one domain are always zeroed together. A rule whose collector names
    no domain stands alone. A history without rows is a unit that was never read. Times that the
    unit's clock wrote down are the latest they can be, should it have been set since; where the
    earliest matters, too, it is in `last_hit_from` and `role_since_from`.
    """

    device: str
    unit: str
    columns: tuple[Column, ...]
    domains: tuple[str, ...]
    digests: tuple[str, ...]
    serials: tuple[str | None, ...]
    peers: tuple[str | None, ...]
    clears: tuple[Clear, ...]
    read_at: Ints
    boot_at: Ints
    loaded_at: Ints
    role: Ints
    role_since: Ints
    role_since_from: Ints
    clock_offset: Ints
    log_from: Ints
    founding: Bools
    doubted: Bools
    clock_set_at: Ints
    domain: Ints
    traits: Bits
    count: Ints
    last_hit: Ints
    last_hit_from: Ints
    first_hit: Ints
    reset: Ints
    created: Ints
    modified: Ints
    sessions: Ints

    @classmethod
    def of(cls, readings: Iterable[Reading], unit: str) -> UnitHistory:
        """The history of one unit, from the readings of the device that tells of it."""
        snapshots = [one for reading in readings for one in Snapshot.of(reading)]
        return cls.of_snapshots([one for one in snapshots if one.unit == unit], unit)

    @classmethod
    def of_snapshots(
        cls,
        snapshots: Sequence[Snapshot],
        unit: str,
        device: str = "",
        align: Callable[[Sequence[Snapshot]], Aligned] | None = None,
    ) -> UnitHistory:
        """The history of one unit from its snapshots in any order, each time taken once.

        Where two are dated the same, the one that can found a claim is kept. `align` says where
        their rules stand, for one who knows it without their names.
        """
        ordered = sorted(snapshots, key=lambda one: (one.read_at, not one.founding, one.digest))
        rows = [
            one
            for before, one in zip([None, *ordered], ordered, strict=False)
            if before is None or before.read_at != one.read_at
        ]
        places, columns, domains = (align or _align)(rows)
        shape = (len(rows), len(columns))
        tables = {name: np.full(shape, NONE, np.int64) for name in FIELDS}
        tables["count"].fill(ABSENT)
        domain, traits = np.zeros(shape, np.int64), np.zeros(shape, np.uint8)
        for row, (one, (column, of_domain)) in enumerate(zip(rows, places, strict=True)):
            for name, numbers in zip(FIELDS, one.numbers, strict=True):
                tables[name][row, column] = numbers
            domain[row, column] = of_domain
            traits[row, column] = one.traits
        read_at = _times(rows, lambda one: one.read_at)
        clock_offset = _times(rows, lambda one: one.clock_offset)
        clock = _clock(rows, read_at, clock_offset)
        tables = {name: _slim(table) for name, table in tables.items()}
        last_hit_from, _ = clock.bounds(tables["last_hit"])
        for name in _CLOCKED:
            _, tables[name] = clock.bounds(tables[name])
        role_since_from, role_since = clock.bounds(_times(rows, lambda one: one.role_since))
        return cls(
            device=rows[-1].device if rows else device or unit,
            unit=unit,
            columns=columns,
            domains=domains,
            digests=tuple(one.digest for one in rows),
            serials=tuple(one.serial for one in rows),
            peers=tuple(one.peer for one in rows),
            clears=tuple(_clears(rows, clock)),
            read_at=read_at,
            boot_at=_times(rows, lambda one: one.boot_at),
            loaded_at=clock.bounds(_times(rows, lambda one: one.loaded_at))[1],
            role=_times(rows, lambda one: one.role),
            role_since=role_since,
            role_since_from=role_since_from,
            clock_offset=clock_offset,
            log_from=clock.bounds(_times(rows, lambda one: one.log_from))[1],
            founding=np.array([one.founding for one in rows], np.bool_),
            doubted=np.array([one.doubted for one in rows], np.bool_),
            clock_set_at=_times(rows, lambda one: one.clock_set_at),
            domain=domain,
            traits=traits,
            last_hit_from=last_hit_from,
            **tables,
        )

    @property
    def restart_at(self) -> Ints:
        """When the unit booted or loaded its rules, the later of both; `NONE` if not told."""
        return np.maximum(self.boot_at, self.loaded_at)

    @property
    def present(self) -> Bools:
        """Which rule definitions each reading had."""
        return self.count > ABSENT

    def until(self, at: int) -> UnitHistory:
        """The rows read by `at`."""
        return self._rows(slice(0, int(np.searchsorted(self.read_at, at, side="right"))))

    @property
    def vouched(self) -> Bools:
        """Which rows can found a claim: none that is dated before our own clock was set."""
        vouched: Bools = self.founding & (self.read_at > self.clock_set_at.max(initial=NONE))
        return vouched

    def founded(self) -> UnitHistory:
        """The rows that can found a claim."""
        vouched = self.vouched
        return self if vouched.all() else self._rows(np.flatnonzero(vouched))

    def dated(self, clock_set_at: int) -> UnitHistory:
        """The rows of which it is known when they were read; what is dated up to `clock_set_at`
        was so before our own clock was set."""
        rows = self._rows(np.flatnonzero(~self.doubted)) if self.doubted.any() else self
        if clock_set_at == NONE:
            return rows
        return replace(rows, clock_set_at=np.full_like(rows.clock_set_at, clock_set_at))

    def _rows(self, rows: slice | Ints) -> UnitHistory:
        picked: dict[str, Any] = {}
        chosen = np.arange(len(self.read_at))[rows]
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                picked[field.name] = value[rows]
            elif field.name in ("digests", "serials", "peers"):
                picked[field.name] = tuple(value[row] for row in chosen)
        return replace(self, **picked)


def histories(
    readings: Iterable[Reading], start: datetime | None = None, end: datetime | None = None
) -> list[UnitHistory]:
    """The history of every unit these readings tell of, in order of first mention.

    With `start` and `end`, of the counters taken from `start` on and before `end`, in whole
    seconds. Readings are taken one by one: months of them need not be in memory together.
    """
    names: dict[Names, Names] = {}
    snapshots = [
        # The same rules day after day are the same object, so that aligning months is cheap.
        replace(one, names=names.setdefault(one.names, one.names))
        for reading in readings
        for one in Snapshot.of(reading)
        if start is None or one.read_at >= int(start.timestamp())
        if end is None or one.read_at < int(end.timestamp())
    ]
    by_unit: dict[str, list[Snapshot]] = {}
    for one in sorted(snapshots, key=lambda one: (one.read_at, one.digest)):
        by_unit.setdefault(one.unit, []).append(one)
    return [UnitHistory.of_snapshots(found, unit) for unit, found in by_unit.items()]


def _align(rows: Sequence[Snapshot]) -> Aligned:
    """Where each snapshot's rules stand: their columns and the numbers of their domains."""
    columns: dict[Column, int] = {}
    domains: dict[str, int] = {}
    places: list[Place] = []
    before: Names | None = None
    for one in rows:
        names = one.names
        if names is not before and names != before:
            places.append(
                (
                    _numbered(columns, zip(names.keys, names.matches, strict=True)),
                    _numbered(domains, map(domain_name, names.domains, names.keys)),
                )
            )
        else:
            places.append(places[-1])
        before = names
    return places, tuple(columns), tuple(domains)


def domain_name(domain: str, key: str) -> str:
    """How a counter's domain is called; one that stands alone has its own."""
    # NUL cannot stand in a domain's name, so a lone counter is never joined.
    return domain or f"\0{key}"


def _numbered(known: dict[Name, int], names: Iterable[Name]) -> Ints:
    return np.array([known.setdefault(name, len(known)) for name in names], np.int64)


def _times(rows: Sequence[Snapshot], told: Callable[[Snapshot], int]) -> Ints:
    return np.array([told(one) for one in rows], np.int64)


def _clock(rows: Sequence[Snapshot], read_at: Ints, clock_offset: Ints) -> Clock:
    """The unit's clock, beside ours where ours was right: a wrong one of ours is no step of it."""
    set_at = max((one.clock_set_at for one in rows), default=NONE)
    wrong = np.array([one.doubted for one in rows], np.bool_) | (read_at <= set_at)
    if not wrong.any():
        return Clock(read_at, clock_offset)
    right_at = np.maximum.accumulate(np.where(wrong, NONE, read_at))
    return Clock(np.where(right_at == NONE, read_at, right_at), np.where(wrong, NONE, clock_offset))


def _clears(rows: Sequence[Snapshot], clock: Clock) -> Iterator[Clear]:
    """What logs tell of clears, at each time that it may have been."""
    read_at = [one.read_at for one in rows]
    for row, one in enumerate(rows):
        for clear in one.clears:
            if clear.at == NONE:
                # A clear without a time came before the reading that tells of it.
                yield replace(clear, at=one.read_at)
                continue
            told = np.full(len(rows), NONE)
            told[row] = clear.at
            early, late = (int(bound[row]) for bound in clock.bounds(told))
            for at in sorted({early, late, *(at for at in read_at if early < at < late)}):
                yield replace(clear, at=at)


def _slim(table: Ints) -> Ints:
    """A table in which nothing was told takes no room."""
    if table.size and (table == NONE).all():
        return np.broadcast_to(np.int64(NONE), table.shape)
    return table
