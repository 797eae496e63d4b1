"""Answers of the dashboard API: lists and objects, without an envelope."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import NotAnswered, Unexpected

Row = Mapping[str, Any]


def optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered:
        return None


def rows(capture: Capture) -> list[Row]:
    """A list of objects. Raises Unexpected for any other form."""
    said = document(capture)
    if not isinstance(said, list) or not all(isinstance(row, Mapping) for row in said):
        raise Unexpected(f"{who(capture)}: not a list of the dashboard's")
    return said


def one(capture: Capture) -> Row:
    """One object. Raises Unexpected for any other form."""
    said = document(capture)
    if not isinstance(said, Mapping):
        raise Unexpected(f"{who(capture)}: not an object of the dashboard's")
    return said


def word(row: Row, name: str) -> str | None:
    said = row.get(name)
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    return str(said) or None
