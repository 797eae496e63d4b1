"""What shows that a rule was silent: eight kinds of evidence, the strongest first.

For reading j (at t) of a counter, `quiet` is the earliest time such that no hit fell in
(quiet, t]. Each kind of evidence offers such a time; the strongest kinds come first, and a
weaker one is used only where it reaches further back:

1. *The rule's own last hit.* A counter above zero, with its last hit told: none since then.
2. *The counter's own reset time*, with the boot time where counters do not survive a boot:
   a count of zero has been zero since then; an unchanged count was not zeroed and hit again.
3. *A log of the administrators* that is complete for the span and shows no clear.
4. *A standby unit* that says since when it is standby: it enforced nothing.
5. *Hits told of other counters in the domain* (needs `no_single_reset`): a counter that stands
   above zero, and was first or last hit at f, was not zeroed after f; nor was its domain.
6. *Counters of the domain that stood above zero and did not fall* (needs `clear_shows` and
   `no_single_reset`). That they stand is asked of the domain, because that is what a clear
   destroys; that something still rises is asked of the unit, because that shows it counts.
   A counter that fell, in the same domain and interval, spoils it for all of them.
7. *A restart* whose time is told, up to the reading after it (needs
   `no_clear_after_restart`): counters began at zero then.
8. *A standby unit* that does not say since when, with no counter moved (`standby_stays`).

A count of zero that stays zero is thus evidence of nothing by itself. One reading alone never
excludes a clear unless times are told (1 to 5): a long uptime is not enough.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evidence.usage.criteria import NO_ASSUMPTION, Assumption, Criteria
from evidence.usage.history import UnitHistory
from evidence.usage.pairs import EVER, NEVER, Pairs, pair
from evidence.usage.snapshot import NONE, Bools, Ints, Trait


def known_clears(history: UnitHistory, pairs: Pairs, criteria: Criteria) -> tuple[Bools, Ints]:
    """Where a log tells of a clear between two readings, and until when it may have been."""
    cleared = np.zeros(history.count.shape, np.bool_)
    cleared_at = np.full(history.count.shape, EVER)
    keys = np.array([key for key, _ in history.columns], object)
    domains = np.array(history.domains, object)
    for clear in history.clears:
        # A clear so near a reading may have been on either side of it.
        first, last = np.searchsorted(
            history.read_at,
            (clear.at - criteria.clock_tolerance_s, clear.at + criteria.clock_tolerance_s),
        )
        for row in range(first, min(last + 1, len(history.read_at))):
            meant = (keys == clear.target) | (domains[history.domain[row]] == clear.target)
            # A target we cannot place may be anything.
            hit = meant if meant.any() else np.ones_like(meant)
            cleared[row] |= hit
            # Logs list the newest first or last: of several clears the latest counts.
            np.maximum(
                cleared_at[row],
                clear.at + criteria.clock_tolerance_s,
                out=cleared_at[row],
                where=hit,
            )
    return cleared, np.minimum(cleared_at, pairs.at)


def spoilt_counters(whole: UnitHistory, history: UnitHistory, criteria: Criteria) -> Bools:
    """Where a counter of the same domain fell since the reading before, whoever vouches for it."""
    if not len(history.read_at):
        return np.zeros(history.count.shape, np.bool_)
    fell = _by_domain(whole, pair(whole, criteria).fell)
    kept = np.flatnonzero(whole.vouched)
    fell = np.add.reduceat(fell, np.concatenate(([0], kept[:-1] + 1)), axis=0)
    return np.take_along_axis(fell, history.domain, axis=1) > 0


def standing_counters(history: UnitHistory, pairs: Pairs) -> Ints:
    """Hits that stood in the counter's domain at the reading before, and did not fall."""
    stood = np.where(pairs.same & (history.count >= pairs.before), pairs.before, 0)
    return np.take_along_axis(_by_domain(history, stood), history.domain, axis=1)


def _by_domain(history: UnitHistory, numbers: npt.NDArray[Any]) -> Ints:
    """The sum of the numbers of each domain, one row a reading, one column a domain."""
    rows, domains = len(history.read_at), max(len(history.domains), 1)
    flat = (np.arange(rows)[:, None] * domains + history.domain).ravel()
    sums = np.zeros(rows * domains, np.int64)
    np.add.at(sums, flat, numbers.ravel())
    return sums.reshape(rows, domains)


