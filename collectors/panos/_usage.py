"""What the counters said: `show rule-hit-count`, one answer a vsys.

A counter belongs to a rule's *name*. It outlives reboots and upgrades; `clear rule-hit-count`
zeroes it, of one rule or all, and leaves its time; a rename zeroes it and leaves none, but is
an edit, and edits leave theirs. So the counter surely runs since the latest of reset, creation
and edit, and that is what is told as its reset: an edit that was no rename costs the proof the
time since the reading before it, and nothing else. A name of its own as reset domain shows a
rename as another counter, while the rule's key, its UUID, stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from xml.etree.ElementTree import Element

from collectors._managed.apart import apart
from collectors.panos._answer import epoch, number, result, text, who
from collectors.panos._rules import DEFAULTS
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, FirewallRule, RuleUsage


def counted(capture: Capture, vsys: str) -> dict[str, Element]:
    """The counters of a vsys by rule name. Raises Unexpected for another answer's form."""
    found = result(capture)
    path = f"rule-hit-count/vsys/entry[@name='{vsys}']/rule-base/entry[@name='security']/rules"
    rules = None if found is None else found.find(path)
    if rules is None:
        raise Unexpected(f"{who(capture)}: no counters of {shown(vsys)} in the answer")
    return {entry.get("name", ""): entry for entry in rules.findall("entry")}


def facts(rules: Iterable[FirewallRule], capture: Capture | None, vsys: str) -> Iterator[Fact]:
    """The rules of one vsys with their times, then their counters, where any are told.

    Raises Incomplete where a rule is counted that is in no list: then the lists are not all.
    """
    rules = list(apart(rules, vsys))
    if capture is None:
        yield from rules
        return
    counters = counted(capture, vsys)
    names = Counter(rule.name for rule in rules)
    if missing := [name for name in counters if name not in names and name not in DEFAULTS]:
        raise Incomplete(
            f"{who(capture)}: {len(missing)} counted rules of {vsys} are in no rule list, "
            f"the first {shown(missing[0])!r}",
            next_step="let the account read the policy that Panorama pushed, or read again if "
            "rules were just being changed",
        )
    usages = []
    for rule in rules:
        entry = counters.get(rule.name or "")
        if entry is None:
            yield replace(rule, counted=False)
            continue
        usage = _usage(rule, entry, capture.answered_at, shared=names[rule.name] > 1)
        usages.append(usage)
        yield replace(
            rule,
            counted=usage.count is not None,
            created_at=epoch(entry, "rule-creation-timestamp"),
            modified_at=epoch(entry, "rule-modification-timestamp"),
        )
    yield from usages


def _usage(rule: FirewallRule, entry: Element, read_at: datetime, shared: bool) -> RuleUsage:
    """The counter of a rule. `shared`: two rules of one name, whose hits cannot be told apart."""
    count = None if shared else number(entry, "hit-count")
    # `latest` no: the figures are older than the rule in force. They still show traffic.
    sure = count is not None and text(entry, "latest") != "no"
    return RuleUsage(
        key=rule.key,
        reset_domain=f"{rule.context}/security/{rule.name}",
        count=count,
        count_unit="sessions",
        first_hit_at=epoch(entry, "first-hit-timestamp"),
        last_hit_at=epoch(entry, "last-hit-timestamp"),
        counter_reset_at=None if shared else _runs_since(rule, entry),
        persistent=True,
        counting="on" if sure else "unknown",
        read_at=read_at,
    )


def _runs_since(rule: FirewallRule, entry: Element) -> datetime | None:
    """The latest moment at which the counter can have begun; None where an edit is not told."""
    reset_at = epoch(entry, "last-reset-timestamp")
    edited_at = epoch(entry, "rule-modification-timestamp")
    created_at = epoch(entry, "rule-creation-timestamp")
    if rule.implicit:  # has its name for ever
        return reset_at or created_at
    if edited_at is None or created_at is None:
        return None
    return max(filter(None, (reset_at, created_at, edited_at)))
