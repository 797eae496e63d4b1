"""Modules and members as `show module` and `show platform` list them, and what is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cisco.parts import item
from collectors._cisco.release import release
from evidence.facts import HardwareItem, SoftwareRelease

_CHASSIS = re.compile(r"(?mi)^[ \t]*Chassis type *: *(\S+)")
_MAC = re.compile(r"(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}", re.IGNORECASE)
_SLOT = re.compile(r"[ \t]*(\d{1,2}(?:/\d{1,2})*|[RFP]\d)[ \t]+([A-Z0-9]\S*)[ \t]+[a-z]")
# One line for a machine, or a table of a stack's members.
_UDI = re.compile(r"\bPID: *([^\s,]+) *, *SN: *(\w+)")
_UDI_ROW = re.compile(r"(?m)^[ \t]*\*?[ \t]*\d+[ \t]+(\S+)[ \t]+(\w{8,})[ \t]+\1:\2[ \t]*$")
_IMAGE = re.compile(r"(?m)^IMG[ \t]+[CU][ \t]+(\d+\.\d\S*)")


def items(text: str) -> Iterator[HardwareItem]:
    """The chassis type, then stack members, modules and what is plugged onto them."""
    if chassis := _CHASSIS.search(text):
        yield item(chassis[1])
    table = ""
    for line in text.splitlines():
        words = line.split()
        folded = line.casefold()
        if not words:
            continue
        if words[0] in ("Mod", "Switch", "Slot"):
            table = next((name for name in _TABLES if name in folded), "")
        elif table == "card type" and len(words) > 4 and words[0].isdigit() and words[1].isdigit():
            yield _row(words[0], " ".join(words[2:-2]), *words[-2:])
        elif table == "sub-module" and len(words) > 5 and words[0].isdigit():
            yield _row(words[0], " ".join(words[1:-4]), *words[-4:-2])
        elif table == "state" and (slot := _SLOT.match(line)):
            if chassis is None or slot[2] != chassis[1]:
                yield item(slot[2], part="module", position=slot[1])
        elif member := _member(words):
            yield item(member[2], member[3], position=member[0], revision=member[5])


_TABLES = ("card type", "sub-module", "state")


def _row(position: str, description: str, model: str, serial: str) -> HardwareItem:
    return item(model, serial, part="module", position=position, description=description)


def _member(words: list[str]) -> list[str] | None:
    """The words of a stack member's row, which has its address in the fifth column."""
    if len(words) == 7 and words[0].isdigit() and _MAC.fullmatch(words[4]) and words[2] != "N/A":
        return words
    return None


def releases(text: str) -> Iterator[SoftwareRelease]:
    """The software of stack members, each release once. Images without a number have none."""
    rows = (row for line in text.splitlines() if (row := _member(line.split())))
    for version in dict.fromkeys(row[6] for row in rows):
        if re.match(r"\d+\.\d+\.\d", version):
            yield release("iosxe", version)


def installed(text: str) -> Iterator[SoftwareRelease]:
    """The images `show install summary` says are activated, each release once."""
    for version in dict.fromkeys(_IMAGE.findall(text)):
        yield release("iosxe", version)


def identities(text: str) -> Iterator[HardwareItem]:
    """The machines that `show license udi` names, each once."""
    for model, serial in dict.fromkeys((*_UDI.findall(text), *_UDI_ROW.findall(text))):
        yield item(model, serial)
