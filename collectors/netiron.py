"""Extreme (Brocade) NetIron MLX, CER and CES by their command line: release, chassis, modules."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Extreme Networks"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("brocade_netiron", "extreme_netiron")

MAKER = Maker("Extreme Networks", "ironware", "NetIron")
SESSION = terminal("skip-page-display")

VERSION = Ask("version", "show version", also=("show_version",))
_VERSION = one(
    r"^ *(?:Multi-Service IronWare|IronWare) *: Version V?(?P<version>\d\S*)",
    model=r"^(?:System|Chassis)(?: Mode)?: *(?:Extreme|Brocade|Foundry)? ?(\S.*?) *\(",
    serial=r"\(Serial #: *(\w+)",
    boot=r"^ *Boot *: Version V?(\d\S*)",
    uptime=r"[Ss]ystem uptime is (.+)",
)
_MODULES = each(
    r"^=+ *$",
    r"^SL (?P<slot>\S+): (?P<model>\S+) (?P<about>.*?) *\(Serial #: *(?P<serial>\w+)",
)


def firmware(device: Device) -> Flow:
    """Release and boot loader, chassis, modules, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(VERSION, (_MODULES,), _module),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    if row["boot"]:
        yield MAKER.release(row["boot"], part="boot loader")
    yield MAKER.item(row["model"], row["serial"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _module(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["model"],
        row["serial"],
        part="module",
        position=row["slot"],
        description=row["about"],
    )
