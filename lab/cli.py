"""`evidence-lab`: the demo, and the lab's devices to try things on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from agent.cli.words import say_error
from evidence.errors import EvidenceError
from lab.demo import HISTORY_DAYS, run_demo

app = typer.Typer(
    name="evidence-lab",
    help="A broker's network on loopback, for looking and for trying.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def lab() -> None:
    """A broker's network on loopback, for looking and for trying."""


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself when it is done.")] = False,
    language: Annotated[str, typer.Option(help="zh-TW or en; by default what LANG says.")] = "zh-TW"
    if os.environ.get("LANG", "").lower().startswith("zh")
    else "en",
    folder: Annotated[
        Path, typer.Option(help="Where everything is put; made anew each time.")
    ] = Path("demo"),
    days: Annotated[int, typer.Option(min=1, help="Days of history.")] = HISTORY_DAYS,
    picture: Annotated[
        Path | None, typer.Option(help="Draw what the terminal showed, as SVG.")
    ] = None,
) -> None:
    """The whole way: read, judge, seal, push, pack; then how to verify it."""
    raise typer.Exit(run_demo(folder, once, language, days, picture))


def main() -> None:
    """The console script; an error is a sentence with a code."""
    try:
        app()
    except EvidenceError as error:
        say_error(error)
        sys.exit(error.exit_code)
