"""Extreme (Avaya, Nortel) Ethernet Routing Switch, BOSS, by its command line."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Extreme Networks"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("avaya_ers", "extreme_ers", "nortel_ers")

MAKER = Maker("Extreme Networks", "boss", "Extreme BOSS")
SESSION = terminal("terminal length 0")

SYSTEM = Ask("system", "show sys-info", also=("show_sys-info",))
# On one line or on two.
_MODEL = one(r"^sysDescr: +(?P<model>\S.*?)\s+HW:", version=r"\bSW: ?v?(\d[\d.]+)")


def firmware(device: Device) -> Flow:
    """Release and boot firmware, unit with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template("avaya_ers_show_sys-info"),), _system),
            Told(SYSTEM, (_MODEL,), _model),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["operational_software"].removeprefix("v"))
    yield MAKER.release(row["operational_firmware"], part="boot loader")
    yield MAKER.item(None, row["serial_number"])
    yield MAKER.unit(row["sys_name"], span_s(row["sys_up_time"]))


def _model(row: Row) -> Iterator[Fact]:
    if row["version"]:
        yield MAKER.release(row["version"])
    yield MAKER.item(row["model"])
