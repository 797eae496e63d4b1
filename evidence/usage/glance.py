"""`glance`: the state of every rule in any window at once, from bits.

The states and dates that `prove` gives, without the stories; where a unit tells more than bits
can hold, none, and `prove` has to be asked. Bits speak of intervals, so no window costs more than
another, whatever was inserted, deleted or moved in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np

from evidence.usage.criteria import Assumption, Criteria
from evidence.usage.marks import TAKEN, Marks
from evidence.usage.membership import membership, peer_gaps
from evidence.usage.pairs import EVER, NEVER
from evidence.usage.proof import State
from evidence.usage.prove import decided, provable_on, window
from evidence.usage.snapshot import Bools, Ints
from evidence.usage.unit_glance import UnitGlance

Spans = tuple[Ints, Ints, Ints]  # rule, begin, end


class Glance:
    """The rules that the units of a group hold now; arrays have an entry a rule."""

    def __init__(
        self,
        units: Sequence[UnitGlance],
        columns: Sequence[Ints],
        keys: tuple[str, ...],
        peer: tuple[Ints, Ints] | None,
        now: int,
        criteria: Criteria,
    ) -> None:
        self.keys = keys
        self._units, self._columns, self._peer = units, columns, peer
        self._now, self._criteria = now, criteria
        self._start, self._end = units[0].start, units[0].end

    def states(self) -> dict[str, State]:
        """Every rule's state by key."""
        return dict(zip(self.keys, self._states, strict=True))

    def provable_on(self) -> dict[str, date | None]:
        """For every rule with a history too short, the day on which the claim becomes possible."""
        short = [place for place, one in enumerate(self._states) if one is State.insufficient]
        hit_until = self._hit_until(np.array(short, np.int64))
        needed = np.maximum.reduce([self._anchor, self._seen_from, hit_until, self._gaps[1]])
        open_ended = self._uncounted | self._sessions | self._unwitnessed
        return {
            self.keys[place]: None
            if open_ended[place]
            else provable_on(int(needed[place]), self._end, self._criteria.months)
            for place in short
        }

    @cached_property
    def _states(self) -> list[State]:
        proven = np.maximum.reduce([self._anchor, self._seen_from, self._gaps[1]]) <= self._start
        proven &= ~self._any(lambda unit: unit.may_be_hit) & ~self._sessions
        proven &= self._now - self._end <= self._criteria.max_gap_s
        return decided(proven, self._uncounted, self._traffic)

    @cached_property
    def _anchor(self) -> Ints:
        anchor = np.full(len(self.keys), NEVER)
        for unit, columns in self._read():
            own = np.where(unit.current, unit.anchor, NEVER)
            anchor = np.minimum(anchor, _picked(own, columns, NEVER))
        return np.where(anchor == NEVER, EVER, anchor)

    @cached_property
    def _traffic(self) -> Bools:
        traffic = np.zeros(len(self.keys), np.bool_)
        since = np.maximum(self._anchor, self._start)
        for unit, columns in self._read():
            at_column = np.full(unit.columns, self._start)
            at_column[columns[columns >= 0]] = since[columns >= 0]
            traffic |= _picked(unit.traffic_since(at_column), columns, False)
        return traffic

    @cached_property
    def _gaps(self) -> tuple[Ints, Ints]:
        """Unseen seconds, and the earliest start at which they are within bounds, of the idle."""
        idle = np.flatnonzero(~self._traffic)
        spans = [self._spans(idle, begin, end) for begin, end in self._blind_spans()]
        for unit, columns in self._read():
            own = columns[idle]
            place = np.zeros(unit.columns, np.int64)
            place[own[own >= 0]] = idle[own >= 0]
            of, begins, ends = unit.gaps(own[own >= 0])
            spans.append((place[of], begins, ends))
        return union(spans, len(self.keys), self._criteria.max_gap_s)

    def _blind_spans(self) -> list[tuple[int, int]]:
        """Spans in which no rule was seen at all: a unit never read, a peer nobody reads."""
        spans = [(unit.first, unit.last) for unit in self._units if not unit.rows]
        if self._peer is not None:
            begins, ends = (np.clip(one, self._start, self._end) for one in self._peer)
            spans += [
                (int(one), int(other))
                for one, other in zip(begins, ends, strict=True)
                if other > one
            ]
        return spans

    @staticmethod
    def _spans(rules: Ints, begin: int, end: int) -> Spans:
        return rules, np.full(len(rules), begin), np.full(len(rules), end)

    @cached_property
    def _seen_from(self) -> Ints:
        seen_from = np.full(len(self.keys), EVER)
        for unit in self._units:
            if not unit.rows and unit.last > unit.first and unit.span[0] <= self._start:
                seen_from = np.maximum(seen_from, unit.last)
        for unit, columns in self._read():
            seen_from = np.maximum(seen_from, _picked(unit.seen_from, columns, EVER))
        return seen_from

    @cached_property
    def _uncounted(self) -> Bools:
        return self._any(lambda unit: unit.uncounted)

    @cached_property
    def _unwitnessed(self) -> Bools:
        return self._any(lambda unit: unit.unwitnessed)

    @cached_property
    def _sessions(self) -> Bools:
        """Rules that only an assumption the company does not accept could show silent."""
        if Assumption.no_older_sessions in self._criteria.accept:
            return np.zeros(len(self.keys), np.bool_)
        unsure = self._any(lambda unit: unit.untold_sessions)
        return unsure | (self._any(lambda unit: unit.by_connection) & (self._gaps[0] > 0))

    def _hit_until(self, rules: Ints) -> Ints:
        until = np.full(len(self.keys), EVER)
        for unit, columns in self._read():
            own = columns[rules]
            until = np.maximum(until, _picked(unit.hit_until(own[own >= 0]), columns, EVER))
        return until

    def _any(self, asked: Callable[[UnitGlance], Bools]) -> Bools:
        found = np.zeros(len(self.keys), np.bool_)
        for unit, columns in self._read():
            found |= _picked(asked(unit), columns, False)
        return found

    def _read(self) -> Iterator[tuple[UnitGlance, Ints]]:
        """The units that were ever read, each with its column of every rule (-1: none)."""
        for unit, columns in zip(self._units, self._columns, strict=True):
            if unit.rows:
                yield unit, columns


