"""Dell EMC Networking N-Series (OS6, PowerConnect) by its command line: release, units."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import STACK_MEMBER, Maker, Row, Told, each, identity, one, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Dell"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("dell_powerconnect", "dell_dnos6")

MAKER = Maker("Dell", "dnos6", "Dell EMC Networking OS6")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
SYSTEM_ID = Ask("system_id", "show system id", also=("show_system_id",))
_SYSTEM = one(r"^System Model ID\.{3,} *(?P<model>\S+)", serial=r"^Serial Number\.{3,} *(\S+)")
_UNITS = each(
    r"^unit +active +backup",
    r"^ *(?P<unit>\d+) +(?P<active>\d+(?:\.\d+)+) +(?:\S+) +(?P<current>\d+(?:\.\d+)+)",
)
# PowerConnect of before names the image that runs and tells each image's release beside it.
_IMAGES = each(
    r"^ *unit +image1 +image2",
    r"^ *(?P<unit>\d+) +(?P<image1>\d+(?:\.\d+)+|\S+) +(?P<image2>\d+(?:\.\d+)+|\S+) +"
    r"(?P<runs>image[12]) +image[12]",
)
_TAGS = each(
    r"(?i)^Unit +Service tag",
    r"^ *(?P<unit>\d+) +(?P<tag>[A-Z\d]{7}) +(?P<serial>\w{10,})",
)


def firmware(device: Device) -> Flow:
    """The release each unit runs, and the switch with its serial number."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_UNITS, _IMAGES), _release),
            Told(VERSION, (_SYSTEM,), _system),
            Told(SYSTEM_ID, (_TAGS,), _unit),
        )
    )


def _release(row: Row) -> Iterator[Fact]:
    """What runs is `current-active`; `active` is what will after the next boot."""
    yield MAKER.release(row["current"] or row[row["runs"]], part=f"{STACK_MEMBER} {row['unit']}")


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"])


def _unit(row: Row) -> Iterator[Fact]:
    yield MAKER.item(None, row["serial"], position=f"unit {row['unit']}", description=row["tag"])
