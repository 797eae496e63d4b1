"""Cisco Firepower Threat Defense by its own command line: release, appliance, uptime."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_ftd", "cisco_ftd_ssh")

MAKER = Maker("Cisco", "ftd", "Cisco Secure Firewall Threat Defense")
SESSION = terminal(prompt=r"> ?")

VERSION = Ask("version", "show version", also=("show_version", "show version system"))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
# "Model : Cisco Firepower 2130 Threat Defense (77) Version 6.6.1 (Build 91)"
_VERSION = one(
    r"^Model +: (?P<model>Cisco .*?(?: Threat Defense\S*.*?|ASA\S+.*?)) \(\d+\) "
    r"Version (?P<version>\d\S*) \(Build (?P<build>\d+)\)",
    hostname=r"^-+\[ *(\S+) *\]-+",
    serial=r"^Serial Number: (\w+)",
    pid=r"^Hardware: +([^,\n]+)",
    uptime=r"^\S+ up (\d.*)",
)
_INVENTORY = each(
    r"^ *Name: *\"Chassis\"|^ *NAME: *\"[Cc]hassis\"",
    r"PID: *(?P<model>\S+?) *, +VID: *(?P<revision>\S*?) *, +SN: *(?P<serial>\w+)",
)


def firmware(device: Device) -> Flow:
    """Release and build, appliance with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(INVENTORY, (_INVENTORY,), _inventory),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """On an appliance `Hardware:` has the product id; a virtual one tells none."""
    yield MAKER.release(row["version"], row["build"])
    virtual = re.search(r"for (?:VMware|KVM|Azure|AWS)|Virtual", row["model"], re.IGNORECASE)
    item = MAKER.item(row["pid"] or row["model"], row["serial"], description=row["model"])
    yield replace(item, virtual=True) if virtual else item
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))


def _inventory(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], part="module", revision=row["revision"])
