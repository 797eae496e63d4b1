"""JSON in parts: of a list of a hundred thousand records one at a time is in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

_TOGETHER = 5_000


Make = Callable[[], Iterator[Any]]


class Streamed(list[Any]):
    """A list for `parts` alone: its items are made as they are written."""

    def __init__(self, make: Make) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Any]:
        return self._make()

    def __bool__(self) -> bool:
        return any(True for _ in self)


def made(make: Make) -> list[Any]:
    """A list as everybody knows it, in place of `Streamed`."""
    return list(make())


def parts(record: Any) -> Iterator[bytes]:
    """The bytes of `json.dumps(record, ensure_ascii=False, indent=1)`, some at a time."""
    some: list[str] = []
    for one in json.JSONEncoder(ensure_ascii=False, indent=1).iterencode(record):
        some.append(one)
        if len(some) == _TOGETHER:
            yield "".join(some).encode("utf-8")
            some.clear()
    yield "".join(some).encode("utf-8")
