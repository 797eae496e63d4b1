"""Alcatel-Lucent OmniSwitch (AOS 6 to 8) by its command line: release, chassis, modules, uptime."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Alcatel-Lucent Enterprise"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("alcatel_aos", "alcatel_omniswitch")

MAKER = Maker("Alcatel-Lucent Enterprise", "aos", "Alcatel-Lucent OmniSwitch AOS")
SESSION = terminal(prompt=r"[\w.\-/:@() ]*-?[>#] ?")

SYSTEM = Ask("system", "show system", also=("show_system",))
CHASSIS = Ask("chassis", "show chassis", also=("show_chassis",))
MICROCODE = Ask("microcode", "show microcode", also=("show_microcode",))
# "Alcatel-Lucent Enterprise OS6860E-P48 8.7.98.R03 GA, December 07, 2020."
_DESCRIPTION = re.compile(r"(?P<model>O[SA]\S+) (?P<version>\d+(?:\.\d+)+\.R\d+)")
_SHOW_SYSTEM = "alcatel_aos_show_system"
_ALCATEL = r"^ *Description: *Alcatel-Lucent "
_MICROCODE = each(
    r"^ *Package +Release", r"^ *(?P<package>[KUC]\S+\.img) +(?P<version>\d+(?:\.\d+)+\.R\d+)"
)


# "Chassis 1", "Local Chassis ID 1 (Master)": each is a block of its own.
_NEXT = re.compile(r"^(?=\s*(?:Local\s+)?Chassis\s+(?:ID\s+)?\d)", re.MULTILINE)
_ONE = template("alcatel_aos_show_chassis")


def _chassis_rows(text: str) -> list[Row]:
    """A row for each chassis; the template keeps one that does not close with its MAC address
    only where it is the last."""
    return [row for block in _NEXT.split(text) if block.strip() for row in _ONE(block)]


def firmware(device: Device) -> Flow:
    """Release, every chassis of a virtual chassis, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template(_SHOW_SYSTEM), template(_SHOW_SYSTEM, among=_ALCATEL)), _system),
            Told(CHASSIS, (_chassis_rows,), _chassis),
            Told(MICROCODE, (_MICROCODE,), _microcode),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    if told := _DESCRIPTION.search(row["description"]):
        yield MAKER.release(told["version"])
        yield MAKER.item(told["model"])
    yield MAKER.unit(row["name"], span_s(row["uptime"]))


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["model_name"],
        row["serial_number"],
        position=f"chassis {row['chassis_id']}" if row["chassis_id"] else None,
        description=row["description"],
        revision=row["hardware_revision"],
    )


def _microcode(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
