"""A register as rows of named cells, whether it came as CSV or as an Excel sheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from io import StringIO
from typing import TypeVar
from unicodedata import normalize

from collectors.folder._sheet import is_sheet, sheet
from evidence.capture import Capture, utf16
from evidence.errors import Unexpected, shown

T = TypeVar("T")
MAX_ROWS = 200_000
LIKE = 0.82  # of two titles; below 上線日期 and 下線日期, which are two columns, by far: 0.75


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `number` as a spreadsheet shows it, the head line being 1."""

    number: int
    cells: Mapping[str, str]
    titles: Mapping[str, str]
    mistakes: list[str] = field(default_factory=list)

    def read(self, name: str, reader: Callable[[str], T | None]) -> T | None:
        """A cell's value; None where it says nothing, or is wrong, which is noted."""
        try:
            return reader(self.cells.get(name, ""))
        except ValueError as error:
            self.wrong(name, str(error))
            return None

    def wrong(self, name: str, what: str) -> None:
        self.mistakes.append(f"row {self.number}: column {self.titles.get(name, name)}: {what}")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that hold anything."""

    who: str
    rows: Sequence[Row]


def table(
    capture: Capture,
    columns: Mapping[str, Iterable[str]],
    needed: Iterable[str],
    *,
    by_hand: bool = True,
) -> Table:
    """The register in a capture. `by_hand`: a title may be a slip of the pen; a program's are not.

    Raises Unexpected: `import_row` for its head line, `result_empty_suspicious` where nothing
    stands under it, `output_unexpected` for what is no register at all.
    """
    who = f"{capture.device}: {capture.ask.text}"
    lines = sheet(capture.body, who) if is_sheet(capture.body) else _csv(capture, who)
    start = next((place for place, line in enumerate(lines) if any(map(str.strip, line))), None)
    if start is None:
        raise _empty(who)
    head = lines[start]
    places = _places(head, columns, who, LIKE if by_hand else 1.0)
    missing = [next(iter(columns[name]), name) for name in needed if name not in places]
    if missing:
        raise _mistake(who, f"row {start + 1}: no column {', '.join(missing)}")
    titles = {name: head[place] for name, place in places.items()}
    rows = []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        if not any(map(str.strip, line)):
            continue
        if what := _broken(line, len(head)):
            rows.append(Row(number, {}, titles, [f"row {number}: {what}"]))
        else:
            rows.append(Row(number, {name: line[at] for name, at in places.items()}, titles))
    if not rows:
        raise _empty(who)
    return Table(who, rows)


def _broken(line: Sequence[str], width: int) -> str | None:
    """What is wrong with a row as a whole."""
    if len(line) < width or any(map(str.strip, line[width:])):
        return f"{len(line)} cells, the head line has {width}"
    if any("\ufffd" in cell for cell in line):
        return "characters that cannot be read"
    return None


def _csv(capture: Capture, who: str) -> list[list[str]]:
    if b"\0" in capture.body and utf16(capture.body) is None:
        raise Unexpected(f"{who}: no CSV, but bytes that are no text")
    text = capture.text()
    first = text.lstrip("\n").partition("\n")[0]
    if "<" in first and ">" in first:
        raise Unexpected(f"{who}: no CSV; it starts {shown(text)!r}")
    if "\ufffd" in first:
        raise _mistake(who, "row 1: neither UTF-8 nor Big5 throughout; save it as CSV UTF-8")
    separator = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(StringIO(text), delimiter=separator, strict=True))
    except csv.Error as error:
        raise _mistake(who, f"it is no CSV: {error}") from None
    if len(lines) > MAX_ROWS:
        raise _mistake(who, f"{len(lines)} rows; at most {MAX_ROWS} are taken")
    return lines


def _places(
    head: Sequence[str], columns: Mapping[str, Iterable[str]], who: str, like: float
) -> dict[str, int]:
    """Our field → place, for the columns whose title is known. Others are not read, but one
    that seems to be a slip of the pen is refused: its column would be missed in silence."""
    known = {_plain(title): name for name, titles in columns.items() for title in titles}
    known |= {_plain(name): name for name in columns}
    found: dict[str, int] = {}
    for place, title in enumerate(head):
        plain = _plain(title)
        name = known.get(plain) or known.get(_without_remark(plain))
        meant = [] if name else get_close_matches(plain, known, 1, like)
        if meant:
            raise _mistake(
                who, f"row 1: column {shown(title, 20)} is unknown; did you mean {meant[0]}?"
            )
        if name in found and like == 1.0:
            continue  # of two that say the same the first
        if name in found:
            raise _mistake(who, f"row 1: two columns for {name}, the second is {shown(title, 20)}")
        if name:
            found[name] = place
    return found


def _plain(title: str) -> str:
    return normalize("NFKC", title).casefold().replace("_", "").replace(" ", "").strip()


def _without_remark(title: str) -> str:
    """A title without what stands in brackets at its end."""
    return title.partition("(")[0] if title.endswith(")") else title


def _mistake(who: str, what: str) -> Unexpected:
    return Unexpected(
        f"{who}: {what}",
        code="import_row",
        next_step="correct the file; the platform's page names the columns",
    )


def _empty(who: str) -> Unexpected:
    return Unexpected(
        f"{who}: there is no row",
        code="result_empty_suspicious",
        next_step="check that the file was written whole",
    )
