"""The units that enforce together, judged together: arrays with one entry a rule.

A *layer* is one unit's view of the rules: which of its columns speaks of each. A rule whose
match now differs from unit to unit has a layer for each match on each unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evidence.usage.coverage import Coverage, cover
from evidence.usage.criteria import Criteria
from evidence.usage.history import UnitHistory
from evidence.usage.hits import Hits, hits
from evidence.usage.membership import Span, membership, peer_gaps
from evidence.usage.pairs import EVER, NEVER
from evidence.usage.snapshot import NONE, NOT_COUNTED, Bools, Ints, Trait


@dataclass(frozen=True, slots=True)
class Layer:
    """One unit's columns for the rules; `column` is -1 where the unit never had that definition.

    `current`: the unit's newest reading has it. `nth`: which of the rule's matches it follows.
    `span`: when the unit was in the group.
    """

    history: UnitHistory  # all readings, those that found nothing too
    coverage: Coverage
    hits: Hits
    span: Span
    nth: int
    column: Ints
    current: Bools

    @property
    def never_read(self) -> bool:
        return not len(self.coverage.history.read_at)

    def pick(self, per_column: Ints, missing: int) -> Ints:
        """Entries of the columns, one a rule; `missing` where the unit has none."""
        if not per_column.shape[-1]:
            return np.full((*per_column.shape[:-1], len(self.column)), missing)
        return np.where(self.column >= 0, per_column[..., self.column], missing)

    def gaps(self, start: int, end: int) -> tuple[Ints, Ints]:
        """The unseen spans within the window and the unit's membership; empty where equal."""
        joined, left = self.span
        first, last = max(start, joined), min(end, left)
        gap_from = np.clip(self.pick(self.coverage.gap_from, EVER), first, max(first, last))
        gap_to = np.clip(self.pick(self.coverage.gap_to, EVER), gap_from, max(first, last))
        if self.never_read:
            gap_to = np.full_like(gap_from, max(first, last))
        return gap_from, gap_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All rules of the units in a window (`start`, `end`], as known at `now`."""

    criteria: Criteria
    start: int
    end: int
    now: int
    keys: tuple[str, ...]
    matches: tuple[tuple[str, ...], ...]
    lineage: Mapping[str, tuple[str, ...]]
    layers: tuple[Layer, ...]
    peer: tuple[Ints, Ints] | None
    blind_s: Ints
    gap_limit: Ints  # the earliest window start at which the gaps are within bounds
    anchor: Ints
    seen_from: Ints  # by when the history of every unit begins
    hit_after: Ints
    hit_until: Ints
    uncounted: Bools
    unwitnessed: Bools
    unsure_sessions: Bools


def judge(
    known: Sequence[UnitHistory], start: int, end: int, now: int, criteria: Criteria
) -> Group:
    """Everything that decides, vectorised over the rules that the newest readings hold."""
    covers = [cover(history, end, criteria) for history in known]
    keys, matches = _rules(known, covers)
    spans = membership(known)
    layers = tuple(
        layer
        for history, coverage, span in zip(known, covers, spans, strict=True)
        for layer in _layers(history, coverage, span, keys, matches, hits(history, end, criteria))
    )
    peer = peer_gaps([one.history for one in covers], spans, end, criteria)
    gaps = [layer.gaps(start, end) for layer in layers]
    if peer is not None:
        gaps.append(_for_all(peer, len(keys), start, end))
    blind_s, gap_limit = _blind(gaps, len(keys), criteria.max_gap_s)
    rules = len(keys)
    return Group(
        criteria=criteria,
        start=start,
        end=end,
        now=now,
        keys=keys,
        matches=matches,
        lineage=_lineage(covers, dict(zip(keys, matches, strict=True))),
        layers=layers,
        peer=peer,
        blind_s=blind_s,
        gap_limit=gap_limit,
        anchor=_anchor(layers, rules),
        seen_from=_latest([_seen_from(layer, start, end) for layer in layers], rules),
        hit_after=_latest([layer.pick(layer.hits.after, EVER) for layer in layers], rules),
        hit_until=_latest([layer.pick(layer.hits.until, EVER) for layer in layers], rules),
        uncounted=_any([_uncounted(layer) for layer in layers], rules),
        unwitnessed=_any([_unwitnessed(layer) for layer in layers], rules),
        unsure_sessions=_any([_unsure_sessions(layer, start, blind_s) for layer in layers], rules),
    )


def _rules(
    known: Sequence[UnitHistory], covers: Sequence[Coverage]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """The rules that any unit's newest reading has, each with the matches it has on the units."""
    found: dict[str, dict[str, None]] = {}
    for whole, coverage in zip(known, covers, strict=True):
        # A unit with no reading to rely on still says which rules there are to ask about.
        history = coverage.history if len(coverage.history.read_at) else whole
        for column in np.flatnonzero(history.present[-1:].any(axis=0)):
            key, match = history.columns[column]
            found.setdefault(key, {})[match] = None
    return tuple(found), tuple(tuple(matches) for matches in found.values())


