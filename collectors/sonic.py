"""SONiC switches by their command line: release and the Debian beneath, switch, modules, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "SONiC"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("dell_sonic", "dell_sonic_ssh")

MAKER = Maker("SONiC", "sonic", "SONiC")
SESSION = terminal(prompt=r"[\w.\-/:@() ~]+[$#] ?")

VERSION = Ask("version", "show version", also=("show_version",))
INVENTORY = Ask("inventory", "show platform inventory", also=("show_platform_inventory",))
SYSTEM_EEPROM = Ask("eeprom", "show platform syseeprom", also=("show_platform_syseeprom",))
DEBIAN = Maker("Debian", "debian", "Debian")
KERNEL = Maker("Linux", "linux", "Linux")
_VERSION = one(
    r"^SONiC Software Version: (?:SONiC[.-])?(?P<version>\S+)",
    debian=r"^Distribution: Debian (\d\S*)",
    kernel=r"^Kernel: (\S+)",
    commit=r"^Build commit: (\S+)",
    model=r"^Model Number: (\S.*?) *$",
    sku=r"^HwSKU: (\S+)",
    serial=r"^Serial Number: (\S+)",
    revision=r"^Hardware Revision: (\S+)",
    uptime=r"^Uptime: \S+ up (.*?), +\d+ user",
)
_PARTS = each(
    r"^ *Name +Product ID +Version +Serial Number",
    r"^ +(?P<name>[A-Za-z]\w*(?:\.\w+)?) +(?P<model>\S*\d\S*) +(?P<revision>\S+) +"
    r"(?P<serial>[A-Z\d]{8,}) +(?P<about>\S.*?) *$",
)
_EEPROM = one(
    r"^Serial Number +0x23 +\d+ +(?P<serial>\S+)",
    model=r"^Product Name +0x21 +\d+ +(\S.*?) *$",
    number=r"^Part Number +0x22 +\d+ +(\S+)",
)
_KINDS = {"CHA": "chassis", "PSU": "power supply", "FAN": "fan"}


def firmware(device: Device) -> Flow:
    """Release, distribution and kernel, switch and its modules, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(INVENTORY, (_PARTS,), _part),
            Told(SYSTEM_EEPROM, (_EEPROM,), _eeprom),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """The sku names a way of using the switch (`32x400Gb`): it is a description.

    Who made the switch is not said.
    """
    yield MAKER.release(row["version"], row["commit"])
    if row["debian"]:
        yield DEBIAN.release(row["debian"], part="distribution within SONiC")
    if row["kernel"]:
        yield KERNEL.release(row["kernel"], part="kernel")
    yield MAKER.item(
        row["model"],
        row["serial"],
        description=row["sku"],
        revision=row["revision"],
        vendor=None,
    )
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _part(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["model"],
        row["serial"],
        part=_KINDS.get(row["name"][:3].upper(), "module"),
        position=row["name"],
        description=row["about"],
        revision=row["revision"],
        vendor="Cisco" if row["about"].startswith("Cisco ") else None,
    )


def _eeprom(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], description=row["number"], vendor=None)
