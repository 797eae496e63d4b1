"""Is every change of the month's rules approved? Each change with its ticket, or listed without.

What changed is what the newest reading shows against the last one from before the month: rules
added, removed, and set otherwise; and rules that stand in another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from checks._rule import RULES, Answer, listed, rule_observed, summed_up
from checks.rule_has_owner import TICKET_PATTERNS
from evidence.changes import Change, changes
from evidence.clock import month_bounds, taipei_day
from evidence.device import Device
from evidence.facts import FirewallRule
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.text import Text
from evidence.tickets import TICKETS, Held, Tickets, compiled

CHECK = "rules_changed_are_approved"
FINE = Text("are as they were, or changed with an approved ticket", "未變動，或變動均經核准")
# What is only told about a rule, and changes nothing that it does.
_ONLY_TOLD = frozenset(
    ("key", "vendor_id", "comment", "text", "created_at", "modified_at", "counted", "owner")
)
_KINDS = {
    "added": Text("added", "新增"),
    "removed": Text("removed", "移除"),
    "changed": Text("changed", "變更"),
}


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
        bad, moved = 0, list[HeldRule]()
        for change, held in _changes(group, devices[0], then, rules):
            if change.kind == "moved":
                moved.append(held)
                continue
            tickets = [
                one
                for one in known.about(held, patterns)
                if one.approved and (one.ticket.approved_on or first_day) >= first_day
            ]
            bad += not tickets
            yield rule_observed(CHECK, readings, held, _answer(change, tickets, then.digest))
        if moved:
            yield _order(readings, group, moved, then.digest)
        if len(rules) > bad:
            some = rules.values()
            yield summed_up(CHECK, readings, group, some, len(rules) - bad, FINE)


def _newest(found: Iterable[Reading | None]) -> Reading | None:
    return max((one for one in found if one is not None), key=lambda one: one.at, default=None)


def _changes(
    group: str, device: Device, then: Reading, now: Mapping[str, HeldRule]
) -> Iterator[tuple[Change, HeldRule]]:
    """Each change with its rule. The units of a pair hold the same rules, so whose they are is
    left out."""
    old = {rule.key: replace(rule, subject_unit=None) for rule in then.of(FirewallRule)}
    new = [replace(held.rule, subject_unit=None) for held in now.values()]
    before = replace(then, facts=tuple(old.values()))
    for change in changes(before, replace(then, facts=tuple(new))):
        fields = {name for name, _, _ in change.fields}
        if change.kind == "changed" and fields <= _ONLY_TOLD:
            continue
        held = now.get(change.key) or HeldRule(
            group, device, then.digest, old[change.key], frozenset(), frozenset()
        )
        yield change, held


def _answer(change: Change, tickets: Sequence[Held], evidence: str) -> Answer:
    kind = _KINDS[change.kind]
    if change.kind == "changed":
        fields = listed(name for name, _, _ in change.fields if name not in _ONLY_TOLD)
        kind = Text(f"{kind.en}: {fields.en}", f"{kind.zh}：{fields.zh}")
    ids = [one.ticket.ticket_id for one in tickets]
    measures = {"change": change.record(), "tickets": ids}
    if not tickets:
        said = Text(f"{kind.en}; no approved ticket", f"{kind.zh}，查無核准單號")
        return Answer(Result.not_satisfied, "change_unapproved", said, measures, (evidence,))
    numbers = listed(ids)
    said = Text(f"{kind.en}; approved by {numbers.en}", f"{kind.zh}，核准單號 {numbers.zh}")
    evidences = (evidence, *(one.evidence for one in tickets))
    return Answer(Result.satisfied, "change_approved", said, measures, evidences)


def _order(readings: Readings, group: str, moved: Sequence[HeldRule], evidence: str) -> Observation:
    """One observation where rules that are still there stand in another order."""
    names = listed(one.label for one in moved)
    return Observation(
        check=CHECK,
        device=moved[0].device.id,
        subject=f"{group}/order of rules",
        result=Result.partly,
        state="order_changed",
        description=Text(
            f"{group}: moved since before the month: {names.en}",
            f"{group}：規則順序較上月變動：{names.zh}",
        ),
        at=readings.at,
        evidence=(moved[0].evidence, evidence),
        measures={"moved": len(moved)},
        scope=(f"site:{moved[0].device.site}", "zone:?"),
    )


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
