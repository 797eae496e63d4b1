"""What `show version` says: which software runs, the machine, the members of a stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from collectors._cisco import parts, span
from collectors._cisco.answer import told
from collectors._cisco.parts import item
from collectors._cisco.release import release
from evidence.capture import Capture
from evidence.facts import HardwareItem, SoftwareRelease, Unit

# "Cisco IOS Software …, Version V," and before 12.3 "IOS (tm) …, Version V,"; the same words
# behind "ROM:" or "BOOTLDR:" are boot programs.
_IOS = re.compile(
    r"(?m)^[ \t]*(?:Cisco IOS Software\b|IOS \(tm\) )[^\n]*?"
    r"(?:Experimental )?Version ([^\s,]+)(?=[\s,])"
)
_XE = re.compile(r"(?m)^[ \t]*Cisco IOS[ -]XE Software, Version (\S+)(?=\s)")
_XE_OF_OLD = re.compile(r"(?m)^[ \t]*IOS XE Version: *(\S+)(?=\s)")
_IS_XE = re.compile(r"(?m)^[ \t]*Cisco IOS[ -]XE |^[^\n]*\bIOS-XE Software|\bIOS-XE ROMMON")
_SINCE_16 = re.compile(r"(?:1[6-9]|[2-9]\d)\.")
_MACHINE = re.compile(
    r"(?mi)^[ \t]*(cisco|allen-bradley|linux) +(\S+(?: \S+)?) +\(([^)\n]*)\)"
    r"[^\n]*?\bwith\b[^\n]*bytes of"
)
_BOARD = re.compile(r"(?mi)^[ \t]*Processor board ID (\w+)(?=\W)")
_UPTIME = re.compile(r"(?m)^[ \t]*(\S+) uptime is (\d[^\n]*)")
_MEMBER_ROW = re.compile(r"^(\*?) *(\d{1,2}) +\d+ +(\S+) +(\d\S*) +\S+(?: +[A-Z]+)?$")
_UDI = re.compile(r"(?m)^\*\d[ \t]+(\S+)[ \t]+(\w+)[ \t]*$")
# Routers that filter every packet in software, and the IOS XE ones whose configuration guide says
# that each entry's packets are counted. Catalyst switches and ASR filter in hardware.
_IN_SOFTWARE = re.compile(
    r"(?i)(?:CISCO|C)?(?:8[0-9]{2}|1[89]\d\d|2[689]\d\d|3[6789]\d\d|72\d\d)(?!\d)"
    r"|ISR4\d\d\d|C11\d\d|C8[23]00|C8000V|CSR1000V|IOSv\b"
)


def counts_every_packet(text: str) -> bool:
    """Whether this machine's access lists count each packet that they match."""
    machine = _MACHINE.search(text)
    return machine is not None and _IN_SOFTWARE.match(machine[2]) is not None


def releases(text: str) -> Iterator[SoftwareRelease]:
    """The software that runs, and that of members which run another.

    IOS XE from 16 on writes one version twice, `16.12.4` and `16.12.04`: the second is kept
    as the build. Before that it held an IOS of its own version (`03.09.01.S` and `15.3(2)S1`),
    or on Catalysts only its own (`03.06.05E`).
    """
    matches = [pattern.search(text) for pattern in (_IOS, _XE, _XE_OF_OLD)]
    ios, xe, old = (match[1] if match else None for match in matches)
    if old is None and ios is not None and "(" in ios:
        old = xe  # the last 3.x trains write theirs where 16 writes the other form of its one
    version = ios or xe
    if old is not None:
        yield release("iosxe", old)
        if ios is not None:
            yield release("ios", ios, part="IOS within IOS XE")
    elif version is not None:
        product = "iosxe" if xe or _SINCE_16.match(version) or _IS_XE.search(text) else "ios"
        yield release(product, version, build=xe if xe != version else None)
        yield from _of_members(text, product)


def _of_members(text: str, product: str) -> Iterator[SoftwareRelease]:
    rows = [row for line in text.splitlines() if (row := _MEMBER_ROW.match(line.strip()))]
    running = next((row[4] for row in rows if row[1]), None)
    for row in rows:
        if running is not None and row[4] != running:
            yield release(product, row[4], part=f"stack member {row[2]}")


def members(text: str) -> Iterator[HardwareItem]:
    """The switch itself and the other members of its stack, each with its own serial."""
    rows = [row for line in text.splitlines() if (row := _MEMBER_ROW.match(line.strip()))]
    position = next((row[2] for row in rows if row[1]), None)
    model: str | None = None
    revision: str | None = None
    for line in parts.whole_lines(text):
        label, colon, value = (word.strip() for word in line.partition(":"))
        if switch := re.fullmatch(r"Switch 0*(\d{1,2})", label):
            position, model, revision = switch[1], None, None
        elif colon and label.casefold() == "model revision number":
            revision = value
        elif colon and label.casefold() == "model number":
            model = value
        elif colon and label.casefold() == "system serial number" and value:
            yield item(model, value.split()[0], position=position, revision=revision)


def with_machine(text: str, hardware: Sequence[HardwareItem]) -> list[HardwareItem]:
    """The parts, and the machine `show version` names where no part is it.

    Where a chassis is known already, the processor board's number is that of its board; so
    is a routing engine that a licence is bound to.
    """
    found = list(hardware)
    if not (_IOS.search(text) or _XE.search(text)):
        return found  # NX-OS and ASA speak of a processor board too
    machine, board = _MACHINE.search(text), _BOARD.search(text)
    serials = {one.serial for one in found}
    has_chassis = any(one.part == "chassis" and one.serial for one in found)
    if board is not None and board[1] not in serials:
        part = "main board" if has_chassis else "chassis"
        one = item(machine[2] if machine else None, board[1], part=part)
        if machine is not None and machine[1] == "Linux":  # IOS as a program: "Linux Unix (i686)"
            one = replace(one, model=None, virtual=True)
        found = [*(other for other in found if other.serial or other.model != one.model), one]
    elif machine is not None and not found:
        found.append(item(machine[2]))
    known = {one.serial for one in found}
    for pid, serial in _UDI.findall(text):
        if serial not in known:
            found.append(item(pid, serial, part="main board"))
    return found


def units(answer: Capture, hardware: Sequence[HardwareItem]) -> Iterator[Unit]:
    """The unit, where the answer says since when it runs."""
    text = told(answer)
    running, machine, board = (one.search(text) for one in (_UPTIME, _MACHINE, _BOARD))
    if running is not None:
        chassis = next((one for one in hardware if one.part == "chassis"), None)
        yield span.unit(
            answer,
            model=(chassis.model if chassis else None) or (machine[2] if machine else None),
            serial=(chassis.serial if chassis else None) or (board[1] if board else None),
            hostname=running[1],
            running=running[2],
        )
