"""D-Link managed switches (DGS, DES, DXS) by their command line: release, switch, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "D-Link"
TRANSPORTS = ("folder",)
ALIASES = ("dlink_ds",)

MAKER = Maker("D-Link", "dlink", "D-Link firmware")

SWITCH = Ask("switch", "show switch", also=("show_switch",))
_SWITCH = one(
    r"^ *Device Type *: *(?P<model>D[A-Z]{2}-\S+)",
    version=r"^ *(?:System )?Firmware Version *: *(?:Build )?(\d\S*)",
    boot=r"^ *(?:Boot PROM|System Boot) Version *: *(?:Build )?(\d\S*)",
    revision=r"^ *(?:System )?Hardware Version *: *(\S+)",
    serial=r"^ *(?:System )?Serial Number *: *(\S+)",
    hostname=r"^ *System Name *: *(\S+)",
    uptime=r"^ *System (?:Uptime|up time) *: *(\d.*)",
)


def firmware(device: Device) -> Flow:
    """Release and boot PROM, switch with its serial number, and since when it runs."""
    return (yield from identity(device, Told(SWITCH, (_SWITCH,), _switch)))


def _switch(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    if row["boot"]:
        yield MAKER.release(row["boot"], part="boot PROM")
    yield MAKER.item(row["model"], row["serial"], revision=row["revision"])
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))
