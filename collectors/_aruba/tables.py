"""Tables of ArubaOS: `Parameter` and `Value`, or named columns; as text, or as JSON by REST.

By REST (`showcommand`) the same table comes as a list of rows under its title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from collectors._managed.answer import document, who
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

_REFUSED = re.compile(
    r"(?m)^(?:Command fail|\^|% ?(?:Invalid|Parse)|.*(?:Permission denied|not authorized)).*"
)
_PAGER = re.compile(r"(?m)^--More--")


def parameters(capture: Capture) -> Mapping[str, str]:
    """Value by parameter, the first where one repeats. Raises Incomplete, Unexpected,
    NotAnswered."""
    if capture.ask.kind == "http":
        found: dict[str, str] = {}
        for row in _json_rows(capture):
            if "Parameter" in row:
                found.setdefault(_label(row["Parameter"]), row.get("Value", ""))
        return _whole(found, capture)
    lines = text_of(capture).splitlines()
    start = next(
        (n for n, line in enumerate(lines) if re.match(r"Parameter +Value *$", line)), None
    )
    if start is None or start + 1 >= len(lines):
        raise Unexpected(f"{who(capture)}: no table of parameters")
    column = lines[start].index("Value")
    told: dict[str, str] = {}
    for line in lines[start + 2 :]:
        if not line.strip():
            break
        told.setdefault(_label(line[:column]), line[column:].strip())
    return _whole(told, capture)


def names(capture: Capture, column: str) -> list[str]:
    """One column of a table of rows. Raises Incomplete where its total is another."""
    if capture.ask.kind == "http":
        return [row[column] for row in _json_rows(capture) if column in row]
    text = text_of(capture)
    lines = text.splitlines()
    start = _first(lines, rf"{column} +\S")
    if start is None:
        raise Unexpected(f"{who(capture)}: no column {column!r}")
    # Columns are padded by bytes: a Chinese name shifts what follows. Two blanks part columns.
    found = []
    for line in lines[start + 2 :]:
        if not line.strip() or line.startswith("Total:"):
            break
        found.append(re.split(r" {2,}|\t", line.strip())[0])
    total = re.search(r"(?m)^Total: *(\d+)", text)
    if total is None or int(total[1]) != len(found):
        raise Incomplete(f"{who(capture)}: {len(found)} rows, and no total that says so")
    return found


def rows_as_text(capture: Capture, columns: tuple[str, ...]) -> str:
    """The rows of a REST table as lines, these columns first; a column is known by how its name
    begins (`band/ht-mode/bandwidth`)."""
    lines = []
    for row in _json_rows(capture):
        told = [next((v for k, v in row.items() if k.startswith(one)), "") for one in columns]
        lines.append("  ".join(one or "N/A" for one in told))
    return "\n".join(lines)


def text_of(capture: Capture) -> str:
    """A command's answer. By REST some answers are text lines under `_data`."""
    if capture.ask.kind == "http":
        said = _object(capture)
        lines = said.get("_data")
        return "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    text = capture.text()
    if _PAGER.search(text):
        raise Incomplete(f"{who(capture)}: the pager was left on")
    if (refused := _REFUSED.search(text)) is not None and len(text) < 400:
        raise NotAnswered(
            f"{who(capture)}: refused: {shown(refused[0])}",
            next_step="check the account's role; the platform's page names it",
        )
    return text


def flag(told: Mapping[str, str], *starts: str) -> bool | None:
    """Enabled or Disabled of the first parameter that starts so; None: not told."""
    said = value(told, *starts)
    return None if said is None else said.startswith("Enabled")


def value(told: Mapping[str, str], *starts: str) -> str | None:
    """The value of the first parameter that starts so; None where it is `N/A` or missing."""
    for start in starts:
        wanted = _label(start)
        for label, said in told.items():
            if label.startswith(wanted):
                return None if said in ("", "N/A") else said
    return None


def _first(lines: list[str], form: str) -> int | None:
    return next((number for number, line in enumerate(lines) if re.match(form, line)), None)


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9.]", "", text.casefold())


def _whole(told: Mapping[str, str], capture: Capture) -> Mapping[str, str]:
    if not told:
        raise Incomplete(f"{who(capture)}: the table has no row")
    return told


def _object(capture: Capture) -> Mapping[str, object]:
    said = document(capture)
    if not isinstance(said, Mapping):
        raise Unexpected(f"{who(capture)}: not the form of a REST answer of ArubaOS")
    result = said.get("_global_result")
    if isinstance(result, Mapping) and str(result.get("status")) != "0":
        raise NotAnswered(f"{who(capture)}: {shown(str(result.get('status_str')))}")
    return said


def _json_rows(capture: Capture) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    said = _object(capture)
    for title, rows in said.items():
        if title.startswith("_") or not isinstance(rows, list):
            continue
        found += [
            {str(key): "" if told is None else str(told) for key, told in row.items()}
            for row in rows
            if isinstance(row, Mapping)
        ]
    if not found and "_meta" not in said and "_data" not in said:
        raise Unexpected(f"{who(capture)}: not the form of a REST answer of ArubaOS")
    return found