def glance(known: Sequence[Marks], at: datetime, criteria: Criteria) -> Glance | None:
    """The states of all rules that these units hold now; None: `prove` has to be asked.

    `known`: all units that enforce together, as for `prove`.
    """
    if (criteria.boot_tolerance_s, criteria.witness_min) != _BY_BITS:
        return None
    now = int(at.timestamp())
    known = [unit.until(now) for unit in known]
    if any(unit.odd.any() for unit in known):
        return None
    start, end = window([unit.read_at for unit in known], now, criteria.months)
    spans = membership(known)
    units = [
        UnitGlance(unit, span, start, end, criteria)
        for unit, span in zip(known, spans, strict=True)
    ]
    found = _rules(units)
    if found is None:
        return None
    keys, columns = found
    peer = peer_gaps(known, spans, end, criteria)
    return Glance(units, columns, keys, peer, now, criteria)


_BY_BITS = (TAKEN.boot_tolerance_s, TAKEN.witness_min)


def _rules(units: Sequence[UnitGlance]) -> tuple[tuple[str, ...], list[Ints]] | None:
    """The keys of all rules, and each unit's column of them; None where one key has two matches."""
    nothing = np.zeros(0, np.int64)
    held = [np.flatnonzero(unit.current) if unit.rows else nothing for unit in units]
    read = [place for place, unit in enumerate(units) if unit.rows]
    if len(read) == 1:
        own = held[read[0]]
        keys = tuple(units[read[0]].marks.columns[column][0] for column in own.tolist())
        if len(set(keys)) < len(keys):
            return None
        return keys, [own if place == read[0] else nothing for place in range(len(units))]
    matches: dict[str, str] = {}
    for unit, own in zip(units, held, strict=True):
        for column in own.tolist():
            key, match = unit.marks.columns[column]
            if matches.setdefault(key, match) != match:
                return None
    columns = []
    for unit in units:
        place = {one: column for column, one in enumerate(unit.marks.columns)}
        numbers = np.array([place.get(one, -1) for one in matches.items()], np.int64)
        if unit.rows:
            numbers[(numbers >= 0) & ~_picked(unit.known, numbers, False)] = -1
        columns.append(numbers)
    return tuple(matches), columns


def union(spans: Sequence[Spans], rules: int, max_gap_s: int) -> tuple[Ints, Ints]:
    """Per rule the length of the union of its spans, and where the latest `max_gap_s` of it begin.

    EVER where all of it is no longer than that.
    """
    limit = np.full(rules, EVER)
    of, begins, ends = (
        (np.concatenate(one) for one in zip(*spans, strict=True))
        if spans
        else (np.zeros(0, np.int64),) * 3
    )
    order = np.lexsort((ends, begins, of))
    of, begins, ends = of[order], begins[order], ends[order]
    if not len(of):
        return np.zeros(rules, np.int64), limit
    # Each rule's times are moved behind those of the rule before it, to be joined in one go.
    low = int(begins.min())
    shift = of * (int(ends.max()) - low + 1)
    reach = np.maximum.accumulate(ends - low + shift)
    reached = np.concatenate(([-1], reach[:-1]))
    lengths = np.maximum(ends - low + shift - np.maximum(begins - low + shift, reached), 0)
    total = np.bincount(of, lengths, rules).astype(np.int64)
    passed = np.cumsum(lengths)
    first = np.searchsorted(of, of)
    rest = total[of] - (passed - lengths - (passed - lengths)[first])
    over = np.flatnonzero(rest > max_gap_s)
    # In order of time, so the last span that is too much stays.
    limit[of[over]] = ends[over] - (max_gap_s - (rest - lengths)[over])
    return total, limit


def _picked(per_column: Any, columns: Ints, missing: Any) -> Any:
    """Entries of the columns, one a rule; `missing` where the unit has none."""
    if not len(per_column):
        return np.full(len(columns), missing)
    return np.where(columns >= 0, per_column[columns], missing)
