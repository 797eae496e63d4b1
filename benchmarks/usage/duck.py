"""`python -m benchmarks.usage.duck FOLDER < QUESTION`: load samples into DuckDB, and ask.

Runs where DuckDB is installed. Samples go in as columns; the file is closed and opened again
before each question. Answers are `*.npy`; times and size are printed as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

# Which definitions show no rise in the window.
_SILENT = """
WITH paired AS (
  SELECT unit, rule, count, lag(count) OVER each AS before, lag(read_at) OVER each AS before_at
  FROM samples WINDOW each AS (PARTITION BY unit, rule ORDER BY read_at))
SELECT unit, rule FROM paired JOIN window_of USING (unit) WHERE before_at >= start
GROUP BY unit, rule HAVING NOT bool_or(count > before OR (count < before AND count > 0))
"""
# The state of each: 0 insufficient, 1 proven, 3 has traffic. What our arithmetic does with
# counters that a told boot zeroes, written as one query.
_STATES = """
WITH told AS (
  SELECT unit, read_at, boot_at, lag(read_at) OVER (PARTITION BY unit ORDER BY read_at) AS before_at
  FROM readings),
row_of AS (
  SELECT *, before_at IS NOT NULL AND boot_at + 60 > before_at AS restarted
  FROM told JOIN window_of USING (unit) WHERE before_at IS NULL OR read_at > start - 8 * 86400),
paired AS (
  SELECT unit, rule, list, read_at, count,
    lag(count) OVER each AS before, lag(read_at) OVER each AS seen_at
  FROM samples WINDOW each AS (PARTITION BY unit, rule ORDER BY read_at)),
cell AS (
  SELECT paired.*, before_at, boot_at, restarted, start,
    coalesce(seen_at = before_at, false) AS same
  FROM paired JOIN row_of USING (unit, read_at)),
list_of AS (
  SELECT unit, read_at, list, bool_or(same AND count < before) AS fell,
    sum(CASE WHEN same AND count >= before THEN before ELSE 0 END) AS stood
  FROM cell GROUP BY unit, read_at, list),
alive AS (
  SELECT unit, max(read_at) AS alive_until FROM cell
  WHERE (same AND count > before) OR (((same AND count < before) OR restarted) AND count > 0)
  GROUP BY unit),
judged AS (
  SELECT unit, rule, read_at, start, before_at, same,
    CASE WHEN before_at IS NULL THEN false
      ELSE (same AND (count > before OR (count < before AND count > 0)))
        OR (restarted AND count > 0) OR (NOT same AND count > 0) END AS hit,
    CASE WHEN same AND (count > before OR (count < before AND count > 0)) THEN
        CASE WHEN restarted AND count > 0 THEN greatest(before_at, boot_at - 60) ELSE before_at END
      WHEN restarted AND count > 0 THEN boot_at - 60 END AS surely_after,
    CASE WHEN same AND count = before AND NOT fell AND NOT restarted AND stood >= 1
        AND read_at <= alive_until THEN before_at
      WHEN restarted AND count = 0 AND boot_at > before_at + 60 AND read_at <= alive_until
        THEN least(boot_at + 60, read_at)
      ELSE read_at END AS seen_from
  FROM cell JOIN list_of USING (unit, read_at, list) JOIN alive USING (unit)),
rule_of AS (
  SELECT unit, rule, any_value(start) AS start, max(read_at) AS last_at,
    coalesce(max(read_at) FILTER (WHERE NOT same AND before_at IS NOT NULL), 0) AS anchor,
    max(surely_after) AS hit_after,
    coalesce(bool_or(hit AND read_at > start), false) AS hit_inside,
    sum(greatest(seen_from, start) - greatest(before_at, start)) FILTER (WHERE read_at > start)
      AS blind_s
  FROM judged GROUP BY unit, rule),
newest AS (SELECT unit, max(read_at) AS last_at FROM readings GROUP BY unit)
SELECT unit, rule, CASE
  WHEN hit_after >= greatest(start, anchor) THEN 3
  WHEN anchor <= start AND NOT hit_inside AND blind_s <= 86400 THEN 1
  ELSE 0 END AS state
FROM rule_of JOIN newest USING (unit, last_at)
"""


def main() -> None:
    # By name: it is no dependency of ours, and type checkers need not find it.
    duckdb: Any = import_module("duckdb")
    folder = Path(sys.argv[1])
    begun = time.perf_counter()
    with duckdb.connect(folder / "samples.duckdb") as db:
        for table in ("window_of", "readings", "samples"):
            for number, path in enumerate(sorted(folder.glob(f"{table}-*.npz"))):
                columns = dict(np.load(path))
                db.register("added", columns)
                names = ", ".join(columns)
                verb = f"INSERT INTO {table}" if number else f"CREATE TABLE {table} AS"
                db.execute(f"{verb} SELECT {names} FROM added")
    load_s = time.perf_counter() - begun
    told = {"load_s": load_s}
    for name, question in (("silent", _SILENT), ("states", _STATES)):
        with duckdb.connect(folder / "samples.duckdb", read_only=True) as db:
            begun = time.perf_counter()
            found = db.execute(question).fetchnumpy()
            told[f"{name}_s"] = time.perf_counter() - begun
        answer: dict[str, Any] = {key: np.asarray(one) for key, one in found.items()}
        np.savez(folder / f"{name}.npz", **answer)
    told["size_bytes"] = (folder / "samples.duckdb").stat().st_size
    print(json.dumps(told))


if __name__ == "__main__":
    main()
