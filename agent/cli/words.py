"""How the command line speaks: errors to stderr, tables or JSON to stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from evidence.errors import EvidenceError

_ERRORS = Console(stderr=True, highlight=False, soft_wrap=True)
_UNBROKEN = 10_000
# Columns of a terminal from which on a list shows everything it has.
WIDE = 110
# What a device says may not drive the terminal it is shown on: C0 and C1 but line feed, DEL.
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(10), *range(11, 32), *range(127, 160))}


def error_console() -> Console:
    """Where remarks, errors and progress go, so that stdout stays machine-readable."""
    return _ERRORS


def console() -> Console:
    """Where tables go. In a file or pipe no line is broken: it is to be searched and compared."""
    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _UNBROKEN
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty(), width=width)


def say_error(error: EvidenceError) -> None:
    """Code, sentence and next step, on stderr."""
    _ERRORS.print(f"[bold red]{error.code}[/]: {harmless(error.message)}")
    if error.next_step:
        _ERRORS.print(f"  → {harmless(error.next_step)}")


def say(text: str) -> None:
    """A remark for the person, on stderr, so that stdout stays machine-readable."""
    _ERRORS.print(harmless(text))


def say_line(markup: str) -> None:
    """One line of an answer, on stdout, never broken: it is to be copied and searched."""
    Console(highlight=False, soft_wrap=True).print(markup)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing told: `ok`, `warn` or `fail`, of whom, what, and what to do next."""

    state: str
    who: str
    said: str
    next_step: str = ""


_MARKS = {"ok": "[green]ok  [/]", "warn": "[yellow]warn[/]", "fail": "[bold red]FAIL[/]"}


def say_lines(lines: Iterable[Line], verbose: bool) -> None:
    """What is not fine (`verbose`: everything), a line each, its next step below it."""
    told = [one for one in lines if verbose or one.state != "ok"]
    width = max((len(one.who) for one in told), default=0)
    for one in told:
        say_line(f"{_MARKS[one.state]}  {harmless(f'{one.who:{width}}  {one.said}')}")
        if one.next_step:
            say_line(f"      {'':{width}}  → {harmless(one.next_step)}")


def progress() -> Progress:
    """A bar on stderr that is gone when its work is done."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=error_console(),
        transient=True,
    )


def harmless(text: str) -> str:
    """Text from anywhere, as it may be printed: no control characters, no markup."""
    return escape(text.translate(_CONTROL))


def show(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    as_json: bool,
    title: str | None = None,
    styles: Mapping[str, str] | None = None,
    unbroken: Sequence[str] = (),
) -> None:
    """Rows as one JSON object a line, or as a table of `columns` (key → heading)."""
    if as_json:
        for row in rows:
            print(json.dumps(row, ensure_ascii=False))
        return
    console().print(table(rows, columns, title, styles, unbroken=unbroken))


def table(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    title: str | None = None,
    styles: Mapping[str, str] | None = None,
    one_line: Sequence[str] = (),
    unbroken: Sequence[str] = (),
) -> Table:
    """Rows as a table of `columns` (key → heading); `styles` colour cells by their text.

    Columns in `one_line` are cut to one line where the terminal is narrow; those in `unbroken`
    (days, numbers) keep their width as long as any other can give.
    """
    made = Table(title=title, title_justify="left", header_style="bold")
    for key, heading in columns.items():
        kept = key in unbroken or (bool(one_line) and key not in one_line)
        made.add_column(heading, overflow="fold", no_wrap=kept)
    for row in rows:
        cells = {key: Text.from_markup(_cell(row.get(key), styles or {})) for key in columns}
        for key in one_line:
            # Set on the cell: rich would squeeze away whole columns that must not wrap.
            cells[key].no_wrap, cells[key].overflow = True, "ellipsis"
        made.add_row(*cells.values())
    return made


def blocks(
    rows: Iterable[Mapping[str, Any]],
    columns: Mapping[str, str],
    named: Sequence[str],
    styles: Mapping[str, str],
) -> Group:
    """Rows as blocks, for a terminal too narrow for the table: a line of the `named` columns, and
    below it every other one that says something, with its heading."""
    made: list[Table | Text] = []
    for row in rows:
        heading = [_cell(row.get(key), styles) for key in named]
        made.append(Text.from_markup("  ".join(f"[bold]{one}[/]" for one in heading if one)))
        below = Table.grid(padding=(0, 2))
        below.add_column(no_wrap=True)
        below.add_column(overflow="fold")
        for key, label in columns.items():
            if key not in named and (told := _cell(row.get(key), styles)):
                below.add_row(f"  {escape(label)}", Text.from_markup(told))
        made += [below, Text()]
    return Group(*made[:-1])


def _cell(value: Any, styles: Mapping[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = ", ".join(map(str, value))
    text = harmless(str(value))
    style = styles.get(str(value))
    return f"[{style}]{text}[/]" if style else text
