"""Did every rule that logged go on logging: was logging switched off on none since last month?

A rule without a log leaves nothing to look up when something happened, and nobody sees that it was
switched off: so it is a finding of its own, beside that the change was approved or not. Compared is
the newest reading with the last one from before the month.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from checks._rule import RULES, Answer, lets_in, rule_observed, summed_up
from evidence.changes import changes
from evidence.clock import month_bounds, stamp
from evidence.facts import FirewallRule
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import HeldRule, held_rules, unread
from evidence.text import Text

CHECK = "logging_runs_on"
FINE = Text("log as they did before the month", "之紀錄設定與上月相同")


def check(readings: Readings) -> Iterator[Observation]:
    """One observation for each rule whose logging was switched off, and the others counted."""
    yield from unread(readings, "firewall", CHECK, RULES)
    start = month_bounds(readings.period)[0]
    now: dict[str, dict[str, HeldRule]] = {}
    for held in held_rules(readings):
        now.setdefault(held.group, {})[held.rule.key] = held
    for group, devices in readings.groups().items():
        rules = now.get(group, {})
        then = _newest(readings.before(device.id, "firewall", start) for device in devices)
        if not rules or then is None:
            continue  # rules_changed_are_approved says that nothing can be compared
        off = list(_switched_off(then, rules))
        for held in off:
            yield rule_observed(CHECK, readings, held, _answer(held, then))
        asked = [held for held in rules.values() if lets_in(held)]
        if good := len(asked) - sum(map(lets_in, off)):
            yield summed_up(CHECK, readings, group, asked, good, FINE)


def _newest(found: Iterable[Reading | None]) -> Reading | None:
    return max((one for one in found if one is not None), key=lambda one: one.at, default=None)


def _switched_off(then: Reading, now: Mapping[str, HeldRule]) -> Iterator[HeldRule]:
    """The rules that logged, are still in force and do not log now; a rename is the same rule."""
    old = [replace(rule, subject_unit=None) for rule in then.of(FirewallRule)]
    new = [replace(held.rule, subject_unit=None) for held in now.values()]
    for change in changes(replace(then, facts=tuple(old)), replace(then, facts=tuple(new))):
        if change.kind == "changed" and ("logged", True, False) in change.fields:
            held = now[change.key]
            if held.rule.enabled and not held.rule.implicit:
                yield held


def _answer(held: HeldRule, then: Reading) -> Answer:
    said = Text(
        f"logged on {then.at:%Y-%m-%d}, and does not log now",
        f"{then.at:%Y-%m-%d} 尚留存紀錄，現已關閉",
    )
    measures = {"logged_at": stamp(then.at), "logged": False}
    return Answer(Result.partly, "logging_switched_off", said, measures, (then.digest,))
