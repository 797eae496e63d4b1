"""What one unit's readings leave unseen: the spans in which a rule's hits would not show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evidence.usage.criteria import NO_ASSUMPTION, Assumption, Criteria
from evidence.usage.history import UnitHistory
from evidence.usage.pairs import EVER, NEVER, Pairs, other_hardware, pair
from evidence.usage.silence import (
    known_clears,
    quiet_since,
    rises,
    spoilt_counters,
    standing_counters,
    until_last,
)
from evidence.usage.snapshot import NONE, Bools, Ints, Role, Trait


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The unseen spans of one unit: row j lies before reading j, the last row after them all.

    For each rule definition, hits in (`gap_from`, `gap_to`] would not show; the span is empty
    where the two are equal. `quiet` and `relies_on` (bits of `Assumption`) are what reading j
    shows and takes for granted. `anchor`: since when the definition is known to stand.
    `cleared`: a log tells of a clear before reading j. `spoilt`: a counter of the same domain
    fell or was cleared. `standing`: hits that stood in the domain, and did not fall. `restarted`:
    a counter that does not outlive one, after a restart. `disturbed`: zeroed, or maybe so.
    """

    history: UnitHistory
    pairs: Pairs
    gap_from: Ints
    gap_to: Ints
    quiet: Ints
    relies_on: Ints
    anchor: Ints
    cleared: Bools
    spoilt: Bools
    standing: Ints
    restarted: Bools
    disturbed: Bools


def cover(whole: UnitHistory, end: int, criteria: Criteria) -> Coverage:
    """What a unit's readings up to `end` show; those that cannot found a claim only spoil it."""
    history = whole.founded()
    pairs = pair(history, criteria)
    cleared, cleared_at = known_clears(history, pairs, criteria)
    spoilt = spoilt_counters(whole, history, criteria) | cleared
    standing = standing_counters(history, pairs)
    alive = until_last(rises(history, pairs))
    quiet, relies_on = quiet_since(history, pairs, spoilt, cleared, standing, alive, criteria)
    quiet, back = cut(history, pairs, quiet, cleared_at, criteria)
    relies_on |= np.where(back, int(Assumption.match_unchanged_before), 0)
    _standby(history, pairs, quiet, relies_on, criteria)
    gap_from, gap_to = _gaps(history, pairs, quiet, relies_on, end, criteria)
    restarted = ((history.traits & Trait.persistent) == 0) & pairs.restarted
    return Coverage(
        history=history,
        pairs=pairs,
        gap_from=gap_from,
        gap_to=gap_to,
        quiet=quiet,
        relies_on=relies_on,
        anchor=_anchors(history, pairs),
        cleared=cleared,
        spoilt=spoilt,
        standing=standing,
        restarted=restarted,
        disturbed=cleared | spoilt | pairs.fell | restarted,
    )


def cut(
    history: UnitHistory, pairs: Pairs, quiet: Ints, cleared_at: Ints, criteria: Criteria
) -> tuple[Ints, Bools]:
    """`quiet` no earlier than what is known to have zeroed or made the counter before.

    Second: where it reaches back before the first reading, with no time of change told.
    """
    if not len(quiet):
        return quiet, np.zeros(quiet.shape, np.bool_)
    floor = np.where(pairs.born, pairs.before_at, EVER)
    floor = np.where(pairs.replaced, pairs.at, floor)
    # A counter that fell was zeroed: when, only a time between the two readings can say.
    since_fall = np.where(quiet > pairs.before_at, np.minimum(quiet, pairs.at), pairs.at)
    floor = np.where(pairs.fell, np.maximum(floor, since_fall), floor)
    floor = np.maximum(floor, cleared_at)
    untold = history.modified[0] == NONE
    floor[0] = np.maximum(floor[0], _changed_at(history)[0])
    if Assumption.match_unchanged_before not in criteria.accept:
        floor[0] = np.where(untold, history.read_at[0], floor[0])
    quiet = np.maximum(quiet, np.maximum.accumulate(floor, axis=0))
    quiet[(history.count < 0) | ((history.traits & Trait.unsure) != 0)] = NEVER
    return quiet, untold & (quiet < history.read_at[0])


