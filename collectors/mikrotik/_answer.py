"""Answers of RouterOS: JSON by REST, or what `print` shows; both as rows of the same words.

On the command line a row begins with its number and flags, whose letters the answer itself
explains; they become `disabled`, `invalid`, `dynamic` = `true`, as REST says them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from collectors._managed.answer import document, who
from evidence.capture import Capture
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown

Row = Mapping[str, str]

_REFUSED = re.compile(
    r"^(?:bad command name|expected end of command|no such command|syntax error|not enough perm).*",
    re.M,
)
_PAGER = re.compile(r"^-- \[.*(?:quit|dump|down).*\]", re.M)
# What a terminal shows around an answer and in its midst: prompts, and the unit's own log.
_ECHO = re.compile(r"^(?:\d\d:\d\d:\d\d echo: |\[[^\]\n]*@[^\]\n]*\] .*>).*\n?", re.M)
_LEGEND = re.compile(r"^Flags: (?P<flags>.+)$", re.M)
_FLAG = re.compile(r"(?P<letter>[A-Z*]) - (?P<name>[A-Za-z-]+)")
_COLUMNS = re.compile(r"^(?:Columns: .*|\s*#\s+[A-Z].*)$")
_ROW = re.compile(r"^ *(?P<number>\d+) +(?P<flags>(?:[A-Z*]+ +)*)(?P<rest>.*)$")
_COMMENT = re.compile(r";;; *(?P<comment>.*)$")
_WORD = re.compile(
    r'(?P<name>\.?[a-z0-9][a-z0-9.-]*)=(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>\S*))'
)
# Old releases quote the values.
_SHEET = re.compile(r'^ *(?P<name>[a-z][a-z0-9-]*): ?"?(?P<value>.*?)"? *$', re.M)
_NUMBER = re.compile(r"\d{1,3}(?: \d{3})*|\d+")


def table(capture: Capture) -> list[Row]:
    """The rows of a menu. Raises NotAnswered for a refusal, Incomplete for one that breaks off."""
    if capture.ask.kind == "http":
        said = document(capture)
        rows = said if isinstance(said, list) else [said]
        if not all(isinstance(row, Mapping) for row in rows):
            raise Unexpected(f"{who(capture)}: not the form of a REST answer")
        if rows and "error" in rows[0]:
            raise NotAnswered(f"{who(capture)}: {shown(str(rows[0].get('message')))}")
        return [{name: _text(value) for name, value in row.items()} for row in rows]
    return _blocks(answered(capture), capture)


def sheet(capture: Capture) -> Row:
    """A menu that is one object (`system resource`)."""
    if capture.ask.kind == "http":
        rows = table(capture)
        return rows[0] if rows else {}
    return {one["name"]: one["value"] for one in _SHEET.finditer(answered(capture))}


def printed(capture: Capture) -> list[Row]:
    """The rows of `print stats`: chain, action, bytes and packets by number.

    Columns are parted by two spaces at least; a number's thousands by one.
    """
    found: list[dict[str, str]] = []
    for line in answered(capture).splitlines():
        row = _ROW.match(line)
        values = re.split(r" {2,}", (row["rest"] if row else line).strip())
        if row and values[0].startswith(";;;"):
            found.append({})  # the values follow on the next line
            continue
        if not row and not (found and not found[-1] and line.strip()):
            continue
        if len(values) != 4 or not all(_NUMBER.fullmatch(one) for one in values[2:]):
            raise Incomplete(f"{who(capture)}: a row is not whole: {shown(line)}")
        if row:
            found.append({})
        size_bytes, packets = (one.replace(" ", "") for one in values[2:])
        found[-1] |= {"chain": values[0], "action": values[1]}
        found[-1] |= {"bytes": size_bytes, "packets": packets}
    return list(found)


def joined(rows: Sequence[Row], stats: Sequence[Row], capture: Capture) -> list[Row]:
    """Rules with their counts, by number. Raises Incomplete where the two do not fit."""
    same = [
        (row.get("chain"), row.get("action", "accept")) == (one.get("chain"), one.get("action"))
        for row, one in zip(rows, stats, strict=False)
    ]
    if len(rows) != len(stats) or not all(same):
        raise Incomplete(
            f"{who(capture)}: {len(rows)} rules and {len(stats)} counters do not fit each other",
            next_step="read again when nobody is changing rules",
        )
    return [{**row, **one} for row, one in zip(rows, stats, strict=True)]


def answered(capture: Capture) -> str:
    """The text of a command's answer, without prompts and the log's lines."""
    text = _ECHO.sub("", capture.text())
    if _PAGER.search(text):
        raise Incomplete(f"{who(capture)}: the pager was left on")
    if (refused := _REFUSED.search(text)) is not None:
        denied = "not enough" in refused[0]
        raise NotAnswered(
            f"{who(capture)}: refused: {shown(refused[0])}",
            code="privilege_missing" if denied else "ask_refused",
            next_step="give the account's group the policies of the platform's page",
        )
    return text


def _blocks(text: str, capture: Capture) -> list[Row]:
    legend = _LEGEND.search(text)
    flags = {
        one["letter"]: one["name"].lower() for one in _FLAG.finditer(legend[1] if legend else "")
    }
    found: list[dict[str, str]] = []
    within, remark = "", False
    for line in text.splitlines():
        if line.startswith("Flags: ") or _COLUMNS.match(line) or not line.strip():
            continue
        row = _ROW.match(line)
        if row:
            found.append({flags.get(one, one): "true" for one in row["flags"].replace(" ", "")})
        elif not found:
            if line.lstrip().startswith(";;;"):
                remark = True
                continue  # a remark on the menu itself
            if _SHEET.match(line):
                return [sheet(capture)]
            if remark and "=" not in line:
                remark = False
                continue  # the end of that remark
            raise Unexpected(f"{who(capture)}: not what `print` shows: {shown(line)}")
        rest = row["rest"] if row else line
        if comment := _COMMENT.search(rest):
            found[-1]["comment"] = comment["comment"].strip()
            continue
        if rest.count('"') % 2:
            raise Incomplete(f"{who(capture)}: a row breaks off: {shown(line)}")
        told, within = settings(rest, within)
        found[-1] |= told
    return list(found)


def settings(text: str, within: str = "") -> tuple[dict[str, str], str]:
    """Values by name, and the part in which the last stands: `security.ft=yes .wps=disable`, what
    begins with a dot goes on in the same part."""
    found: dict[str, str] = {}
    for word in _WORD.finditer(text):
        part, dot, _ = word["name"].rpartition(".")
        name = word["name"] if part or not dot else f"{within}{word['name']}"
        within = part or (within if dot else "")
        found[name] = word["plain"] if word["quoted"] is None else word["quoted"]
    return found, within


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
