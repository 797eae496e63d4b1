"""Aruba AOS-CX switches by their command line: release, members of a VSF stack, modules, uptime."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import (
    Maker,
    Row,
    Told,
    each,
    having,
    identity,
    one,
    span_s,
    template,
    terminal,
)
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Aruba"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("aruba_aoscx", "aos_cx")

MAKER = Maker("HPE Aruba", "aoscx", "AOS-CX")
SESSION = terminal("no page")

SYSTEM = Ask("system", "show system", also=("show_system",))
VERSION = Ask("version", "show version", also=("show_version",))
MODULE = Ask("module", "show module", also=("show_module",))
VSF = Ask("vsf", "show vsf detail", also=("show_vsf_detail",))
_AOS_CX = r"^(?:Aruba|A)OS-CX Version +: "
_VERSION = one(r"^Version +: +(?P<version>[A-Z]{2}\.\d\S+)", build=r"^Build ID +: +(\S+)")
_MODULES = having(r"^Name +Number +Description", template("aruba_aoscx_show_module"))
# Where a description fills its column one blank parts it from the number; slots may be empty.
_CARDS = each(
    r"^Name +Number +Description",
    r"^(?P<module>\d+/\d+) +(?P<model>[A-Z]\w{4,5}) +(?P<cardtype>\S.*?) +"
    r"(?P<serial>[A-Z]{2}\w{8}) +\S",
)
# The board of a chassis; a fixed switch has its own name there.
_MANAGES = re.compile(r"\bM(?:anagement|gmt) Mod")
# "Type : JL725A" is a member's product number, "Model : 6200F 24G …" what it is called.
_NEXT = re.compile(r"^(?=Member ID +: )", re.MULTILINE)
_MEMBER = one(
    r"^Member ID +: +(?P<member_id>\d+)",
    type=r"^ +Type +: +([A-Z]\w{4,5})\b",
    model=r"^ +Model +: +(\S.*?) *$",
    serial_number=r"^ +Serial Number +: +(\w+)",
)


def _members(text: str) -> list[Row]:
    """A row for each member of the stack."""
    blocks = [block for block in _NEXT.split(text) if block.startswith("Member")]
    return [row for block in blocks or [text] for row in _MEMBER(block)]


def firmware(device: Device) -> Flow:
    """Release, every member or module with its product number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template("aruba_aoscx_show_system", among=_AOS_CX),), _system),
            Told(VERSION, (_VERSION,), _version),
            Told(MODULE, (_MODULES, _CARDS), _module),
            Told(VSF, (_members,), _member),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    """The product's name begins with its number: `JL665A 6300F 48G CL4 PoE 4SFP56 Sw`."""
    number, _, name = row["product"].partition(" ")
    yield MAKER.release(row["version"])
    yield MAKER.item(number, row["serial"], description=name)
    up = ("weeks", "days", "hours", "minutes")
    told = [f"{row[f'uptime_{unit}']} {unit}" for unit in up if row[f"uptime_{unit}"]]
    yield MAKER.unit(row["hostname"], span_s(" ".join(told)))


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"])


def _module(row: Row) -> Iterator[Fact]:
    """A fixed switch lists itself as management module and as line module: one piece."""
    fixed = row["module_type"] == "Management" and not _MANAGES.search(row["cardtype"])
    part = "chassis" if fixed else "module"
    yield MAKER.item(
        row["model"], row["serial"], part=part, position=row["module"], description=row["cardtype"]
    )


def _member(row: Row) -> Iterator[Fact]:
    if row["serial_number"]:
        yield MAKER.item(
            row["type"],
            row["serial_number"],
            position=f"member {row['member_id']}",
            description=row["model"],
        )
