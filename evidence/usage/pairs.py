"""Each reading of a unit beside the one before it: the same counter, another one, or a new rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evidence.usage.criteria import Criteria
from evidence.usage.history import UnitHistory
from evidence.usage.snapshot import NONE, NOT_COUNTED, Bools, Ints, Trait

NEVER = int(np.iinfo(np.int64).max)  # later than every time
EVER = NONE  # before every time


@dataclass(frozen=True, slots=True)
class Pairs:
    """Row j compares reading j with reading j-1; row 0 has nothing to compare with.

    `same`: one counter, read at both. `born`: the definition is here and was not before.
    `replaced`: counted, but not comparable with before: other hardware, a rule made again, a
    counter that follows the rule's name, or one that was not counting. `fell`: a reset, surely
    (a counter that drops old hits falls without one).
    `restarted`: the unit booted or loaded its rules after the reading before, or so near it
    that the boot time's tolerance cannot tell.
    """

    before_at: Ints  # EVER in row 0
    at: Ints
    before: Ints  # counts
    same: Bools
    born: Bools
    replaced: Bools
    fell: Bools
    restart: Ints  # NONE where nothing is told
    restarted: Bools


def pair(history: UnitHistory, criteria: Criteria) -> Pairs:
    """The neighbouring readings of a history, compared. Times are column vectors."""
    at, count = history.read_at[:, None], history.count
    before_at = _shifted(at, EVER)
    # NOT_COUNTED before the first reading: neither comparable nor newly born.
    before = _shifted(count, NOT_COUNTED)
    present, was_present = history.present, before >= NOT_COUNTED
    counted = count >= 0
    same_counter = history.domain == _shifted(history.domain, -1)
    same_counter &= ~other_hardware(history.serials)[:, None] & ~_made_again(
        history, criteria.clock_tolerance_s
    )
    same = counted & (before >= 0) & same_counter
    first = (np.arange(len(at)) == 0)[:, None]
    restart = history.restart_at[:, None]
    early = np.where(restart == NONE, NONE, restart + criteria.boot_tolerance_s)
    return Pairs(
        before_at=before_at,
        at=at,
        before=before,
        same=same,
        born=present & ~was_present,
        replaced=counted & was_present & ~same & ~first,
        fell=same & (count < before) & ((history.traits & Trait.forgets) == 0),
        restart=restart,
        restarted=(early > before_at) & ~first,
    )


def _shifted(table: Ints, first: int) -> Ints:
    shifted = np.empty_like(table)
    shifted[:1], shifted[1:] = first, table[:-1]
    return shifted


def other_hardware(serials: Sequence[str | None]) -> Bools:
    """Readings whose serial number is not the last one told before them."""
    other, last = np.zeros(len(serials), np.bool_), None
    for row, serial in enumerate(serials):
        other[row] = None not in (last, serial) and last != serial
        last = serial or last
    return other


def _made_again(history: UnitHistory, tolerance_s: int) -> Bools:
    """Rules created since the reading before, though it had them already.

    The time is corrected by the clock's offset in each reading, so it may waver a little.
    """
    before = _shifted(history.created, NONE)
    made_again: Bools = (before != NONE) & (history.created > before + tolerance_s)
    return made_again
