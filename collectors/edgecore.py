"""Edgecore ECS switches by their command line: release, units, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import (
    STACK_MEMBER,
    Maker,
    Row,
    Told,
    each,
    identity,
    one,
    span_s,
    template,
    terminal,
)
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Edgecore"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("edgecore_ecs", "accton")

MAKER = Maker("Edgecore", "edgecos", "Edgecore ECS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
SYSTEM = Ask("system", "show system", also=("show_system",))


# Other releases leave a blank before the colon.
_UNIT = each(
    r"\A",
    r"^Unit *(?P<unit>\d+)\s+Serial Number *: *(?P<serial>\w*)\s+"
    r"(?:Service Tag *:.*\s+)?Hardware Version *: *(?P<hardware_version>\S*)",
)
_CODE = one(
    r"^ *Operation Code Version *: *(?P<operation_code_version>\d\S*)",
    loader_version=r"^ *Loader Version *: *(\d\S*)",
    rom_version=r"^ *Boot ROM Version *: *(\d\S*)",
)
_SYSTEM = one(
    r"^ *System Description *: *(?P<description>[A-Z]{2,}\d[\w-]*)\s*$",
    hostname=r"^ *System Name *: *(\S+)",
    uptime=r"^ *System Up ?[Tt]ime *: *(.+)",
)


def firmware(device: Device) -> Flow:
    """Release and boot loader, every unit's serial number, the model, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("edgecore_show_version"), _CODE), _version),
            Told(VERSION, (template("edgecore_show_version"), _UNIT), _version),
            Told(SYSTEM, (template("edgecore_show_system"), _SYSTEM), _system),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """The operation code is what runs; a unit that is not the master tells its number alone."""
    part = f"{STACK_MEMBER} {row['unit']}" if row["unit"] else "operating system"
    yield MAKER.release(row["operation_code_version"], part=part)
    yield MAKER.release(row["loader_version"], part="boot loader")
    yield MAKER.release(row["rom_version"], part="boot ROM")
    yield MAKER.item(
        None,
        row["serial"],
        position=f"unit {row['unit']}" if row["unit"] else None,
        revision=row["hardware_version"],
    )


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["description"])
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))
