"""Answers of ASAs that nobody here wrote."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import FirewallRule, HardwareItem, RuleUsage, SoftwareRelease, Unit
from tests.by_hand import read

ASKS = {
    "show version": "firmware",
    "show inventory": "firmware",
    "show module": "firmware",
    "show failover": "firmware",
    "show license all": "firmware",
}


def expected(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    return found


def test_releases_and_hardware_are_what_another_parser_says(conformance: Path) -> None:
    folder = conformance / "show_version" / "cisco_asa"
    for name, case in expected(folder).items():
        raw = (folder / f"{name}.raw").read_bytes()
        reading = read("asa", "firmware", (case["command"], raw))
        assert reading.failure is None, (name, reading.failure)
        hardware = reading.of(HardwareItem)
        versions = {one.version for one in reading.of(SoftwareRelease)}
        for field in case.get("fields", ()):
            serials = field["serial"] if isinstance(field["serial"], list) else [field["serial"]]
            for serial in filter(None, serials):
                assert serial in {one.serial for one in hardware}, name
            if field["version"]:
                assert field["version"] in versions, name
            if field["hardware"] not in (None, "N/A"):
                assert any(field["hardware"].startswith(str(one.model)) for one in hardware), name


def test_a_real_listing_is_one_rule_a_line_with_its_own_count(conformance: Path) -> None:
    folder = conformance / "firewall" / "cisco_asa"
    names = [name for name, case in expected(folder).items() if case["has_hits"]]
    for name in names:
        text = (folder / f"{name}.raw").read_text("utf-8")
        if not re.search(r"(?m)^access-list \S+ line ", text):
            continue
        reading = read("asa", "firewall", ("show access-list", text.encode()))
        assert reading.failure is None, (name, reading.failure)
        counts = {usage.key: usage.count for usage in reading.of(RuleUsage)}
        found = [(rule.policy, rule.position, counts[rule.key])
                 for rule in reading.of(FirewallRule)]  # fmt: skip
        lines = re.findall(
            r"(?m)^access-list (\S+) line (\d+) (?!remark)(?:.*?\(hitcnt=(\d+)\)|.*$)", text
        )
        assert found == [(acl, int(n), int(hits) if hits else None) for acl, n, hits in lines]


def test_lines_are_read_field_by_field_as_another_parser_reads_them(conformance: Path) -> None:
    folder = conformance / "firewall" / "cisco_asa"
    for name, case in expected(folder).items():
        if case["command"] != "show access-list":
            continue
        raw = (folder / f"{name}.raw").read_bytes()
        rules = {
            (rule.policy, str(rule.position)): rule
            for rule in read("asa", "firewall", ("show access-list", raw)).of(FirewallRule)
        }
        for row in case["parsed"]:
            if not row["line_hash"]:
                continue
            rule = rules[row["acl_name"], row["line_num"]]
            assert (rule.action, rule.vendor_id) == (row["action"], row["line_hash"])
            assert rule.enabled is not (row["state"] == "inactive")
            for side, values in (("src", rule.sources), ("dst", rule.destinations)):
                given = [row[f"{side}_{kind}"] for kind in ("any", "host", "object", "object_grp")]
                # Members stand for a group; its name stands in the line.
                said = (*values, *str(rule.text).split())
                for value in filter(None, given):
                    assert value in said, (name, row["line_num"])


@pytest.mark.parametrize("name", ["failover1", "failover2", "failover5505", "failoveractiveactive"])
def test_a_pair_says_who_is_active(conformance: Path, name: str) -> None:
    folder = conformance / "show_version" / "cisco_asa"
    listing = b"access-list a line 1 extended permit ip any any (hitcnt=1) 0x00000001\n"
    failover = (folder / f"cisco_asa_show_{name}.raw").read_bytes()
    reading = read("asa", "firewall", ("show access-list", listing), ("show failover", failover))
    [unit] = reading.of(Unit)
    groups = name == "failoveractiveactive"
    assert unit.ha_mode == ("active/active" if groups else "active/standby")
    assert unit.ha_role == (None if groups else "active")


def test_configurations_never_break_the_reader(conformance: Path) -> None:
    for path in sorted((conformance / "firewall" / "cisco_asa").glob("*.cfg")):
        reading = read("asa", "firewall", ("show running-config", path.read_bytes()))
        lines = re.findall(
            r"(?m)^\s*access-list \S+ \w+ (?:permit|deny)\b", path.read_text("utf-8")
        )
        rules = [rule for rule in reading.of(FirewallRule) if not rule.implicit]
        assert len(rules) == len(lines), path.name
        if not lines:
            assert reading.failure and reading.failure.code == "result_empty_suspicious"
