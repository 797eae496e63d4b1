"""Logs of gateways that let people in: who came in, when, from where. Hand-delivered files.

A list of who is in now misses what began and ended between two readings; a log does not. Which
form a file has is seen from its lines. That a log is whole is said by who delivers it (`whole`),
never guessed: `lines` says that it is the gateway's unfiltered log from its first line to its
last, `month` that it holds every session from the month's first day to its export.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from collectors._logs.sessions import Event, sessions
from collectors.session_log._forms import FORMS
from collectors.session_log._reader import Garbled, Reader
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.clock import zone_named
from evidence.device import Device
from evidence.errors import Unexpected
from evidence.facts import Fact, SessionsSeen

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
_LAST = datetime.max.replace(tzinfo=UTC)
# Files of one log that follow each other leave no more than this between them.
_BETWEEN = timedelta(hours=1)


def session_log(device: Device) -> Flow:
    """The sessions of each delivered file. Raises NotAnswered (a file is missing), Unexpected (no
    line is of a form that is known)."""
    files = []
    for name in re.split(r"[\s,]+", device.options.get("logs", "sessions.log").strip()):
        files.append(_read(device, name, (yield LOG(file=name))))
    found: list[Fact] = []
    for service in dict.fromkeys(one.service for one in files):
        found += _of_service(device, service, [one for one in files if one.service == service])
    return found


class _File:
    """One file as read: its form's service, its events, and from when to when it has lines."""

    def __init__(self, capture: Capture, service: str, lines: list[datetime]) -> None:
        self.taken_at = capture.provenance.captured_at or capture.answered_at
        self.service = service
        self.lines = lines
        self.events: list[Event] = []
        self.garbled = 0


def _read(device: Device, file: str, capture: Capture) -> _File:
    text = capture.text()
    lines = [one for one in text.removeprefix("\ufeff").splitlines() if one.strip()]
    until = capture.provenance.captured_at or capture.answered_at
    for form in FORMS.values():
        reader = form(device.timezone, until)
        if not any(reader.moment_of(line) for line in lines[:_LOOKED_AT]):
            continue
        return _told(form(device.timezone, until), lines, capture, device)
    known = ", ".join(FORMS)
    raise Unexpected(
        f"{device.id}: {file} is no log of a gateway in a form that is known ({known})",
        next_step="export it in one of these, or as the table of sessions that `folder` reads",
    )


def _told(reader: Reader, lines: list[str], capture: Capture, device: Device) -> _File:
    found = _File(capture, device.options.get("service", reader.service), [])
    for line in lines:
        at = reader.moment_of(line)
        if at is None:
            continue
        found.lines.append(at)
        for one in reader.read(line, at):
            if isinstance(one, Garbled):
                found.garbled += 1
            else:
                found.events.append(one)
    return found


def _of_service(device: Device, service: str, files: list[_File]) -> Iterator[Fact]:
    events = [event for one in files for event in one.events]
    told = sorted(sessions(events, service), key=lambda one: one.began_at or one.ended_at or _LAST)
    whole = sum(one.garbled for one in files) == 0
    first, last = _span(device, files) if whole else (None, None)
    yield SessionsSeen(
        service=service,
        from_at=first,
        until_at=last,
        sessions=len(told),
        refused=sum(one.kind == "refused" for one in events),
    )
    yield from told


def _span(device: Device, files: list[_File]) -> tuple[datetime | None, datetime | None]:
    """From when to when the files are whole, as who delivers them says."""
    how = device.options.get("whole")
    if how == "lines":
        spans = sorted((min(one.lines), max(one.lines)) for one in files)
        if all(later[0] <= former[1] + _BETWEEN for former, later in pairwise(spans)):
            return spans[0][0], max(last for _, last in spans)
        return None, None
    zone = zone_named(device.timezone)
    if how != "month" or zone is None:
        return None, None
    taken = max(one.taken_at for one in files)
    there = taken.astimezone(zone)
    first = there.replace(day=1, hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    # A line from later than the export shows that the file is not what was said of it.
    later = any(at > taken for one in files for at in one.lines)
    return (None, None) if later else (first, taken)