def _lineage(
    covers: Sequence[Coverage], current: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """What rules matched before, oldest first, of those that matched anything else."""
    former: dict[str, dict[str, None]] = {}
    for coverage in covers:
        for key, match in coverage.history.columns:
            if key in current and match not in current[key]:
                former.setdefault(key, {})[match] = None
    return {key: tuple(matches) for key, matches in former.items()}


def _layers(
    history: UnitHistory,
    coverage: Coverage,
    span: Span,
    keys: Sequence[str],
    matches: Sequence[Sequence[str]],
    traffic: Hits,
) -> list[Layer]:
    places = {column: place for place, column in enumerate(coverage.history.columns)}
    layers = []
    for nth in range(max(map(len, matches), default=1)):
        column = np.array(
            [
                places.get((key, of_rule[nth]), -1) if nth < len(of_rule) else -1
                for key, of_rule in zip(keys, matches, strict=True)
            ],
            np.int64,
        )
        current = column >= 0
        if len(coverage.history.read_at):
            current[current] = coverage.history.present[-1, column[current]]
        else:
            current[:] = False
        layers.append(Layer(history, coverage, traffic, span, nth, column, current))
    return layers


def _for_all(peer: tuple[Ints, Ints], rules: int, start: int, end: int) -> tuple[Ints, Ints]:
    gap_from, gap_to = (np.clip(times, start, end)[:, None] for times in peer)
    return np.repeat(gap_from, rules, axis=1), np.repeat(gap_to, rules, axis=1)


def _blind(gaps: Sequence[tuple[Ints, Ints]], rules: int, max_gap_s: int) -> tuple[Ints, Ints]:
    """Length of the union of the gaps, and where the latest `max_gap_s` of it begin (or EVER)."""
    if not gaps:
        return np.zeros(rules, np.int64), np.full(rules, EVER)
    begins = np.concatenate([gap_from for gap_from, _ in gaps])
    ends = np.concatenate([gap_to for _, gap_to in gaps])
    if len(gaps) > 1:
        order = np.argsort(begins, axis=0, kind="stable")
        begins = np.take_along_axis(begins, order, axis=0)
        ends = np.take_along_axis(ends, order, axis=0)
    # What an earlier gap reaches into is counted once.
    begins[1:] = np.maximum(begins[1:], np.maximum.accumulate(ends, axis=0)[:-1])
    lengths = np.maximum(ends - begins, 0)
    rest = np.cumsum(lengths[::-1], axis=0)[::-1]
    over = rest > max_gap_s
    last = np.maximum(over.sum(axis=0) - 1, 0)[None, :]
    allowed = max_gap_s - (rest - lengths)
    limit = np.take_along_axis(ends - allowed, last, axis=0)[0]
    return rest[0], np.where(over[0], limit, EVER)


def _anchor(layers: Sequence[Layer], rules: int) -> Ints:
    """Since when some unit has each rule as it is; where units differ, since the last change."""
    anchor = np.full(rules, EVER)
    for nth in {layer.nth for layer in layers}:
        of_match = np.full(rules, NEVER)
        for layer in layers:
            if layer.nth == nth:
                own = np.where(layer.current, layer.pick(layer.coverage.anchor, NEVER), NEVER)
                of_match = np.minimum(of_match, own)
        anchor = np.maximum(anchor, np.where(of_match == NEVER, EVER, of_match))
    return anchor


def _seen_from(layer: Layer, start: int, end: int) -> Ints:
    """Until when nothing is known of the unit; no allowance for gaps makes up for that.

    A unit that joined in the window has a gap from its joining on instead.
    """
    gap_from, gap_to = layer.gaps(start, end)
    unknown = (gap_to[0] > gap_from[0]) & (layer.span[0] <= start)
    return np.where(unknown, gap_to[0], EVER)


def _uncounted(layer: Layer) -> Bools:
    """Rules that the unit has now, and keeps no count for."""
    if layer.never_read:
        return np.zeros_like(layer.current)
    uncounted: Bools = layer.pick(layer.coverage.history.count[-1], 0) == NOT_COUNTED
    return layer.current & uncounted


def _unwitnessed(layer: Layer) -> Bools:
    """Rules whose newest interval is unseen for want of a witness alone: no date can be given."""
    coverage = layer.coverage
    if len(coverage.history.read_at) < 2:
        return np.zeros_like(layer.current)
    pairs = coverage.pairs
    blind = coverage.gap_to[-2] == pairs.at[-1]
    steady = pairs.same[-1] & (coverage.history.count[-1] == pairs.before[-1])
    plain = blind & steady & ~pairs.restarted[-1] & ~coverage.spoilt[-1]
    return layer.current & (layer.pick(plain.astype(np.int64), 0) > 0)


def _unsure_sessions(layer: Layer, start: int, blind_s: Ints) -> Bools:
    """Rules counted when a connection begins, of which an open one could have gone unnoticed.

    Not so where each reading tells how many are open, from one before the window on, and
    nothing is unseen.
    """
    history = layer.coverage.history
    if layer.never_read:
        return np.zeros_like(layer.current)
    before = int(np.searchsorted(history.read_at, start, side="right")) - 1
    window = slice(max(before, 0), None)
    untold = (history.present[window] & (history.sessions[window] == NONE)).any(axis=0)
    packets = ((history.traits & Trait.packets) != 0).any(axis=0)
    unsure: Bools = layer.pick((untold | (before < 0)).astype(np.int64), 0) > 0
    connections: Bools = layer.pick(packets.astype(np.int64), 1) == 0
    return (unsure | (blind_s > 0)) & connections


def _latest(times: Sequence[Ints], rules: int) -> Ints:
    latest = np.full(rules, EVER)
    for one in times:
        latest = np.maximum(latest, one)
    return latest


def _any(flags: Sequence[Bools], rules: int) -> Bools:
    seen = np.zeros(rules, np.bool_)
    for one in flags:
        seen |= one
    return seen