def _changed_at(history: UnitHistory) -> Ints:
    """When the device says the rule was made or last changed; EVER where it does not say."""
    changed_at: Ints = np.maximum(history.created, history.modified)
    return changed_at


def _anchors(history: UnitHistory, pairs: Pairs) -> Ints:
    """Since when each definition stands without a break, as far as readings or the device tell."""
    if not len(history.read_at):
        return np.zeros(0, np.int64)
    rows, columns = np.arange(len(history.read_at))[:, None], np.arange(len(history.columns))
    born: Ints = np.where(pairs.born, rows, 0).max(axis=0)
    told: Ints = _changed_at(history)[born, columns]
    read_at, before_at = history.read_at[born], pairs.before_at[born, 0]
    return np.where((born == 0) | (told > before_at), np.minimum(told, read_at), read_at)


def _standby(
    history: UnitHistory, pairs: Pairs, quiet: Ints, relies_on: Ints, criteria: Criteria
) -> None:
    """Evidence 4 and 8 (see `silence`): a standby unit enforces no rule at all."""
    standby = history.role == Role.standby
    both = standby[1:] & standby[:-1] & ~other_hardware(history.serials)[1:]
    before_at = pairs.before_at[1:]
    since = history.role_since[1:, None]
    moved = pairs.restarted | (pairs.same & (history.count != pairs.before)).any(1, keepdims=True)
    told = (since != NONE) & (since <= before_at - criteria.clock_tolerance_s)
    silent = ~moved[1:] & (Assumption.standby_stays in criteria.accept)
    for shown, needs in ((told, NO_ASSUMPTION), (silent, Assumption.standby_stays)):
        better = both[:, None] & shown & (quiet[1:] > before_at)
        np.copyto(quiet[1:], before_at, where=better)
        np.copyto(relies_on[1:], int(needs), where=better)


def _gaps(
    history: UnitHistory,
    pairs: Pairs,
    quiet: Ints,
    relies_on: Ints,
    end: int,
    criteria: Criteria,
) -> tuple[Ints, Ints]:
    """The unseen spans before each reading, and after the last one."""
    rows, columns = quiet.shape
    gap_from = np.full((rows + 1, columns), EVER)
    gap_to = gap_from.copy()
    if not rows:
        return gap_from, gap_to
    tolerance_s = criteria.clock_tolerance_s
    gap_from[1:] = history.read_at[:, None]
    present = history.present
    required = present.copy()
    required[1:] |= present[:-1]

    # When the role changed between two readings, only the active part of the span counts.
    since, since_from = history.role_since[:, None], history.role_since_from[:, None]
    told = since > pairs.before_at
    standby = (history.role == Role.standby)[:, None]
    active = (history.role == Role.active)[:, None]
    was_standby, was_active = np.roll(standby, 1, axis=0), np.roll(active, 1, axis=0)
    was_standby[0] = was_active[0] = False
    woke = was_standby & active & told & (Assumption.standby_stays in criteria.accept)
    gap_from[:-1] = np.where(
        woke, np.clip(since_from - tolerance_s, pairs.before_at, pairs.at), gap_from[:-1]
    )
    ends_by = np.where(was_active & standby & told, since + tolerance_s, NEVER)

    reach = np.minimum.accumulate(quiet[::-1], axis=0)[::-1]
    seen_from = np.minimum(np.minimum(reach, pairs.at), ends_by)
    gap_to[:-1] = np.where(required, np.maximum(seen_from, gap_from[:-1]), gap_from[:-1])
    relies_on |= np.where(
        woke & required & (reach > pairs.before_at), int(Assumption.standby_stays), 0
    )
    gap_to[-1] = np.where(present[-1], np.maximum(end, gap_from[-1]), gap_from[-1])
    return gap_from, gap_to
