"""Adtran AOS (NetVanta) by its command line: release, platform, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Adtran"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("adtran_os",)

MAKER = Maker("Adtran", "adtran-aos", "ADTRAN OS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
_VERSION = one(
    r"^(?:ADTRAN, Inc\. )?OS version +(?P<version>\S+)",
    model=r"^(?:ADTRAN, Inc\. )?Platform: *([^,\n]+)",
    number=r"part number +(\S+)",
    serial=r"^Serial number +(\w+)",
    boot=r"^ *(?:Boot ROM|BOOTROM) version +(\S+)",
    hostname=r"^(\S+) uptime is",
    uptime=r" uptime is (.+)",
)


def firmware(device: Device) -> Flow:
    """Release and boot ROM, platform with its serial number, and since when it runs."""
    return (yield from identity(device, Told(VERSION, (_VERSION,), _version)))


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"].rstrip(","))
    if row["boot"]:
        yield MAKER.release(row["boot"].rstrip(","), part="boot ROM")
    yield MAKER.item(row["model"], row["serial"], description=row["number"])
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))
