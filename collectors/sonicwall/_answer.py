"""The form of SonicOS answers: one list under its name, or a status that says why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors._managed.answer import document, who
from evidence.capture import Capture
from evidence.errors import NotAnswered, Unexpected, shown

Row = Mapping[str, Any]


def sheet(capture: Capture) -> Row:
    """An answer. Raises NotAnswered for a refusal, Unexpected for what no SonicWall says."""
    said = document(capture)
    if not isinstance(said, Mapping):
        raise Unexpected(f"{who(capture)}: not the form of a SonicOS answer")
    status = said.get("status")
    if isinstance(status, Mapping) and status.get("success") is False:
        told = [str(one.get("message")) for one in _listed(status.get("info"))]
        raise NotAnswered(f"{who(capture)}: {shown('; '.join(told))}", code="ask_refused")
    return said


def listed(capture: Capture) -> list[Row]:
    """The rows of an answer, each the object that stands alone under its kind."""
    lists = [value for value in sheet(capture).values() if isinstance(value, list)]
    if len(lists) != 1 or not all(isinstance(row, Mapping) for row in lists[0]):
        raise Unexpected(f"{who(capture)}: not one list of objects")
    return list(lists[0])


def _listed(value: Any) -> Iterator[Row]:
    yield from (
        (one for one in value or () if isinstance(one, Mapping)) if isinstance(value, list) else ()
    )
