"""Cisco access points of their own (COS, `AP Software`) by their command line."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_cheetah", "cisco_ap_cos")

MAKER = Maker("Cisco", "cisco-ap", "Cisco AP software")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
_VERSION = one(
    r"^AP Running Image +: (?P<version>\d\S*)",
    model=r"^(?:Product/Model Number +: |cisco )(\S+)",
    serial=r"^(?:Top Assembly Serial Number +: |Processor board ID )(\w+)",
    boot=r"^BOOTLDR: U-Boot boot loader Version (\S+)",
    hostname=r"^(\S+) uptime is ",
    uptime=r" uptime is (.+)",
)
_INVENTORY = one(
    r"^PID: (?P<model>AIR-\S+|C9\S+|CW9\S+?),? +VID: *(?P<revision>\S+?),? +SN: *(?P<serial>\w+)"
)


def firmware(device: Device) -> Flow:
    """The image that runs, boot loader, access point with its serial number, uptime."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(INVENTORY, (_INVENTORY,), _inventory),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    if row["boot"]:
        yield MAKER.release(row["boot"], part="boot loader")
    yield MAKER.item(row["model"], row["serial"], part="access point")
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))


def _inventory(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], part="access point", revision=row["revision"])
