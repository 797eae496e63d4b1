"""Cisco APIC by its command line: the release of every controller, leaf and spine of the fabric."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from collectors._cli import Maker, Row, Told, each, identity, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_apic",)

MAKER = Maker("Cisco", "apic", "Cisco APIC")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
SWITCHES = Ask("switches", "show switch", also=("show switch detail", "show_switch"))
CONTROLLERS = Ask("controllers", "show controller", also=("show controllers", "show_controller"))
FABRIC = Maker("Cisco", "aci", "Cisco ACI switch software")
_NODES = each(
    r"^ *Role +(?:Pod +Node|Id) +Name +Version",
    r"^ *(?P<role>controller|leaf|spine) +(?:(?P<pod>\d+) +)?(?P<node>\d+) +(?P<name>\S+) +"
    r"(?P<version>\S*\d+\.\d+\(\w+\)\S*)",
)
_CONTROLLERS = each(
    r"^ *ID +Pod +Address",
    r"^ *(?P<id>\d+)\*? +\d+ .*? (?P<version>\d+\.\d+\(\w+\)) +\S+ +(?P<serial>[A-Z]{3}\w{8})",
)
_SWITCHES = each(
    r"^ *ID +Pod +Address",
    r"^ *(?P<node>\d+) +\d+ +[\d.]+ .*? n9000-(?P<version>\d+\.\d+\(\w+\)) .*?"
    r"(?P<serial>[A-Z]{3}\w{8})",
)


def firmware(device: Device) -> Flow:
    """What every node runs, and the serial numbers of controllers and switches."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_NODES,), _node),
            Told(CONTROLLERS, (_CONTROLLERS,), _controller),
            Told(SWITCHES, (_SWITCHES,), _switch),
        )
    )


def _node(row: Row) -> Iterator[Fact]:
    """A node is a unit of its own; switches write their release behind `n9000-`."""
    maker = MAKER if row["role"] == "controller" else FABRIC
    release = maker.release(row["version"].removeprefix("n9000-"))
    yield replace(release, subject_unit=row["name"])


def _controller(row: Row) -> Iterator[Fact]:
    yield MAKER.item(None, row["serial"], position=f"controller {row['id']}")


def _switch(row: Row) -> Iterator[Fact]:
    yield MAKER.item(None, row["serial"], position=f"node {row['node']}")
