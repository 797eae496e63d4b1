"""Cisco StarOS (ASR 5500, virtual packet core) by its command line: release and boot image."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_staros",)

MAKER = Maker("Cisco", "staros", "Cisco StarOS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version", "show version verbose"))
HARDWARE = Ask("hardware", "show hardware inventory", also=("show_hardware_inventory",))
UPTIME = Ask("uptime", "show system uptime", also=("show_system_uptime",))
_VERSION = one(
    r"^ *Image Version: +(?P<version>\d\S*)",
    build=r"^ *Image Build Number: +(\S+)",
    image=r"^ *Boot Image: +(\S+)",
)
_CARDS = each(
    r"^ *Card \d+:",
    r"^ *Card Type +: (?P<model>\S.*?) *$(?:\n(?! *Card Type).*)*?"
    r"\n *Serial Number +: (?P<serial>\S+)",
)
_UPTIME = one(r"^ *System uptime: *(?P<uptime>\d.*)")


def firmware(device: Device) -> Flow:
    """Release and build, cards with their serial numbers, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(HARDWARE, (_CARDS,), _card),
            Told(UPTIME, (_UPTIME,), _uptime),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """The boot image's name begins with the machine: `asr5500-21.15.47.bin.SPA`."""
    yield MAKER.release(row["version"], row["build"])
    machine = row["image"].rpartition("/")[2].partition("-")[0]
    if machine.lower().startswith("asr"):
        yield MAKER.item(machine.upper())


def _card(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], part="module")


def _uptime(row: Row) -> Iterator[Fact]:
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))
