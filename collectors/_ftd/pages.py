"""Pages of a list, which must fit each other, and the values in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Row = Mapping[str, Any]

_DOMAIN = re.compile(r"/domain/([0-9a-f-]{36})/")


@dataclass(frozen=True, slots=True)
class Listed:
    """The rows of all pages of a list, and when the last page was given."""

    rows: tuple[Row, ...]
    at: datetime


def pages(ask: Ask, **values: str) -> Generator[Ask, Capture, Listed]:
    """Every page of a list. Raises Incomplete where one repeats, is missing or disagrees on the
    number of rows, Unexpected for another form or another domain's answer."""
    found: list[Row] = []
    total: int | None = None
    while True:
        capture = yield ask(**values, offset=str(len(found)))
        items, count = _page(capture, values.get("domain"), len(found))
        ids = Counter(one["id"] for one in (*found, *items) if one.get("id") is not None)
        again = [one for one in items if ids[one.get("id")] > 1]
        if again or total not in (None, count):
            raise Incomplete(
                f"{who(capture)}: the page at row {len(found)} "
                + (f"repeats {shown(str(again[0].get('name')))!r}" if again else "counts anew"),
                next_step="read again when nobody is deploying changes",
            )
        found += items
        total = count
        if len(found) == total:
            return Listed(tuple(found), capture.answered_at)
        if not items or len(found) > total:
            raise Incomplete(f"{who(capture)}: {len(found)} of {total} rows were given")


def optional(ask: Ask, **values: str) -> Generator[Ask, Capture, tuple[Row, ...]]:
    """The rows of a list that can be done without; none when it is not answered."""
    try:
        return (yield from pages(ask, **values)).rows
    except NotAnswered:
        return ()


def single(ask: Ask, **values: str) -> Generator[Ask, Capture, Row | None]:
    """An answer that is one object and can be done without."""
    try:
        capture = yield (ask(**values) if values else ask)
    except NotAnswered:
        return None
    said = document(capture)
    return said if isinstance(said, Mapping) else None


def _page(capture: Capture, domain: str | None, offset: int) -> tuple[list[Row], int]:
    said = document(capture)
    paging = said.get("paging") if isinstance(said, Mapping) else None
    if not isinstance(paging, Mapping) or not isinstance(paging.get("count"), int):
        raise Unexpected(f"{who(capture)}: not the form of a list")
    links = said.get("links")
    link = str(links.get("self", "")) if isinstance(links, Mapping) else ""
    other = _DOMAIN.search(link)
    if domain and other and other[1] != domain:
        raise Unexpected(
            f"{who(capture)}: asked of domain {domain}, the manager answers of {other[1]}",
            code="other_domain",
        )
    if paging.get("offset", offset) != offset:
        raise Incomplete(f"{who(capture)}: asked from row {offset}, given from another")
    items = said.get("items", [])
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        raise Unexpected(f"{who(capture)}: its items are no list")
    return items, paging["count"]


def listed(row: Row, name: str) -> tuple[Row, ...]:
    """The objects and literals of a column: `{"objects": […], "literals": […]}`, or a list."""
    value = row.get(name)
    if isinstance(value, Mapping):
        found = [*(value.get("objects") or ()), *(value.get("literals") or ())]
    else:
        found = value if isinstance(value, list) else []
    return tuple(one for one in found if isinstance(one, Mapping))


def names(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        if (name := words(row.get("name"))) is not None:
            yield name


def words(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def moment(value: Any) -> datetime | None:
    """A time in ISO 8601 with its zone, or in seconds or milliseconds since 1970.

    None for anything else: a time of an unknown zone is no time.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**43:
        return datetime.fromtimestamp(value if value < 2**34 else value // 1000, UTC)
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None
