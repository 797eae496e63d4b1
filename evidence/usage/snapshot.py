"""One unit's counters at one time, as columns: what is kept of every reading for months.

Times are whole seconds since 1970 (UTC), corrected to the agent's clock where the device said
what its own clock shows. `NONE` stands for a time or number the device did not tell. A count
is `NOT_COUNTED` where the unit keeps none for the rule, or has counting switched off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt

from evidence.capture import IMPORTED
from evidence.facts import AdministrativeEvent, FirewallRule, RuleUsage, Unit
from evidence.reading import Reading

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

NONE = int(np.iinfo(np.int64).min)
NOT_COUNTED = -1
ABSENT = -2

# A count that was fetched at another time than the rest of its reading is not used: the whole
# row is dated once, and may not claim minutes that this count did not see.
FETCHED_TOGETHER_S = 600

# Told times and numbers of one rule, in the order they are kept.
FIELDS = ("count", "last_hit", "first_hit", "reset", "created", "modified", "sessions")


class Role(IntEnum):
    unknown = 0
    active = 1
    standby = 2
    member = 3


class Trait(IntFlag):
    """What is said of one counter. Neither persistent nor volatile: the device does not say.

    `unsure`: it is not known to count, or not exactly, so that it can show traffic only.
    `forgets`: hits are dropped from it with age, so that a fall is no reset.
    """

    persistent = 1
    volatile = 2
    enabled = 4
    packets = 8
    unsure = 16
    forgets = 32


@dataclass(frozen=True, slots=True)
class Names:
    """The rules of a snapshot: key, digest of the match part, and the counter's reset domain."""

    keys: tuple[str, ...]
    matches: tuple[str, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clear:
    """Somebody zeroed counters, says a log. `target` is a domain or a key; None: all, or unsaid.

    `at` is `NONE` when the log gives no time: then it was at any time before the reading.
    """

    at: int
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The counters of one unit in one reading, and what the unit said of itself.

    `founding`: the reading comes from the device, or a second person confirmed it, and it tells
    of the unit's counters; only such a reading can show silence, any reading can show traffic.
    `log_from`: since when the administrators' log read with it is complete. `serial`: whose
    counters these are. `clock_offset`: by how many seconds its clock was ahead, which its times
    are corrected by. `doubted`: the agent's own clock was, so nobody knows when it was read.
    `clock_set_at`: the agent's clock was set after readings that are dated up to then.
    """

    device: str
    unit: str
    read_at: int
    digest: str
    names: Names
    numbers: Ints  # one row a field, one column a rule
    traits: Bits
    founding: bool = True
    boot_at: int = NONE
    loaded_at: int = NONE
    role: Role = Role.unknown
    role_since: int = NONE
    log_from: int = NONE
    serial: str | None = None
    peer: str | None = None
    clock_offset: int = NONE
    doubted: bool = False
    clock_set_at: int = NONE
    clears: tuple[Clear, ...] = ()

    @classmethod
    def of(cls, reading: Reading) -> list[Snapshot]:
        """One snapshot for each unit whose counters a good firewall reading tells; else none."""
        if reading.failure is not None or reading.subject != "firewall":
            return []
        counted = dict.fromkeys(one.subject_unit for one in reading.of(RuleUsage))
        holding = dict.fromkeys(one.subject_unit for one in reading.of(FirewallRule))
        # A unit that holds rules and of which no counts came enforces all the same. It founds no
        # claim, as if it had not been read; what came of it on other days does.
        of_units = bool(counted) and None not in counted
        silent = [unit for unit in holding if of_units and unit not in (None, *counted)]
        return [
            *(_snapshot(reading, unit) for unit in counted or holding or (None,)),
            *(replace(_snapshot(reading, unit), founding=False) for unit in silent),
        ]


# What others deliver or kept founds no claim, unless a second person vouches for it.
_NOT_OURS = ("hand-delivered", IMPORTED)


def _snapshot(reading: Reading, subject_unit: str | None) -> Snapshot:
    told = _unit(reading, subject_unit)
    offset_s = told.clock_offset_s or 0.0
    usages = {u.key: u for u in reading.of(RuleUsage) if u.subject_unit == subject_unit}
    rules = [r for r in reading.of(FirewallRule) if r.subject_unit in (None, subject_unit)]
    read_at, fresh = _fetched(reading, list(usages.values()))
    seen_twice = {key for key, times in Counter(rule.key for rule in rules).items() if times > 1}
    numbers = np.full((len(FIELDS), len(rules)), NONE, np.int64)
    traits = np.zeros(len(rules), np.uint8)
    for column, rule in enumerate(rules):
        usage = usages.get(rule.key)
        in_time = usage is not None and abs(_fetched_at(usage, reading) - read_at) <= (
            FETCHED_TOGETHER_S
        )
        count = usage.count if usage and in_time and rule.key not in seen_twice else None
        off = usage is None or usage.counting == "off" or count is None
        numbers[:, column] = (
            NOT_COUNTED if off or count is None else count,
            *(_seconds(at, offset_s) for at in _told(usage)),
            _seconds(rule.created_at, offset_s),
            _seconds(rule.modified_at, offset_s),
            NONE if usage is None or usage.open_sessions is None else usage.open_sessions,
        )
        traits[column] = _traits(rule, usage)
    events = reading.of(AdministrativeEvent)
    return Snapshot(
        device=reading.device,
        unit=subject_unit or reading.device,
        read_at=read_at,
        digest=reading.digest,
        names=Names(
            tuple(rule.key for rule in rules),
            tuple(rule.match_digest for rule in rules),
            tuple(usages[r.key].reset_domain if r.key in usages else "" for r in rules),
        ),
        numbers=numbers,
        traits=traits,
        founding=fresh
        and (reading.provenance not in _NOT_OURS or reading.confirmed_by is not None),
        boot_at=_seconds(told.boot_at, 0.0),
        loaded_at=_seconds(told.rules_loaded_at, offset_s),
        role=Role.__members__.get(told.ha_role or "", Role.unknown),
        role_since=_seconds(told.role_since_at, offset_s),
        log_from=min(
            (_seconds(e.at, offset_s) for e in events if e.kind == "log_begins"), default=NONE
        ),
        serial=told.serial,
        peer=told.ha_peer,
        clock_offset=NONE if told.clock_offset_s is None else round(told.clock_offset_s),
        doubted=reading.clock_doubted,
        clock_set_at=_seconds(reading.clock_set_at, 0.0),
        clears=tuple(
            Clear(_seconds(e.at, offset_s), e.detail)
            for e in events
            if e.kind == "counters_cleared" and e.subject_unit in (None, subject_unit)
        ),
    )


def _told(usage: RuleUsage | None) -> tuple[datetime | None, ...]:
    if usage is None:
        return None, None, None
    return usage.last_hit_at, usage.first_hit_at, usage.counter_reset_at


def _unit(reading: Reading, subject_unit: str | None) -> Unit:
    """What the unit said of itself. The only unit there is also speaks for the visited device."""
    units = reading.of(Unit)
    named: Iterator[Unit] = (unit for unit in units if unit.subject_unit == subject_unit)
    alone = units[0] if len(units) == 1 and subject_unit is None else Unit()
    return next(named, alone)


def _fetched(reading: Reading, usages: list[RuleUsage]) -> tuple[int, bool]:
    """When these counts were taken, and whether that is known.

    A manager answers with what it last fetched; where it does not say when, its counts may be
    of any age, and found no claim.
    """
    times = Counter(_fetched_at(usage, reading) for usage in usages)
    stale = any(u.source == "manager" and u.manager_fetched_at is None for u in usages)
    most_common = max(times.items(), key=lambda item: (item[1], -item[0]), default=None)
    return most_common[0] if most_common else int(reading.at.timestamp()), not stale


def _fetched_at(usage: RuleUsage, reading: Reading) -> int:
    fetched_at = usage.manager_fetched_at if usage.source == "manager" else None
    return int((fetched_at or usage.read_at or reading.at).timestamp())


def _traits(rule: FirewallRule, usage: RuleUsage | None) -> int:
    traits = Trait.enabled if rule.enabled else Trait(0)
    if usage is None:
        return int(traits)
    if usage.persistent is not None:
        traits |= Trait.persistent if usage.persistent else Trait.volatile
    if usage.count_unit == "packets" and not usage.openers:
        traits |= Trait.packets
    if usage.kept_months is not None:
        traits |= Trait.forgets
    return int(traits | Trait.unsure if usage.counting == "unknown" else traits)


def _seconds(at: datetime | None, offset_s: float) -> int:
    return NONE if at is None else int(at.timestamp() - offset_s)
