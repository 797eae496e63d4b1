"""Cisco NFVIS (Enterprise NFV Infrastructure Software) by its command line."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_nvfis", "cisco_nfvis")

MAKER = Maker("Cisco", "nfvis", "Cisco NFVIS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
PLATFORM = Ask("platform", "show platform-detail", also=("show_platform-detail",))
_PLATFORM = one(
    r"^platform-detail hardware_info Manufacturer|^ *hardware_info PID +(?P<model>\S+)",
    pid=r"^platform-detail hardware_info PID +(\S+)",
    serial=r"^(?:platform-detail| +)hardware_info SN +(\w+)|^ +hardware_info SN +(\w+)",
)


def firmware(device: Device) -> Flow:
    """Release, and the machine with its serial number."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("cisco_nvfis_show_version"),), _version),
            Told(PLATFORM, (_PLATFORM,), _platform),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """The last reboot is written without a year: no boot time follows from it."""
    yield MAKER.release(row["version"])


def _platform(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"] or row["pid"], row["serial"])
