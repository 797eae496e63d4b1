"""Cisco SD-WAN (Viptela vEdge, vSmart, vBond, vManage) by its command line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_viptela",)

MAKER = Maker("Cisco", "viptela", "Cisco SD-WAN (Viptela)")
SESSION = terminal("paginate false")

VERSION = Ask("version", "show version", also=("show_version",))
STATUS = Ask("status", "show system status", also=("show_system_status",))
HARDWARE = Ask("hardware", "show hardware inventory", also=("show_hardware_inventory",))
_VERSION = one(r"^[ \t]*(?P<version>\d+\.\d+\.\d+(?:\.\d+)*(?:-\d+)?)[ \t]*$")
_STATUS = one(
    r"^Version: +(?P<version>\d\S*)",
    build=r"^Build: +(\S+)",
    model=r"^Model name: +(\S+)",
    uptime=r"^System uptime: +(.+)",
    hypervisor=r"^Hypervisor Type: +(\S+)",
)
_CHASSIS = each(
    r"^HW +TYPE|^HW TYPE|^ *HW +DEV",
    r"^(?P<kind>Chassis) +\d+ +(?P<revision>\S+) +(?P<model>\S+) +(?P<serial>[A-Z\d]{8,})",
)


def firmware(device: Device) -> Flow:
    """Release, model, chassis with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(STATUS, (_STATUS,), _status),
            Told(HARDWARE, (_CHASSIS,), _chassis),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])


def _status(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"])
    virtual = row["hypervisor"].lower() not in ("", "none")
    item = MAKER.item(row["model"])
    yield replace(item, virtual=True) if virtual else item
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], revision=row["revision"])
