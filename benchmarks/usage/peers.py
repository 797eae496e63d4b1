"""The same question asked of plain Python and of DuckDB: which rules show no traffic?

They answer that and no more: no gap, no witness, no reset that leaves no trace, no reason.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.scratch import packages
from benchmarks.usage.made import read_at, start_of_window
from evidence.usage.snapshot import Bools, Ints

DUCKDB = "duckdb==2.0.0"


def write_days(folder: Path, count: Ints) -> None:
    """One unit the plain way: a JSON file a reading, the count of every rule by its key."""
    folder.mkdir()
    for row, at in enumerate(read_at(len(count))):
        counts = {f"rule-{rule:05}": int(one) for rule, one in enumerate(count[row])}
        (folder / f"{at}.json").write_text(json.dumps(counts), "utf-8")


def silent_by_loop(folder: Path, start: int) -> list[bool]:
    """From the files to whether each rule's count never rose inside the window."""
    days = {int(path.stem): json.loads(path.read_text("utf-8")) for path in folder.iterdir()}
    times = sorted(at for at in days if at >= start)
    silent = []
    for key in days[times[-1]]:
        counts = [days[at][key] for at in times]
        pairs = pairwise(counts)
        silent.append(not any(now > before or 0 < now < before for before, now in pairs))
    return silent


@dataclass(frozen=True, slots=True)
class Duck:
    """DuckDB's answer, a row a unit: load and query times, the size of its file."""

    load_s: float
    query_s: float
    size_bytes: int
    silent: Bools


def silent_by_duckdb(count: Ints, folder: Path) -> Duck | str:
    """The answer of a DuckDB in a process of its own, or why there is none.

    `count`: units × readings × rules.
    """
    found = packages(DUCKDB)
    if isinstance(found, str):
        return found
    np.save(folder / "count.npy", count)
    np.save(folder / "read_at.npy", read_at(count.shape[1]))
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.usage.duck", str(folder)],
        input=str(start_of_window(count.shape[1])),
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(found), *sys.path])},
    )
    if done.returncode:
        return f"DuckDB failed: {done.stderr.strip().splitlines()[-1]}"
    told = json.loads(done.stdout)
    return Duck(**told, silent=np.load(folder / "silent.npy"))
