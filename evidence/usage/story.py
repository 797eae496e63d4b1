"""The story of one rule: from the arrays of its group to a `UsageProof` a person can follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from evidence.usage.coverage import Coverage
from evidence.usage.criteria import Assumption
from evidence.usage.group import Group, Layer
from evidence.usage.pairs import EVER
from evidence.usage.proof import Gap, Reset, State, UnitPart, Unseen, UsageProof
from evidence.usage.snapshot import NOT_COUNTED, Ints, Trait
from evidence.usage.words import reason


@dataclass(frozen=True, slots=True)
class _Span:
    """Seconds after `begin` and up to `end` that are unseen; `why` is None where hits were seen."""

    begin: int
    end: int
    why: Unseen | None


def tell(group: Group, place: int, state: State, provable_on: date | None) -> UsageProof:
    """The proof of the rule at `place`, with everything it rests on."""
    parts = [_Part(group, layer, place) for layer in group.layers if _speaks(layer, place)]
    gaps = _sorted([gap for part in parts for gap in part.gaps()] + _peer_gaps(group))
    anchor_at = _at(int(group.anchor[place]))
    hit_after, hit_until = _at(int(group.hit_after[place])), _at(int(group.hit_until[place]))
    window = (_time(group.start), _time(group.end))
    blind_gap_s = _union_s(gaps)
    # What silence takes for granted is of no account where there was traffic.
    relies_on = 0 if state is State.has_traffic else _union_of([part.relies_on for part in parts])
    if relies_on and group.unsure_sessions[place]:
        relies_on |= Assumption.no_older_sessions
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
            stale_s=group.now - group.end,
            provable_on=provable_on,
        ),
        window_start=window[0],
        window_end=window[1],
        units=tuple(part.record() for part in parts),
        gaps=gaps,
        blind_gap_s=blind_gap_s,
        max_gap_s=group.criteria.max_gap_s,
        resets=tuple(reset for part in parts for reset in part.resets()),
        assumptions=tuple(one for one in Assumption if one & relies_on),
        weakest_witness=min(filter(None, (part.weakest() for part in parts)), default=None),
        traffic_after=hit_after,
        last_traffic_at=hit_until,
        last_hit_at=_at(max((part.last_hit for part in parts), default=EVER)),
        provable_on=provable_on,
        anchor_at=anchor_at,
        enabled=next((part.enabled for part in parts if part.enabled is not None), None),
        lineage=group.lineage.get(group.keys[place], ()),
        evidence=tuple(dict.fromkeys(digest for part in parts for digest in part.evidence())),
    )


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
        self.spans = list(self._spans())

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

    def _spans(self) -> Iterator[_Span]:
        if self.layer.never_read:
            yield _Span(self.begin, self.end, Unseen.never_read)
            return
        begins = np.clip(self._column(self.coverage.gap_from), self.begin, self.end)
        ends = np.clip(self._column(self.coverage.gap_to), begins, self.end)
        for row in np.flatnonzero(ends > begins):
            yield _Span(
                int(begins[row]), int(ends[row]), _why(self.coverage, int(row), self.column)
            )

    def gaps(self) -> list[Gap]:
        """The unseen spans, those that follow each other for the same reason as one."""
        joined: list[_Span] = []
        for span in self.spans:
            if joined and (joined[-1].end, joined[-1].why) == (span.begin, span.why):
                span = _Span(joined.pop().begin, span.end, span.why)
            joined.append(span)
        return [
            Gap(self.unit, _time(span.begin), _time(span.end), span.why)
            for span in joined
            if span.why is not None
        ]

    def record(self) -> UnitPart:
        observed, since = [], self.begin
        for span in [*self.spans, _Span(self.end, self.end, None)]:
            if span.begin > since:
                observed.append((_time(since), _time(span.begin)))
            since = span.end
        read_at = self.coverage.history.read_at
        return UnitPart(
            unit=self.unit,
            device=self.layer.history.device,
            readings=int(((read_at > self.begin) & (read_at <= self.end)).sum()),
            first_read_at=_time(int(read_at[0])) if len(read_at) else None,
            last_read_at=_time(int(read_at[-1])) if len(read_at) else None,
            observed=tuple(observed),
        )

    def resets(self) -> Iterator[Reset]:
        """What zeroed the counter, or may have, in the window."""
        history, pairs = self.coverage.history, self.coverage.pairs
        for row in np.flatnonzero(history.read_at > self.begin):
            if row == 0 or not pairs.same[row, self.column]:
                continue
            why = _reset_why(self.coverage, int(row), self.column)
            if why is not None:
                after, by = int(pairs.before_at[row, 0]), int(pairs.at[row, 0])
                restart = int(pairs.restart[row, 0])
                known = why is Unseen.restart and after < restart <= by
                at = _time(restart) if known else None
                yield Reset(self.unit, _time(after), _time(by), why, at)

    @property
    def relies_on(self) -> int:
        shown = self._shown()
        return int(np.bitwise_or.reduce(self._column(self.coverage.relies_on)[shown], initial=0))

    def weakest(self) -> int | None:
        """The fewest hits that stood in the group where their standing is the witness."""
        shown = self._shown()
        relies_on = self._column(self.coverage.relies_on)[shown]
        stood = self._column(self.coverage.standing)[shown]
        stood = stood[(relies_on & Assumption.clear_shows) != 0]
        return int(stood.min()) if len(stood) else None

    def _shown(self) -> Ints:
        """Those of the readings that show any silence."""
        if not len(self.rows):
            return self.rows
        quiet = self._column(self.coverage.quiet)
        return self.rows[quiet[self.rows] < self.coverage.history.read_at[self.rows]]

    @property
    def last_hit(self) -> int:
        return EVER if self.layer.never_read else int(self.layer.hits.last_hit[self.column])

    @property
    def enabled(self) -> bool | None:
        if not self.current or self.layer.never_read:
            return None
        return bool(self.coverage.history.traits[-1, self.column] & Trait.enabled)

    def evidence(self) -> Iterator[str]:
        """Digests of the readings that show silence, and of the pair that shows the last hit."""
        if len(self.rows):
            # A count that did not move takes the reading before it to see.
            alone = len(self.rows) == 1
            first = int(self.rows[0]) - (0 if alone else 1)
            yield from self.coverage.history.digests[max(first, 0) : int(self.rows[-1]) + 1]
        until = EVER if self.layer.never_read else int(self.layer.hits.until[self.column])
        if until > self.begin:
            row = int(np.searchsorted(self.layer.history.read_at, until))
            yield from self.layer.history.digests[max(row - 1, 0) : row + 1]


def _why(coverage: Coverage, row: int, column: int) -> Unseen | None:
    history, pairs = coverage.history, coverage.pairs
    if row == len(history.read_at):
        return Unseen.not_read_since
    if NOT_COUNTED in (history.count[row, column], pairs.before[row, column] if row else 0):
        return Unseen.not_counted
    if row == 0:
        return Unseen.before_first_reading
    if pairs.replaced[row, column]:
        return Unseen.other_counter
    if not pairs.same[row, column]:
        return Unseen.rule_came_or_went
    reset = _reset_why(coverage, row, column)
    if reset is None and history.count[row, column] > pairs.before[row, column]:
        return None
    return reset or Unseen.no_witness


def _reset_why(coverage: Coverage, row: int, column: int) -> Unseen | None:
    pairs = coverage.pairs
    volatile = not coverage.history.traits[row, column] & Trait.persistent
    if volatile and pairs.restarted[row, 0]:
        return Unseen.restart
    if coverage.cleared[row, column]:
        return Unseen.cleared
    if pairs.fell[row, column]:
        return Unseen.zeroed
    return Unseen.group_zeroed if coverage.spoilt[row, column] else None


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


def _union_of(bits: Sequence[int]) -> int:
    union = 0
    for one in bits:
        union |= one
    return union


def _time(at: int) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def _at(at: int) -> datetime | None:
    return None if at == EVER else _time(at)
