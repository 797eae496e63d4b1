"""Ruckus and Brocade FastIron (ICX) by their command line: release, units, modules, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Ruckus"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("ruckus_fastiron", "brocade_fastiron", "ruckus_icx")

MAKER = Maker("Ruckus", "ironware", "FastIron")
SESSION = terminal("skip-page-display")

VERSION = Ask("version", "show version", also=("show_version",))
# A unit's slot and, on the line below, its serial number where that slot has one.
_SLOTS = each(
    r"^=+ *$",
    r"^(?:UNIT (?P<unit>\d+): )?SL (?P<slot>\d+): (?P<model>\S+) (?P<about>.*?) *$"
    r"(?:\n\s+Serial +#: *(?P<serial>\S+))?",
)
_SYSTEM = one(
    r"^ *SW: Version (?P<version>\S+)",
    model=r"^ *HW: (\S.*?) *$",
    serial=r"^ *HW: Chassis .*\n\s*Serial +#: *(\S+)",
    uptime=r"(?:[Ss]ystem|STACKID 1 +system) uptime is (.+)",
    boot=r"(?:Boot-Monitor|Primary Boot Code).*Version: ?(\S+)",
)
_UNITS = each(
    r"Copyright", r"^ *UNIT (?P<unit>\d+): compiled (?:.*\n)+? *SW: Version (?P<version>\S+)"
)


def firmware(device: Device) -> Flow:
    """Release, of each unit that runs another too; units and their modules; boot loader."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_SYSTEM,), _system),
            Told(VERSION, (_UNITS,), _unit),
            Told(VERSION, (_SLOTS,), _slot),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    if row["boot"]:
        yield MAKER.release(row["boot"], part="boot loader")
    chassis = row["model"].startswith("Chassis ")
    name = row["model"].removeprefix("Chassis ").partition(" (")[0] if chassis else row["model"]
    yield MAKER.item(name, row["serial"], part="chassis" if chassis else "stack")
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _unit(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])


def _slot(row: Row) -> Iterator[Fact]:
    """A unit's first slot is the switch itself, and has the serial number; a chassis has cards."""
    yield MAKER.item(
        row["model"],
        row["serial"],
        part="chassis" if row["unit"] and row["slot"] == "1" else "module",
        position=f"unit {row['unit']} slot {row['slot']}" if row["unit"] else f"slot {row['slot']}",
        description=row["about"],
    )
