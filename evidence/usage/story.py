"""The story of one rule: from the arrays of its group to a `UsageProof` a person can follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from itertools import chain
from operator import or_

import numpy as np

from evidence.usage.coverage import Coverage
from evidence.usage.criteria import Assumption
from evidence.usage.group import Group, Layer
from evidence.usage.logged import Logged, latest
from evidence.usage.pairs import EVER
from evidence.usage.proof import Gap, Reset, State, UnitPart, Unseen, UsageProof
from evidence.usage.snapshot import NOT_COUNTED, Bools, Ints, Trait
from evidence.usage.words import reason


def tell(
    group: Group,
    place: int,
    state: State,
    provable_on: date | None,
    logs: tuple[Logged, ...] = (),
    counted: bool = True,
) -> UsageProof:
    """The proof of the rule at `place`, with everything it rests on. `logs` are of that rule;
    `counted`: its counters alone show traffic in the window, too."""
    parts = [_Part(group, layer, place) for layer in group.layers if _speaks(layer, place)]
    gaps = _sorted([gap for part in parts for gap in part.gaps()] + _peer_gaps(group))
    anchor_at = _at(int(group.anchor[place]))
    hit_after, hit_until = _at(int(group.hit_after[place])), _at(int(group.hit_until[place]))
    window = (_time(group.start), _time(group.end))
    blind_gap_s = _union_s(gaps)
    # What silence takes for granted is of no account where there was traffic.
    silent = [] if state is State.has_traffic else parts
    relies_on = reduce(or_, (part.relies_on for part in silent), 0)
    if silent and group.unsure_sessions[place]:
        relies_on |= Assumption.no_older_sessions & group.criteria.accept
    return UsageProof(
        key=group.keys[place],
        match_digest=group.matches[place][0],
        state=state,
        reason=reason(
            state,
            window=window,
            gaps=gaps,
            blind_gap_s=blind_gap_s,
            max_gap_s=group.criteria.max_gap_s,
            hit_by=hit_until,
            anchor_at=anchor_at,
            seen_from=_at(int(group.seen_from[place])),
            stale_s=group.now - group.end,
            provable_on=provable_on,
            logged_by=_logged_last(group, place, logs),
            counted=counted,
        ),
        window_start=window[0],
        window_end=window[1],
        units=tuple(part.record(state) for part in parts),
        gaps=gaps,
        blind_gap_s=blind_gap_s,
        max_gap_s=group.criteria.max_gap_s,
        resets=tuple(reset for part in parts for reset in part.resets()),
        assumptions=tuple(one for bit, one in _ASSUMPTIONS if bit & relies_on),
        weakest_witness=min(filter(None, (part.weakest() for part in parts)), default=None),
        traffic_after=hit_after,
        last_traffic_at=hit_until,
        last_hit_at=_at(max((part.last_hit for part in parts), default=EVER)),
        provable_on=provable_on,
        anchor_at=anchor_at,
        enabled=next((part.enabled for part in parts if part.enabled is not None), None),
        lineage=group.lineage.get(group.keys[place], ()),
        evidence=_joined(
            [*(one for part in parts for one in part.evidence()), *([_read(logs)] if logs else [])]
        ),
        logged=logs,
    )


# As plain numbers: there are thousands of rules, and operators of enumerations are slow.
_ENABLED = int(Trait.enabled)
_ASSUMPTIONS = tuple((int(one), one) for one in Assumption)
_CLEAR_SHOWS = int(Assumption.clear_shows)


def _speaks(layer: Layer, place: int) -> bool:
    return layer.never_read or bool(layer.column[place] >= 0)


class _Part:
    """One layer's part in the story of one rule."""

    def __init__(self, group: Group, layer: Layer, place: int) -> None:
        self.layer, self.coverage = layer, layer.coverage
        self.column = int(layer.column[place])
        self.unit = layer.history.unit
        self.current = bool(layer.current[place])
        self.begin = max(group.start, layer.span[0])
        self.end = max(self.begin, min(group.end, layer.span[1]))
        self.rows = self._rows()
        self.begins, self.ends = self._unseen()

    def _rows(self) -> Ints:
        """The readings that show what is shown of the window."""
        read_at = self.coverage.history.read_at
        if self.layer.never_read:
            return np.zeros(0, np.int64)
        last = len(read_at) - 1
        if self._column(self.coverage.quiet)[last] <= self.begin:
            return np.array([last])
        return np.arange(min(int(np.searchsorted(read_at, self.begin, "right")), last), last + 1)

    def _column(self, table: Ints) -> Ints:
        return table[:, self.column]

    def _unseen(self) -> tuple[Ints, Ints]:
        """Begin and end of the unseen span of every row, empty where they are equal."""
        if self.layer.never_read:
            return np.array([self.begin]), np.array([self.end])
        # np.clip takes several times as long for so few.
        begins = np.minimum(np.maximum(self._column(self.coverage.gap_from), self.begin), self.end)
        ends = np.maximum(np.minimum(self._column(self.coverage.gap_to), self.end), begins)
        return begins, ends

    def gaps(self) -> list[Gap]:
        """The unseen spans, those that follow each other for the same reason as one.

        A span in which hits were seen is traffic and no gap.
        """
        unseen = self.ends > self.begins
        if not self.layer.never_read:
            unseen[:-1] &= ~_plain_traffic(self.coverage, self.column)
        joined: list[tuple[int, int, Unseen]] = []
        for row in np.flatnonzero(unseen):
            begin, end = int(self.begins[row]), int(self.ends[row])
            why = _why(self.coverage, int(row), self.column)
            if joined and joined[-1][1:] == (begin, why):
                begin = joined.pop()[0]
            joined.append((begin, end, why))
        return [Gap(self.unit, _time(begin), _time(end), why) for begin, end, why in joined]

    def record(self, state: State) -> UnitPart:
        """The unit's part; spans of silence are told only where silence is the question."""
        unseen = np.flatnonzero((self.ends > self.begins) & (state is not State.has_traffic))
        after = [self.begin, *self.ends[unseen]]
        to = [*self.begins[unseen], self.end if state is not State.has_traffic else self.begin]
        read_at = self.coverage.history.read_at
        return UnitPart(
            unit=self.unit,
            device=self.layer.history.device,
            readings=int(((read_at > self.begin) & (read_at <= self.end)).sum()),
            first_read_at=_time(int(read_at[0])) if len(read_at) else None,
            last_read_at=_time(int(read_at[-1])) if len(read_at) else None,
            observed=tuple(
                (_time(int(one)), _time(int(other)))
                for one, other in zip(after, to, strict=True)
                if other > one
            ),
        )

    def resets(self) -> Iterator[Reset]:
        """What zeroed the counter, or may have, in the window."""
        if self.layer.never_read:
            return
        pairs = self.coverage.pairs
        seen = self.coverage.history.read_at > self.begin
        seen &= self.coverage.disturbed[:, self.column] & pairs.same[:, self.column]
        for row in np.flatnonzero(seen):
            after, by = int(pairs.before_at[row, 0]), int(pairs.at[row, 0])
            why = _why(self.coverage, int(row), self.column)
            restart = int(pairs.restart[row, 0])
            known = why is Unseen.restart and after < restart <= by
            yield Reset(self.unit, _time(after), _time(by), why, _time(restart) if known else None)

    @property
    def relies_on(self) -> int:
        shown = self._shown()
        if not len(shown):
            return 0
        return int(np.bitwise_or.reduce(self._column(self.coverage.relies_on)[shown], initial=0))

    def weakest(self) -> int | None:
        """The fewest hits that stood in the group where their standing is the witness."""
        shown = self._shown()
        if not len(shown):
            return None
        relies_on = self._column(self.coverage.relies_on)[shown]
        stood = self._column(self.coverage.standing)[shown]
        stood = stood[(relies_on & _CLEAR_SHOWS) != 0]
        return int(stood.min()) if len(stood) else None

    def _shown(self) -> Ints:
        """Those of the readings that show any silence."""
        if not len(self.rows):
            return self.rows
        quiet = self._column(self.coverage.quiet)
        return self.rows[quiet[self.rows] < self.coverage.history.read_at[self.rows]]

    @property
    def last_hit(self) -> int:
        return EVER if self.column < 0 else int(self.layer.hits.last_hit[self.column])

    @property
    def enabled(self) -> bool | None:
        if not self.current or self.layer.never_read:
            return None
        return bool(self.coverage.history.traits[-1, self.column] & _ENABLED)

    def evidence(self) -> Iterator[tuple[str, ...]]:
        """Digests of the readings that show silence, and of the pair that shows the last hit."""
        if len(self.rows):
            # A count that did not move takes the reading before it to see.
            alone = len(self.rows) == 1
            first = int(self.rows[0]) - (0 if alone else 1)
            yield self.coverage.history.digests[max(first, 0) : int(self.rows[-1]) + 1]
        until = EVER if self.column < 0 else int(self.layer.hits.until[self.column])
        if until > self.begin:
            row = int(np.searchsorted(self.layer.history.read_at, until))
            yield self.layer.history.digests[max(row - 1, 0) : row + 1]


