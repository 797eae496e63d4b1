"""Repair: a damaged ledger is moved aside, and a new one takes what can still be read of it.

Bundles and signed records have their own files, and are adopted from them. What stands nowhere
else is taken over as far as its pages still hold: pinned host keys, attempts, log-ins on hold,
since when a decision has been needed, and the records of a ledger that gave them no files yet.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from agent.ledger.faults import problem_of
from agent.ledger.schema import open_database, transaction

_TABLES = ("record", "host_key", "attempt", "first_found", "login_hold", "suspect")
# SQLite's log, without which the file is not whole, and its index, which is made anew.
_LOG, _INDEX = "-wal", "-shm"


@dataclass(frozen=True, slots=True)
class Repaired:
    """Where the damaged ledger lies now, and how many rows of each table were taken over."""

    aside: Path
    rows: dict[str, int]


def repair(database: Path, now: datetime) -> Repaired | None:
    """Put a new ledger in the place of a damaged one. None when it is sound, or not there.

    Killed half-way, the damaged one is found again. Raises StateBroken when the disk cannot even
    be read: that is no reason to give a ledger up.
    """
    if not database.exists() or is_sound(database):
        return None
    aside = _named(database, f".damaged-{now:%Y%m%dT%H%M%SZ}")
    fresh = _named(database, ".fresh")
    for end in ("", _LOG, _INDEX):
        _named(fresh, end).unlink(missing_ok=True)
    for end in ("", _LOG):
        _named(aside, end).unlink(missing_ok=True)
        if _named(database, end).exists():
            os.link(_named(database, end), _named(aside, end))
    with closing(open_database(fresh)) as db:
        rows = {table: _take_over(aside, db, table) for table in _TABLES}
    # The old one's log must not be taken for the new one's.
    for end in (_LOG, _INDEX):
        _named(database, end).unlink(missing_ok=True)
    fresh.rename(database)
    return Repaired(aside, rows)


def is_sound(database: Path) -> bool:
    """Whether SQLite finds every page in order. Raises StateBroken when it cannot read them."""
    try:
        with closing(_looked_at(database)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error as error:
        problem = problem_of(error)
        if problem is not None and problem.code == "env_ledger_damaged":
            return False
        raise problem or error from None


def _named(database: Path, end: str) -> Path:
    return database.with_name(database.name + end)


def _looked_at(database: Path) -> sqlite3.Connection:
    """The database as it is: looking changes none of its bytes."""
    return sqlite3.connect(f"file:{quote(str(database))}?mode=ro", uri=True, timeout=30)


def _take_over(damaged: Path, into: sqlite3.Connection, table: str) -> int:
    """Copy the rows of a table that can still be read. Returns how many."""
    with closing(_looked_at(damaged)) as rows, transaction(into) as db:
        for row in _readable(rows, table):
            marks = ", ".join("?" * len(row))
            db.execute(
                f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({marks})",
                tuple(row.values()),
            )
    (count,) = into.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


def _readable(damaged: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    """The rows before a damaged page, and those behind the last one, by the names of columns."""
    for order in ("ASC", "DESC"):
        try:
            rows = damaged.execute(f"SELECT * FROM {table} ORDER BY rowid {order}")
            names = [column[0] for column in rows.description]
            for row in rows:
                yield dict(zip(names, row, strict=True))
            return
        except sqlite3.DatabaseError:
            continue
