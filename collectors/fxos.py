"""Cisco FXOS (Firepower 2100, 4100, 9300 chassis) by its command line: release, chassis, blades."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, having, identity, one, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_fxos",)

MAKER = Maker("Cisco", "fxos", "Cisco FXOS")
SESSION = terminal("terminal length 0")

FIRMWARE = Ask("firmware", "show system firmware", also=("show_system_firmware",))
VERSION = Ask("version", "show version", also=("show_version",))
CHASSIS = Ask(
    "chassis", "show chassis inventory", also=("show_chassis_inventory", "show chassis detail")
)
SERVERS = Ask("servers", "show server inventory", also=("show_server_inventory",))
_FIRMWARE = having("Startup-Vers:", template("cisco_fxos_show_system_firmware"))
_VERSION = one(
    r"^ *(?:Version|Bundle Package Version|System version): *(?P<version>\d+\.\d+\(\S+\))"
)
_CHASSIS = each(
    r"^ *Chassis +PID",
    r"^ *(?P<number>\d+) +(?P<model>FPR\S+|FPR-\S+) +.*?(?P<serial>[A-Z]{3}\w{8})\b",
)
_DETAIL = one(
    r"^ *Product Name: Cisco Firepower .*[\s\S]*?^ *PID: (?P<model>FPR\S+)",
    serial=r"^ *Serial \(SN\): ([A-Z]{3}\w{8})",
)
_SERVERS = each(
    r"^ *Server +Equipped PID",
    r"^ *(?P<number>\d+/\d+) +(?P<model>FPR\S+) +.*?(?P<serial>[A-Z]{3}\w{8})\b",
)


def firmware(device: Device) -> Flow:
    """The chassis' release; the applications on its blades are devices of their own."""
    return (
        yield from identity(
            device,
            Told(FIRMWARE, (_FIRMWARE,), _firmware),
            Told(VERSION, (_VERSION,), _version),
            Told(CHASSIS, (_CHASSIS, _DETAIL), _chassis),
            Told(SERVERS, (_SERVERS,), _server),
        )
    )


def _firmware(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"])


def _server(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], part="module", position=row["number"])
