"""Junos as others recorded it: hit counts in both layouts, filters, configurations, inventory."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import FirewallRule, HardwareItem, RuleUsage, SoftwareRelease, Unit
from tests.by_hand import read

CONFIGURED = (
    *("policies", "zones", "address_book", "applications", "filters", "interfaces"),
    "policy_options",
)


def folder(conformance: Path) -> Path:
    return conformance / "firewall" / "juniper_junos"


def raw(conformance: Path, name: str) -> bytes:
    return (folder(conformance) / f"{name}.raw").read_bytes()


def expected(conformance: Path, name: str) -> Any:
    return json.loads((folder(conformance) / "expected.json").read_text("utf-8"))[name]["parsed"]


def test_hit_counts_are_what_another_parser_reads(conformance: Path) -> None:
    name = "genie_junos_ShowSecurityPoliciesHitCount_golden_output"
    body = raw(conformance, name)
    reading = read("junos", "firewall", ("hit_count", body))
    assert reading.failure is None, reading.failure
    lines = re.findall(r"^\s*\d+\s+\S+\s+\S+\s+(\S+)\s+(\d+)\s*$", body.decode(), re.M)
    mine = {(one.key.rpartition("/")[2], one.count) for one in reading.of(RuleUsage)}
    assert mine <= {(policy, int(count)) for policy, count in lines}
    theirs = set(
        re.findall(r'"policy_hit_count": "(\d+)"', json.dumps(expected(conformance, name)))
    )
    assert {str(count) for _, count in mine} == theirs


def test_the_layout_with_actions_is_read_by_white_space(conformance: Path) -> None:
    """Long names push the columns out of line; the built-in rows are no policies."""
    reading = read(
        "junos",
        "firewall",
        ("hit_count", raw(conformance, "bpfrx_vsrx_security_policies_hit-count")),
    )
    counts = {one.key: one.count for one in reading.of(RuleUsage)}
    root = "root-logical-system/inet"
    assert counts[f"{root}/junos-host/dmz/allow-junos-host-to-dmz"] == 18939
    assert counts[f"{root}/junos-global/junos-global/default-log-deny"] == 299946
    assert len(counts) == 5


@pytest.mark.parametrize(
    "name",
    [
        *("firewall-policies", "firewall-global-policy", "firewall-global-address-book"),
        *("firewall-zone-address-book-attach", "firewall-zone-address-book-attach-and-global"),
        *("firewall-zone-address-book-inline", "application-set-nested"),
        *("srx-testbed_junos-srx-2.cfg", "srx-testbed_junos-srx-3.cfg"),
    ],
)
def test_every_configured_policy_is_read(conformance: Path, name: str) -> None:
    body = (folder(conformance) / f"batfish_{name}.cfg").read_bytes()
    reading = read("junos", "firewall", *((ask, body) for ask in CONFIGURED))
    assert reading.failure is None, reading.failure
    pattern = r"^set security policies (?:from-zone (\S+) to-zone (\S+)|global) policy (\S+)"
    wanted = set(re.findall(pattern, body.decode(), re.M))
    rules = [one for one in reading.of(FirewallRule) if one.context != "filter"]
    written = [one for one in rules if not one.implicit]
    assert {one.name for one in written} == {policy for _, _, policy in wanted}
    assert len(written) == len(wanted)
    assert all(one.not_understood == () for one in written if one.action)
    off = {
        tuple(one)
        for one in re.findall(
            r"^deactivate security policies from-zone (\S+) to-zone (\S+)$", body.decode(), re.M
        )
    }
    assert {
        (one.source_zones[0], one.destination_zones[0]) for one in written if not one.enabled
    } == off
    (default,) = [one for one in rules if one.implicit]
    assert default.permits == (b"default-policy permit-all" in body)


def test_addresses_come_from_the_zones_own_book_first(conformance: Path) -> None:
    for name, wanted in (
        ("firewall-global-address-book", {"1.3.3.4/255.254.255.255", "ADDR2", "2.2.2.2/32"}),
        ("firewall-zone-address-book-attach-and-global", {"3.3.3.3/32"}),
    ):
        body = (folder(conformance) / f"batfish_{name}.cfg").read_bytes()
        reading = read("junos", "firewall", *((ask, body) for ask in CONFIGURED))
        (rule,) = [one for one in reading.of(FirewallRule) if not one.implicit]
        assert set(rule.sources) <= wanted


@pytest.mark.parametrize(
    "name",
    [
        *("firewall-source-address", "firewall-address", "firewall-destination-address"),
        *("firewall-filter-from-port", "firewall-filter-dscp", "firewall-filter-hop-limit"),
        *("firewall-filter-ip-protocol", "firewall-filter-ttl"),
        "firewall-filter-packet-length-spaced-range",
    ],
)
def test_every_term_of_every_filter_is_read(conformance: Path, name: str) -> None:
    body = (folder(conformance) / f"batfish_{name}.cfg").read_bytes()
    reading = read("junos", "firewall", *((ask, body) for ask in CONFIGURED))
    assert reading.failure is None, reading.failure
    pattern = r"^set firewall (?:family (inet6?) )?filter (\S+) term (\S+)"
    wanted = {
        (family or "inet", f, term) for family, f, term in re.findall(pattern, body.decode(), re.M)
    }
    written = [one for one in reading.of(FirewallRule) if not one.implicit]
    families = {"ip": "inet", "ip6": "inet6"}
    assert {(families[one.family], one.policy, one.name) for one in written} == wanted
    assert [one.not_understood for one in written if one.not_understood] == []


def test_filter_counters_are_what_another_parser_reads(conformance: Path) -> None:
    name = "genie_junos_ShowFirewall_golden_output"
    terms = b"".join(
        b"set firewall family inet filter local-access-control term t%d then count %s\n" % one
        for one in enumerate((b"telnet-deny-count", b"last_policer", b"ntp-deny-count"))
    )
    reading = read(
        "junos", "firewall", ("filters", terms), ("filter_counters", raw(conformance, name))
    )
    assert reading.failure is None, reading.failure
    text = json.dumps(expected(conformance, name))
    counts = [one.count for one in reading.of(RuleUsage)]
    assert counts == [23, 19016081, 0]
    assert all(str(count) in text for count in counts)


def test_an_answer_of_before_clusters_has_its_groups_apart(conformance: Path) -> None:
    reading = read(
        "junos",
        "firmware",
        ("version", b"Hostname: x\nModel: srx1500\nJunos: 24.4R1.9\n"),
        ("cluster", raw(conformance, "bpfrx_vsrx_chassis_cluster_status")),
    )
    roles = {one.subject_unit: one.ha_role for one in reading.of(Unit) if one.subject_unit}
    assert roles == {"node0": "standby", "node1": "active"}


def show_version(conformance: Path) -> Path:
    return conformance / "show_version" / "juniper_junos"


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("show_version", "13.3R1.4"),
        ("show_version_ex", "13.2X51-D35.3"),
        ("show_version_qfx5100", None),
        ("show_version_vmhost", None),
    ],
)
def test_releases_are_found_in_every_form(
    conformance: Path, name: str, version: str | None
) -> None:
    body = (show_version(conformance) / f"juniper_junos_{name}.raw").read_bytes()
    reading = read("junos", "firmware", ("version", body))
    assert reading.failure is None, reading.failure
    releases = {one.version for one in reading.of(SoftwareRelease)}
    assert releases and all(one and one.encode() in body for one in releases)
    assert version is None or releases == {version}


def test_every_chassis_is_found(conformance: Path) -> None:
    cases = json.loads((show_version(conformance) / "expected.json").read_text("utf-8"))
    version = b"Hostname: x\nModel: y\nJunos: 21.4R1.1\n"
    for name, case in cases.items():
        if case["command"] != "show chassis hardware" or not name.startswith("juniper"):
            continue
        body = (show_version(conformance) / f"{name}.raw").read_bytes()
        reading = read("junos", "firmware", ("version", version), ("chassis_hardware", body))
        items = [one for one in reading.of(HardwareItem) if one.part == "chassis"]
        found = {(one.serial, one.model) for one in items}
        wanted = re.findall(
            r"^Chassis +(?:\S+ \d+ +\S+ +)?([A-Z0-9]{4,}) {2,}(\S.*?) *$", body.decode(), re.M
        )
        # A virtual chassis is no hardware; its members are.
        real = {one for one in wanted if one[1] != "Virtual Chassis"}
        assert found >= real and (found == real or real != set(wanted)), name


def test_boot_times_are_read(conformance: Path) -> None:
    for name, booted in (
        ("juniper_junos_show_system_uptime_2", None),
        ("genie_junos_ShowSystemUptime_golden_output_1", "2019-08-29T09:02:22"),
        ("genie_junos_ShowSystemUptime_golden_output_2", "2020-08-13T03:05:11"),
    ):
        body = (show_version(conformance) / f"{name}.raw").read_bytes()
        version = b"Hostname: x\nModel: y\nJunos: 21.4R1.1\n"
        reading = read("junos", "firmware", ("version", version), ("uptime", body))
        (unit,) = reading.of(Unit)
        assert unit.boot_at is not None
        assert booted is None or unit.boot_at.isoformat().startswith(booted)
