"""VyOS as others recorded it: configurations of the old syntax and the new. No counter is there."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import FirewallRule, HardwareItem, SoftwareRelease, Unit
from tests.by_hand import read

ASIDE: dict[str, Any] = {"match_digest": "", "comment": None}


def folder(conformance: Path) -> Path:
    return conformance / "firewall" / "vyatta_vyos"


def numbered(text: str) -> set[tuple[str, str, str]]:
    """Family, list and number of every rule in a configuration."""
    found = re.findall(r"^set firewall (ipv[46]|)\s?(name|ipv6-name) (\S+) rule (\d+)", text, re.M)
    return {
        ("ip6" if "6" in family + kind else "ip", name, number)
        for family, kind, name, number in found
    }


def told(rules: list[FirewallRule]) -> set[tuple[str, str, str]]:
    return {(one.family, one.policy, one.vendor_id or "") for one in rules if not one.implicit}


def test_the_old_syntax_is_read(conformance: Path) -> None:
    body = (folder(conformance) / "ansible-vyos_vyos_firewall_rules_config.cfg").read_bytes()
    reading = read("vyos", "firewall", ("configuration", body))
    assert reading.failure is None, reading.failure
    rules = reading.of(FirewallRule)
    assert told(rules) == numbered(body.decode())
    by_key = {one.key: one for one in rules}
    assert by_key["ip/V4-INGRESS/101"].conditions == (
        "fragment match-frag",
        "ipsec match-ipsec",
        "applied nowhere",
    )
    assert not by_key["ip/V4-INGRESS/101"].enabled
    assert by_key["ip6/EGRESS/20"].not_understood == ("action",), "it says no action"
    assert by_key["ip/EGRESS/default"].permits is False
    assert by_key["ip/V4-INGRESS/default"].logged is True


@pytest.mark.parametrize("name", ["vyos1x_bgp-big-as-cloud", "vyos1x_dialup-router-wireguard-ipv6"])
def test_every_rule_of_the_new_syntax_is_read(conformance: Path, name: str) -> None:
    expected = json.loads((folder(conformance) / "expected.json").read_text("utf-8"))
    lines = expected[name]["parsed"]["migrated_set_commands"]
    text = "".join(f"{line}\n" for line in lines)
    reading = read("vyos", "firewall", ("configuration", text.encode()))
    assert reading.failure is None, reading.failure
    rules = reading.of(FirewallRule)
    assert told(rules) == numbered(text)
    assert all(one.counted is None for one in rules), "no counter was asked: it is not known"
    assert [one.not_understood for one in rules if one.not_understood] == []
    between = re.findall(r"zone (\S+) from (\S+) firewall (?:ipv6-)?name '?([^'\n]+)'?", text)
    zones = {(one.policy, where, to) for one in rules for where in one.source_zones
             for to in one.destination_zones}  # fmt: skip
    lists = {one.policy for one in rules}
    assert {(held, where, to) for to, where, held in between if held in lists} <= zones
    groups = set(re.findall(r"rule \d+ source group (\S+-group '[^']+)'", text))
    assert groups
    assert not any("-group " in value for one in rules for value in one.sources), "all are resolved"


@pytest.mark.parametrize("name", ["vyos1x_bgp-big-as-cloud", "vyos1x_dialup-router-wireguard-ipv6"])
def test_braces_tell_what_the_same_configuration_as_commands_tells(
    conformance: Path, name: str
) -> None:
    """The commands are those of a later release: it gives back what a list of zones accepts."""
    expected = json.loads((folder(conformance) / "expected.json").read_text("utf-8"))
    lines = expected[name]["parsed"]["migrated_set_commands"]
    commands = "".join(f"{line}\n" for line in lines).encode()
    kept = (folder(conformance) / f"{name}.cfg").read_bytes()
    braces, set_ = (
        {one.key: one for one in read("vyos", "firewall", ("configuration", body)).of(FirewallRule)}
        for body in (kept, commands)
    )
    assert braces.keys() == set_.keys()
    assert braces
    for key, one in braces.items():
        later = set_[key]
        assert later.action in (one.action, "return")
        assert later.permits in ((one.permits,) if later.action == one.action else (True, None))
        same: dict[str, Any] = {"action": later.action, "permits": later.permits}
        assert replace(one, **same, **ASIDE) == replace(later, **ASIDE)


def test_a_release_of_before_is_read(conformance: Path) -> None:
    body = (folder(conformance) / "ansible-vyos_show_version.cfg").read_bytes()
    reading = read("vyos", "firmware", ("version", body))
    assert reading.failure is None, reading.failure
    (release,), (item,), (unit,) = (
        reading.of(SoftwareRelease),
        reading.of(HardwareItem),
        reading.of(Unit),
    )
    assert (release.version, release.train, release.build) == ("1.1.7", "1.1", "1602170957-4459750")
    assert item.virtual and item.model == "VMware Virtual Platform"
    assert unit.uptime_s == (52 * 24 + 2) * 3600 + 13 * 60
