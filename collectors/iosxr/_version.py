"""What `show version`, `show platform` and `show install active` say of an IOS XR router."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors._cisco import span
from collectors._cisco.answer import told
from collectors._cisco.parts import item
from collectors._cisco.release import release
from evidence.capture import Capture
from evidence.facts import HardwareItem, SoftwareRelease, Unit

_XR = re.compile(r"(?m)^[ \t]*Cisco IOS XR Software, Version (\d[^\[\n]*)(?=[\[\n])")
_LABEL = re.compile(r"(?m)^[ \t]*Label[ \t]*: *(\S+)")
_MACHINE = re.compile(r"(?mi)^[ \t]*cisco ([^(\n]+?) *\([^\n]*\) *processor\b")
_CHASSIS = re.compile(r"(?m)^[ \t]*((?:ASR|CRS|NCS)[ -]?\d+\w*|IOS XRv)\b[^\n]* Chassis\b")
_UPTIME = re.compile(r"(?m)^[ \t]*(\S+) uptime is (\d[^\n]*)")
_NODES = re.compile(r"(?m)^[ \t]*Node[ \t]+Type[ \t]+State\b")
_NODE = re.compile(r"(?m)^[ \t]*(\d+/\S+)[ \t]+([A-Z0-9][^\s(]*)(?:\(\w+\))?[ \t]+[A-Z]")
_PACKAGE = re.compile(
    r"(?m)^[ \t]*Label *: *(\d[\d.]*\w*)|-xr-(\d[\d.]*\w*)[ \t]+version="
    r"|\b\w+-mini-\w+-(\d+\.\d+\.\d+)"
)


def releases(text: str) -> Iterator[SoftwareRelease]:
    """The release that runs; the label names what it was built as (`6.6.3-80`)."""
    if running := _XR.search(text):
        version, label = running[1].strip(), _LABEL.search(text)
        yield release("iosxr", version, build=label[1] if label and label[1] != version else None)


def installed(text: str) -> Iterator[SoftwareRelease]:
    """The release whose base packages are active."""
    found = [next(filter(None, versions)) for versions in _PACKAGE.findall(text)]
    if found:
        yield release("iosxr", found[0])


def machine(text: str) -> list[HardwareItem]:
    """The chassis; where the processor's line names a series only, as the line after it says."""
    running, machine, chassis = (one.search(text) for one in (_XR, _MACHINE, _CHASSIS))
    if running is None or machine is None:
        return []
    series = machine[1].endswith("Series")
    return [
        item(
            chassis[1] if series and chassis else machine[1],
            description=machine[1] if series else None,
        )
    ]


def nodes(text: str) -> Iterator[HardwareItem]:
    """The nodes of `show platform`, whose serials it does not tell."""
    heading = _NODES.search(text)
    for position, model in _NODE.findall(text, heading.end()) if heading else ():
        yield item(model, part="module", position=position)


def units(answer: Capture, hardware: Sequence[HardwareItem]) -> Iterator[Unit]:
    """The unit; newer releases write `System` where the host's name was."""
    running = _UPTIME.search(told(answer))
    if running is not None:
        chassis = next((one for one in hardware if one.part == "chassis"), None)
        yield span.unit(
            answer,
            model=chassis.model if chassis else None,
            serial=chassis.serial if chassis else None,
            hostname=running[1] if running[1] != "System" else None,
            running=running[2],
        )
