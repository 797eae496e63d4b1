"""Days as a calendar's file (iCalendar, RFC 5545), for whatever people plan their days with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from evidence.text import visible

_MOST_OCTETS = 75
_ESCAPED = re.compile(r"([\\;,])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A whole day. `uid` stays the same as long as it is the same thing."""

    uid: str
    day: date
    title: str
    text: str


def to_ics(name: str, entries: Iterable[Entry], at: datetime) -> bytes:
    """The file, made at `at`."""
    made = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//evidence-store//due//EN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for one in entries:
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_text(one.uid)}",
            f"DTSTAMP:{made}",
            f"DTSTART;VALUE=DATE:{one.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{one.day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_text(one.title)}",
            f"DESCRIPTION:{_text(one.text)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _text(said: str) -> str:
    """A value: what would end it or drive something is written out."""
    return _ESCAPED.sub(r"\\\1", visible(said)).replace("\n", "\\n")


def _folded(line: str) -> str:
    """A line in pieces of 75 octets at most, never within a character."""
    pieces, piece, octets = [], "", 0
    for character in line:
        size = len(character.encode())
        if octets + size > _MOST_OCTETS:
            pieces.append(piece)
            piece, octets = " ", 1
        piece, octets = piece + character, octets + size
    return "\r\n".join([*pieces, piece])
