"""The envelope of the classic API's answers, and the rows in it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from collectors._managed.answer import document, who
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Row = Mapping[str, Any]

_DENIED = ("api.err.NoPermission", "api.err.LoginRequired", "api.err.NoSiteContext")


def rows(capture: Capture) -> list[Row]:
    """The rows in the API's envelope.

    Raises NotAnswered where the application says that it does not answer, Incomplete where it
    has more rows than it gave, Unexpected for any other form.
    """
    said = document(capture)
    meta = said.get("meta") if isinstance(said, Mapping) else None
    if not isinstance(meta, Mapping) or "rc" not in meta:
        raise Unexpected(f"{who(capture)}: not the form of a UniFi answer")
    if meta.get("rc") != "ok":
        word = str(meta.get("msg"))
        raise NotAnswered(
            f"{who(capture)}: the application answers {shown(word)!r}",
            code="privilege_missing" if word in _DENIED else "ask_refused",
            next_step="check the option `site` and the account's role on that site",
        )
    listed = _listed(capture, said.get("data"))
    count = meta.get("count")
    if isinstance(count, int) and count > len(listed):
        raise Incomplete(f"{who(capture)}: {len(listed)} rows given, the application has {count}")
    return listed


def bare(capture: Capture) -> list[Row]:
    """The rows as the API's second version gives them, without an envelope."""
    return _listed(capture, document(capture))


def _listed(capture: Capture, rows: object) -> list[Row]:
    if not isinstance(rows, list) or not all(isinstance(one, Mapping) for one in rows):
        raise Unexpected(f"{who(capture)}: not a list of rows")
    return rows


def optional(
    ask: Ask, read: Callable[[Capture], list[Row]] | None = None
) -> Generator[Ask, Capture, list[Row] | None]:
    """Rows that can be done without; None where they are not told to this account or release."""
    try:
        return (read or rows)((yield ask))
    except NotAnswered:
        return None


def flag(row: Row, name: str) -> bool | None:
    said = row.get(name)
    return said if isinstance(said, bool) else None


def word(row: Row, name: str) -> str | None:
    """A text or number as told; None where it is missing or empty."""
    said = row.get(name)
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    return str(said) or None
