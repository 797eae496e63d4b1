"""Allied Telesis AlliedWare Plus by its command line: release, members of a stack, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Allied Telesis"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("allied_telesis_awplus",)

MAKER = Maker("Allied Telesis", "awplus", "AlliedWare Plus")
SESSION = terminal("terminal length 0")

SYSTEM = Ask("system", "show system", also=("show_system",))
VERSION = Ask("version", "show version", also=("show_version",))
_CURRENT = r"^Current software +: +\S+\.rel"
_UPTIME = one(r"^Uptime +: (?P<uptime>\d.*)")
# The first board of each member is the switch itself; a chassis writes its bay.
_BOARDS = each(
    r"^Board +ID",
    r"^Base +\d+ +(?:Base +)?(?P<model>\S+) +(?P<revision>\S+) +(?P<serial>\S+) *$",
)
_CARDS = each(
    r"^Board +ID",
    r"^(?P<kind>Expansion|Controller|Line ?card) +\d+ +(?P<bay>Bay\d+) +(?P<model>\S+) +"
    r"(?P<revision>\S+) +(?P<serial>\S+) *$",
)
# A stack tells its release below the boards of all its members.
_SOFTWARE = one(
    r"^Board +ID[\s\S]*?^Software version +: +(?P<version>\d\S*)",
    build=r"^Current software +: +(\S+)",
)
_VERSION = one(
    r"^AlliedWare Plus \(TM\) (?P<version>\d\S*)", build=r"^(?:Application )?Build name *: *(\S+)"
)


def firmware(device: Device) -> Flow:
    """Release, every member with its serial number, and since when the first one runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template("allied_telesis_awplus_show_system", among=_CURRENT),), _system),
            Told(SYSTEM, (_BOARDS,), _board),
            Told(SYSTEM, (_CARDS,), _card),
            Told(SYSTEM, (_UPTIME,), _uptime),
            Told(SYSTEM, (_SOFTWARE,), _version),
            Told(VERSION, (_VERSION,), _version),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    """The image's name holds the series and the release: `x530-5.5.3-0.1.rel`."""
    _, _, release = row["version"].partition("-")
    yield MAKER.release(release.removesuffix(".rel"), row["version"])
    several = len(row["serial"]) > 1
    for number, (model, serial) in enumerate(zip(row["hardware"], row["serial"], strict=True), 1):
        yield MAKER.item(model, serial, position=f"member {number}" if several else None)
    yield MAKER.unit(row["hostname"])


def _board(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"], revision=row["revision"])


def _card(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["model"],
        row["serial"],
        part="module",
        position=row["bay"],
        description=row["kind"],
        revision=row["revision"],
    )


def _uptime(row: Row) -> Iterator[Fact]:
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _version(row: Row) -> Iterator[Fact]:
    """Where the image's name goes on from the release (`x530-5.5.2-0.1.rel`), so does what runs."""
    _, _, exact = row["build"].removesuffix(".rel").partition("-")
    release = exact if exact.startswith(row["version"]) else row["version"]
    yield MAKER.release(release, row["build"])
