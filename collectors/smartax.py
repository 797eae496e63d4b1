"""Huawei SmartAX access platforms (OLT) by their command line: release, patch, boards, ONTs."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, having, identity, one, span_s, template
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Huawei"
TRANSPORTS = ("folder",)
ALIASES = ("huawei_smartax", "huawei_olt")

MAKER = Maker("Huawei", "smartax", "Huawei SmartAX")

VERSION = Ask("version", "display version", also=("display_version",))
SERIALS = Ask("serials", "display board serial-number 0", also=("display board serial-number",))
UPTIME = Ask("uptime", "display sysuptime", also=("display_sysuptime",))
ONTS = Ask("onts", "display ont version summary 0", also=("display ont version summary",))
_VERSION = one(
    r"^ *VERSION +: +(?P<olt_version>(?:MA|EA)5\d{3}\S+)",
    patch=r"^ *PATCH +: +([A-Z]\S+)",
    product=r"^ *PRODUCT *:? +(\S+)",
)
_UPTIME = one(r"^ *(?:System up time:|Uptime is) *(?P<uptime>\d.*)")
_BOARDS = having(
    r"^ *S(?:lo|ol)t +ID +Board", template("huawei_smartax_display_board_serial-number")
)
_ONTS = having(r"\bONT Model\b", template("huawei_smartax_display_ont_version_summary_0"))


def firmware(device: Device) -> Flow:
    """Release and patch of the platform, its boards, the ONTs' releases, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("huawei_smartax_display_version"), _VERSION), _version),
            Told(SERIALS, (_BOARDS,), _board),
            Told(ONTS, (_ONTS,), _terminal),
            Told(UPTIME, (_UPTIME,), _uptime),
            Told(VERSION, (_UPTIME,), _uptime),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["olt_version"])
    if row["patch"]:
        yield MAKER.release(row["patch"], part="patch")
    yield MAKER.item(row["product"])


def _board(row: Row) -> Iterator[Fact]:
    yield MAKER.item(
        row["board_name"], row["serial_number"], part="module", position=row["slot_id"]
    )


def _terminal(row: Row) -> Iterator[Fact]:
    """A kind of ONT and what it runs; how many there are is not told as pieces."""
    yield MAKER.release(row["software_version"], part=f"ONT {row['ont_model']}")


def _uptime(row: Row) -> Iterator[Fact]:
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))
