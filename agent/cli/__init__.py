"""`evidence-agent`: what the engineer at the terminal types. Quiet, and every answer as JSON too.

Exit codes: 0 fine, 1 findings or failed readings, 2 configuration, 3 environment.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from typing import Annotated, NoReturn

import typer

from agent.cli.words import say_error
from evidence.command import escape_unprintable, own_mistake
from evidence.errors import EnvironmentProblem, EvidenceError

TRACE = "EVIDENCE_AGENT_TRACE"

app = typer.Typer(
    name="evidence-agent",
    help="Read devices, judge them against CC-17010, seal the evidence. It only reads.",
    no_args_is_help=True,
    # Ours starts no program at each press of the tab key: `evidence-agent completion`.
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from evidence.replay import installed_version

        print(f"evidence-agent {installed_version()}")
        raise typer.Exit


@app.callback()
def together(
    told: Annotated[
        bool, typer.Option("--version", help="Which version it is.", callback=_version)
    ] = False,
) -> None:
    """One command alone is called by its name too."""


def main() -> None:
    """The console script. Every error leaves as a sentence with a code, never as a stack trace."""
    from agent.cli import commands

    escape_unprintable()
    commands.register(app, next(iter(sys.argv[1:]), None))
    sys.argv[1:] = paired(sys.argv[1:])
    try:
        app()
    except EvidenceError as error:
        fail(error)
    except (OSError, sqlite3.Error) as error:
        fail(EnvironmentProblem(f"the machine does not let us: {error}", code="env_io"))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if os.environ.get(TRACE):
            raise
        fail(own_mistake(error, TRACE))


def fail(error: EvidenceError) -> NoReturn:
    say_error(error)
    sys.exit(error.exit_code)


PAIR = "\x1f"


def paired(arguments: list[str]) -> list[str]:
    """`--answer ASK FILE` as one argument: typer knows no repeated option of two values."""
    joined: list[str] = []
    left = iter(arguments)
    for word in left:
        joined.append(word)
        if word == "--answer":
            pair = [value for value in (next(left, None), next(left, None)) if value is not None]
            joined += [PAIR.join(pair)] if pair else []
    return joined
