"""Ubiquiti EdgeSwitch by its command line: release and switch."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Ubiquiti"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("ubiquiti_edgeswitch",)

MAKER = Maker("Ubiquiti", "edgeswitch", "EdgeSwitch")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
_EDGE = r"^Machine Type\.+ *(?:EdgeSwitch|UniFi|UBNT)|^Machine Model\.+ *(?:ES-|EP-|US-)"


def firmware(device: Device) -> Flow:
    """Release, switch with its serial number."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("ubiquiti_edgeswitch_show_version", among=_EDGE),), _version),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.item(
        row["switch_model"],
        row["serial"],
        description=row["switch_type"],
        revision=row["hw_revision"],
    )
