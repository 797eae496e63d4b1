"""Hardware as `show inventory` lists it, and answers joined so that a part is named once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from evidence.facts import HardwareItem

_NAME = re.compile(r'[ \t]*"?NAME *:', re.IGNORECASE)
_PID = re.compile(r"[ \t]*PID *:", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:NAME|DESCR|PID|VID|SN) *:", re.IGNORECASE)
_NOTHING = {"", "n/a", "na", "none", "unknown", "unspecified", "<empty>", "--"}
_VIRTUAL = re.compile(
    r"IOSv|vIOS|CSR1000V|C8000V|ISRV|C9800-CL|C9KV|CAT9KV|NX-?OSv|N?9K-?C?9[35]00v|C9[35]00v"
    r"|(?:R-)?IOS[ -]?XRv|XRd",
    re.IGNORECASE,
)
# What a part is if its name says so, or else its description; the first that fits.
_PARTS = (
    ("power supply", r"(?i)\bpower|\bpsu\b|\bPS\d|\bPM\d|\bPEM\b|\bPT\d"),
    ("fan", r"(?i)\bfan|\bFT\d"),
    ("transceiver", r"(?i)transceiver|\bmau\b|pluggable optic|^(?:Q|X)?SFP|^\d*G?BASE-?\w|GBIC"),
    ("transceiver", r"^(?:[A-Z][A-Za-z]*(?:Ethernet|GigE)|Gi|Te|Twe|Fo|Fi|Hu|Eth?)\d+/[\d/]+"),
)
_SERIAL_AT_END = re.compile(r"(?:\b[A-Z0-9]{11,}(?:-\w+)?|N/A)\s*$")
_CHASSIS = re.compile(r"\bchassis\b|\bstack$|^(?:rack|switch) \d+$", re.IGNORECASE)


def whole_lines(text: str) -> list[str]:
    """The lines, without a last one that breaks off before a serial's eleven characters."""
    lines = text.splitlines()
    if lines and not text.endswith("\n") and not _SERIAL_AT_END.search(lines[-1]):
        lines.pop()
    return lines


def said(value: str | None) -> str | None:
    """The value; None where the device writes that it has none."""
    value = (value or "").strip()
    return None if value.casefold() in _NOTHING else value


def item(
    model: str | None,
    serial: str | None = None,
    *,
    part: str = "chassis",
    position: str | None = None,
    description: str | None = None,
    revision: str | None = None,
) -> HardwareItem:
    """One part, in the device's words. Optics it calls another's are of an unknown vendor."""
    return HardwareItem(
        vendor=None if (description or "").startswith("Non-Cisco") else "Cisco",
        model=said(model),
        serial=said(serial),
        part=part,
        position=said(position),
        description=said(description),
        revision=said(revision),
        virtual=_VIRTUAL.match(said(model) or "") is not None,
    )


def inventory(text: str) -> list[HardwareItem]:
    """The parts that `show inventory` lists, each once.

    A fixed switch names itself again as its own first slot, a stack as the stack: same PID,
    same serial, one piece of hardware. Where nothing calls itself a chassis, the pieces that
    are just numbered are the members of a stack.
    """
    found = list(_rows(text))
    if not any(one.part == "chassis" for one in found):
        found = [
            replace(one, part="chassis") if (one.position or "").isdigit() else one for one in found
        ]
    chassis = {(one.model, one.serial) for one in found if one.part == "chassis" and one.serial}
    members = [one for one in found if one.part == "chassis" and not _is_stack(one)]
    known = {one.serial for one in members}
    return [
        one
        for one in found
        if not (one.part != "chassis" and (one.model, one.serial) in chassis)
        and not (_is_stack(one) and one.serial in known)
    ]


def _is_stack(one: HardwareItem) -> bool:
    return one.part == "chassis" and (one.position or "").casefold().endswith("stack")


def _rows(text: str) -> Iterator[HardwareItem]:
    name, description = "", ""
    for line in whole_lines(text):
        values = [value.strip(' ,"\t') for value in _LABEL.split(line)[1:]]
        if _NAME.match(line) and len(values) >= 2:
            name, description = values[0], values[1]
        elif _PID.match(line) and len(values) == 3:
            model, revision, serial = values
            if said(model) or said(serial):
                yield item(
                    model,
                    serial.split()[0] if serial else None,
                    part=_part(name, description, model),
                    position=name,
                    description=description,
                    revision=revision,
                )
            name = description = ""


def _part(name: str, description: str, model: str) -> str:
    if kind := _kind(name):
        return kind
    if _CHASSIS.search(name) or name == model:
        return "chassis"  # whose description may tell its power supplies
    return _kind(description) or "module"


def _kind(text: str) -> str | None:
    return next((kind for kind, pattern in _PARTS if re.search(pattern, text)), None)


def joined(*answers: Iterable[HardwareItem]) -> list[HardwareItem]:
    """Every part once: what several answers name is taken from the first.

    Parts are the same by serial; one without a serial is left out where an earlier answer knows
    its model, or a later one where it stands nowhere and is but a chassis' type.
    """
    found: list[HardwareItem] = []
    for answer in answers:
        earlier = tuple(found)
        serials = {one.serial for one in earlier if one.serial}
        models = {one.model for one in earlier}
        for one in answer:
            if one.serial in serials or (one.serial is None and one.model in models):
                continue
            found.append(one)
    known = {(one.part, one.model) for one in found if one.serial}
    return [
        one for one in found if one.serial or one.position or (one.part, one.model) not in known
    ]
