"""The same questions asked of DuckDB, over all samples as columns, from its own file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scratch import packages
from benchmarks.usage.made import Made, start_of_window
from evidence.usage import State

DUCKDB = "duckdb==2.0.0"
_STATE = {0: State.insufficient, 1: State.proven, 3: State.has_traffic}


@dataclass(frozen=True, slots=True)
class Duck:
    """DuckDB's answers: load and query times, the size of its file, each rule's state by unit and
    key, and the rules that show no rise."""

    load_s: float
    silent_s: float
    states_s: float
    size_bytes: int
    states: list[dict[str, State]]
    silent: list[set[str]]


def asked_of_duckdb(world: Sequence[Made], folder: Path) -> Duck | str:
    """The answers of a DuckDB in a process of its own, or why there are none."""
    found = packages(DUCKDB)
    if isinstance(found, str):
        return found
    for number, one in enumerate(world):
        _write(folder, number, one)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.usage.duck", str(folder)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(found), *sys.path])},
    )
    if done.returncode:
        return f"DuckDB failed: {done.stderr.strip().splitlines()[-1]}"
    told = json.loads(done.stdout)
    states: list[dict[str, State]] = [{} for _ in world]
    judged = np.load(folder / "states.npz")
    for unit, rule, state in zip(judged["unit"], judged["rule"], judged["state"], strict=True):
        states[unit][world[unit].keys[rule]] = _STATE[int(state)]
    silent: list[set[str]] = [set() for _ in world]
    still = np.load(folder / "silent.npz")
    for unit, rule in zip(still["unit"], still["rule"], strict=True):
        silent[unit].add(world[unit].keys[rule])
    return Duck(**told, states=states, silent=silent)


def _write(folder: Path, number: int, one: Made) -> None:
    rows, rules = np.nonzero(one.present)
    start = start_of_window(int(one.read_at[-1]))
    tables: dict[str, dict[str, Any]] = {
        "window_of": {"start": np.array([start])},
        "readings": {"read_at": one.read_at, "boot_at": one.boot_at},
        "samples": {
            "rule": rules.astype(np.int32),
            "list": one.lists[rules].astype(np.int32),
            "read_at": one.read_at[rows],
            "count": one.count[rows, rules],
        },
    }
    for table, columns in tables.items():
        size = len(next(iter(columns.values())))
        np.savez(
            folder / f"{table}-{number:03}.npz", unit=np.full(size, number, np.int32), **columns
        )
