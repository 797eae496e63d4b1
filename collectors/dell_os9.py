"""Dell Networking OS9 (Force10 FTOS) by its command line: release, switch, units, uptime."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from collectors._cli.maker import said
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Dell"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("dell_force10", "dell_os9_ssh")

MAKER = Maker("Dell", "ftos", "Dell Networking OS9")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
# The maker's name before each line changed with every owner.
_VERSION = one(
    r"Application Software Version: *(?P<os_version>\S+)",
    device_type=r"^System Type: *(\S+)",
    uptime=r" uptime is +(.+)",
)
_TAG = re.compile(r"[A-Z\d]{7}")
_UNITS = each(
    r"^ *Unit +Type +Serial Number",
    r"^ *\*? *(?P<unit>\d+) +(?P<model>[A-Z]\S+) +(?P<serial>\S+) +(?P<number>\S+) +(?P<rev>\S+) +"
    r"\S+ +(?:[A-Z]\d\d +)?(?P<tag>\S+)",
)


def firmware(device: Device) -> Flow:
    """Release, switch, every unit of a stack with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(INVENTORY, (_UNITS,), _unit),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["os_version"])
    yield MAKER.item(row["device_type"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _unit(row: Row) -> Iterator[Fact]:
    """Supplies and fans are listed under their unit with models of their own. A switch without a
    serial number has a service tag, which is Dell's number of it."""
    tag = row["tag"]
    kinds = {"PWR": "power supply", "FAN": "fan"}
    kind = next((kinds[word] for word in kinds if word in row["model"].upper()), "chassis")
    yield MAKER.item(
        row["model"],
        said(row["serial"]) or (tag if _TAG.fullmatch(tag) else None),
        part=kind,
        position=f"unit {row['unit']}",
        description=tag,
        revision=row["rev"],
    )
