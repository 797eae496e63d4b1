"""Juniper ScreenOS (NetScreen, SSG, ISG) by its command line: release, firewall, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Juniper Networks"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("juniper_screenos",)

MAKER = Maker("Juniper Networks", "screenos", "ScreenOS")
SESSION = terminal()

SYSTEM = Ask("system", "get system", also=("get_system",))
_SYSTEM = one(
    r"^Product Name: *(?P<model>\S+)",
    serial=r"^Serial Number: *(\w+)",
    version=r"^Software Version: *(\d[^,\s]*)",
    revision=r"^Hardware Version: *(\S+?),?(?: |$)",
    uptime=r"^Up (\d.*?) *(?:Since|$)",
)


def firmware(device: Device) -> Flow:
    """Release, firewall with its serial number, and since when it runs."""
    return (yield from identity(device, Told(SYSTEM, (_SYSTEM,), _system)))


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.item(row["model"], row["serial"], revision=row["revision"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))
