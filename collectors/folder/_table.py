"""A register as rows of named cells, whether it came as CSV or as an Excel sheet."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from unicodedata import normalize

from collectors.folder._sheet import is_sheet, sheet
from evidence.capture import Capture
from evidence.errors import Unexpected, shown

T = TypeVar("T")
MAX_ROWS = 200_000


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
        self.mistakes.append(f"row {self.number}: {self.titles.get(name, name)}: {what}")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that hold anything."""

    who: str
    rows: Sequence[Row]


def table(capture: Capture, columns: Mapping[str, Iterable[str]], needed: Iterable[str]) -> Table:
    """The register in a capture. Raises Unexpected (`import_row`) for its head line or form."""
    who = f"{capture.device}: {capture.ask.text}"
    lines = sheet(capture.body, who) if is_sheet(capture.body) else _csv(capture, who)
    head = next((line for line in lines if any(line)), None)
    if head is None:
        raise _mistake(who, "row 1: there is no head line")
    titles = _titles(head, columns, who)
    missing = [name for name in needed if name not in titles.values()]
    if missing:
        known = ", ".join(next(iter(columns[missing[0]]), missing[0]).split())
        raise _mistake(who, f"row 1: no column for {missing[0]} ({known})")
    start = lines.index(head) + 1
    rows = []
    for number, line in enumerate(lines[start:], start + 1):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) < len(head) or any(cell.strip() for cell in line[len(head) :]):
            raise _mistake(who, f"row {number}: {len(line)} cells, the head line has {len(head)}")
        if any("\ufffd" in cell for cell in line):
            raise _mistake(who, f"row {number}: characters that cannot be read")
        cells = {name: line[place] for place, name in titles.items()}
        rows.append(Row(number, cells, {name: head[place] for place, name in titles.items()}))
    if not rows:
        raise _mistake(who, "row 2: there is no row under the head line")
    return Table(who, rows)


def _csv(capture: Capture, who: str) -> list[list[str]]:
    text = capture.text()
    first = text.lstrip("\n").partition("\n")[0]
    if "<" in first and ">" in first:
        raise Unexpected(f"{who}: no CSV; it starts {shown(text)!r}")
    separator = max(",;\t", key=first.count)
    try:
        lines = list(csv.reader(text.split("\n"), delimiter=separator, strict=True))
    except csv.Error as error:
        raise _mistake(who, f"it is no CSV: {error}") from None
    if len(lines) > MAX_ROWS:
        raise _mistake(who, f"{len(lines)} rows; at most {MAX_ROWS} are taken")
    return lines


def _titles(head: Sequence[str], columns: Mapping[str, Iterable[str]], who: str) -> dict[int, str]:
    """Place → our field, for the columns whose title is known. Other columns are not read."""
    known = {_plain(title): name for name, titles in columns.items() for title in titles}
    known |= {_plain(name): name for name in columns}
    found: dict[int, str] = {}
    for place, title in enumerate(head):
        name = known.get(_plain(title))
        if name in found.values():
            raise _mistake(who, f"row 1: two columns for {name}, the second is {shown(title)}")
        if name is not None:
            found[place] = name
    return found


def _plain(title: str) -> str:
    return normalize("NFKC", title).casefold().replace("_", "").replace(" ", "").strip()


def _mistake(who: str, what: str) -> Unexpected:
    return Unexpected(
        f"{who}: {what}",
        code="import_row",
        next_step="correct the file; the platform's page names the columns",
    )
