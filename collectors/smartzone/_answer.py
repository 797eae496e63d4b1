"""One object of a SmartZone answer, and its members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors._managed.answer import document, who
from evidence.capture import Capture
from evidence.errors import NotAnswered, Unexpected, shown

Row = Mapping[str, Any]


def row_of(capture: Capture) -> Row:
    """One object. Raises NotAnswered where the controller says that it does not answer."""
    said = document(capture)
    if not isinstance(said, Mapping) or not said:
        raise Unexpected(f"{who(capture)}: not the form of a SmartZone answer")
    if "errorCode" in said:
        raise NotAnswered(
            f"{who(capture)}: error {said['errorCode']}: {shown(str(said.get('message')))}",
            next_step="check the administrator's role, and the option `api`",
        )
    return said


def part(row: Row, name: str) -> Row:
    said = row.get(name)
    return said if isinstance(said, Mapping) else {}


def word(row: Row, name: str) -> str | None:
    said = row.get(name)
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    return str(said) or None
