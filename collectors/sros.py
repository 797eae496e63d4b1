"""Nokia SR OS (TiMOS) by its classic command line: release, router, cards, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Nokia"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("nokia_sros", "alcatel_sros")

MAKER = Maker("Nokia", "sros", "Nokia SR OS")
SESSION = terminal("environment no more", logout="logout", prompt=r"\*?[AB]:[\w.\-/:@() >]+# ?")

VERSION = Ask("version", "show version", also=("show_version",))
CHASSIS = Ask("chassis", "show chassis", also=("show_chassis",))
INFORMATION = Ask("information", "show system information", also=("show_system_information",))
UPTIME = Ask("uptime", "show uptime", also=("show_uptime",))
_VERSION = one(
    r"^TiMOS-\w-(?P<version>\S+) \S+ (?:Nokia|ALCATEL|Alcatel)\S* (?P<model>.+?) Copyright"
)
_CHASSIS = one(
    r"^ *Type +: (?P<model>7\d{3}.*?|\w*[ -]?\d+\S*) *$",
    hostname=r"^ *Name +: (\S+)",
    serial=r"^ *Serial number +: (\S+)",
    number=r"^ *Part number +: (\S+)",
)
_INFORMATION = one(
    r"^System Version +: +\w-(?P<version>\d\S+)",
    model=r"^System Type +: +(7\d{3}.*?) *$",
    hostname=r"^System Name +: +(\S.*?) *$",
)
_UPTIME = one(r"^System Up Time +: (?P<uptime>.+?) *(?:\(|$)")


def firmware(device: Device) -> Flow:
    """Release, router with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(CHASSIS, (_CHASSIS,), _chassis),
            Told(UPTIME, (_UPTIME,), _uptime),
            Told(INFORMATION, (_INFORMATION,), _information),
            Told(INFORMATION, (_UPTIME,), _uptime),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.item(row["model"])


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], description=row["number"])
    yield MAKER.unit(row["hostname"])


def _information(row: Row) -> Iterator[Fact]:
    yield from _version(row)
    yield MAKER.unit(row["hostname"])


def _uptime(row: Row) -> Iterator[Fact]:
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))
