"""What the commands of one topic do alike: the month's rows with a verdict each, as a table or as
JSON, and exit 1 where one is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from agent.cli.commands.judging import STYLES
from agent.cli.month import judged_month
from agent.cli.options import configured
from agent.cli.words import WIDE, blocks, console, say, show
from evidence.control import Verdict
from evidence.judged import Judged
from evidence.text import Text

Row = Mapping[str, Any]
_FINE = (Verdict.satisfied, Verdict.not_applicable)


def points(row: Row) -> Row:
    """A row whose cells of several lines show where each begins; in Chinese without a blank, at
    which a line would be broken."""
    return {
        key: "\n".join(f"- {one}" if one.isascii() else f"・{one}" for one in value.splitlines())
        if isinstance(value, str) and "\n" in value
        else value
        for key, value in row.items()
    }


def show_topic(
    rows_of: Callable[[Judged, str], Iterable[Row]],
    headings: Mapping[str, Text],
    nothing: str,
    subject: str,
    *,
    period: str | None,
    language: str | None,
    config: Path | None,
    json: bool,
    named: Sequence[str],
    in_table: Callable[[Row], Row] = points,
) -> None:
    """Show the rows of a topic; `rows_of` gives them for the judged month in a language, each with
    its `verdict` in that language. `nothing` is said where no device is read for its `subject`,
    in place of a table. On a narrow terminal each row is a block below its `named` columns.
    Raises typer.Exit (1) when a row is not satisfied."""
    settings = configured(config)
    language = language or settings.language
    rows = list(rows_of(judged_month(settings, period), language))
    columns = {key: text.in_(language) for key, text in headings.items()}
    if rows and not json and console().width < WIDE:
        console().print(blocks(map(points, rows), columns, named, STYLES))
    elif rows or json:
        show(rows if json else map(in_table, rows), columns, json, styles=STYLES)
    else:
        say(f"{nothing}: give one the subject `{subject}` in devices.yaml, and collect")
    fine = {one.text.in_(language) for one in _FINE}
    if any(row["verdict"] not in fine for row in rows):
        raise typer.Exit(1)
