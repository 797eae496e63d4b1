"""What the programs of ours do alike at a terminal."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from evidence.errors import EnvironmentProblem, shown


def escape_unprintable() -> None:
    """A terminal without these characters shows their codes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def own_mistake(error: Exception, trace: str) -> EnvironmentProblem:
    """`internal_error` for what nobody foresaw; `trace` is the variable that shows where."""
    return EnvironmentProblem(
        f"a mistake in the program itself: {type(error).__name__}: {shown(str(error))}",
        code="internal_error",
        next_step=f"report it; with {trace}=1 it tells where",
    )
