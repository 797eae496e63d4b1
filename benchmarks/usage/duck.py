"""`python -m benchmarks.usage.duck FOLDER < WINDOW_START`: load samples into DuckDB, and ask.

Runs where DuckDB is installed. Samples go in as columns; the file is closed and opened again
before the question. The answer is `silent.npy`, times and size are printed as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

_SILENT = """
WITH paired AS (
  SELECT unit, rule, count, lag(count) OVER each AS before, lag(read_at) OVER each AS before_at
  FROM samples WINDOW each AS (PARTITION BY unit, rule ORDER BY read_at))
SELECT unit, rule FROM paired WHERE before_at >= ?
GROUP BY unit, rule HAVING NOT bool_or(count > before OR (count < before AND count > 0))
"""


def main() -> None:
    # By name: it is no dependency of ours, and type checkers need not find it.
    duckdb: Any = import_module("duckdb")
    folder, start = Path(sys.argv[1]), int(sys.stdin.read())
    count, read_at = np.load(folder / "count.npy"), np.load(folder / "read_at.npy")
    units, readings, rules = count.shape
    begun = time.perf_counter()
    with duckdb.connect(folder / "samples.duckdb") as db:
        db.execute("CREATE TABLE samples (unit INT, rule INT, read_at BIGINT, count BIGINT)")
        for unit in range(units):
            columns = {
                "unit": np.full(readings * rules, unit),
                "rule": np.tile(np.arange(rules), readings),
                "read_at": np.repeat(read_at, rules),
                "count": count[unit].ravel(),
            }
            db.register("added", columns)
            db.execute("INSERT INTO samples SELECT unit, rule, read_at, count FROM added")
    load_s = time.perf_counter() - begun
    with duckdb.connect(folder / "samples.duckdb", read_only=True) as db:
        begun = time.perf_counter()
        found = db.execute(_SILENT, [start]).fetchnumpy()
        query_s = time.perf_counter() - begun
    silent = np.zeros((units, rules), np.bool_)
    silent[found["unit"], found["rule"]] = True
    np.save(folder / "silent.npy", silent)
    size_bytes = (folder / "samples.duckdb").stat().st_size
    print(json.dumps({"load_s": load_s, "query_s": query_s, "size_bytes": size_bytes}))


if __name__ == "__main__":
    main()
