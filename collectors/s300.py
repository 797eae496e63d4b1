"""Cisco small business switches (200 to 550X, CBS, Catalyst 1200, 1300) by their commands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import (
    STACK_MEMBER,
    Maker,
    Row,
    Told,
    clocked_s,
    each,
    identity,
    one,
    template,
    terminal,
)
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_s300", "cisco_s200", "cisco_sb")

MAKER = Maker("Cisco", "ciscosb", "Cisco small business switch software")
SESSION = terminal("terminal datadump")

VERSION = Ask("version", "show version", also=("show_version",))
SYSTEM_ID = Ask("system_id", "show system id", also=("show_system_id",))
SYSTEM = Ask("system", "show system", also=("show_system",))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
_OLD = one(
    r"^SW version +(?P<sw_version>\d\S*)",
    boot_version=r"^Boot version +(\d\S*)",
)
_NEW = one(r"^Active-image: (?!\S*/mes)\S+\s+Version: (?P<sw_version>\d\S*)")
_STACK = each(
    r"^ *Unit +SW [Vv]ersion",
    r"^ *(?P<unit>\d) +(?P<sw_version>\d+(?:\.\d+){2,}) +(?P<boot_version>\d\S*)",
)
_INVENTORY = each(
    r"\A",
    r"^NAME: *\"(?P<name>[^\"]*)\",? +DESCR: *\"(?P<about>[^\"]*)\"\s+"
    r"PID: *(?P<model>\S*?) *,? +VID: *(?P<revision>\S*?) *,? +SN: *(?P<serial>\S*)",
)
_MODEL = re.compile(r"(?:S[FGX]\d|CBS\d|C1[23]00)[\w-]+(?= |$)")
_DESCRIBED = r"^ *System Description: *(?:S[FGX]\d|CBS\d|C1[23]00)"
# Units of a stack: "1   SW version 2.4.0.94 …" per unit, in a table of older releases.
_SERIALS = each(r"^ *Unit +Serial number", r"^ *(?P<unit>\d+) +(?P<serial>[A-Z\d]{8,}) *$")


def firmware(device: Device) -> Flow:
    """Release and boot loader, every unit with its number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_OLD, _NEW, _STACK), _version),
            Told(INVENTORY, (_INVENTORY,), _part),
            Told(SYSTEM_ID, (template("cisco_s300_show_system_id"), _SERIALS), _serial),
            Told(
                SYSTEM,
                (
                    template("cisco_s300_show_system"),
                    template("cisco_s300_show_system", among=_DESCRIBED),
                ),
                _system,
            ),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    part = f"{STACK_MEMBER} {row['unit']}" if row["unit"] else "operating system"
    yield MAKER.release(row["sw_version"], part=part)
    if row["boot_version"]:
        yield MAKER.release(row["boot_version"], part="boot loader")


def _part(row: Row) -> Iterator[Fact]:
    """A unit's name is its number; optics and the like are named after their port."""
    yield MAKER.item(
        row["model"],
        row["serial"],
        part="chassis" if row["name"].isdigit() else "module",
        position=row["name"],
        description=row["about"],
        revision=row["revision"],
    )


def _serial(row: Row) -> Iterator[Fact]:
    unit = row["unit"]
    yield MAKER.item(None, row["serial"] or row["serial_number"], position=unit)


def _system(row: Row) -> Iterator[Fact]:
    """What it calls itself begins with the model, or is the number of ports alone."""
    if told := _MODEL.match(row["description"]):
        yield MAKER.item(told[0])
    yield MAKER.unit(row["hostname"], clocked_s(row["up_time"]))
