"""What `show version` says: which software runs, the chassis, the unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from collectors._cisco import span
from collectors._cisco.parts import item
from collectors._cisco.release import release
from evidence.capture import Capture
from evidence.facts import HardwareItem, SoftwareRelease, Unit

_SYSTEM = re.compile(
    r"(?m)^[ \t]*(?:NXOS: version|system:[ \t]+version)[ \t]+(\d\S*(?: \[[^]\n]*\])?)(?=\s)"
)
_ACI = re.compile(r"(?m)image file is: .*\baci-n9000")
_CHASSIS = re.compile(r"(?m)^[ \t]*cisco ([^\n]*\b[Cc]hassis\b[^\n]*|\S+ \(\"[^\n]*)$")
_BOARD = re.compile(r"(?mi)^[ \t]*Processor Board ID[ \t]+(\w+)(?=\W)")
_HOST = re.compile(r"(?m)^[ \t]*Device name:[ \t]*(\S+)")
_UPTIME = re.compile(r"(?m)^[ \t]*Kernel uptime is ([^\n]*)")


def releases(text: str) -> Iterator[SoftwareRelease]:
    """The system image. What ACI boots (`14.0(1h)`) is another product with other dates.

    The device's own remark stays with the version: `10.4(5) [Maintenance Release]`.
    """
    if system := _SYSTEM.search(text):
        yield release("aci" if _ACI.search(text) else "nxos", system[1])


def machine(text: str) -> Iterator[HardwareItem]:
    """The chassis, named without its family: of `Nexus9000 C9396PX Chassis` the second word.

    The serial is the processor board's, on fixed switches the chassis' own.
    """
    chassis, board = _CHASSIS.search(text), _BOARD.search(text)
    if chassis is not None and _SYSTEM.search(text):
        words = re.split(r" *\(| *\b[Cc]hassis\b", chassis[1])[0].split()
        family = len(words) > 1 and re.fullmatch(r"Nexus\d*", words[0])
        yield item(
            " ".join(words[1:] if family else words),
            board[1] if board else None,
            description=chassis[1].strip(),
        )


def units(answer: Capture, text: str, hardware: Sequence[HardwareItem]) -> Iterator[Unit]:
    """The unit, where the answer says since when its kernel runs."""
    running, host = _UPTIME.search(text), _HOST.search(text)
    if running is not None:
        chassis = next((one for one in hardware if one.part == "chassis"), None)
        yield span.unit(
            answer,
            model=chassis.model if chassis else None,
            serial=chassis.serial if chassis else None,
            hostname=host[1] if host else None,
            running=running[1],
        )
