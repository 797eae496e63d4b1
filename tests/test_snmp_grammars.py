"""What the devices of many makers say of themselves by SNMP, and what is read from it.

Each row of `snmp_grammars.jsonl` is one device: its sysObjectID below enterprises, its sysDescr in
the form that its maker documents, the objects of its own, and what we conclude. The texts are
constructed; releases and serial numbers in them are invented.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from evidence.facts import HardwareItem, SoftwareRelease
from tests.test_snmp_devices import rows, walked

DEVICES = [
    json.loads(line)
    for line in Path(__file__).with_name("snmp_grammars.jsonl").read_text("utf-8").splitlines()
]


@pytest.mark.parametrize(
    "device", DEVICES, ids=lambda one: f"{one['object_id']}-{one['description'][:24]}"
)
def test_a_device_says_what_it_is(device: dict[str, Any]) -> None:
    reading = walked(rows(device["description"], device["object_id"], device.get("more", {})))
    assert reading.failure is None, reading.failure
    release = next(iter(reading.of(SoftwareRelease)), SoftwareRelease())
    item = next(iter(reading.of(HardwareItem)), HardwareItem())
    assert device["said"] == {
        "product": release.product,
        "version": release.version,
        "model": item.model,
        "serial": item.serial,
    }
