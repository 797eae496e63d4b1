"""Severities, times, addresses and rows of CSV, as scanners write them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from ipaddress import ip_address

from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Severity

_CVE = re.compile(r"CVE-\d{4}-\d{4,7}")
# CVSS version 3's bands of base scores.
_BANDS: tuple[tuple[float, Severity], ...] = (
    (9.0, "critical"),
    (7.0, "high"),
    (4.0, "medium"),
    (0.1, "low"),
)
_UNSUPPORTED = re.compile(
    r"(?i)unsupported (?:version|operating system|web server|software)|\bend[ -]of[ -]life\b"
    r"|\bEOL(?:/Obsolete)?\b|no longer supported|\bobsolete (?:version|software)\b"
)


def who(capture: Capture) -> str:
    return f"{capture.device}: {capture.ask.text}"


def by_score(score: float | None) -> Severity | None:
    """The band of a base score; None below all bands."""
    return next((name for least, name in _BANDS if score is not None and score >= least), None)


def score(text: str | None) -> float | None:
    """A base score, 0 to 10."""
    found = re.fullmatch(r"\d{1,2}(?:\.\d{1,2})?", (text or "").strip())
    value = float(found[0]) if found else None
    return value if value is not None and value <= 10 else None


def cves(*texts: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for text in texts for one in _CVE.findall(text or "")))


def says_unsupported(title: str) -> bool:
    return _UNSUPPORTED.search(title) is not None


def address(text: str | None, capture: Capture) -> str:
    """A host's address. Raises Unexpected for what is none."""
    try:
        return str(ip_address((text or "").strip()))
    except ValueError:
        raise Unexpected(
            f"{who(capture)}: {shown(text or '', 40)!r} is no host's address", code="import_row"
        ) from None


def moment(text: str | None) -> datetime | None:
    """A time with its zone: ISO 8601, or seconds since 1970. None for what is no such time."""
    text = (text or "").strip()
    if re.fullmatch(r"\d{9,10}", text):
        return datetime.fromtimestamp(int(text), UTC)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def rows(capture: Capture, needed: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """The rows of a CSV under the head line that has all `needed` columns; what some scanners put
    before it is passed over. Raises Unexpected without such a line, Incomplete for a cut row."""
    lines = csv.reader(StringIO(capture.text()), strict=True)
    head: list[str] | None = None
    try:
        for line in lines:
            if head is None:
                names = [cell.strip() for cell in line]
                head = names if set(needed) <= set(names) else None
                continue
            if not any(cell.strip() for cell in line):
                continue
            if len(line) != len(head):
                raise Incomplete(
                    f"{who(capture)}: line {lines.line_num} has {len(line)} cells of {len(head)}"
                )
            yield dict(zip(head, line, strict=True))
    except csv.Error as error:
        raise Incomplete(f"{who(capture)}: line {lines.line_num}: {error}") from None
    if head is None:
        raise Unexpected(
            f"{who(capture)}: no head line with {', '.join(needed)}",
            next_step="export the report with its standard columns",
        )


def latest(times: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def earliest(times: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in times if at is not None), default=None)
