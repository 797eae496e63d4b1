"""Answers of the management API: pages that must fit each other, and the forms of their values."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pages:
    """All pages of one list, in order, and when the last of them was given."""

    pages: tuple[Row, ...]
    at: datetime

    def rows(self, key: str) -> Iterator[Row]:
        for page in self.pages:
            yield from page.get(key) or ()


def pages(ask: Ask, **values: str) -> Generator[Ask, Capture, Pages]:
    """Every page of a list: asked on until the manager says that it gave the last row.

    Raises Incomplete where a page repeats, skips or is missing, or where the list grew or
    shrank meanwhile; Unexpected for what no manager says. A file that somebody delivers may
    hold all pages in one list, as `mgmt_cli` prints them.
    """
    found: list[Row] = []
    given = 0
    total: int | None = None
    while True:
        capture = yield ask(**values, offset=str(given))
        for page in one_or_more(capture):
            if page.get("total") == 0:
                return Pages((*found, page), capture.answered_at)
            given, total = _goes_on(page, given, total, who(capture))
            found.append(page)
        if given == total:
            return Pages(tuple(found), capture.answered_at)


def by_list(capture: Capture) -> dict[str, Pages]:
    """The pages of several lists in one delivered file, by the uid of each. Raises as `pages`
    does, and Incomplete for a list whose last page is not there."""
    found: dict[str, list[Row]] = {}
    ends: dict[str, tuple[int, int | None]] = {}
    for page in one_or_more(capture):
        uid = name_of(page)
        if page.get("total") != 0:
            ends[uid] = _goes_on(page, *ends.get(uid, (0, None)), who(capture))
        found.setdefault(uid, []).append(page)
    if any(given != total for given, total in ends.values()):
        raise Incomplete(f"{who(capture)}: a list is without its last page")
    return {uid: Pages(tuple(one), capture.answered_at) for uid, one in found.items()}


def _goes_on(page: Row, given: int, total: int | None, who: str) -> tuple[int, int]:
    """Up to which row of how many a page goes, where it goes on behind what was given."""
    first, last, count = (page.get(name) for name in ("from", "to", "total"))
    if not (isinstance(first, int) and isinstance(last, int) and isinstance(count, int)):
        raise Unexpected(f"{who}: the page does not say from where to where")
    if first != given + 1 or last < first or last > count or total not in (None, count):
        raise Incomplete(
            f"{who}: rows {first} to {last} of {count} after row {given}"
            + ("" if total in (None, count) else f" of {total}"),
            next_step="read again when nobody is publishing changes",
        )
    return last, count


def one_or_more(capture: Capture) -> list[Row]:
    """The answer's pages: one, or those of a delivered file. Raises what the manager's error is."""
    said = document(capture)
    found = said if isinstance(said, list) else [said]
    if not found or not all(isinstance(one, Mapping) for one in found):
        raise Unexpected(f"{who(capture)}: not the form of a management API answer")
    for one in found:
        if isinstance(one.get("code"), str) and "message" in one and "uid" not in one:
            raise NotAnswered(f"{who(capture)}: {shown(str(one['message']))}", code="ask_refused")
    return found


def moment(value: Any) -> datetime | None:
    """A time (`{"posix": milliseconds, "iso-8601": …}`); None where none is told."""
    posix = value.get("posix") if isinstance(value, Mapping) else None
    if not isinstance(posix, int) or not 0 < posix < 2**43:
        return None
    return datetime.fromtimestamp(posix // 1000, UTC)


def name_of(value: Any) -> str:
    """The uid of a reference, given bare or as the object itself."""
    return str(value.get("uid", "")) if isinstance(value, Mapping) else str(value)


def words(value: Any) -> str | None:
    """A text; None where it is empty or missing."""
    return value.strip() or None if isinstance(value, str) else None