def _first_in_domain(history: UnitHistory, times: Ints) -> Ints:
    """For every counter, the earliest of its domain's times in the same reading."""
    rows, domains = len(history.read_at), max(len(history.domains), 1)
    flat = (np.arange(rows)[:, None] * domains + history.domain).ravel()
    first = np.full(rows * domains, NEVER)
    np.minimum.at(first, flat, times.ravel())
    return np.take_along_axis(first.reshape(rows, domains), history.domain, axis=1)


def rises(history: UnitHistory, pairs: Pairs) -> Bools:
    """At which readings any counter of the unit is seen to have counted, as a column vector."""
    begun_anew = pairs.fell | pairs.restarted
    rose: Bools = (pairs.same & (history.count > pairs.before)) | (begun_anew & (history.count > 0))
    return np.logical_or.reduce(rose, axis=1, keepdims=True)


def until_last(rising: Bools) -> Bools:
    """The unit is known to count at every reading up to the last one that shows it counting."""
    alive: Bools = np.logical_or.accumulate(rising[::-1])[::-1]
    return alive


def quiet_since(
    history: UnitHistory,
    pairs: Pairs,
    spoilt: Bools,
    cleared: Bools,
    standing: Ints,
    alive: Bools,
    criteria: Criteria,
) -> tuple[Ints, Ints]:
    """The best `quiet` of evidence 1, 2, 3, 5, 6, 7 with the assumptions it rests on.

    `alive`, a column vector: whether the unit is known to count at that reading.
    """
    tolerance_s = criteria.clock_tolerance_s
    count = history.count
    zero, positive = count == 0, count > 0
    steady = pairs.same & positive & (count == pairs.before) & ~cleared
    # Where old hits are dropped, a new one may have come for each that went.
    steady &= (history.traits & Trait.forgets) == 0
    volatile = (history.traits & Trait.persistent) == 0
    restart = np.where(pairs.restart == NONE, NEVER, pairs.restart + criteria.boot_tolerance_s)
    quiet, relies_on = np.full(count.shape, NEVER), np.zeros(count.shape, np.int64)

    def told(times: Ints, when: Bools) -> Ints:
        return np.where(when & (times != NONE), times + tolerance_s, NEVER)

    def after_boot(base: Ints) -> Ints:
        return np.where(volatile, np.maximum(base, restart), base)

    def offer(base: Ints, needs: Assumption = NO_ASSUMPTION) -> None:
        """Take it that the counter ran from `base` on without being zeroed."""
        shown = np.where(steady & (base <= pairs.before_at), pairs.before_at, NEVER)
        candidate = np.where(zero, base, shown)
        better = candidate < quiet
        if needs in criteria.accept:
            np.copyto(quiet, candidate, where=better)
            np.copyto(relies_on, int(needs), where=better)

    np.copyto(quiet, told(history.last_hit, positive))
    hits = np.minimum(told(history.first_hit, positive), quiet)
    offer(np.minimum(after_boot(told(history.reset, count >= 0)), hits))
    log = np.broadcast_to(history.log_from[:, None], count.shape)
    offer(after_boot(np.where(log == NONE, NEVER, log)))
    # Counters that fell without a restart may have been zeroed one by one, this one too.
    singled = spoilt & ~(volatile & pairs.restarted)
    tainted = np.maximum.accumulate(np.where(singled, pairs.at, EVER), axis=0)
    offer(np.maximum(_first_in_domain(history, hits), tainted), Assumption.no_single_reset)
    witnessed = (
        pairs.same
        & alive
        & ~spoilt
        & ~(volatile & pairs.restarted)
        & (standing >= criteria.witness_min)
    )
    offer(
        np.where(witnessed, pairs.before_at, NEVER),
        Assumption.clear_shows | Assumption.no_single_reset,
    )
    # A restart that may have been before the last reading is not the one this speaks of.
    surely = pairs.restarted & (pairs.restart > pairs.before_at + criteria.boot_tolerance_s)
    offer(
        np.where(volatile & surely & alive & ~cleared, restart, NEVER),
        Assumption.no_clear_after_restart | Assumption.no_single_reset,
    )
    return quiet, relies_on
