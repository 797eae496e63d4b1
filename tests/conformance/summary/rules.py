"""Firewall rules and their counters, against other parsers or against the listing itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

from agent.platforms import Platform, platforms
from evidence.facts import FirewallRule, RuleUsage
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.recorded import Recorded, Set, Told
from tests.conformance.summary.score import Values
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


def _lines(pattern: str) -> Callable[[str], int]:
    """Rules of which each is a line of this form."""
    form = re.compile(pattern, re.MULTILINE)
    return lambda text: len(form.findall(text))


def _names(pattern: str) -> Callable[[str], int]:
    """Rules of several lines each, known by what the groups take out of a line."""
    form = re.compile(pattern, re.MULTILINE)
    return lambda text: len(set(form.findall(text)))


def _policies(text: str) -> int:
    """FortiOS: the numbers edited below `config firewall policy` and not deleted again."""
    held: set[str] = set()
    for block in re.findall(r"(?ms)^config firewall policy6?\s*$(.*?)^end\s*$", text):
        for verb, number in re.findall(r"(?m)^ *(edit|delete) (\d+)", block):
            held = held | {number} if verb == "edit" else held - {number}
    return len(held)


def _elements(text: str) -> int:
    """pfSense and OPNsense: the rules in the filter of a config.xml."""
    root = ElementTree.fromstring(re.sub(r"^<\?xml[^>]*\?>", "", text.lstrip("\ufeff \n")))
    return len(root.findall("./filter/rule"))


# An entry of a numbered list, as a configuration writes it.
_NUMBERED = r"^access-list \d+ (?:permit|deny)\b"
# How many rules a text holds, by the text alone. A line with a group is printed again for each
# of its members, and a rule of several lines is one.
_WRITTEN: dict[str, Callable[[str], int]] = {
    "iptables": _lines(r"^-A "),
    "cisco_asa": _lines(r"^access-list \S+ (?:line \d+ )?(?:\w+ )?(?:permit|deny)\b"),
    **dict.fromkeys(
        ("cisco_ios", "cisco_iosxe", "cisco_nxos"), _lines(rf"{ENTRY.pattern}|{_NUMBERED}")
    ),
    "vyatta_vyos": _names(r"^set firewall (?:ipv[46] )?(?:ipv6-)?name (\S+) rule (\d+)"),
    # A name stands in each vsys by itself.
    "paloalto_panos": _names(r"^set (.*?security rules (?:\"[^\"]+\"|\S+)) "),
    "juniper_junos": _names(
        r"^set security policies (from-zone \S+ to-zone \S+|global) policy (\S+)"
    ),
    "fortinet": _policies,
    "pfsense": _elements,
    "opnsense": _elements,
    "checkpoint_mgmt": _lines(r"^ *\"type\" *: *\"access-rule\""),
    "unifi": _lines(r"^ *\"dst_port\" *:"),
}
_COUNTED = {
    "cisco_asa": re.compile(r"(?m)^access-list \S+ line \d+ .*?\(hitcnt=(\d+)\)"),
    "nftables": re.compile(r"\bcounter packets (\d+)"),
}


def _read(one: Recorded) -> Told:
    """Read by the platform of the folder's name."""
    known = {
        name: platform
        for platform in platforms().values()
        for name in (platform.name, *platform.aliases)
    }
    named = _READ_AS.get(one.kind, one.kind)
    # A firewall's maker keeps what manages it in the same folder.
    if one.kind == "paloalto_panos" and re.search(r"^set device-group ", one.text, re.MULTILINE):
        named = "panorama"
    platform = known.get(named)
    if platform is None or "firewall" not in platform.collectors:
        return Told({}, f"no platform reads the rules of {one.kind}")
    # Recordings were kept without their last line end, which every device sends.
    body = one.body if one.body.endswith(b"\n") else one.body + b"\n"
    answers = ((ask, body) for ask in _asks(platform, one))
    reading = read(platform.name, "firewall", *answers)
    if reading.failure:
        return Told({}, reading.failure.message)
    return Told(_ours(reading))


