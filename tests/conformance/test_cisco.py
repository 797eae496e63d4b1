"""Answers of Cisco switches and routers that nobody here wrote: agreement with other parsers."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from tests.by_hand import read

FIELDS = {"version": "version", "hardware": "model", "serial": "serial"}
# The names under which the other parsers' own records hold the same values.
NAMES = {
    "version": {"version"},
    "hardware": {"pid", "model", "chassis", "model_num"},
    "serial": {"sn", "serial_number", "chassis_sn", "serial", "system_sn", "processor_board_id"},
}
COMMANDS = re.compile(r"(?:admin )?show (?:version(?: brief)?|inventory|module|license udi)")
NOTHING = {"", "n/a", "na", "none", "unspecified", "unknown"}


def cases(folder: Path) -> Iterator[tuple[str, dict[str, Any], Reading]]:
    """Every recording of a command that tells versions or parts, as its platform reads it."""
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    for name, case in expected.items():
        path = folder / f"{name}.raw"
        if path.exists() and COMMANDS.fullmatch(case["command"]):
            yield name, case, read(folder.name, "firmware", (case["command"], path.read_bytes()))


def values(case: dict[str, Any], field: str) -> list[str]:
    """What the other parser found; its own words of missing values left out."""
    if case.get("fields"):
        found = [row[field] for row in case["fields"]]
    else:
        found = list(_named(case["parsed"], NAMES[field]))
    flat = [one for value in found for one in (value if isinstance(value, list) else [value])]
    return [one for one in flat if one and one.casefold() not in NOTHING]


def _named(record: Any, names: set[str]) -> Iterator[str]:
    if isinstance(record, dict):
        for key, value in record.items():
            if key in names and isinstance(value, str):
                yield value
            else:
                yield from _named(value, names)
    elif isinstance(record, list):
        for value in record:
            yield from _named(value, names)


def ours(reading: Reading, field: str) -> set[str]:
    facts = reading.of(SoftwareRelease) if field == "version" else reading.of(HardwareItem)
    found = {getattr(one, FIELDS[field]) for one in facts}
    return {one.casefold() for one in found if one}


def same(value: str, found: set[str]) -> bool:
    """Whether it is among what we found; some write `Nexus 3048`, some `3048`, for ACI's
    `N9K-C9396PX` some `C9396PX`."""
    value = value.casefold().removeprefix("nexus ")
    return value in found or f"n9k-{value}" in found


@pytest.mark.parametrize("platform", ["cisco_ios", "cisco_iosxe", "cisco_nxos", "cisco_xr"])
def test_versions_models_and_serials_are_what_other_parsers_read(
    conformance: Path, platform: str
) -> None:
    right: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for name, case, reading in cases(conformance / "show_version" / platform):
        assert reading.failure is None, (name, reading.failure)
        for field in FIELDS:
            for value in values(case, field):
                told[field] += 1
                right[field] += same(value, ours(reading, field))
                if not same(value, ours(reading, field)):
                    print(f"{name}: {field} {value!r} not in {sorted(ours(reading, field))}")
    for field, number in told.items():
        print(f"{platform} {field}: {right[field]} of {number}")
        assert right[field] >= FLOOR * number, field


FLOOR = 0.95


@pytest.mark.parametrize("platform", ["cisco_ios", "cisco_iosxe", "cisco_nxos", "cisco_xr"])
def test_we_claim_one_version_where_they_read_one(conformance: Path, platform: str) -> None:
    for name, case, reading in cases(conformance / "show_version" / platform):
        if case["command"] == "show version":
            main = [one for one in reading.of(SoftwareRelease) if one.part == "operating system"]
            assert len(main) == 1, name
