"""Arista EOS by its command line: release, switch, power supplies, fans and optics, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, having, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Arista"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("arista_eos",)

MAKER = Maker("Arista", "eos", "Arista EOS")
SESSION = terminal("terminal length 0", "terminal width 511")

VERSION = Ask("version", "show version", also=("show_version", "show version | json"))
INVENTORY = Ask("inventory", "show inventory", also=("show_inventory",))
MODULE = Ask("module", "show module", also=("show module all",))
_JSON = one(
    r'"internalVersion": *"(?P<internal>[^"]+)"',
    image=r'"version": *"([^"]+)"',
    model=r'"modelName": *"([^"]+)"',
    serial_number=r'"serialNumber": *"([^"]+)"',
    hw_version=r'"hardwareRevision": *"([^"]+)"',
)
_MODULES = having(r"^Module +Ports +Card Type", template("arista_eos_show_module"))


def firmware(device: Device) -> Flow:
    """Release, switch or chassis, what is plugged in, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("arista_eos_show_version"), _JSON), _system),
            Told(INVENTORY, (template("arista_eos_show_inventory"),), _parts),
            Told(MODULE, (_MODULES,), _modules),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["image"], row["internal"])
    yield MAKER.item(row["model"], row["serial_number"], revision=row["hw_version"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _parts(row: Row) -> Iterator[Fact]:
    """A row with a model is a piece; the first, which has no place, is the switch or chassis.

    Optics name their maker where the others have no description.
    """
    if not row["pid"] or row["descr"] in ("Management", "Switched"):
        return
    model = row["pid"]
    if not row["port"]:
        supervisor = row["descr"].startswith(("Supervisor", "Linecard", "Fabric"))
        part = "module" if supervisor else "chassis"
        yield MAKER.item(model, row["sn"], part=part, description=row["descr"], revision=row["vid"])
        return
    part = "transceiver" if row["descr"] else _kind(model)
    maker = row["descr"] if row["descr"] != "Arista Networks" else ""
    yield MAKER.item(
        model, row["sn"], part=part, position=row["port"], revision=row["vid"], vendor=maker
    )


def _kind(model: str) -> str:
    return "fan" if model.startswith("FAN") else "power supply"


def _modules(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["model"],
        row["serial_num"],
        part="module",
        position=row["module"],
        description=row["card"],
        revision=row["hw_ver"],
    )
