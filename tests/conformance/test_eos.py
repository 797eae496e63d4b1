"""Answers of Arista switches that nobody here wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import FirewallRule, HardwareItem, RuleUsage, SoftwareRelease
from evidence.reading import Reading
from tests.by_hand import read

ENTRY = re.compile(r"(?m)^\s*(?:\d+ +)(?:permit|deny)\b.*$")
COUNT = re.compile(r"\[match (?:\d+ bytes in )?(\d+)")
NOTHING = ("N/A", "", None)


def expected(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads((folder / "expected.json").read_text("utf-8"))
    return found


def answers(folder: Path) -> Iterator[tuple[str, dict[str, Any], bytes]]:
    for name, case in expected(folder).items():
        for path in sorted((*folder.glob(f"{name}.*"), *folder.glob(f"{name}@@*"))):
            yield path.name, case, path.read_bytes()


def test_versions_models_and_serials_are_what_another_parser_reads(conformance: Path) -> None:
    for name, case, raw in answers(conformance / "show_version" / "arista_eos"):
        reading = read("eos", "firmware", (case["command"] or "show version", raw))
        assert reading.failure is None, (name, reading.failure)
        serials = {one.serial for one in reading.of(HardwareItem)}
        models = {one.model for one in reading.of(HardwareItem)}
        for field in case.get("fields") or ():
            assert field["serial"] in (*serials, *NOTHING), name
            assert field["hardware"] in (*models, *NOTHING), name
        if case["command"] == "show version":
            assert len(reading.of(SoftwareRelease)) == 1, name


def test_every_entry_is_a_rule_with_the_count_that_is_printed(conformance: Path) -> None:
    listed = [
        (name, raw)
        for name, case, raw in answers(conformance / "firewall" / "arista_eos")
        if "access-list" in str(case["command"])
    ]
    if not listed:
        pytest.skip("no recording of an EOS access list lies there")
    for name, raw in listed:
        reading: Reading = read("eos", "firewall", ("show ip access-lists", raw))
        assert reading.failure is None, (name, reading.failure)
        printed = [COUNT.search(line) for line in ENTRY.findall(raw.decode())]
        counts = {one.key: one.count for one in reading.of(RuleUsage)}
        rules = [one for one in reading.of(FirewallRule) if not one.implicit]
        assert [counts[one.key] or None for one in rules] == [
            int(count[1]) or None if count else None for count in printed
        ], name
