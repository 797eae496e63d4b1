"""The form of OPNsense's answers: one object, or a list in `rows` with its `total`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors._managed.answer import document, who
from evidence.capture import Capture
from evidence.errors import Incomplete, Unexpected

Row = Mapping[str, Any]


def mapping(capture: Capture) -> Row:
    """An answer that is one object; PHP writes an empty one as `[]`."""
    said = document(capture)
    if said == []:
        return {}
    if not isinstance(said, Mapping):
        raise Unexpected(f"{who(capture)}: not one object")
    return said


def rows(capture: Capture) -> list[Row]:
    """All rows of a list. Raises Incomplete where fewer are given than the unit counts."""
    said = mapping(capture)
    found, total = said.get("rows"), said.get("total")
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise Unexpected(f"{who(capture)}: no list of rows")
    if total != len(found):
        raise Incomplete(f"{who(capture)}: {len(found)} of {total} rows were given")
    return found


def words(row: Row, name: str) -> str:
    """A column as text; "" where it is empty or missing."""
    value = row.get(name)
    return str(value).strip() if isinstance(value, str | int) and value is not False else ""


def items(row: Row, name: str) -> tuple[str, ...]:
    """A column of several values, parted by commas."""
    return tuple(one.strip() for one in words(row, name).split(",") if one.strip())


def is_set(row: Row, name: str) -> bool:
    return words(row, name).lower() in ("1", "true", "yes", "on")
