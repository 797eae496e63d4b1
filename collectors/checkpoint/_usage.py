"""Hits of one target, as the manager holds them.

Gateways send their hits to the manager every few hours, and no answer says when. What is sure:
it holds what it was sent up to the latest hit it tells of that target; so that hit's time is
taken as the time of fetching. Where no rule has one, or one lies ahead of our own clock (the
gateway's is wrong then), none is known. Hits are kept for so
many months and then dropped: a count is of the months kept, never of all time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from collectors.checkpoint._answer import Row, moment
from collectors.checkpoint._rules import Layer
from collectors.checkpoint._units import Counting, Gateway
from evidence.clock import add_months
from evidence.facts import FirewallRule, RuleUsage

CLOCK_TOLERANCE = timedelta(minutes=2)


def fetched_at(rows: Mapping[str, Row], read_at: datetime) -> datetime | None:
    """The latest hit that the manager tells of a target, of all its layers."""
    told = [moment(_hits(row).get("last-date")) for row in rows.values()]
    latest = max((one for one in told if one), default=None)
    return None if latest is None or latest > read_at + CLOCK_TOLERANCE else latest


def usages(
    rules: Mapping[str, FirewallRule],
    rows: Mapping[str, Row],
    target: Gateway,
    counting: Counting,
    layers: Sequence[Layer],
) -> Iterator[RuleUsage]:
    """What the manager counted of a target's rules; `rows` by the rules' uids."""
    if not layers:
        return
    read_at = max(layer.pages.at for layer in layers)
    fetched = fetched_at(rows, read_at)
    for uid, row in rows.items():
        if uid in rules:
            yield _usage(rules[uid], _hits(row), target, counting, fetched, read_at)


def _usage(
    rule: FirewallRule,
    hits: Row,
    target: Gateway,
    counting: Counting,
    fetched: datetime | None,
    read_at: datetime,
) -> RuleUsage:
    value = hits.get("value")
    off = counting.on is False or target.counts is False
    count = value if isinstance(value, int) and not off else None
    return RuleUsage(
        subject_unit=target.name,
        key=rule.key,
        count=count,
        count_unit="connections",
        first_hit_at=moment(hits.get("first-date")),
        last_hit_at=moment(hits.get("last-date")),
        counter_reset_at=_kept_from(fetched, counting.kept_months),
        kept_months=counting.kept_months,
        persistent=True,
        counting=_state(rule, target, count, off),
        read_at=read_at,
        source="manager",
        manager_fetched_at=fetched,
    )


def _state(
    rule: FirewallRule, target: Gateway, count: int | None, off: bool
) -> Literal["on", "off", "unknown"]:
    """Whether the count can show silence: not of a rule that was edited since it was installed."""
    if off:
        return "off"
    installed, modified = target.installed_at, rule.modified_at
    in_force = installed is not None and modified is not None and modified <= installed
    return "on" if in_force and count is not None else "unknown"


def _kept_from(fetched: datetime | None, kept_months: int | None) -> datetime | None:
    """Since when hits are surely kept: a whole day is left for how the manager counts months."""
    if fetched is None or kept_months is None:
        return None
    day = add_months(fetched.date(), -kept_months) + timedelta(days=1)
    return datetime.combine(day, time.max, UTC).replace(microsecond=0)


def _hits(row: Row) -> Row:
    hits = row.get("hits")
    return hits if isinstance(hits, Mapping) else {}
