"""Firewall rules and their counters, against other parsers or against the listing itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from agent.platforms import Platform, platforms
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.score import Sample, Values, expected, recordings
from tests.conformance.test_access_lists import COUNT, ENTRY, OTHER_KIND

# Folders that are named after a listing, and not after a platform.
_READ_AS = {
    "iptables": "linux",
    "nftables": "linux",
    "ufw": "linux",
    "checkpoint_mgmt": "checkpoint",
    "vyatta_vyos": "vyos",
}
# The ask that a listing without a command of its own answers.
_ASKS = {
    "iptables": "iptables -L",
    "nftables": "nft list ruleset",
    "ufw": "ufw status",
    "cisco_ios": "show ip access-lists",
    "cisco_iosxe": "show ip access-lists",
    "cisco_nxos": "show access-lists",
    "cisco_asa": "show access-list",
    "opnsense": "config.xml",
    "pfsense": "config.xml",
}
_CONFIGURED = {
    "iptables": ("iptables-save",),
    "cisco_asa": ("show running-config",),
    "vyatta_vyos": ("configuration",),
    "juniper_junos": ("policies", "zones", "address_book", "applications", "filters", "interfaces"),
}
# What a rule looks like in a listing. A line with a group is printed again for each of its members.
_WRITTEN = {
    "iptables": re.compile(r"(?m)^-A "),
    "cisco_asa": re.compile(r"(?m)^access-list \S+ (?:line \d+ )?(?:\w+ )?(?:permit|deny)\b"),
    **dict.fromkeys(("cisco_ios", "cisco_iosxe", "cisco_nxos"), ENTRY),
}
_COUNTED = {
    "cisco_asa": re.compile(r"(?m)^access-list \S+ line \d+ .*?\(hitcnt=(\d+)\)"),
    "nftables": re.compile(r"\bcounter packets (\d+)"),
}


def by_platform(folder: Path) -> Iterator[Sample]:
    """A platform's folder of `firewall`, read by that platform."""
    known = {name: one for one in platforms().values() for name in (one.name, *one.aliases)}
    one = known.get(_READ_AS.get(folder.name, folder.name))
    cases = expected(folder)
    for name, paths in recordings(folder).items():
        case = cases.get(name, {})
        if one is None or "firewall" not in one.collectors:
            yield Sample(name, refused=f"no platform reads the rules of {folder.name}")
            continue
        body = paths[0].read_bytes()
        reading = read(one.name, "firewall", *((ask, body) for ask in _asks(one, folder, case)))
        yield Sample(
            name,
            _wanted(folder.name, case, body.decode("utf-8", "replace"), reading),
            _ours(reading),
            reading.failure.message if reading.failure else None,
        )


def _asks(one: Platform, folder: Path, case: dict[str, Any]) -> tuple[str, ...]:
    """Under which asks the recording is delivered."""
    command = str(case.get("command", ""))
    texts = {text for ask in one.asks for text in (ask.text, *ask.also, ask.name)}
    for said in (command, f"GET /{command}", command.partition(" (")[0]):
        if said in texts:
            return (said,)
    # Some parsers write the hyphens of a command as blanks.
    spaced = {re.sub("[-_]", " ", text): text for text in texts}
    if command in spaced:
        return (spaced[command],)
    if command in ("configuration", ""):
        return _CONFIGURED.get(folder.name, (_ASKS.get(folder.name, command),))
    return (_ASKS.get(folder.name, command),)


def _wanted(kind: str, case: dict[str, Any], text: str, reading: Reading) -> Values:
    """Counters as the listing itself or another parser has them, and how many rules there are."""
    theirs = _PARSED.get(kind, _nothing)(case, text)
    if theirs or reading.failure is not None:
        return theirs
    found: dict[str, list[str]] = {}
    text = OTHER_KIND.sub("", text) if kind.startswith("cisco") else text
    if kind in _WRITTEN:
        entries = _WRITTEN[kind].findall(text)
        found["rules"] = [str(len(entries))]
        if kind != "cisco_asa":
            counts = [COUNT.search(str(entry)) for entry in entries]
            found["counters"] = [one[1] or one[2] for one in counts if one]
    if kind in _COUNTED:
        # The counters of a set's elements are those of no rule.
        found["counters"] = _COUNTED[kind].findall(re.sub(r"\{[^{}]*\}", "", text))
    return found


def _ours(reading: Reading) -> Values:
    written = [one for one in reading.of(FirewallRule) if not one.implicit]
    counts = [one.count for one in reading.of(RuleUsage) if one.count is not None]
    sizes = [one.size_bytes for one in reading.of(RuleUsage) if one.size_bytes is not None]
    return {
        "rules": [str(len(written))],
        "counters": [str(one) for one in counts],
        "bytes": [str(one) for one in sizes],
        "names": [one.name or one.policy for one in reading.of(FirewallRule)],
        "actions": [one.action for one in reading.of(FirewallRule)],
    }


def _nothing(case: dict[str, Any], text: str) -> Values:
    return {}


def _chains(case: dict[str, Any], text: str) -> Values:
    """jc's chains: how many rules, and their packets where it has them."""
    if not isinstance(case.get("parsed"), list):
        return {}
    rules = [rule for chain in case["parsed"] for rule in chain["rules"]]
    packets = [str(one["pkts"]) for one in rules if "pkts" in one]
    return {"rules": [str(len(rules))], "counters": packets}


def _ufw(case: dict[str, Any], text: str) -> Values:
    parsed = case.get("parsed")
    rules = parsed.get("rules") if isinstance(parsed, dict) else None
    return {"rules": [str(len(rules))]} if rules else {}


def _metrics(case: dict[str, Any], text: str) -> Values:
    """What the exporter prints of policies; of the implicit denial it prints 0 that nobody told."""
    parsed = case.get("parsed")
    said = str(parsed["prometheus_text"][0]) if isinstance(parsed, dict) else ""
    protocol = 'protocol="ipv6"' if "policy6" in str(case.get("command")) else 'protocol="ipv4"'
    sent = "policyid" in text and "hit_count" in text
    found: dict[str, list[str]] = {"counters": [], "bytes": []}
    for metric, labels, value in re.findall(r"fortigate_policy_(\w+)\{([^}]*)\} (\S+)", said):
        number = str(int(float(value)))
        if sent and protocol in labels and 'id="0"' not in labels:
            if metric == "hit_count_total":
                found["counters"].append(number)
            elif metric == "bytes_total":
                found["bytes"].append(number)
    return found


def _rows(case: dict[str, Any], text: str) -> Values:
    """ntc-templates' rows of a policy: names and actions."""
    rows = case.get("parsed")
    if not isinstance(rows, list) or case["command"] != "show running security-policy":
        return {}
    return {
        "rules": [str(len([row for row in rows if not row.get("type")]))],
        "names": [str(row["name"]).strip('"') for row in rows if row.get("name")],
        "actions": [str(row["action"]) for row in rows if row["action"]],
    }


def _hits(case: dict[str, Any], text: str) -> Values:
    return {"counters": re.findall(r'"policy_hit_count": "(\d+)"', json.dumps(case.get("parsed")))}


_PARSED: dict[str, Callable[[dict[str, Any], str], Values]] = {
    "iptables": _chains,
    "ufw": _ufw,
    "fortinet": _metrics,
    "paloalto_panos": _rows,
    "juniper_junos": _hits,
}
