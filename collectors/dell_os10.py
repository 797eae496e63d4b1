"""Dell SmartFabric OS10 by its command line: release, switch, supplies and fans, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Dell"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("dell_smartfabric",)

MAKER = Maker("Dell", "os10", "Dell SmartFabric OS10")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
_VERSION = one(
    r"^OS Version: (?P<version>\d\S*)",
    build=r"^Build Version: (\S+)",
    model=r"^System Type: (\S+)",
    uptime=r"^Up Time: (.+)",
)
_UNITS = each(
    r"^ *Unit +Type +Part Number",
    r"^\*? *(?P<unit>\d+) +(?P<model>[A-Z]\S+) +(?P<number>\w+) +(?P<rev>\w+) +"
    r"(?P<piece>\w\w-\S+) +(?P<tag>\w{7})",
)


def firmware(device: Device) -> Flow:
    """Release, switch with its service tag, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(INVENTORY, (_UNITS,), _unit),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"])
    yield MAKER.item(row["model"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _unit(row: Row) -> Iterator[Fact]:
    """The service tag is what Dell's support knows a switch by; the piece number stands beside."""
    kinds = {"PWR": "power supply", "FAN": "fan"}
    kind = next((kinds[word] for word in kinds if word in row["model"].upper()), "chassis")
    yield MAKER.item(
        row["model"],
        row["tag"],
        part=kind,
        description=row["piece"],
        revision=row["rev"],
    )
