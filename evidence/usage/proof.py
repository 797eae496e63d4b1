"""`UsageProof`: what is claimed of one rule, and everything the claim rests on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from evidence.clock import stamp
from evidence.text import Text
from evidence.usage.criteria import Assumption
from evidence.usage.logged import Logged


class State(StrEnum):
    """What can be said of a rule; only `proven` may be called 六個月內無流量."""

    has_traffic = "has_traffic"
    proven = "no_traffic_6m_proven"
    insufficient = "insufficient_history"
    not_measurable = "not_measurable"


class Unseen(StrEnum):
    """Why hits in a span would not have shown."""

    never_read = "never_read"
    before_first_reading = "before_first_reading"
    not_read_since = "not_read_since"
    not_counted = "not_counted"
    count_unsure = "count_unsure"
    rule_came_or_went = "rule_came_or_went"
    other_counter = "other_counter"
    restart = "restart"
    zeroed = "zeroed"
    cleared = "cleared"
    group_zeroed = "group_zeroed"
    no_witness = "no_witness"
    peer_not_read = "peer_not_read"


@dataclass(frozen=True, slots=True)
class Gap:
    """Hits of the rule on this unit after `from_at` and up to `to_at` would not have shown."""

    unit: str
    from_at: datetime
    to_at: datetime
    why: Unseen

    @property
    def length_s(self) -> float:
        return (self.to_at - self.from_at).total_seconds()

    def record(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "from": stamp(self.from_at),
            "to": stamp(self.to_at),
            "why": self.why.value,
        }


@dataclass(frozen=True, slots=True)
class Reset:
    """The rule's counter began anew between two readings; `at` where the time is known."""

    unit: str
    after: datetime
    by: datetime
    why: Unseen
    at: datetime | None = None

    def record(self) -> dict[str, Any]:
        return {
            "unit": self.unit,
            "after": stamp(self.after),
            "by": stamp(self.by),
            "why": self.why.value,
            "at": None if self.at is None else stamp(self.at),
        }


@dataclass(frozen=True, slots=True)
class UnitPart:
    """One unit's part in a proof: how often it was read in the window, and when it was covered.

    `observed` are the spans, after the first time and up to the second, in which it is shown
    that the rule had no hit on this unit.
    """

    unit: str
    device: str
    readings: int
    first_read_at: datetime | None
    last_read_at: datetime | None
    observed: tuple[tuple[datetime, datetime], ...]

    def record(self) -> dict[str, Any]:
        first, last = self.first_read_at, self.last_read_at
        return {
            "unit": self.unit,
            "device": self.device,
            "readings": self.readings,
            "first_read_at": None if first is None else stamp(first),
            "last_read_at": None if last is None else stamp(last),
            "observed": [[stamp(after), stamp(to)] for after, to in self.observed],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageProof:
    """Of one rule: "no traffic after `window_start` and up to `window_end` outside the gaps".

    `blind_gap_s` is the time that was unseen on at least one unit; it is not to exceed
    `max_gap_s`. `last_traffic_at`: by then the latest traffic we know of had passed, and
    `traffic_after` is when it had not yet (None: unknown). `last_hit_at` is what the device
    says. `provable_on` is the day in Taipei on which the claim becomes possible if no traffic
    and no new gap comes; None: not as things are. `weakest_witness`: the fewest hits that
    stood in the rule's group of counters where the claim rests on their not having fallen.
    `evidence` are the digests of the readings cited. `anchor_at`: since when the rule is known
    to match what it matches now; None: as far back as anything is known. `lineage` are the
    digests of what it matched before, oldest first. `logged` is what delivered traffic logs say.
    """

    key: str
    match_digest: str
    state: State
    reason: Text
    window_start: datetime
    window_end: datetime
    units: tuple[UnitPart, ...]
    gaps: tuple[Gap, ...]
    blind_gap_s: int
    max_gap_s: int
    resets: tuple[Reset, ...]
    assumptions: tuple[Assumption, ...]
    weakest_witness: int | None
    traffic_after: datetime | None
    last_traffic_at: datetime | None
    last_hit_at: datetime | None
    provable_on: date | None
    anchor_at: datetime | None
    enabled: bool | None
    lineage: tuple[str, ...]
    evidence: tuple[str, ...]
    logged: tuple[Logged, ...] = ()

    def record(self) -> dict[str, Any]:
        """The proof as a JSON-ready record, with everything but the digests of the readings.

        Those go beside it, once for all rules that share them.
        """
        return {
            "key": self.key,
            "match_digest": self.match_digest,
            "state": self.state.value,
            "reason": self.reason.record(),
            "window": [stamp(self.window_start), stamp(self.window_end)],
            "units": [unit.record() for unit in self.units],
            "gaps": [gap.record() for gap in self.gaps],
            "blind_gap_s": self.blind_gap_s,
            "max_gap_s": self.max_gap_s,
            "resets": [reset.record() for reset in self.resets],
            "assumptions": {one.name: one.text.record() for one in self.assumptions},
            "weakest_witness": self.weakest_witness,
            "traffic_after": _stamp(self.traffic_after),
            "last_traffic_at": _stamp(self.last_traffic_at),
            "last_hit_at": _stamp(self.last_hit_at),
            "provable_on": None if self.provable_on is None else self.provable_on.isoformat(),
            "anchor_at": _stamp(self.anchor_at),
            "enabled": self.enabled,
            "lineage": list(self.lineage),
            "readings": len(self.evidence),
            "logged": [one.record() for one in self.logged],
        }


def _stamp(at: datetime | None) -> str | None:
    return None if at is None else stamp(at)
