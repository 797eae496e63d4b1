"""Hit counts of one unit, as its manager last fetched them.

A hit is the first packet of a connection. Counts outlive reboots and upgrades, and each unit of
a pair counts by itself. The manager answers with what it fetched when somebody pressed Refresh
(FMC) or by itself (FDM): that time is told with each count, and is when it was true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal

from collectors._ftd.pages import Row, moment
from evidence.facts import FirewallRule, RuleUsage

# No document says that it is counted.
UNCOUNTED_ACTIONS = ("monitor",)


def usages(
    rows: Iterable[Row],
    rules: Mapping[str, FirewallRule],
    unit: str | None,
    domain: str,
    read_at: datetime,
) -> Iterator[RuleUsage]:
    """The counts of those rules that this reading knows, by the rules' ids."""
    for row in rows:
        rule = rules.get(rule_id(row))
        if rule is None:
            continue
        count = row.get("hitCount")
        off = rule.action in UNCOUNTED_ACTIONS
        told = count if isinstance(count, int) and not off else None
        yield RuleUsage(
            subject_unit=unit,
            key=rule.key,
            reset_domain=domain,
            count=told,
            count_unit="connections",
            first_hit_at=moment(row.get("firstHitTimeStamp")),
            last_hit_at=moment(row.get("lastHitTimeStamp")),
            persistent=True,
            counting=_state(told, off),
            read_at=read_at,
            source="manager",
            manager_fetched_at=moment(row.get("lastFetchTimeStamp")),
        )


def rule_id(row: Row) -> str:
    rule = row.get("rule")
    return str(rule.get("id", "")) if isinstance(rule, Mapping) else ""


def _state(count: int | None, off: bool) -> Literal["on", "off", "unknown"]:
    if off:
        return "off"
    return "unknown" if count is None else "on"
