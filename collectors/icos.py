"""Broadcom ICOS on white-box switches (Accton, Quanta, Delta) by its command line."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Broadcom"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("broadcom_icos",)

MAKER = Maker("Broadcom", "icos", "Broadcom ICOS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
# The packages are written in many ways.
_LAYOUT = template("broadcom_icos_show_version", among=r"^ *Network Processing Device\.")


def firmware(device: Device) -> Flow:
    """Release, switch with its serial number."""
    return (yield from identity(device, Told(VERSION, (_LAYOUT,), _version)))


def _version(row: Row) -> Iterator[Fact]:
    """The maker is a number there (`0xbc00`), which names nobody."""
    yield MAKER.release(row["version"], row["os_version"])
    yield MAKER.item(
        row["switch_model"],
        row["serial"],
        description=row["switch_type"],
        revision=row["board_revision"],
    )
