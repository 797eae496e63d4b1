"""Asking a command line what it is, and one identity out of what several answers tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

from collectors._cli.rows import Layout, Misfit, Row
from collectors._quoted import flush_left
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, TooMuch, Unexpected, shown
from evidence.facts import Fact, HardwareItem, SoftwareRelease, Unit

Flow = Generator[Ask, Capture, Iterable[Fact]]

STACK_MEMBER = "stack member"
_DEVICE_S = "operating system"
_LONGEST_LINE = 2048  # what one of these devices prints in a line is a tenth of it
_MOST_LINES = 20_000
_TIME = re.compile(r"\s*(?:\w{3} +\w{3} +\d+|\d{4}-\d\d-\d\d) +\d\d:\d\d:\d\d\b[ .\d\w:+-]*")
_PROMPT = re.compile(r"\s*[\w.\-/:@()~<\[]{1,64}[>#\]]\s*")
_PAGER = re.compile(r"-{2,} ?more ?-|<--- more --->|\[more\]", re.IGNORECASE)
_REFUSED = re.compile(
    r"\s*(?:% ?(?:Invalid|Incomplete|Ambiguous|Unknown|Permission|Authorization|Bad|Error)"
    r"|Error: ?(?:Unrecognized|Incomplete|You do not|Wrong|Too many)|Command authorization failed"
    r"|Invalid (?:input|command|parameter)|Unknown command|unknown command|Unrecognized command"
    r"|syntax error|ERROR: |Permission denied|\^$).*"
)


@dataclass(frozen=True, slots=True)
class Told:
    """An ask, the layouts its answer comes in (the first that fits), and what a row tells."""

    ask: Ask
    layouts: tuple[Layout, ...]
    facts: Callable[[Row], Iterator[Fact]]

    def read(self, capture: Capture) -> list[Fact]:
        """The facts. Raises Unexpected for a refusal and for what no layout fits."""
        text = _text(capture)
        refused: list[str] = []
        for layout in self.layouts:
            try:
                return [fact for row in layout(text) for fact in self.facts(row)]
            except Misfit as misfit:
                refused.append(str(misfit))
        raise Unexpected(
            f"{capture.device}: {capture.ask.text!r} is not written as this platform's: "
            f"{refused[0]}",
            next_step="see the platform's page for the releases it reads; report this one's answer",
        )


def plainly(ask: Ask) -> Generator[Ask, Capture, Capture]:
    """The answer to the ask itself."""
    return (yield ask)


def identity(
    device: Device,
    *answers: Told,
    asking: Callable[[Ask], Generator[Ask, Capture, Capture]] = plainly,
) -> Flow:
    """Release, hardware and unit, from whichever answers tell them.

    Not every model has every command, and not everybody delivers every answer: what one does not
    tell, another may. An answer that is read in several ways is asked for once. Raises the first
    refusal where none was answered, and Unexpected where neither a release nor a part is told.
    """
    facts: list[Fact] = []
    refusal: NotAnswered | Unexpected | Incomplete | None = None
    captures: dict[Ask, Capture] = {}
    refused: set[Ask] = set()
    for one in answers:
        if one.ask in refused:
            continue
        try:
            if one.ask not in captures:
                refused.add(one.ask)
                captures[one.ask] = yield from asking(one.ask)
                refused.remove(one.ask)
            capture = captures[one.ask]
            facts += [_booted(fact, capture) for fact in one.read(capture)]
        except NotAnswered as error:
            if error.code != NotAnswered.code:
                refusal = refusal or error
        except (Unexpected, Incomplete) as error:
            refusal = refusal or error
    told = [one for one in facts if isinstance(one, SoftwareRelease) and one.version]
    releases = _once(list(_of_a_stack(told)))
    hardware = _parts([one for one in facts if isinstance(one, HardwareItem)])
    if not releases and not hardware:
        asked = ", ".join(repr(one.ask.text) for one in answers)
        raise refusal or Unexpected(f"{device.id}: none of {asked} tells a release or a part")
    chassis = next((one for one in hardware if one.part == "chassis"), None)
    units = [one for one in facts if isinstance(one, Unit)]
    return [*releases, *hardware, *_units(units, chassis)]


def _text(capture: Capture) -> str:
    """The answer's text. Raises Incomplete at a pager, TooMuch for what no such device prints."""
    text = capture.text().replace("\r", "")
    who = f"{capture.device}: {capture.ask.text!r}"
    lines = text.split("\n")
    if len(lines) > _MOST_LINES or max(map(len, lines)) > _LONGEST_LINE:
        raise TooMuch(f"{who} answered with more than such a device prints", code="line_too_long")
    # An echo of the command or the time before the answer, and a prompt behind it, are none of its
    # lines.
    ask = capture.ask.text
    while len(lines) > 1 and (
        not lines[0].strip() or lines[0].strip().endswith(ask) or _TIME.fullmatch(lines[0])
    ):
        lines.pop(0)
    while len(lines) > 1 and (not lines[-1].strip() or _PROMPT.fullmatch(lines[-1])):
        lines.pop()
    first = next((line for line in lines if line.strip()), "")
    if _REFUSED.fullmatch(first):
        raise Unexpected(
            f"{who} was refused: {shown(first.strip())!r}",
            next_step="see the platform's page: the account's privilege",
        )
    if any(_PAGER.search(line) for line in lines):
        raise Incomplete(f"{who}: the answer stopped at a pager")
    return flush_left("\n".join(line.rstrip() for line in lines))


