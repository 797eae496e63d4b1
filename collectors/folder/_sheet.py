"""The first sheet of an Excel work book, as rows of text. Formulas and merged cells are refused.

Read from the file's own bytes, so that those stay the evidence. A work book is a ZIP of XML;
its size is bounded before anything is unpacked, and a document type is not let in.
"""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree import ElementTree
from zipfile import BadZipFile, ZipFile

from evidence.errors import TooMuch, Unexpected

MAX_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 256
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def is_sheet(body: bytes) -> bool:
    return body.startswith(b"PK\x03\x04")


def sheet(body: bytes, who: str) -> list[list[str]]:
    """Rows of cells as text, numbers as Excel stores them. Raises Unexpected, TooMuch."""
    try:
        with ZipFile(BytesIO(body)) as book:
            if sum(entry.file_size for entry in book.infolist()) > MAX_BYTES:
                raise TooMuch(f"{who}: the work book unpacks to over {MAX_BYTES} bytes")
            names = book.namelist()
            sheets = sorted(name for name in names if name.startswith("xl/worksheets/sheet"))
            if not sheets:
                raise Unexpected(f"{who}: no Excel work book")
            shared = "xl/sharedStrings.xml"
            strings = _strings(_xml(book, shared, who)) if shared in names else []
            return _rows(_xml(book, sheets[0], who), strings, who)
    except (BadZipFile, ElementTree.ParseError, EOFError) as error:
        raise Unexpected(f"{who}: the work book is damaged: {error}") from None


def _xml(book: ZipFile, name: str, who: str) -> ElementTree.Element:
    with book.open(name) as file:
        text = file.read(MAX_BYTES + 1)
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or len(text) > MAX_BYTES:
        raise Unexpected(f"{who}: {name} is not as Excel writes it")
    return ElementTree.fromstring(text)


def _strings(shared: ElementTree.Element) -> list[str]:
    return [_text(one) for one in shared.iter(f"{_MAIN}si")]


def _text(element: ElementTree.Element) -> str:
    """All runs of a text, without the phonetic guides that East Asian sheets carry."""
    runs = [element, *element.findall(f"{_MAIN}r")]
    return "".join(part.text or "" for run in runs for part in run.findall(f"{_MAIN}t"))


def _rows(root: ElementTree.Element, strings: list[str], who: str) -> list[list[str]]:
    for merged in root.iter(f"{_MAIN}mergeCell"):
        first = re.search(r"\d+", merged.get("ref", ""))
        place = first[0] if first else "?"
        raise _mistake(who, f"row {place}: merged cells ({merged.get('ref')})")
    found: dict[int, dict[int, str]] = {}
    for row in root.iter(f"{_MAIN}row"):
        number = int(row.get("r") or len(found) + 1)
        cells = found.setdefault(number, {})
        for cell in row.findall(f"{_MAIN}c"):
            column = _column(cell.get("r"), len(cells))
            if cell.find(f"{_MAIN}f") is not None:
                raise _mistake(who, f"row {number}: {cell.get('r')} is a formula")
            cells[column] = _value(cell, strings)
    width = max((max(cells, default=-1) + 1 for cells in found.values()), default=0)
    if width > MAX_COLUMNS or max(found, default=0) > 1_000_000:
        raise TooMuch(f"{who}: the sheet is {width} columns wide and {max(found)} rows long")
    empty: dict[int, str] = {}
    return [
        [found.get(number, empty).get(place, "") for place in range(width)]
        for number in range(1, max(found, default=0) + 1)
    ]


def _value(cell: ElementTree.Element, strings: list[str]) -> str:
    kind, value = cell.get("t"), cell.findtext(f"{_MAIN}v") or ""
    inline = cell.find(f"{_MAIN}is")
    if inline is not None:
        return _text(inline)
    if kind == "s" and value.isdigit() and int(value) < len(strings):
        return strings[int(value)]
    # A whole number is stored as 45000 or 45000.0; a date is one of days.
    return value.removesuffix(".0") if kind in (None, "n") else value


def _column(reference: str | None, following: int) -> int:
    """`C7` → 2; without a reference the cell follows the one before."""
    letters = re.match(r"[A-Z]{1,3}", reference or "")
    if letters is None:
        return following
    place = 0
    for letter in letters[0]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _mistake(who: str, what: str) -> Unexpected:
    return Unexpected(f"{who}: {what}", code="import_row", next_step="unmerge, and paste as values")
