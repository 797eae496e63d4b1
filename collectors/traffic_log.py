"""Traffic logs: which rules they say decided traffic, and when. Second evidence beside counters.

A log can break the claim that a rule had no traffic, and can never make one: what was not logged
is not in it. Somebody exports it and delivers it by hand; nothing is asked of a device. Lines are
summed up a rule: the first, the last, how many.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from datetime import datetime
from itertools import islice

from collectors._logs.entry import Entry
from collectors._logs.lines import FORMS, Foreign, Form
from collectors._logs.table import entries, rows
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import Fact, LoggedTraffic, TrafficLog

TRANSPORTS = ("folder",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

LOG = Ask(
    "log",
    "{file}",
    "file",
    holes={"file": r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.(?:log|csv|txt)"},
    limit_bytes=256 * 1024 * 1024,
)
# How many lines are looked at to tell of which form a log is.
_LOOKED_AT = 500


def traffic_log(device: Device) -> Flow:
    """What each delivered file says of each rule. Raises NotAnswered (a file is missing),
    Unexpected (no line names a rule in a form that is known)."""
    facts: list[Fact] = []
    for name in re.split(r"[\s,]+", device.options.get("logs", "traffic.log").strip()):
        capture = yield LOG(file=name)
        facts += _summed(device, name, capture)
    return facts


def _summed(device: Device, file: str, capture: Capture) -> Iterator[Fact]:
    form, told = _read(device, file, capture)
    by_rule: dict[tuple[tuple[str, ...], str, str], list[Entry]] = {}
    seen = [one for one in told if one is not None]
    for one in seen:
        if one.names:
            by_rule.setdefault((one.names, one.context, one.policy), []).append(one)
    yield TrafficLog(
        file=file,
        form=form,
        first_at=min((one.first_at or one.at for one in seen), default=None),
        last_at=max((one.at for one in seen), default=None),
        entries=sum(one.entries for one in seen),
        without_rule=sum(one.entries for one in seen if not one.names),
        not_understood=sum(one is None for one in told),
    )
    for (names, context, policy), found in by_rule.items():
        yield LoggedTraffic(
            rule=names,
            context=context,
            policy=policy,
            first_at=min(one.first_at or one.at for one in found),
            last_at=max(one.at for one in found),
            entries=sum(one.entries for one in found),
        )


def _read(device: Device, file: str, capture: Capture) -> tuple[str, list[Entry | None]]:
    """The form of a log, and its entries; None for a line that cannot be read."""
    text, zone, until = capture.text(), device.timezone, capture.answered_at
    lines = [line for line in text.splitlines() if line.strip()]
    for name, form in FORMS.items():
        if any(_fits(form, line, zone, until) for line in islice(lines, _LOOKED_AT)):
            return name, list(_told(form, lines, zone, until))
    table = rows(text)
    if table is None:
        raise Unexpected(
            f"{device.id}: no line of {file} names a rule in a form that is known",
            next_step="docs/platforms/traffic_log.md lists the forms; a CSV of `time,rule` will do",
        )
    return "csv", list(entries(*table, zone, until))


def _fits(form: Form, line: str, zone: str, until: datetime) -> bool:
    try:
        return form(line, zone, until) is not None
    except Foreign:
        return False


def _told(form: Form, lines: Iterable[str], zone: str, until: datetime) -> Iterator[Entry | None]:
    for line in lines:
        try:
            entry = form(line, zone, until)
        except Foreign:
            yield None
            continue
        if entry is not None:
            yield entry
