"""What the readings of one unit show to be traffic: for each rule, when a hit surely fell.

A hit known by a counter fell somewhere in (from, to]; a hit whose time the device tells fell
there, give or take its clock. Every reading counts here, also one nobody vouches for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evidence.usage.criteria import Criteria
from evidence.usage.history import UnitHistory
from evidence.usage.pairs import EVER, pair
from evidence.usage.snapshot import NONE, Bools, Ints, Trait


@dataclass(frozen=True, slots=True)
class Hits:
    """Per rule definition; `EVER` where there is nothing.

    `after`: the latest time after which a hit surely fell. `until`: the latest time at which
    a hit may still have fallen, as far as readings show hits at all. `last_hit`: the latest
    hit the device told.
    """

    after: Ints
    until: Ints
    last_hit: Ints


def hits(history: UnitHistory, end: int, criteria: Criteria) -> Hits:
    """The hits in a unit's readings, confirmed or not, the last of which was read by `end`."""
    pairs, count = pair(history, criteria), history.count
    tolerance_s = criteria.clock_tolerance_s
    after, until = np.full(count.shape, EVER), np.full(count.shape, EVER)

    def seen(when: Bools, since: Ints, to: Ints) -> None:
        np.maximum(after, since, out=after, where=when)
        np.maximum(until, to, out=until, where=when)

    told = history.last_hit != NONE
    honest = told & (history.last_hit <= pairs.at + tolerance_s)
    early = np.where(honest, history.last_hit_from - tolerance_s, EVER)
    late = np.where(honest, np.minimum(pairs.at, history.last_hit + tolerance_s), pairs.at)
    # A hit told to lie ahead of the reading says that there was one, and not when.
    seen(told, early, late)

    # A rise, or hits after a fall, came between the readings: at the told time if that fits.
    rose = pairs.same & ((count > pairs.before) | (pairs.fell & (count > 0)))
    fits = honest & (late > pairs.before_at)
    seen(rose, np.maximum(pairs.before_at, early), np.where(fits, late, pairs.at))

    # A counter that a boot zeroes counted all its hits since that boot.
    boot = history.boot_at[:, None]
    since_boot = np.where(boot == NONE, EVER, boot - criteria.boot_tolerance_s)
    volatile = (history.traits & Trait.volatile) != 0
    rebooted = volatile & (since_boot > pairs.before_at) & (pairs.before_at != EVER)
    unknown_before = (pairs.before_at == EVER) | pairs.born | pairs.replaced
    seen(
        (count > 0) & (rebooted | unknown_before),
        np.where(volatile, np.broadcast_to(since_boot, count.shape), EVER),
        np.where(honest, late, pairs.at),
    )

    # A session open at one reading may have carried traffic until the next.
    open_until = np.append(history.read_at[1:], end)[: len(count), None]
    seen(history.sessions > 0, np.broadcast_to(pairs.at, count.shape), open_until)
    return Hits(
        after=after.max(axis=0, initial=EVER),
        until=until.max(axis=0, initial=EVER),
        last_hit=history.last_hit.max(axis=0, initial=NONE),
    )
