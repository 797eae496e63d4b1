"""The first sheet of an Excel work book that can be seen, as rows of text.

Read from the file's own bytes, so that those stay the evidence. Merged cells are refused:
which row they belong to is a guess. A formula becomes `=`, which no cell's reader takes.
"""

from __future__ import annotations

import warnings
from datetime import date, datetime, time
from io import BytesIO
from typing import Any
from zipfile import BadZipFile, ZipFile

from evidence.errors import TooMuch, Unexpected, shown

MAX_BYTES = 32 * 1024 * 1024  # unpacked; some 300,000 filled cells
MAX_CELLS = 1_000_000
# A cell's `data_type`, ECMA-376 part 1, 18.18.11: openpyxl calls what holds a formula "f".
_FORMULA, _ERROR = "f", "e"


def is_sheet(body: bytes) -> bool:
    return body.startswith(b"PK\x03\x04")


def sheet(body: bytes, who: str) -> list[list[str]]:
    """Rows of cells as text; days as 2026-11-23. Raises Unexpected or TooMuch."""
    found = _visible(body, who)
    if found.merged_cells.ranges:
        places = ", ".join(sorted(map(str, found.merged_cells.ranges)))
        raise Unexpected(
            f"{who}: merged cells {places}", code="import_row", next_step="unmerge the cells"
        )
    # A single cell far away would make rows of nothing without end.
    if found.max_row * found.max_column > MAX_CELLS:
        raise TooMuch(f"{who}: {found.max_row} rows of {found.max_column} columns")
    return [[_text(cell.data_type, cell.value) for cell in row] for row in found.iter_rows()]


def _visible(body: bytes, who: str) -> Any:
    # Here, because every command would load it.
    from openpyxl import load_workbook

    try:
        with ZipFile(BytesIO(body)) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > MAX_BYTES:
                raise TooMuch(f"{who}: the work book unpacks to over {MAX_BYTES} bytes")
        with warnings.catch_warnings():
            # About decoration that it leaves out: validation lists, conditional colours.
            warnings.simplefilter("ignore")
            book = load_workbook(BytesIO(body), data_only=False)
        return next(one for one in book.worksheets if one.sheet_state == "visible")
    except BadZipFile as error:
        raise Unexpected(f"{who}: the work book is damaged: {shown(str(error))}") from None
    except TooMuch:
        raise
    except Exception as error:  # openpyxl lets through whatever a strange book makes it stumble on
        raise Unexpected(
            f"{who}: this is no work book that can be read ({type(error).__name__})",
            next_step="save it again from Excel as .xlsx or as CSV UTF-8",
        ) from None


def _text(kind: str, value: Any) -> str:
    if kind == _FORMULA:
        return "="
    if kind == _ERROR:
        return f"={value}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