def _booted(fact: Fact, capture: Capture) -> Fact:
    """The fact; a unit with the time at which it began to run."""
    if not isinstance(fact, Unit) or fact.uptime_s is None:
        return fact
    at = capture.provenance.captured_at or capture.answered_at
    return replace(fact, boot_at=(at - timedelta(seconds=fact.uptime_s)).replace(microsecond=0))


def _of_a_stack(releases: Sequence[SoftwareRelease]) -> Iterator[SoftwareRelease]:
    """Where each unit of a stack tells its own release, the first one's is the device's. Others are
    told where they differ: units that agree run one thing."""
    running = next((one for one in releases if one.part == _DEVICE_S), None)
    for one in releases:
        if one.part.startswith(f"{STACK_MEMBER} "):
            if running is None:
                running = replace(one, part=_DEVICE_S)
                yield running
            elif one.version != running.version:
                yield one
        else:
            yield one


def _once(releases: Sequence[SoftwareRelease]) -> list[SoftwareRelease]:
    """Every release once; of one that an answer tells more of, the fuller one."""
    found: dict[tuple[str | None, ...], SoftwareRelease] = {}
    for one in releases:
        key = (one.subject_unit, one.part, one.version)
        if key not in found or (found[key].build is None and one.build is not None):
            found[key] = one
    return list(found.values())


def _parts(hardware: Sequence[HardwareItem]) -> list[HardwareItem]:
    """Every piece once. Where one answer names the chassis and another its number, they are one."""
    found: list[HardwareItem] = []
    for item in hardware:
        if not (item.model or item.serial):
            continue
        same = next((n for n, other in enumerate(found) if _same(item, other)), None)
        if same is None:
            found.append(item)
        else:
            found[same] = _joined(found[same], item)
    return list(_chassis_once(found))


def _chassis_once(found: Sequence[HardwareItem]) -> Iterator[HardwareItem]:
    """The pieces; a chassis that one answer names and another numbers is one of them.

    A name that stands nowhere is the device's, so where its chassis are numbered with models of
    their own it is but their type.
    """
    chassis = [one for one in found if one.part == "chassis"]
    named = [one for one in chassis if not one.serial]
    numbered = [one for one in chassis if not one.model]
    whole = [one for one in chassis if one.model and one.serial]
    serials = {one.serial for one in whole}
    taken: list[HardwareItem] = []
    for one in found:
        if one in taken or (whole and one in named and one.position is None):
            continue
        if one in numbered and one.serial in serials:
            continue
        if one in named or one in numbered:
            others = [
                other
                for other in (numbered if one in named else named)
                if other not in taken and _at_one_place(one, other, len(named) + len(numbered))
            ]
            if others:
                taken.append(others[0])
                first, second = (one, others[0]) if one in named else (others[0], one)
                yield _joined(first, second)
                continue
        yield one


def _at_one_place(one: HardwareItem, other: HardwareItem, among: int) -> bool:
    if one.position and other.position:
        return one.position == other.position
    return among == 2


def _same(one: HardwareItem, other: HardwareItem) -> bool:
    """Whether two accounts are of one piece: by number, or where a number is missing by place."""
    models = {one.model, other.model} - {None}
    if one.serial and other.serial:
        places = {one.position, other.position} - {None}
        return one.serial == other.serial and len(places) < 2 and len(models) < 2
    if one.model is None or one.model != other.model:
        return False
    parts = {one.part, other.part}
    if one.position == other.position:
        return len(parts) == 1 or "chassis" in parts
    return "chassis" in parts and None in (one.position, other.position) and len(parts) == 2


def _joined(first: HardwareItem, second: HardwareItem) -> HardwareItem:
    """One piece out of two accounts of it; the first one's word goes before the second's."""
    return replace(
        first,
        model=first.model or second.model,
        serial=first.serial or second.serial,
        position=first.position or second.position,
        description=first.description or second.description,
        revision=first.revision or second.revision,
        virtual=first.virtual or second.virtual,
    )


def _units(units: Sequence[Unit], chassis: HardwareItem | None) -> Iterator[Unit]:
    """One unit for each that the answers speak of, told as far as any of them does."""
    ordered = sorted(units, key=lambda one: one.subject_unit or "")
    for name, group in groupby(ordered, key=lambda one: one.subject_unit):
        some = list(group)
        unit = some[0]
        for other in some[1:]:
            unit = replace(
                unit,
                hostname=unit.hostname or other.hostname,
                uptime_s=unit.uptime_s if unit.uptime_s is not None else other.uptime_s,
                boot_at=unit.boot_at or other.boot_at,
                ha_mode=unit.ha_mode or other.ha_mode,
                ha_role=unit.ha_role or other.ha_role,
            )
        if name is None and chassis is not None:
            unit = replace(unit, model=chassis.model, serial=chassis.serial)
        yield unit
