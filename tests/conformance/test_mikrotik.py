"""RouterOS as others recorded it: NAT rules, the resource, the board. No counter is recorded."""

import json
from pathlib import Path

import pytest

from evidence.facts import FirewallRule, HardwareItem, RuleUsage, SoftwareRelease, Unit
from tests.by_hand import read

FILTER = b"Flags: X - disabled, I - invalid, D - dynamic \n 0    chain=forward action=drop \n"


def folder(conformance: Path, kind: str = "firewall") -> Path:
    return conformance / kind / "mikrotik_routeros"


def test_every_nat_rule_is_read_as_another_parser_reads_it(conformance: Path) -> None:
    name = "ntc_mikrotik_routeros_ip_firewall_nat_print_all_without-paging"
    body = (folder(conformance) / f"{name}.raw").read_bytes()
    wanted = json.loads((folder(conformance) / "expected.json").read_text("utf-8"))[name]["parsed"]
    reading = read("mikrotik", "firewall", ("ip_filter", FILTER), ("ip_nat", body))
    assert reading.failure is None, reading.failure
    rules = [one for one in reading.of(FirewallRule) if one.context == "nat"]
    assert len(rules) == len(wanted)
    for rule, theirs in zip(rules, wanted, strict=True):
        assert (rule.policy, rule.action) == (theirs["chain"], theirs["action"])
        assert (rule.comment or "") == theirs["comment"]
        assert rule.enabled == ("X" not in theirs["flags"])
        source = theirs["src_address"] or theirs["src_address_list"] or "any"
        assert ("!" if rule.sources_negated else "") + rule.sources[0] == source
        target = theirs["dst_address"] or theirs["dst_address_list"] or "any"
        assert ("!" if rule.destinations_negated else "") + rule.destinations[0] == target
        assert rule.not_understood == ()
    assert [one for one in reading.of(RuleUsage) if one.key.startswith("nat/")] == []
    assert all(rule.counted is None for rule in rules), "no counter was asked: it is not known"


@pytest.mark.parametrize(
    ("kind", "name", "version", "uptime_s"),
    [
        ("firewall", "community-routeros_system_resource_print", None, None),
        ("firewall", "community-routeros_system_resource_print_without-paging", "6.42.5", 12532),
        ("show_version", "mikrotik_routeros_system_resource_print_1", "6.48.6", 4103745),
        ("show_version", "mikrotik_routeros_system_resource_print_4", None, None),
    ],
)
def test_the_release_and_the_boot_are_read(
    conformance: Path, kind: str, name: str, version: str | None, uptime_s: int | None
) -> None:
    body = (folder(conformance, kind) / f"{name}.raw").read_bytes()
    reading = read("mikrotik", "firmware", ("resource", body))
    assert reading.failure is None, reading.failure
    (release,), (unit,) = reading.of(SoftwareRelease), reading.of(Unit)
    assert release.version and release.version.encode() in body
    assert unit.uptime_s
    assert version in (None, release.version)
    assert uptime_s in (None, unit.uptime_s)


@pytest.mark.parametrize(
    ("name", "model", "serial"),
    [
        ("mikrotik_routeros_system_routerboard_print2", "RBD53iG-5HacD2HnD", "HCQ08FX50J7"),
        ("mikrotik_routeros_system_routerboard_print", None, None),
    ],
)
def test_the_board_is_read(
    conformance: Path, name: str, model: str | None, serial: str | None
) -> None:
    body = (folder(conformance, "show_version") / f"{name}.raw").read_bytes()
    resource = b" uptime: 1h\n version: 7.5 (stable)\n"
    reading = read("mikrotik", "firmware", ("resource", resource), ("routerboard", body))
    (item,) = reading.of(HardwareItem)
    assert item.model and item.model.encode() in body
    assert item.serial and item.serial.encode() in body
    assert model in (None, item.model)
    assert serial in (None, item.serial)
