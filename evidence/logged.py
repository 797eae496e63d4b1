"""Which held rule a delivered traffic log speaks of, by the names the log has for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence.facts import FirewallRule, LoggedTraffic, TrafficLog
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.usage.logged import Logged

SUBJECT = "traffic_log"
# A rule of nftables or iptables is told in the kernel's log by the prefix it writes.
_PREFIX = re.compile(r"log(?:-| )prefix +\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Logs:
    """The delivered logs of a group. `by_rule`: by rule key. `unknown`: names of rules that none
    is called by, or several are."""

    readings: tuple[Reading, ...]
    by_rule: Mapping[str, tuple[Logged, ...]]
    unknown: tuple[str, ...]


def logs_of(readings: Readings, group: str, rules: Iterable[FirewallRule]) -> Logs:
    """What all logs delivered for a group's devices up to now say of these rules."""
    return told_by(tuple(_delivered(readings, group)), rules)


def told_by(found: tuple[Reading, ...], rules: Iterable[FirewallRule]) -> Logs:
    """What these delivered logs say of these rules."""
    if not found:
        return Logs((), {}, ())
    called = _called(rules)
    by_rule: dict[str, list[Logged]] = {}
    unknown: dict[str, None] = {}
    for reading in found:
        forms = {one.form for one in reading.of(TrafficLog)}
        for told in reading.of(LoggedTraffic):
            rule = _meant(called, told)
            if rule is None:
                unknown[told.rule[0]] = None
                continue
            form = "/".join(sorted(forms))
            one = Logged(told.first_at, told.last_at, told.entries, form, reading.digest)
            by_rule.setdefault(rule.key, []).append(one)
    return Logs(found, {key: tuple(logs) for key, logs in by_rule.items()}, tuple(unknown))


def _delivered(readings: Readings, group: str) -> Iterator[Reading]:
    """Each delivery once, oldest first: a later one tells of another time, and replaces none."""
    for device in readings.devices.values():
        if group not in (device.ha_group, device.id):
            continue
        newest = [one for one in readings.all if one.device == device.id]
        every = [*readings.earlier(device.id, SUBJECT), *newest]
        good = {one.digest: one for one in every if one.subject == SUBJECT and one.failure is None}
        yield from sorted(good.values(), key=lambda one: one.at)


def _called(rules: Iterable[FirewallRule]) -> Mapping[str, Sequence[FirewallRule]]:
    """The rules by every name a log may have for them."""
    called: dict[str, list[FirewallRule]] = {}
    for rule in rules:
        names = (rule.vendor_id, rule.name, rule.key, rule.key.rpartition("/")[2])
        prefixes = _PREFIX.findall(rule.text or "")
        for name in {_plain(one) for one in (*names, *prefixes) if one}:
            called.setdefault(name, []).append(rule)
    return called


def _meant(
    called: Mapping[str, Sequence[FirewallRule]], told: LoggedTraffic
) -> FirewallRule | None:
    """The one rule that is meant: by its surest name first; None where it is none, or not one."""
    for name in told.rule:
        fitting = [
            rule
            for rule in called.get(_plain(name), ())
            if told.context in ("", rule.context) or rule.context == ""
            if not told.policy or rule.policy in ("", told.policy)
        ]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None


def _plain(name: str) -> str:
    return name.strip().casefold().removeprefix("0x")
