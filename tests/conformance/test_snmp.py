"""Agreement with what LibreNMS concluded from recordings of real devices, field by field.

LibreNMS is not always right, and sometimes has no value where the device has one, so this is a
figure and not a proof. Compared are the release that runs, and all models and serial numbers.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.reading import Reading
from evidence.tape import TapeAnswer
from tests.test_cases import WITHOUT_TIME

# In per cent of the recordings where LibreNMS has a value; a little below what was reached.
FLOORS = {"version": 97.0, "hardware": 91.0, "serial": 96.0}


def read(recording: bytes) -> Reading:
    one = platform("snmp")
    return (
        Visitor(
            device=Device(id="recorded", platform="snmp"),
            platform=one,
            open_transport=lambda: TapeTransport([TapeAnswer("snmpwalk", recording)]),
            clock=lambda: WITHOUT_TIME,
            key=SiteKey(b"conformance"),
        )
        .visit(["firmware"])
        .readings[0]
    )


def said(reading: Reading) -> dict[str, list[str]]:
    """What the facts say of each field, the most important first."""
    hardware = reading.of(HardwareItem)
    found = {
        "version": [fact.version for fact in reading.of(SoftwareRelease)],
        "hardware": [fact.model for fact in hardware],
        "serial": [fact.serial for fact in hardware],
    }
    return {name: [value for value in values if value] for name, values in found.items()}


def agreement(wanted: str, values: list[str]) -> str:
    """`exact`; `loose`: the same but for case, spaces, a leading v, or words around it (a vendor's
    name, a boot loader's version); `other`: true of another part; `missed`."""
    if values and values[0] == wanted:
        return "exact"
    alike = [_alike(plain(wanted), plain(value)) for value in values]
    if alike and alike[0]:
        return "loose"
    return "other" if any(alike) else "missed"


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text.casefold()).lstrip("v")


def _alike(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) > 2 and shorter in longer)


def cases(folder: Path) -> Iterator[tuple[str, dict[str, Any], Reading]]:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    for name, record in expected.items():
        yield name, record, read((folder / f"{name}.snmprec").read_bytes())


def test_agreement_with_librenms(conformance: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counts: dict[str, Counter[str]] = {name: Counter() for name in FLOORS}
    missed = []
    for name, record, reading in cases(conformance / "snmp"):
        assert reading.failure is None, f"{name}: {reading.failure}"
        values = said(reading)
        for field, count in counts.items():
            if not record[field]:
                count["librenms has none"] += 1
                continue
            outcome = agreement(record[field], values[field])
            count[outcome] += 1
            if outcome == "missed":
                missed.append(f"{name}: {field} {record[field]!r}, we say {values[field][:2]}")
    with capsys.disabled():
        print()
        for field, count in counts.items():
            print(f"  snmp {field}: {percent(count):.1f} % of {total(count)}, {dict(count)}")
        print("\n".join(f"    {line}" for line in missed))
    below = [field for field, floor in FLOORS.items() if percent(counts[field]) < floor]
    assert not below


def total(count: Counter[str]) -> int:
    return count.total() - count["librenms has none"]


def percent(count: Counter[str]) -> float:
    return 100 * (total(count) - count["missed"]) / total(count)
