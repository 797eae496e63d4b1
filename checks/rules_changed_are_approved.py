"""Is every change of the month's rules approved? Each change with its ticket, or listed without.

What changed is what the newest reading shows against the last one from before the month: rules
added, removed, and set otherwise; and rules that stand in another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import timedelta

from checks._rule import RULES, Answer, listed, rule_observed, summed_up
from checks._tickets import TICKETS, Held, Tickets, compiled
from checks.rule_has_owner import TICKET_PATTERNS
from evidence.clock import month_bounds, taipei_day
from evidence.device import Device
from evidence.facts import FirewallRule
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.text import Text

CHECK = "rules_changed_are_approved"
FINE = Text("are as they were, or changed with an approved ticket", "未變動，或變動均經核准")
# Where a rule stands and what is only told about it is no setting of its own.
_NOT_SET = frozenset(
    (
        *("subject_unit", "key", "position", "vendor_id", "comment", "text", "created_at"),
        *("modified_at", "match_digest", "counted", "implicit", "owner", "policy", "context"),
    )
)
_SET = tuple(one.name for one in fields(FirewallRule) if one.name not in _NOT_SET)


def check(
    readings: Readings,
    *,
    ticket_patterns: Sequence[str] = TICKET_PATTERNS,
    approved_within_days: int = 90,
) -> Iterator[Observation]:
    """`approved_within_days`: how long before the month an approval may be to stand for its
    changes."""
    yield from unread(readings, "firewall", CHECK, RULES)
    yield from unread(readings, "tickets", CHECK, TICKETS)
    known, patterns = Tickets.of(readings), compiled(ticket_patterns)
    start = month_bounds(readings.period)[0]
    first_day = taipei_day(start) - timedelta(days=approved_within_days)
    now: dict[str, dict[str, HeldRule]] = {}
    for held in held_rules(readings):
        now.setdefault(held.group, {})[held.rule.key] = held
    for group, devices in readings.groups().items():
        rules = now.get(group, {})
        then = _newest(readings.before(device.id, "firewall", start) for device in devices)
        if not rules:
            continue
        if then is None:
            yield _no_reading_before(readings, group, next(iter(rules.values())))
            continue
        before = {rule.key: rule for rule in then.of(FirewallRule)}
        bad = 0
        for held, kind in _changes(group, devices[0], before, rules, then):
            tickets = [
                one
                for one in known.about(held, patterns)
                if one.approved and (one.ticket.approved_on or first_day) >= first_day
            ]
            if not tickets:
                bad += 1
                yield rule_observed(CHECK, readings, held, _unapproved(kind, then.digest))
            else:
                yield rule_observed(CHECK, readings, held, _approved(kind, tickets, then.digest))
        if len(rules) > bad:
            some = rules.values()
            yield summed_up(CHECK, readings, group, some, len(rules) - bad, FINE)
        yield from _order(readings, group, before, rules, then)


def _newest(found: Iterable[Reading | None]) -> Reading | None:
    return max((one for one in found if one is not None), key=lambda one: one.at, default=None)


def _changes(
    group: str,
    device: Device,
    before: Mapping[str, FirewallRule],
    now: Mapping[str, HeldRule],
    then: Reading,
) -> Iterator[tuple[HeldRule, Text]]:
    """Each rule that was added, removed or set otherwise, and in which way."""
    for key, held in now.items():
        old = before.get(key)
        if old is None:
            yield held, Text("added", "新增")
        elif other := [name for name in _SET if getattr(old, name) != getattr(held.rule, name)]:
            words = listed(other)
            yield held, Text(f"changed: {words.en}", f"變更：{words.zh}")
    for key, old in before.items():
        if key not in now:
            held = HeldRule(group, device, then.digest, old, frozenset(), frozenset())
            yield held, Text("removed", "移除")


def _unapproved(kind: Text, evidence: str) -> Answer:
    said = Text(f"{kind.en}; no approved ticket", f"{kind.zh}，查無核准單號")
    return Answer(Result.not_satisfied, "change_unapproved", said, {"change": kind.en}, (evidence,))


def _approved(kind: Text, tickets: Sequence[Held], evidence: str) -> Answer:
    numbers = listed(one.ticket.ticket_id for one in tickets)
    said = Text(f"{kind.en}; approved by {numbers.en}", f"{kind.zh}，核准單號 {numbers.zh}")
    measures = {"change": kind.en, "tickets": [one.ticket.ticket_id for one in tickets]}
    evidences = (evidence, *(one.evidence for one in tickets))
    return Answer(Result.satisfied, "change_approved", said, measures, evidences)


def _order(
    readings: Readings,
    group: str,
    before: Mapping[str, FirewallRule],
    now: Mapping[str, HeldRule],
    then: Reading,
) -> Iterator[Observation]:
    """One observation where rules that are still there stand in another order."""
    was = [key for key in sorted(before, key=lambda one: _place(before[one])) if key in now]
    is_ = [key for key in sorted(now, key=lambda one: _place(now[one].rule)) if key in before]
    moved = [now[key] for key, old in zip(is_, was, strict=True) if key != old]
    if not moved:
        return
    names = listed(one.rule.name or one.rule.key for one in moved)
    yield Observation(
        check=CHECK,
        device=moved[0].device.id,
        subject=f"{group}/order of rules",
        result=Result.partly,
        state="order_changed",
        description=Text(
            f"{group}: rules stand in another order than before the month: {names.en}",
            f"{group}：規則順序與上月不同：{names.zh}",
        ),
        at=readings.at,
        evidence=(moved[0].evidence, then.digest),
        measures={"moved": len(moved)},
        scope=(f"site:{moved[0].device.site}", "zone:?"),
    )


def _place(rule: FirewallRule) -> tuple[str, str, str, int]:
    return rule.context, rule.family, rule.policy, rule.position


def _no_reading_before(readings: Readings, group: str, held: HeldRule) -> Observation:
    return Observation(
        check=CHECK,
        device=held.device.id,
        subject=f"{group}/changes",
        result=Result.not_assessed,
        state="no_reading_before",
        description=Text(
            f"{group}: no reading from before the month, so its changes cannot be told",
            f"{group}：無上月讀取紀錄，無法比對本月變動",
        ),
        at=readings.at,
        evidence=(held.evidence,),
        scope=(f"site:{held.device.site}", "zone:?"),
    )
