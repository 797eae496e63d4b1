"""One unit's bits in a window: hits that surely fell in it, and the spans left unseen.

The same answers that `coverage` and `hits` give of a full history, from `Marks`.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from evidence.usage.criteria import Assumption, Criteria
from evidence.usage.marks import Marks, Plane, set_bits
from evidence.usage.membership import Span
from evidence.usage.pairs import EVER, NEVER, other_hardware
from evidence.usage.silence import until_last
from evidence.usage.snapshot import NONE, Bits, Bools, Ints, Role

_WITNESS = Assumption.clear_shows | Assumption.no_single_reset
_RESTART = Assumption.no_clear_after_restart | Assumption.no_single_reset


class UnitGlance:
    """One unit in the window (`start`, `end`]. Answers are arrays with an entry a column."""

    def __init__(self, marks: Marks, span: Span, start: int, end: int, criteria: Criteria) -> None:
        self.marks, self.span, self.criteria = marks, span, criteria
        self.start, self.end = start, end
        self.first = max(start, span[0])
        self.last = max(self.first, min(end, span[1]))
        self.rows, self.columns = len(marks.read_at), len(marks.columns)
        self._before_at = np.concatenate(([EVER], marks.read_at[:-1]))[: self.rows]

    def _plane(self, plane: Plane) -> Bits:
        bits: Bits = self.marks.planes[plane]
        return bits

    def _any(self, packed: Bits) -> Bools:
        return self.marks.bits(np.bitwise_or.reduce(packed, axis=0))

    # --- what is there ---

    @cached_property
    def known(self) -> Bools:
        """Definitions the unit ever had in these readings."""
        return self._any(self._plane(Plane.present))

    @cached_property
    def current(self) -> Bools:
        """Definitions its newest reading has."""
        return self._any(self._plane(Plane.present)[-1:])

    @cached_property
    def uncounted(self) -> Bools:
        return self._any(self._plane(Plane.uncounted)[-1:]) & self.current

    @cached_property
    def anchor(self) -> Ints:
        """Since when each definition stands without a break; EVER: as long as it was read."""
        anchor = np.full(self.columns, EVER)
        rows, columns = set_bits(self._plane(Plane.born)[1:])
        # Rows come in order of time, so the last one stays.
        anchor[columns] = self.marks.read_at[1:][rows]
        return anchor

    # --- hits ---

    @cached_property
    def _boot_hits(self) -> Bits:
        """Counts above zero of which it is only known that they came since the last boot."""
        unknown_before = self._plane(Plane.new).copy()
        booted = (self._since_boot > self._before_at) & (self._before_at != EVER)
        unknown_before[booted] |= self._plane(Plane.volatile)[booted]
        unknown_before[:1] = 0xFF
        return unknown_before & self._plane(Plane.positive)

    @cached_property
    def _since_boot(self) -> Ints:
        boot_at = self.marks.boot_at
        return np.where(boot_at == NONE, EVER, boot_at - self.criteria.boot_tolerance_s)

    @cached_property
    def _rose(self) -> Bits:
        rose = self._plane(Plane.rose).copy()
        rose[:1] = 0  # the first reading has nothing before it
        return rose

    def traffic_since(self, since: Ints) -> Bools:
        """Whether a hit surely fell at or after the column's time, which is in the window."""
        told = self._boot_hits & self._plane(Plane.volatile)
        found = self._any(self._rose[self._before_at >= self.start])
        found |= self._any(told[self._since_boot >= self.start])
        later = np.flatnonzero(found & (since > self.start))
        if len(later):
            found[later] = False
            mask = self._mask(later)
            for hits, fell_at in ((self._rose, self._before_at), (told, self._since_boot)):
                rows, columns = set_bits(hits & mask)
                found[columns[fell_at[rows] >= since[columns]]] = True
        return found

    @cached_property
    def may_be_hit(self) -> Bools:
        """Whether a hit that we know of may have fallen after the window began."""
        inside = self.marks.read_at > self.start
        return self._any(self._rose[inside] | self._boot_hits[inside])

    def hit_until(self, columns: Ints) -> Ints:
        """By when the latest hit of these had passed; EVER for all others."""
        until = np.full(self.columns, EVER)
        rows, hit = set_bits((self._rose | self._boot_hits) & self._mask(columns))
        until[hit] = self.marks.read_at[rows]
        return until

    # --- what is unseen ---

    @cached_property
    def _restarted(self) -> Bools:
        restart = np.maximum(self.marks.boot_at, self.marks.loaded_at)
        early = np.where(restart == NONE, NONE, restart + self.criteria.boot_tolerance_s)
        restarted: Bools = (early > self._before_at) & (self._before_at != EVER)
        return restarted

    @cached_property
    def _alive(self) -> Bools:
        rises = self.marks.rises.copy()
        rises[:1] = False
        return until_last(rises)

    @cached_property
    def _standby(self) -> Bools:
        """Rows at which the unit is shown to have enforced nothing since the row before."""
        marks, criteria = self.marks, self.criteria
        standby = marks.role == Role.standby
        both = standby & np.concatenate(([False], standby[:-1]))[: self.rows]
        both &= ~other_hardware(marks.serials)
        since = marks.role_since
        told = (since != NONE) & (since <= self._before_at - criteria.clock_tolerance_s)
        told &= self._before_at != EVER
        still = ~(marks.moved | self._restarted) & (Assumption.standby_stays in criteria.accept)
        silent: Bools = both & (told | still)
        return silent

    @cached_property
    def _bounds(self) -> tuple[Ints, Ints]:
        """Where an unseen span begins and ends that nothing but the unit's role cuts short."""
        marks, tolerance_s = self.marks, self.criteria.clock_tolerance_s
        since, told = marks.role_since, marks.role_since > self._before_at
        standby, active = marks.role == Role.standby, marks.role == Role.active
        was_standby = np.concatenate(([False], standby[:-1]))[: self.rows]
        was_active = np.concatenate(([False], active[:-1]))[: self.rows]
        woke = was_standby & active & told & (Assumption.standby_stays in self.criteria.accept)
        begins = np.where(
            woke, np.clip(since - tolerance_s, self._before_at, marks.read_at), self._before_at
        )
        ends_by = np.where(was_active & standby & told, since + tolerance_s, NEVER)
        return begins, np.minimum(marks.read_at, ends_by)

    @cached_property
    def _quiet(self) -> Bits:
        shown = self._alive & (_WITNESS in self.criteria.accept)
        quiet = np.where(shown[:, None], self._plane(Plane.quiet), 0).astype(np.uint8)
        quiet[self._standby] = 0xFF
        quiet[:1] = 0
        return quiet

    @cached_property
    def _required(self) -> Bits:
        required = self._plane(Plane.present).copy()
        required[1:] |= self._plane(Plane.present)[:-1]
        return required

    def gaps(self, columns: Ints) -> tuple[Ints, Ints, Ints]:
        """The unseen spans of these columns in the window: column, begin, end."""
        if not self.rows:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64)
        begin = int(np.searchsorted(self.marks.read_at, self.first, side="right"))
        unseen = self._required[begin:] & ~self._quiet[begin:] & self._mask(columns)
        rows, of = set_bits(unseen)
        rows += begin
        begins, ends = (bound[rows] for bound in self._bounds)
        anew = (self._plane(Plane.anew)[rows, of >> 3] >> (of & 7)) & 1
        anew = (anew > 0) & self._alive[rows] & (_RESTART in self.criteria.accept) & (rows > 0)
        restart = np.maximum(self.marks.boot_at, self.marks.loaded_at)[rows]
        ends = np.where(anew, np.minimum(restart + self.criteria.boot_tolerance_s, ends), ends)
        here = columns[self.current[columns]]
        # Nothing is known of the time after the last reading.
        of = np.concatenate([of, here])
        begins = np.concatenate([begins, np.full(len(here), self.marks.read_at[-1])])
        ends = np.concatenate([ends, np.full(len(here), max(self.end, self.marks.read_at[-1]))])
        begins = np.clip(begins, self.first, self.last)
        ends = np.clip(ends, begins, self.last)
        some = ends > begins
        return of[some], begins[some], ends[some]

    @property
    def seen_from(self) -> Ints:
        """Until when nothing is known of the unit; EVER where it was known at the beginning."""
        first_at = min(int(self.marks.read_at[0]), self.last)
        unknown = first_at > self.first and self.span[0] <= self.start
        there = self._any(self._plane(Plane.present)[:1])
        return np.where(there & unknown, first_at, EVER)

    @property
    def unwitnessed(self) -> Bools:
        """Columns whose newest interval is unseen for want of a witness alone."""
        if self.rows < 2:
            return np.zeros(self.columns, np.bool_)
        begins, ends = self._bounds
        read_at = self.marks.read_at[-1]
        steady: Bools = self._any(self._plane(Plane.steady)[-1:]) & self.current
        steady &= ~self._restarted[-1]
        if begins[-1] == read_at:
            return steady
        unwitnessed: Bools = steady & ~self._any(self._quiet[-1:]) & (ends[-1] == read_at)
        return unwitnessed

    @property
    def untold_sessions(self) -> Bools:
        """Columns counted by connections, with a reading that does not say how many are open."""
        before = int(np.searchsorted(self.marks.read_at, self.start, side="right")) - 1
        untold = self._any(self._plane(Plane.untold)[max(before, 0) :])
        if before < 0:
            untold[:] = True
        found: Bools = untold & self.by_connection
        return found

    @property
    def by_connection(self) -> Bools:
        """Columns that count connections when they begin."""
        found: Bools = ~self._any(self._plane(Plane.packets)) & self.known
        return found

    def _mask(self, columns: Ints) -> Bits:
        flags = np.zeros(self.columns, np.bool_)
        flags[columns] = True
        return np.packbits(flags, bitorder="little")
