"""What Panorama tells of hits: a rule's state over all firewalls, and each firewall's own count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from xml.etree.ElementTree import Element

from collectors.panorama._groups import Firewall
from collectors.panos._answer import epoch, number, text
from evidence.facts import FirewallRule, RuleUsage


def entries(node: Element | None) -> Iterator[tuple[str, Element]]:
    """The rules of an answer by name, wherever their place stands in it."""
    for rules in () if node is None else node.iter("rules"):
        for entry in rules.findall("entry"):
            yield entry.get("name", ""), entry


def usage(rule: FirewallRule, entry: Element, one: Firewall) -> RuleUsage | None:
    """What a firewall sent of a rule; None where the answer does not part it by firewalls.

    No answer says when it was sent: so it founds no claim, and shows traffic.
    """
    for device in entry.findall("device-vsys/entry"):
        if device.get("name", "").split("/")[-2:] == [one.serial, one.vsys]:
            count = number(device, "hit-count")
            stale = text(device, "latest") == "no" or one.in_sync is False
            return RuleUsage(
                subject_unit=one.unit,
                key=rule.key,
                reset_domain=f"{rule.context}/security/{rule.name}",
                count=count,
                count_unit="sessions",
                first_hit_at=epoch(device, "first-hit-timestamp"),
                last_hit_at=epoch(device, "last-hit-timestamp"),
                counter_reset_at=epoch(device, "last-reset-timestamp"),
                persistent=True,
                counting="unknown" if stale or count is None else "on",
                source="manager",
            )
    return None


def with_state(
    rule: FirewallRule, entry: Element | None, counted: RuleUsage | None, one: Firewall
) -> FirewallRule:
    """The rule with its times, and in its text what Panorama says of it beside."""
    state = text(entry, "rule-state")
    told = [
        rule.text,
        f"Panorama: {state}" if state else None,
        "this firewall has an older policy" if one.in_sync is False else None,
    ]
    return replace(
        rule,
        created_at=None if entry is None else epoch(entry, "rule-creation-timestamp"),
        modified_at=None if entry is None else epoch(entry, "rule-modification-timestamp"),
        counted=None if counted is None else counted.count is not None,
        text="; ".join(filter(None, told)) or None,
    )
