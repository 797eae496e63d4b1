"""The envelope of a JSON-RPC answer, what its status means, and pages that must add up."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Row = Mapping[str, Any]
PAGE_ROWS = 1000

_NO_PERMISSION = (-11, -10147)
_ABSENT = (-3, -6, -10)  # no such object, or a path that this release does not know


def data(capture: Capture) -> Any:
    """What an answer holds. Raises NotAnswered for a refusal (`privilege_missing`), Unexpected
    for what no FortiManager says (`other_domain`: it answers for another path than was asked)."""
    said = document(capture)
    results = said.get("result") if isinstance(said, Mapping) else None
    if not isinstance(results, list) or not results or not isinstance(results[0], Mapping):
        raise Unexpected(f"{who(capture)}: not the form of a JSON-RPC answer")
    result = results[0]
    status = result.get("status")
    code = status.get("code") if isinstance(status, Mapping) else None
    if not isinstance(code, int):
        raise Unexpected(f"{who(capture)}: the answer has no status")
    if code != 0:
        assert isinstance(status, Mapping)
        raise _refusal(capture, code, str(status.get("message", "")))
    asked = f'"url":"{result.get("url")}"'
    if asked not in capture.ask.text:
        raise Unexpected(
            f"{who(capture)}: answers for {shown(str(result.get('url')))}, which was not asked",
            code="other_domain",
        )
    return result.get("data")


def rows(capture: Capture) -> list[Row]:
    """An answer that is a list. Raises also Unexpected where it is none."""
    found = data(capture)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise Unexpected(f"{who(capture)}: the answer is no list")
    return found


def pages(count: Ask, ask: Ask, **values: str) -> Generator[Ask, Capture, list[Row]]:
    """All rows of a list, asked page by page against their number asked before.

    Raises Incomplete where a page repeats, or where there are more or fewer than counted.
    """
    capture = yield count(**values)
    total = data(capture)
    if not isinstance(total, int):
        raise Unexpected(f"{who(capture)}: the number of rows is {shown(repr(total))}")
    found: list[Row] = []
    known: set[object] = set()
    while len(found) < total:
        capture = yield ask(**values, offset=str(len(found)))
        page = rows(capture)
        again = [one for one in page if _name(one) in known]
        if not page or again or len(found) + len(page) > total:
            raise Incomplete(
                f"{who(capture)}: {len(page)} rows from row {len(found)}, {total} are counted"
                + (f"; {shown(str(again[0].get('name')))!r} comes twice" if again else ""),
                next_step="read again when nobody is editing the package",
            )
        known |= {_name(one) for one in page}
        found += page
    return found


def optional(ask: Ask, **values: str) -> Generator[Ask, Capture, list[Row] | None]:
    """A list that can be done without; None when it is refused or nobody delivered it."""
    try:
        capture = yield (ask(**values) if values else ask)
        return rows(capture)
    except NotAnswered:
        return None


def where_there(ask: Ask, **values: str) -> Generator[Ask, Capture, list[Row]]:
    """A list of rules that need not be there. Raises NotAnswered (`privilege_missing`) where it
    may not be read: rules would be missing unseen."""
    try:
        capture = yield ask(**values)
        return rows(capture)
    except NotAnswered as error:
        if error.code == "privilege_missing":
            raise
        return []


def words(value: Any) -> tuple[str, ...]:
    """Names: a list of them, or one."""
    if isinstance(value, list):
        return tuple(str(one) for one in value)
    return (str(value),) if isinstance(value, str) and value else ()


def said(value: Any) -> str | None:
    """A text; None where it is empty or missing. A lone one may come as a list."""
    value = value[0] if isinstance(value, list) and len(value) == 1 else value
    return value.strip() or None if isinstance(value, str) else None


def epoch(value: Any) -> datetime | None:
    """A moment in seconds since 1970; None for 0, which stands for never."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**34:
        return None
    return datetime.fromtimestamp(value, UTC)


def _name(row: Row) -> object:
    return row.get("uuid") or row.get("policyid")


def folded(found: list[Row], path: str = "") -> Iterator[tuple[str, Row]]:
    """Packages with their path, those within folders too."""
    for one in found:
        name = f"{path}{one.get('name')}"
        if one.get("type") == "folder" or (one.get("subobj") and one.get("type") != "pkg"):
            yield from folded(list(one.get("subobj") or ()), f"{name}/")
        else:
            yield name, one


def _refusal(capture: Capture, code: int, message: str) -> NotAnswered | Unexpected:
    sentence = f"{who(capture)}: status {code}: {shown(message)}"
    if code in _NO_PERMISSION:
        return NotAnswered(
            sentence,
            code="privilege_missing",
            next_step="give the administrator's profile read access and rpc-permit read",
        )
    if code in _ABSENT:
        return NotAnswered(sentence)
    return Unexpected(sentence, next_step="ask the same with curl, and report release and answer")