def _plain_traffic(coverage: Coverage, column: int) -> Bools:
    """Readings before which the count rose, with no reset about."""
    pairs = coverage.pairs
    rose: Bools = coverage.history.count[:, column] > pairs.before[:, column]
    return pairs.same[:, column] & rose & ~coverage.disturbed[:, column]


def _why(coverage: Coverage, row: int, column: int) -> Unseen:
    """Why hits between reading `row` and the one before it would not show."""
    history, pairs = coverage.history, coverage.pairs
    if not len(history.read_at):
        return Unseen.never_read
    if row == len(history.read_at):
        return Unseen.not_read_since
    if history.count[row, column] == NOT_COUNTED:
        return Unseen.not_counted
    if history.traits[row, column] & Trait.unsure:
        return Unseen.count_unsure
    if row == 0:
        return Unseen.before_first_reading
    reasons = (
        (pairs.before[row, column] == NOT_COUNTED, Unseen.not_counted),
        (pairs.replaced[row, column], Unseen.other_counter),
        (not pairs.same[row, column], Unseen.rule_came_or_went),
        (coverage.restarted[row, column], Unseen.restart),
        (coverage.cleared[row, column], Unseen.cleared),
        (pairs.fell[row, column], Unseen.zeroed),
        (coverage.spoilt[row, column], Unseen.group_zeroed),
    )
    return next((why for so, why in reasons if so), Unseen.no_witness)


