"""Zyxel gateways by the manufacturing report of their command line: release and device."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Zyxel"
TRANSPORTS = ("folder",)
ALIASES = ("zyxel_os",)

MAKER = Maker("Zyxel", "zyxel-os", "Zyxel firmware")

REPORT = Ask("report", "sys atsh", also=("atsh", "sys_atsh"))
_REPORT = one(
    r"^Firmware Version *: *(?P<version>\S+)\s+^Bootbase Version *: *(?P<boot_version>[^|\n]+)",
    hardware_model=r"^Product Model *: *(\S.*?) *$",
    serial_number=r"^Serial Number *: *(\S+)",
)


def firmware(device: Device) -> Flow:
    """Release, boot loader, device with its serial number."""
    return (yield from identity(device, Told(REPORT, (_REPORT,), _report)))


def _report(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.release(row["boot_version"], part="boot loader")
    yield MAKER.item(row["hardware_model"], row["serial_number"])
