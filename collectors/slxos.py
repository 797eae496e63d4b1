"""Extreme SLX-OS, and Network OS before it, by command line: release, chassis, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Extreme Networks"
TRANSPORTS = ("ssh", "folder")
ALIASES = (
    *("extreme_slxos", "extreme_slx", "extreme_nos", "extreme_vdx"),
    *("brocade_nos", "brocade_vdx"),
)

MAKER = Maker("Extreme Networks", "slxos", "SLX-OS")
NOS = Maker("Brocade", "nos", "Network OS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
CHASSIS = Ask("chassis", "show chassis", also=("show_chassis",))
_VERSION = one(
    r"^(?P<line>SLX-OS|Network) Operating System Version: *(?P<version>\d\S*)",
    build=r"^Firmware name: *(\S+)",
    uptime=r"^System Uptime: *(.+)",
)
_CHASSIS = one(
    r"^Chassis Name: *(?P<model>\S+)", serial=r"^(?:Chassis )?(?:Factory )?Serial Num: *(\w+)"
)


def firmware(device: Device) -> Flow:
    """Release, chassis with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(CHASSIS, (_CHASSIS,), _chassis),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    maker = NOS if row["line"] == "Network" else MAKER
    yield maker.release(row["version"], row["build"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"])