def _read(logs: Sequence[Logged]) -> tuple[str, ...]:
    return tuple(one.reading for one in logs)


def _logged_last(group: Group, place: int, logs: Sequence[Logged]) -> datetime | None:
    """The last entry of a log, where it is what shows the latest traffic in the window."""
    at = latest(logs)
    shows = at is not None and at == int(group.hit_until[place]) and at > group.start
    return _time(at) if at is not None and shows else None


def _joined(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Each digest once. Most rules cite one span of one unit's readings, which is as it is."""
    return parts[0] if len(parts) == 1 else tuple(dict.fromkeys(chain.from_iterable(parts)))


def _peer_gaps(group: Group) -> list[Gap]:
    if group.peer is None:
        return []
    named = [peer for layer in group.layers for peer in layer.history.peers if peer]
    begins, ends = (np.clip(times, group.start, group.end) for times in group.peer)
    return [
        Gap(named[-1], _time(int(begin)), _time(int(end)), Unseen.peer_not_read)
        for begin, end in zip(begins, ends, strict=True)
        if end > begin
    ]


def _sorted(gaps: list[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(gaps, key=lambda gap: (gap.from_at, gap.unit)))


def _union_s(gaps: Sequence[Gap]) -> int:
    """Seconds that lie in at least one of the gaps, which are sorted."""
    total_s, seen_to = 0.0, datetime.min.replace(tzinfo=UTC)
    for gap in gaps:
        total_s += max((gap.to_at - max(gap.from_at, seen_to)).total_seconds(), 0.0)
        seen_to = max(seen_to, gap.to_at)
    return int(total_s)


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _at(at: int) -> datetime | None:
    return None if at == EVER else _time(at)
