"""Ericsson IPOS routers (SSR, Router 6000) by their command line: release, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Ericsson"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("ericsson_ipos",)

MAKER = Maker("Ericsson", "seos", "Ericsson IPOS")
SESSION = terminal("terminal length 0")

VERSION = Ask("version", "show version", also=("show_version",))
CHASSIS = Ask("chassis", "show chassis", also=("show_chassis",))
_PLATFORM = one(r"^ *Current platform is *(?P<model>\S.*?) *$")


_VERSION = one(r"^Ericsson IPOS Version IPOS-v?(?P<version>\d[\w.]*)", uptime=r"^.*Up Time - +(.+)")


def firmware(device: Device) -> Flow:
    """Release, the platform where it is told, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(CHASSIS, (_PLATFORM,), _chassis),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"])
