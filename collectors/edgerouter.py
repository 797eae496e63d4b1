"""Ubiquiti EdgeRouter (EdgeOS) by its command line: release, router, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Ubiquiti"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("ubiquiti_edgerouter", "ubiquiti_edge")

MAKER = Maker("Ubiquiti", "edgeos", "EdgeOS")
SESSION = terminal("terminal length 0", prompt=r"[\w.\-/:@() ~]+[$#] ?")

VERSION = Ask(
    "version",
    "show version",
    also=("show_version", "/opt/vyatta/bin/vyatta-op-cmd-wrapper show version"),
)
# Others who print a "Version:" and a build are VyOS and its like, whose models are not these.
_EDGE = r"^(?:HW model: +(?:Edge|UBNT|UniFi|ER-)|Copyright: .*Ubiquiti)"


def firmware(device: Device) -> Flow:
    """Release and build, router with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("ubiquiti_edgerouter_show_version", among=_EDGE),), _version),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """The uptime is that of `uptime`, whose first time is the clock's."""
    yield MAKER.release(row["version"], row["build_id"])
    yield MAKER.item(row["hardware_model"], row["serial_number"])
    running = row["uptime"].partition(" up ")[2].partition(" user")[0]
    yield MAKER.unit(uptime_s=span_s(running.rpartition(",")[0]))
