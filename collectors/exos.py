"""Extreme Switch Engine (ExtremeXOS) by its command line: release, stack, modules, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Extreme Networks"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("extreme_exos", "extreme")

MAKER = Maker("Extreme Networks", "exos", "Extreme Switch Engine (EXOS)")
SESSION = terminal(prompt=r"\*? ?[\w.\-/:@() ]+[>#] ?")

VERSION = Ask("version", "show version", also=("show_version",))
SWITCH = Ask("switch", "show switch", also=("show_switch",))
_IMAGE = one(
    r"^Image +: (?:ExtremeXOS|Extreme Networks Switch Engine) version (?P<version>\d\S*)",
    boot=r"BootROM: *(\S+)",
)
# "Slot-1 : 800745-00-10 1643N-12345 Rev 10.0 BootROM: …": part number, then serial number.
_PARTS = each(
    r"\A",
    r"^(?P<position>Switch|Chassis|Slot-\d+|MSM-\w|MM-\w|VIM\S*|PSU\S*|PSUCTRL\S*|FanTray\S*) *: "
    r"(?:Internal )?(?:(?P<name>[A-Z]\S*?) )?(?P<model>\d{6}-\S+) (?P<serial>\w+-\d+)"
    r"(?: Rev (?P<revision>\S+))?",
)
_SWITCH = one(
    r"^SysName: +(?P<hostname>\S*)",
    model=r"^System Type: +(\S.*?) *$",
    uptime=r"^System UpTime: +(.+)",
)


def firmware(device: Device) -> Flow:
    """Release, each slot's part and serial number, the type, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_IMAGE,), _image),
            Told(VERSION, (_PARTS,), _part),
            Told(SWITCH, (_SWITCH,), _switch),
        )
    )


def _image(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    if row["boot"]:
        yield MAKER.release(row["boot"], part="boot loader")


def _part(row: Row) -> Iterator[Fact]:
    """`800745-00-10` is a part number: of a switch it stands beside what `show switch` names."""
    where = row["position"]
    kinds = {"PSU": "power supply", "Fan": "fan", "MSM": "module", "MM-": "module", "VIM": "module"}
    part = kinds.get(where[:3], "chassis")
    yield MAKER.item(
        None if part == "chassis" else row["model"],
        row["serial"],
        part=part,
        position=where if where != "Switch" else None,
        description=row["model"] if part == "chassis" else row["name"],
        revision=row["revision"],
    )


def _switch(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], part="stack" if row["model"].endswith("(Stack)") else "chassis")
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))
