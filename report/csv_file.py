"""A table as CSV, as spreadsheet programs open it: UTF-8 with a byte order mark, CRLF."""

from __future__ import annotations

import csv
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from io import StringIO

from report.section import Cell, Table, heading, printed

# A text that begins so would be taken for a formula; full-width forms are in East Asian settings.
_FORMULA = ("=", "+", "-", "@", "\t", "＝", "＋", "－", "\uff20")


def to_csv(table: Table, language: str) -> bytes:
    """The table with its headings in both languages, or the sentence that it has no rows."""
    return b"".join(csv_lines(table, language))


def csv_lines(table: Table, language: str) -> Iterator[bytes]:
    """The same, line by line."""
    yield BOM_UTF8 + _line([heading(column, " ") for column in table.columns])
    for row in table.rows:
        yield _line([_guarded(row.get(one.key), language) for one in table.columns])
    if not table.rows:
        yield _line([table.empty.in_(language)])


def _line(cells: Sequence[str]) -> bytes:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().encode("utf-8")


def _guarded(cell: Cell, language: str) -> str:
    """A text that begins like a formula gets an apostrophe before it, so that nothing runs it."""
    text = printed(cell, language)
    formula = text.lstrip(" ").startswith(_FORMULA) and not isinstance(cell, int)
    return f"'{text}" if formula else text
