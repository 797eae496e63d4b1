"""Months of made-up counters of one firewall, and what is true of every rule.

Counters are ASA-like: zeroed by a boot whose time is told, and list by list by somebody who
tells nobody. What was counted before that is lost to every reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from evidence.clock import window_start
from evidence.usage import Criteria, Names, Snapshot, State
from evidence.usage.snapshot import FIELDS, NONE, Bools, Ints, Trait

DAY_S = 86_400
BEGIN = int(datetime(2026, 3, 1, 3, tzinfo=UTC).timestamp())
RULES_A_LIST = 100
CRITERIA = Criteria(months=6, max_gap_s=DAY_S)


def read_at(readings: int) -> Ints:
    """When a unit is read: once a day."""
    return BEGIN + DAY_S * np.arange(readings, dtype=np.int64)


def start_of_window(readings: int) -> int:
    """Start of the window that ends with the last reading."""
    end = datetime.fromtimestamp(int(read_at(readings)[-1]), UTC)
    return int(window_start(end, CRITERIA.months).timestamp())


@dataclass(frozen=True, slots=True)
class Made:
    """One unit. Rows are readings, columns rules; a row speaks of the time since the row before.

    `kept` are the hits that fell and were counted, `lost` those that a reset took away.
    `blind_s`: so many seconds before a reset nobody could have seen a hit.
    """

    unit: str
    count: Ints
    kept: Ints
    lost: Ints
    blind_s: Ints
    boot_at: Ints

    def snapshots(self) -> Iterator[Snapshot]:
        """What the agent would have kept of every reading."""
        rules = self.count.shape[1]
        names = Names(
            tuple(f"{_list(rule)}:{_hex(str(rule))[:16]}" for rule in range(rules)),
            tuple(_hex(f"{self.unit} {rule}") for rule in range(rules)),
            tuple(map(_list, range(rules))),
        )
        traits = np.full(rules, int(Trait.volatile | Trait.enabled), np.uint8)
        for row, at in enumerate(read_at(len(self.count))):
            numbers = np.full((len(FIELDS), rules), NONE, np.int64)
            numbers[FIELDS.index("count")] = self.count[row]
            yield Snapshot(
                device=self.unit,
                unit=self.unit,
                read_at=int(at),
                digest=_hex(f"{self.unit} {at}"),
                names=names,
                numbers=numbers,
                traits=traits,
                boot_at=int(self.boot_at[row]),
            )

    def states(self) -> list[State]:
        """The state every rule is in, from what was made and not from what was read."""
        times = read_at(len(self.count))
        start = start_of_window(len(times))
        inside = np.flatnonzero(times[:-1] >= start) + 1
        across = int(inside[0]) - 1
        shown = self._shown()
        traffic: Bools = np.logical_or.reduce(shown[inside], axis=0)
        blind_s = self.blind_s[inside].sum(axis=0)
        blind_s = blind_s + np.maximum(self.blind_s[across] - (start - times[across - 1]), 0)
        proven = ~shown[across] & (blind_s <= CRITERIA.max_gap_s)
        return [
            State.has_traffic if seen else State.proven if silent else State.insufficient
            for seen, silent in zip(traffic, proven, strict=True)
        ]

    def is_silent(self, rules: Bools) -> bool:
        """Whether these rules had no hit in the window but such as a reset took away."""
        times = read_at(len(self.count))
        window = times > start_of_window(len(times))
        return not self.kept[window][:, rules].any()

    def _shown(self) -> Bools:
        """Where hits show in the counts: not where a reset left the very count it met."""
        before = np.vstack([self.count[:1], self.count[:-1]])
        shown: Bools = (self.kept > 0) & (self.count != before)
        return shown


def made(number: int, rules: int, readings: int) -> Made:
    """The unit of that number, the same each time."""
    random = np.random.default_rng([17010, number])
    shape = (readings, rules)
    busy = random.random(rules) < 0.4
    seldom = ~busy & (random.random(rules) < 0.1)
    falls = random.random(shape) < np.where(busy, 0.6, np.where(seldom, 2 / readings, 0))
    hits = np.where(falls, random.integers(1, 5000, shape), 0)
    blind_s, boot_at = _resets(random, number, shape)
    lost = np.where(blind_s > 0, hits * random.random(shape), 0).astype(np.int64)
    kept = hits - lost
    count = np.zeros(shape, np.int64)
    for row in range(readings):
        stood = np.where(blind_s[row] > 0, 0, count[row - 1]) if row else 0
        count[row] = stood + kept[row]
    return Made(f"fw-{number:02}", count, kept, lost, blind_s, boot_at)


def _resets(random: np.random.Generator, number: int, shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """None to three boots of the unit, and one clearing of one of its lists."""
    readings, rules = shape
    blind_s = np.zeros(shape, np.int64)
    boot_at = np.full(readings, BEGIN - 90 * DAY_S)
    # Not in the first days: counters have to stand before anybody can see them fall.
    days = random.choice(np.arange(14, readings - 1), 4, replace=False)
    for day in np.sort(days[: number % 4]):
        after_s = int(random.integers(3600, 72_000))
        boot_at[day:] = BEGIN + (day - 1) * DAY_S + after_s
        blind_s[day] = after_s + CRITERIA.boot_tolerance_s
    cleared = np.arange(rules) // RULES_A_LIST == number % max(rules // RULES_A_LIST, 1)
    blind_s[days[3], cleared] = DAY_S
    return blind_s, boot_at


def _list(rule: int) -> str:
    return f"OUTSIDE_{rule // RULES_A_LIST}"


def _hex(text: str) -> str:
    return sha256(text.encode()).hexdigest()
