"""`python -m benchmarks`: run them, print the table, exit 1 when an answer was wrong."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from benchmarks import identify, lifecycle, parse, reach, seal, ssh, store, usage, wire
from benchmarks.result import Result
from benchmarks.store import pack

_RATIO = "Ratio: how many times better ours is; 1/n: n times worse."
BENCHMARKS: dict[str, Callable[[], Iterable[Result]]] = {
    "ssh": ssh.run,
    "identify": identify.run,
    "usage": usage.run,
    "seal": seal.run,
    "store": store.run,
    "pack": pack.run,
    "parse": parse.run,
    "lifecycle": lifecycle.run,
    "reach": reach.run,
    "wire": wire.run,
}


# The sizes that take longer than anybody wants to wait each time.
FULL: dict[str, Callable[[], Iterable[Result]]] = {
    "identify": partial(identify.run, count=500),
    "seal": partial(seal.run, many=10_000),
    "pack": partial(pack.run, bundles=10_000),
}


def main(
    only: Annotated[list[str] | None, typer.Option(help="One of them; may be repeated.")] = None,
    full: Annotated[
        bool, typer.Option(help="Full counts: 500 SNMP devices, not 40; 10,000 bundles, not 400.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Ratios to peers measured in the same run. Exit 1 when an answer was wrong."""
    unknown = set(only or ()) - set(BENCHMARKS)
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: known are {', '.join(BENCHMARKS)}")
    results = []
    wanted = BENCHMARKS | FULL if full else BENCHMARKS
    for result in _results({name: wanted[name] for name in only or BENCHMARKS}):
        results.append(result)
        if as_json:
            print(json.dumps(result.record()), flush=True)
    if not as_json:
        console = Console(width=None if Console().is_terminal else 160)
        console.print(_table(results))
        console.print(f"{os.cpu_count()} cores, shared with peers and devices. {_RATIO}")
    if not all(result.truth for result in results):
        raise typer.Exit(1)


def _results(wanted: Mapping[str, Callable[[], Iterable[Result]]]) -> Iterator[Result]:
    with Console(stderr=True).status("") as status:
        for name, run in wanted.items():
            status.update(f"{name} …")
            yield from run()


def _table(results: list[Result]) -> Table:
    table = Table(
        "benchmark",
        Column("ours", justify="right"),
        Column("peer", justify="right"),
        "unit",
        Column("ratio", justify="right"),
        "against",
        "truth",
        "note",
    )
    for one in results:
        table.add_row(
            one.name,
            _number(one.ours),
            _number(one.peer),
            one.unit,
            _times(one.ratio),
            one.against,
            "ok" if one.truth else "[red]failed[/red]",
            one.note,
        )
    return table


def _number(number: float | None) -> str:
    """Three figures: what is beyond them is noise."""
    if number is None:
        return "absent"
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def _times(ratio: float | None) -> str:
    if ratio is None or ratio >= 1:
        return _number(ratio)
    return f"1/{_number(1 / ratio)}"


if __name__ == "__main__":
    typer.run(main)
