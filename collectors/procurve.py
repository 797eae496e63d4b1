"""HP ProCurve and ArubaOS-Switch by their command line: release, members of a stack, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Aruba"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("hp_procurve", "aruba_osswitch", "aruba_procurve", "hp_provision")

MAKER = Maker("HPE Aruba", "arubaos-switch", "ArubaOS-Switch")
SESSION = terminal("no page", logout="logout", prompt=r"[\w.\-/:@() ~]+[>#] ?")

SYSTEM = Ask(
    "system",
    "show system",
    also=("show system information", "show system-information", "show_system"),
)
VERSION = Ask("version", "show version", also=("show_version",))
MODULES = Ask("modules", "show modules", also=("show_modules",))
VSF = Ask("vsf", "show vsf detail", also=("show_vsf_detail",))
# Other releases print other lines around these.
_SYSTEM = one(
    r"^ *(?:Software|Firmware) revision +: *(?P<software_version>[A-Z]{1,2}\.\d\S*)",
    rom_version=r"^ *ROM Version +: *(\S+)",
    serial=r"\bSerial Number +: *(\w+)",
    name=r"^ *System Name +: *(\S.*?) *$",
    uptime=r"^ *Up Time +: *(\S.*?)(?: {3,}|$)",
)
# Members of a stack, each with lines of its own.
_MEMBERS = each(
    r"^ *(?:Software|Firmware) revision",
    r"^ *(?:VSF-)?Member *: *(?P<member_id>\d+)\s+ROM Version +: *(?P<rom_version>\S+)"
    r"(?:\n(?! *(?:VSF-)?Member).*)*?\n *Serial Number +: *(?P<serial>\w+)",
)
_IMAGE = one(
    r"^ *(?P<image_version>[A-Z]{1,2}\.\d\d\.\d\d(?:\.\d+)?\w*) *$",
    boot_rom_version=r"^ *Boot ROM Version: *(\S+)",
)
_CHASSIS = one(
    r"^ *Chassis: (?P<name>.*?\b(?P<number>J\w{5}|R\w{5}))\b", serial=r"Serial Number: +(\w+)"
)
_MODULES = each(
    r"^ *Slot +Module Description +Serial",
    r"^ *(?P<slot>[A-Z\d]{1,2}) +(?P<name>HP[E ]?.*?\b(?P<number>J\w{5})\b.*?) {2,}(?P<serial>\w+)",
)


def firmware(device: Device) -> Flow:
    """Release, every member or chassis with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template("hp_procurve_show_system"), _SYSTEM), _system),
            Told(SYSTEM, (_MEMBERS,), _serial),
            Told(
                VERSION,
                (
                    template("aruba_os_show_version"),
                    template("hp_procurve_show_version"),
                    _IMAGE,
                ),
                _version,
            ),
            Told(VSF, (template("hp_procurve_show_vsf_detail"),), _member),
            Told(MODULES, (_CHASSIS,), _chassis),
            Told(MODULES, (_MODULES,), _module),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    """Each member of a stack is a row; what they share stands in each."""
    yield MAKER.release(row["software_version"])
    yield MAKER.release(row["rom_version"], part="boot loader")
    member = f"member {row['member_id']}" if row["member_id"] else None
    yield MAKER.item(None, row["serial"], position=member)
    yield MAKER.unit(row["name"], span_s(row["uptime"]))


def _serial(row: Row) -> Iterator[Fact]:
    yield MAKER.item(None, row["serial"], position=f"member {row['member_id']}")


def _version(row: Row) -> Iterator[Fact]:
    """A switch tells its image; an access point that shares the command, model and release."""
    yield MAKER.release(row["image_version"] or row["version"], row["revision"])
    if row["boot_rom_version"]:
        yield MAKER.release(row["boot_rom_version"], part="boot loader")
    if row["model"]:
        yield MAKER.item(row["model"], part="access point")


def _member(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["software_version"])
    if row["serial_number"]:
        number, _, name = row["model"].partition(" ")
        yield MAKER.item(
            number,
            row["serial_number"],
            position=f"member {row['member_id']}",
            description=name,
        )


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["number"], row["serial"], description=row["name"])


def _module(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["number"],
        row["serial"],
        part="module",
        position=row["slot"],
        description=row["name"],
    )
