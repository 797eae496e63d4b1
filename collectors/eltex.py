"""Eltex MES switches by their command line: release, units, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, clocked_s, identity, one, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Eltex"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("eltex_mes",)

MAKER = Maker("Eltex", "eltex-mes", "Eltex MES")
SESSION = terminal("terminal datadump")

SYSTEM = Ask("system", "show system", also=("show_system",))
SYSTEM_ID = Ask("system_id", "show system id", also=("show_system_id",))
VERSION = Ask("version", "show version", also=("show_version",))
_ACTIVE = one(r"^Active-image: \S*/mes\S+\s+Version: (?P<version>\d\S*)")


_SYSTEM = template("eltex_show_system", among=r"^ *System Description: *MES")
_OLD = one(r"^SW version +(?P<version>\d\S*)")


def firmware(device: Device) -> Flow:
    """Release, every unit of a stack, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_ACTIVE, _OLD), _version),
            Told(SYSTEM, (template("eltex_show_system"), _SYSTEM), _system),
            Told(SYSTEM_ID, (template("eltex_show_system_id"),), _unit),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])


def _system(row: Row) -> Iterator[Fact]:
    """`MES3124 28-port 1G/10G Managed Switch`: the first word is the model."""
    units = row["unit_descriptions"] or [row["description"]]
    for number, about in enumerate(units, 1):
        yield MAKER.item(
            about.split(" ")[0],
            position=f"unit {number}" if len(units) > 1 else None,
            description=about,
        )
    yield MAKER.unit(row["hostname"], clocked_s(row["uptime"]))


def _unit(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        None,
        row["serial_number"],
        position=f"unit {row['unit']}" if row["unit"] else None,
        revision=row["hardware_version"],
    )
