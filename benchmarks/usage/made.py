"""Months of made-up counters of one firewall, and what is true of every rule.

Counters are ASA-like: zeroed by boots whose time is told, and list by list by somebody who tells
nobody. What was counted before that is lost to every reader. Rules are edited, inserted, deleted
and moved meanwhile, and now and then a poll is missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256

import numpy as np

from evidence.clock import window_start
from evidence.usage import Criteria, Names, Snapshot, State
from evidence.usage.snapshot import FIELDS, NONE, Bools, Ints, Trait

DAY_S = 86_400
BEGIN = int(datetime(2026, 3, 1, 3, tzinfo=UTC).timestamp())
RULES_A_LIST = 100
REBOOTS = 5
CHANGED_A_MONTH = 0.02
MISSED = 0.01
CRITERIA = Criteria(months=6, max_gap_s=DAY_S)


def start_of_window(end: int) -> int:
    """Start of the window that ends with a reading."""
    return int(window_start(datetime.fromtimestamp(end, UTC), CRITERIA.months).timestamp())


@dataclass(frozen=True)
class Made:
    """One unit. Rows are readings, columns rule definitions; a row speaks of the time since the
    row before.

    A definition is there from its row `born` on and before its row `gone`. `kept` are the hits
    that fell and were counted, `lost` those that a reset took away. `blind_s`: so many seconds of
    the row's time nobody could have seen a hit; `unsure`: a reset left the very count it met.
    """

    unit: str
    read_at: Ints
    boot_at: Ints
    keys: tuple[str, ...]
    born: Ints
    gone: Ints
    orders: tuple[Ints, ...]  # the definitions a row holds, as they stand in its rule list
    count: Ints
    kept: Ints
    lost: Ints
    blind_s: Ints
    unsure: Bools

    @cached_property
    def lists(self) -> Ints:
        """The access list, and with it the group of counters, of each definition."""
        return np.array([int(key.split(":")[0].rsplit("_", 1)[1]) for key in self.keys])

    @cached_property
    def present(self) -> Bools:
        rows = np.arange(len(self.read_at))[:, None]
        present: Bools = (rows >= self.born) & (rows < self.gone)
        return present

    @property
    def current(self) -> Ints:
        """The definitions of the last reading."""
        return np.flatnonzero(self.present[-1])

    def snapshots(self) -> Iterator[Snapshot]:
        """What the agent would have kept of every reading."""
        matches = [_hex(f"{self.unit} {one}") for one in range(len(self.keys))]
        traits = int(Trait.volatile | Trait.enabled)
        before, names = np.zeros(0, np.int64), Names((), (), ())
        for row, (at, order) in enumerate(zip(self.read_at, self.orders, strict=True)):
            if order is not before:
                before, held = order, order.tolist()
                names = Names(
                    tuple(self.keys[one] for one in held),
                    tuple(matches[one] for one in held),
                    tuple(self.keys[one].split(":")[0] for one in held),
                )
            numbers = np.full((len(FIELDS), len(order)), NONE, np.int64)
            numbers[FIELDS.index("count")] = self.count[row, order]
            yield Snapshot(
                device=self.unit,
                unit=self.unit,
                read_at=int(at),
                digest=_hex(f"{self.unit} {at}"),
                names=names,
                numbers=numbers,
                traits=np.full(len(order), traits, np.uint8),
                boot_at=int(self.boot_at[row]),
            )

    def states(self) -> dict[str, State]:
        """The state every rule is in, from what was made and not from what was read."""
        times, here = self.read_at, self.current
        start = start_of_window(int(times[-1]))
        # Since when each is known to match as it does; the first row's have always done so.
        since = np.where(self.born[here] == 0, start, np.maximum(times[self.born[here]], start))
        rows = np.arange(len(times))
        shown = (self.kept > 0)[:, here] & ~self.unsure[:, here]
        shown &= rows[:, None] > self.born[here]
        before_at = np.concatenate(([0], times[:-1]))
        booted = (self.boot_at > before_at) & (rows > 0)
        surely = np.where(booted, np.maximum(before_at, self.boot_at - 60), before_at)
        traffic = np.any(shown & (surely[:, None] >= since), axis=0).tolist()
        inside = times > start
        across = int(np.flatnonzero(inside)[0])
        blind_s = self.blind_s[inside][:, here].sum(axis=0)
        before_window = start - before_at[across]
        blind_s -= np.minimum(self.blind_s[across, here], before_window)
        proven = (since == start) & (blind_s <= CRITERIA.max_gap_s) & ~shown[inside].any(axis=0)
        return {
            self.keys[one]: State.has_traffic
            if seen
            else State.proven
            if silent
            else State.insufficient
            for one, seen, silent in zip(here.tolist(), traffic, proven.tolist(), strict=True)
        }

    def hit_in_window(self) -> set[str]:
        """Keys of the rules with a hit in the window other than such as a reset took away."""
        inside = self.read_at > start_of_window(int(self.read_at[-1]))
        hit = self.kept[inside][:, self.current].any(axis=0)
        return {self.keys[one] for one in self.current[hit].tolist()}


def made(number: int, rules: int, days: int) -> Made:
    """The unit of that number, the same each time."""
    random = np.random.default_rng([17010, number])
    missed = random.random(days) < MISSED
    missed[[0, 1, 2, -1]] = False
    read_at = BEGIN + np.flatnonzero(~missed) * DAY_S + random.integers(0, 600, days)[~missed]
    keys, born, gone, parent, orders = _edited(random, rules, len(read_at))
    shape = (len(read_at), len(keys))
    busy = random.random(shape[1]) < 0.4
    seldom = ~busy & (random.random(shape[1]) < 0.1)
    falls = random.random(shape) < np.where(busy, 0.6, np.where(seldom, 2 / days, 0))
    row = np.arange(shape[0])[:, None]
    falls &= (row > born) & (row < gone)
    hits = np.where(falls, random.integers(1, 5000, shape), 0)
    lists = np.array([int(key.split(":")[0].rsplit("_", 1)[1]) for key in keys])
    blind_s, boot_at = _resets(random, number, read_at, lists)
    lost = np.where(blind_s > 0, hits * random.random(shape), 0).astype(np.int64)
    kept = hits - lost
    count = np.zeros(shape, np.int64)
    unsure = np.zeros(shape, np.bool_)
    booted = np.concatenate(([False], boot_at[1:] > read_at[:-1]))
    for at in range(shape[0]):
        before = count[at - 1] if at else np.zeros(shape[1], np.int64)
        count[at] = np.where(blind_s[at] > 0, 0, before) + kept[at]
        edited = (born == at) & (parent >= 0) & (at > 0)
        # The counter of an edited rule goes on.
        count[at, edited] = count[at, parent[edited]]
        unsure[at] = (count[at] == before) & (blind_s[at] > 0) & ~booted[at]
    return Made(
        unit=f"fw-{number:02}",
        read_at=read_at,
        boot_at=boot_at,
        keys=tuple(keys),
        born=born,
        gone=gone,
        orders=orders,
        count=count,
        kept=kept,
        lost=lost,
        blind_s=blind_s,
        unsure=unsure,
    )


def _edited(
    random: np.random.Generator, rules: int, rows: int
) -> tuple[list[str], Ints, Ints, Ints, tuple[Ints, ...]]:
    """Rule lists over time: a third each of edits, inserts and deletes, and a move each week.

    Returns the definitions' keys, first rows, rows at which they are gone, what they were before
    (-1: nothing), and the definitions of every row in their order.
    """
    keys = [_key(rule // RULES_A_LIST, rule) for rule in range(rules)]
    born, gone, parent = [0] * rules, [rows] * rules, [-1] * rules
    order: list[int] = list(range(rules))
    orders: list[Ints] = []
    changes = random.poisson(rules * CHANGED_A_MONTH / 30, rows)
    changes[0] = 0
    for row in range(rows):
        for _ in range(int(changes[row])):
            place = int(random.integers(len(order)))
            one, kind = order[place], int(random.integers(3))
            if kind == 0 and born[one] == row:
                continue
            if kind != 1:
                gone[one] = row
            if kind == 2:
                del order[place]
                continue
            number = len(keys)
            keys.append(
                keys[one] if kind == 0 else _key(number % (rules // RULES_A_LIST or 1), number)
            )
            born.append(row)
            gone.append(rows)
            parent.append(one if kind == 0 else -1)
            if kind == 0:
                order[place] = number
            else:
                order.insert(place, number)
        if row % 7 == 3:
            order.insert(0, order.pop(int(random.integers(len(order)))))
        same = bool(orders) and not changes[row] and row % 7 != 3
        orders.append(orders[-1] if same else np.array(order))
    return keys, np.array(born), np.array(gone), np.array(parent), tuple(orders)


def _resets(
    random: np.random.Generator, number: int, read_at: Ints, lists: Ints
) -> tuple[Ints, Ints]:
    """The unit's boots, and one clearing of one of its lists."""
    blind_s = np.zeros((len(read_at), len(lists)), np.int64)
    boot_at = np.full(len(read_at), BEGIN - 90 * DAY_S)
    # Not in the first days: counters have to stand before anybody can see them fall.
    rows = random.choice(np.arange(14, len(read_at) - 1), REBOOTS + 1, replace=False)
    for row in np.sort(rows[:REBOOTS]):
        # Five boots of an hour or two stay within the gap allowed, unless one is late.
        after_s = int(random.integers(3600, 18_000))
        boot_at[row:] = read_at[row - 1] + after_s
        blind_s[row] = after_s + CRITERIA.boot_tolerance_s
    cleared = lists == number % (int(lists.max()) + 1)
    blind_s[rows[REBOOTS], cleared] = read_at[rows[REBOOTS]] - read_at[rows[REBOOTS] - 1]
    return blind_s, boot_at


def _key(of_list: int, rule: int) -> str:
    return f"OUTSIDE_{of_list}:{_hex(str(rule))[:16]}"


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()
