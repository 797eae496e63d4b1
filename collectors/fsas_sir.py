"""Fsas (Fujitsu) Si-R routers by their command line: release, router, boot."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Fsas Technologies"
TRANSPORTS = ("ssh", "folder")

MAKER = Maker("Fsas Technologies", "sir", "Si-R firmware")
SESSION = terminal("terminal pager off")

SYSTEM = Ask("system", "show system information", also=("show_system_information",))
_SI_R = r"^System +: Si-R"


def firmware(device: Device) -> Flow:
    """The release that runs and the router with its serial number."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template("fsas_sir_show_system_information", among=_SI_R),), _system),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    """What lies in the other of two places (`firmware2`) does not run, so it is not told."""
    yield MAKER.release(row["version"])
    yield MAKER.item(row["system"], row["serial"])