def _asks(platform: Platform, one: Recorded) -> tuple[str, ...]:
    """Under which asks the recording is delivered."""
    command = one.command.removeprefix("mgmt_cli/web_api ")
    texts = {text for ask in platform.asks for text in (ask.text, *ask.also, ask.name)}
    for said in (command, f"GET /{command}", command.partition(" (")[0]):
        if said in texts:
            return (said,)
    # Some parsers write the hyphens of a command as blanks.
    spaced = {re.sub("[-_]", " ", text): text for text in texts}
    if command in spaced:
        return (spaced[command],)
    if command in ("configuration", ""):
        return _CONFIGURED.get(one.kind, (_ASKS.get(one.kind, command),))
    return (_ASKS.get(one.kind, command),)


def _wanted(one: Recorded) -> Values:
    """Counters as another parser has them or the listing itself, and how many rules there are."""
    kind, text = one.kind, one.text
    theirs = _PARSED[kind](one.case, text) if kind in _PARSED else {}
    if any(theirs.values()):
        return theirs
    if kind not in _WRITTEN:
        theirs = _rules_of_a_stranger(one.case)
    found = {name: list(values) for name, values in theirs.items()}
    text = OTHER_KIND.sub("", text) if kind.startswith("cisco") else text
    if kind in _WRITTEN and (count := _WRITTEN[kind](text)):
        found["rules"] = [str(count)]
        if kind in ("iptables", "cisco_ios", "cisco_iosxe", "cisco_nxos"):
            found["counters"] = [first or second for first, second in COUNT.findall(text)]
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


def _rules_of_a_stranger(case: Mapping[str, Any]) -> Values:
    """Another parser's rows, if they look like rules: how many, and what they do."""
    rows = case.get("parsed")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return {}
    actions = [str(row["action"]) for row in rows if row.get("action")]
    return {"rules": [str(len(actions))], "actions": actions} if actions else {}


def _chains(case: Mapping[str, Any], text: str) -> Values:
    """jc's chains: how many rules, and their packets where it has them."""
    if not isinstance(case.get("parsed"), list):
        return {}
    rules = [rule for chain in case["parsed"] for rule in chain["rules"]]
    packets = [str(one["pkts"]) for one in rules if "pkts" in one]
    return {"rules": [str(len(rules))], "counters": packets}


def _ufw(case: Mapping[str, Any], text: str) -> Values:
    parsed = case.get("parsed")
    rules = parsed.get("rules") if isinstance(parsed, dict) else None
    return {"rules": [str(len(rules))]} if rules else {}


def _metrics(case: Mapping[str, Any], text: str) -> Values:
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


def _rows(case: Mapping[str, Any], text: str) -> Values:
    """ntc-templates' rows of a policy: names and actions."""
    rows = case.get("parsed")
    if not isinstance(rows, list) or case["command"] != "show running security-policy":
        return {}
    return {
        "rules": [str(len([row for row in rows if not row.get("type")]))],
        "names": [str(row["name"]).strip('"') for row in rows if row.get("name")],
        "actions": [str(row["action"]) for row in rows if row["action"]],
    }


def _commands(case: Mapping[str, Any], text: str) -> Values:
    """VyOS' own migration of an old configuration: its rules, in the syntax of today."""
    parsed = case.get("parsed")
    commands = parsed.get("migrated_set_commands", ()) if isinstance(parsed, dict) else ()
    count = _WRITTEN["vyatta_vyos"]("\n".join(commands))
    return {"rules": [str(count)]} if count else {}


def _hits(case: Mapping[str, Any], text: str) -> Values:
    return {"counters": re.findall(r'"policy_hit_count": "(\d+)"', json.dumps(case.get("parsed")))}


_PARSED: dict[str, Callable[[Mapping[str, Any], str], Values]] = {
    "iptables": _chains,
    "ufw": _ufw,
    "fortinet": _metrics,
    "paloalto_panos": _rows,
    "juniper_junos": _hits,
    "vyatta_vyos": _commands,
}


BY_PLATFORM = Set(_wanted, _read)
