"""An answer as rows: by a TextFSM template of ntc-templates, or by patterns of our own.

A layout either fits or refuses. What fits half is refused: a version that was guessed would be
given another train's dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

import textfsm

from evidence.errors import shown


class Row(dict[str, Any]):
    """Text by column, "" where this layout has no such column; of a TextFSM list a list."""

    def __missing__(self, column: str) -> str:
        return ""


Layout = Callable[[str], list[Row]]

_ERRORS = re.compile(r"^ .*-> Error\b.*\n?", re.MULTILINE)


class Misfit(Exception):
    """The answer is not written in this layout; the message says which, and at which line."""


def template(name: str, *, among: str | None = None) -> Layout:
    """The layout that ntc-templates' `<name>.textfsm` reads; columns in small letters.

    It raises Misfit for a line that the template does not know, and for an answer without a row.
    With `among` such lines of other releases are passed over, in answers that have a line fitting
    that mark: nothing but the mark tells then whose answer it is.
    """
    if among is not None:
        return having(among, _rows(name, strictly=False))
    return _rows(name, strictly=True)


def _rows(name: str, *, strictly: bool) -> Layout:
    idle: list[textfsm.TextFSM] = []

    def rows(text: str) -> list[Row]:
        # To make a machine takes longer than to read an answer with it. Each reads one at a time.
        try:
            machine = idle.pop()
        except IndexError:
            machine = textfsm.TextFSM(StringIO(_source(name, strictly=strictly)))
        try:
            machine.Reset()
            found = machine.ParseTextToDicts(text)
        except textfsm.TextFSMError as error:
            line = str(error).partition("Input Line: ")[2].rstrip(".")
            raise Misfit(f"{name} does not know the line {shown(line)!r}") from None
        finally:
            idle.append(machine)
        lowered = [Row((key.lower(), value) for key, value in row.items()) for row in found]
        full = [row for row in lowered if any(row.values())]
        if not full:
            raise Misfit(f"{name} finds nothing in it")
        return full

    return rows


@cache
def _source(name: str, *, strictly: bool) -> str:
    """A template's text, which is part of the installed library."""
    text = files("ntc_templates").joinpath(f"templates/{name}.textfsm").read_text("utf-8")
    return text if strictly else _ERRORS.sub("", text)


def having(mark: str, layout: Layout) -> Layout:
    """That layout, for answers with a line that fits `mark`: where it would take others' too."""
    needed = re.compile(mark, re.MULTILINE)

    def rows(text: str) -> list[Row]:
        if needed.search(text) is None:
            raise Misfit(f"no line has {_words(mark)!r}")
        return layout(text)

    return rows


def one(must: str, /, **may: str) -> Layout:
    """One row: the named groups of `must`, which has to be there, and of what else is found.

    Patterns look at single lines (`^` and `$` are a line's). `may` has a pattern with one group
    for each further column.
    """
    needed = re.compile(must, re.MULTILINE)
    others = {name: re.compile(pattern, re.MULTILINE) for name, pattern in may.items()}

    def rows(text: str) -> list[Row]:
        found = needed.search(text)
        if found is None:
            raise Misfit(f"no line has {_words(must)!r}")
        row = Row((name, value or "") for name, value in found.groupdict().items())
        for name, pattern in others.items():
            match = pattern.search(text)
            row[name] = match[1] if match else ""
        return [row]

    return rows


def each(heading: str, line: str) -> Layout:
    """A row for each line that fits `line`, below the first one that fits `heading`."""
    begins = re.compile(heading, re.MULTILINE)
    wanted = re.compile(line, re.MULTILINE)

    def rows(text: str) -> list[Row]:
        start = begins.search(text)
        if start is None:
            raise Misfit(f"no line has {_words(heading)!r}")
        found = [
            Row((name, value or "") for name, value in match.groupdict().items())
            for match in wanted.finditer(text, start.end())
        ]
        if not found:
            raise Misfit(f"no row below {shown(start[0].strip())!r}")
        return found

    return rows


def _words(pattern: str) -> str:
    """What a person would look for in the answer: the longest words that the pattern has."""
    plain = re.sub(r"\(\?P<\w+>|\(\?[:!=<]*|\\.|\[[^\]]*\]", "\n", pattern)
    found = re.findall(r"[A-Za-z][A-Za-z /-]*[A-Za-z]", plain)
    return max(found, key=len, default=pattern)
