"""A10 Thunder and AX (ACOS) by their command line: release, appliance, uptime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "A10"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("a10",)

MAKER = Maker("A10", "acos", "ACOS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
_VERSION = one(
    r"(?:Advanced Core OS )?\(ACOS\) version (?P<version>\d[^,\s]*)",
    build=r"\(ACOS\) version [^,\n]+, build (\w+)",
    model=r"^ *(?:Thunder|AX) Series .*? (TH\S+|AX\S+|vThunder) *$",
    serial=r"^ *Serial Number: *(\S+)",
    uptime=r"^ *The system has been up (.+)",
    boot=r"^ *Firmware version: *(\S+)",
)


def firmware(device: Device) -> Flow:
    """Release and build, appliance with its serial number, and since when it runs."""
    return (yield from identity(device, Told(VERSION, (_VERSION,), _version)))


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"])
    item = MAKER.item(row["model"], row["serial"])
    yield replace(item, virtual="vThunder" in row["model"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))
