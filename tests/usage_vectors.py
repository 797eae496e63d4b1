"""Small hand-made histories: one unit, a rule under question, and another that witnesses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from evidence.facts import AdministrativeEvent, Fact, FirewallRule, RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import Assumption, UsageProof, histories, prove

RULE = "root/ip/policy/7"
BUSY = "root/ip/policy/1"
FIRST = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)  # 10:30 in Taipei
AT = datetime(2026, 11, 2, 2, 30, tzinfo=UTC)
BOOTED = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
NOTHING_ASSUMED = Assumption(0)


def usage(count: int | None, key: str = RULE, **told: Any) -> RuleUsage:
    """A counter in the domain `acl` that a boot zeroes."""
    settings: dict[str, Any] = {"reset_domain": "acl", "persistent": False} | told
    return RuleUsage(key=key, count=count, **settings)


def reading(
    at: datetime,
    usages: Iterable[RuleUsage],
    *,
    unit: Unit | None = None,
    device: str = "fw-1",
    match: str = "m1",
    events: Iterable[AdministrativeEvent] = (),
    rule: dict[str, Any] | None = None,
    **told: Any,
) -> Reading:
    """One reading of the firewall; every counter's rule has the same match digest."""
    counters = list(usages)
    rules: list[Fact] = [
        FirewallRule(key=one.key, match_digest=match, subject_unit=one.subject_unit, **rule or {})
        for one in counters
    ]
    facts = (unit or Unit(boot_at=BOOTED), *rules, *counters, *events)
    return Reading(device=device, subject="firewall", at=at, facts=facts, **told)


def daily(
    *,
    since: datetime = FIRST,
    until: datetime = AT,
    hits: Iterable[datetime] = (),
    unit: Unit | None = None,
    device: str = "fw-1",
) -> list[Reading]:
    """A reading a day: the busy rule counts ten more each time, ours only the given hits."""
    readings = []
    at = since
    while at <= until:
        busy = 1000 + 10 * (at - FIRST).days
        ours = sum(hit <= at for hit in hits)
        counters = [usage(ours), usage(busy, BUSY)]
        readings.append(reading(at, counters, unit=unit, device=device))
        at += DAY
    return readings


def rebooted(readings: list[Reading], boot_at: datetime) -> list[Reading]:
    """The same readings of a unit that booted then: all counters began anew."""
    lost: dict[str, int] = {}
    changed = []
    for one in readings:
        counters = {fact.key: fact.count or 0 for fact in one.of(RuleUsage)}
        if one.at <= boot_at:
            lost = counters
            changed.append(one)
            continue
        facts = tuple(
            replace(fact, count=counters[fact.key] - lost.get(fact.key, 0))
            if isinstance(fact, RuleUsage)
            else replace(fact, boot_at=boot_at)
            if isinstance(fact, Unit)
            else fact
            for fact in one.facts
        )
        changed.append(replace(one, facts=facts))
    return changed


def proof_of(readings: Iterable[Reading], at: datetime = AT, **settings: Any) -> UsageProof:
    """The proof of the rule under question, over every device among the readings."""
    found = list(readings)
    devices = dict.fromkeys(one.device for one in found)
    known = [
        history
        for device in devices
        for history in histories(one for one in found if one.device == device)
    ]
    return prove(known, at, **settings)[RULE]
