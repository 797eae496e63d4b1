"""What makes the values of a fact's fields of those of its record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from evidence.clock import parse_at

Reader = Callable[[Any], Any]


def readers_of(kind: type) -> dict[str, Reader | None]:
    """By the name of a field; None where the value is what the record holds."""
    return {name: _reader(hint) for name, hint in get_type_hints(kind).items()}


def _reader(hint: Any) -> Reader | None:
    if get_origin(hint) in (UnionType, Union):
        there = _reader(next(one for one in get_args(hint) if one is not NoneType))
        return there and (lambda value: None if value is None else there(value))
    if hint is datetime:
        return parse_at
    if hint is date:
        return date.fromisoformat
    if get_origin(hint) is tuple:
        item = _reader(get_args(hint)[0])
        return tuple if item is None else (lambda value: tuple(map(item, value)))
    return None
