"""The ledger's tables, and opening them so that a commit survives a loss of power.

A ledger's version is the number of MIGRATIONS it has been through. An older one goes through
those it lacks in a single transaction, the version with them: killed at any point it is the old
ledger or the new one, never something between. One that is newer is refused and left alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from agent.ledger.pages import count_again
from evidence.errors import EnvironmentProblem

# Each is a function, or a script without `;` inside a statement. What has been released is never
# edited: a change is one more at the end, with its name in MIGRATIONS.
_FIRST = """
CREATE TABLE bundle (
  digest TEXT PRIMARY KEY, device TEXT NOT NULL, run TEXT NOT NULL, ended_at TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, replayed INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('spooled', 'stored', 'refused')),
  receipt BLOB, stored_at TEXT, problem TEXT, file_removed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX bundle_state ON bundle (state, ended_at);
CREATE TABLE reading (
  digest TEXT PRIMARY KEY, bundle TEXT NOT NULL REFERENCES bundle (digest),
  device TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, failure TEXT,
  record BLOB NOT NULL
);
CREATE INDEX reading_of ON reading (device, subject, at);
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY, reading TEXT NOT NULL REFERENCES reading (digest), unit TEXT NOT NULL,
  device TEXT NOT NULL, read_at INTEGER NOT NULL, base INTEGER REFERENCES snapshot (id),
  packed BLOB NOT NULL,
  UNIQUE (reading, unit)
);
CREATE INDEX snapshot_of ON snapshot (device, read_at);
CREATE TABLE record (
  digest TEXT PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, period TEXT,
  state TEXT NOT NULL CHECK (state IN ('spooled', 'stored', 'refused')),
  receipt BLOB, problem TEXT, envelope BLOB NOT NULL
);
CREATE INDEX record_of ON record (kind, at);
CREATE TABLE host_key (
  device TEXT NOT NULL, fingerprint TEXT NOT NULL, accepted_at TEXT NOT NULL,
  accepted_by TEXT NOT NULL, PRIMARY KEY (device, fingerprint)
);
CREATE TABLE attempt (
  device TEXT NOT NULL, subject TEXT NOT NULL, due_at TEXT, ended_at TEXT NOT NULL,
  run TEXT NOT NULL, failure TEXT, PRIMARY KEY (device, subject, ended_at)
);
CREATE TABLE first_found (subject TEXT PRIMARY KEY, at TEXT NOT NULL);
"""
_SETBACKS = """
CREATE TABLE login_hold (
  device TEXT NOT NULL, account TEXT NOT NULL, refused_at TEXT NOT NULL, until_at TEXT NOT NULL,
  code TEXT NOT NULL, PRIMARY KEY (device, account)
);
CREATE TABLE suspect (
  device TEXT NOT NULL, subject TEXT NOT NULL, times INTEGER NOT NULL, last_at TEXT NOT NULL,
  PRIMARY KEY (device, subject)
);
"""
_INPUTS = """
CREATE TABLE input (digest TEXT PRIMARY KEY, body BLOB NOT NULL);
"""
# Counters are packed another way, so they are taken from the readings again.
_SLOTS = """
DELETE FROM snapshot;
DROP INDEX snapshot_of;
CREATE INDEX snapshot_of ON snapshot (device, unit, read_at);
CREATE TABLE rule_slot (
  device TEXT NOT NULL, unit TEXT NOT NULL, first INTEGER NOT NULL, packed BLOB NOT NULL,
  PRIMARY KEY (device, unit, first)
);
CREATE TABLE marks (
  device TEXT NOT NULL, unit TEXT NOT NULL, first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
  code TEXT NOT NULL, packed BLOB NOT NULL, PRIMARY KEY (device, unit, first_at)
)
"""
# What their clocks were off by is kept with the counters, so they are taken again.
_CLOCKS = """
DELETE FROM marks;
DELETE FROM snapshot;
DELETE FROM rule_slot
"""
Migration = str | Callable[[sqlite3.Connection], None]
MIGRATIONS: tuple[Migration, ...] = (
    _FIRST,
    _SETBACKS,
    _INPUTS,
    _SLOTS,
    count_again,
    _CLOCKS,
    count_again,
)


def open_database(path: Path) -> sqlite3.Connection:
    """The database, its tables made where they are not there yet. Raises EnvironmentProblem."""
    db = sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
    try:
        _prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _prepare(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    if db.execute("PRAGMA synchronous").fetchone()[0] != 2:
        raise EnvironmentProblem("SQLite will not sync each commit", code="env_state")
    with transaction(db):
        _migrate(db)
    # Only now: a migration may put a table in the place of one that others point at.
    db.execute("PRAGMA foreign_keys=ON")


def _migrate(db: sqlite3.Connection) -> None:
    """Bring the ledger to this agent's version. Raises EnvironmentProblem (`env_ledger_newer`)."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise EnvironmentProblem(
            f"the ledger is of version {version}; this agent knows {len(MIGRATIONS)}",
            code="env_ledger_newer",
            next_step="install the agent that wrote it, or a newer one",
        )
    if version == len(MIGRATIONS):
        return
    for migration in MIGRATIONS[version:]:
        if not isinstance(migration, str):
            migration(db)
            continue
        for statement in migration.split(";"):
            db.execute(statement)
    if db.execute("PRAGMA foreign_key_check").fetchone():
        raise EnvironmentProblem(
            f"the ledger of version {version} points at rows it does not have",
            code="env_state",
            next_step="it was left as it was; go back to the agent that wrote it, and report this",
        )
    # The version lies in the database itself, so it is part of the same transaction.
    db.execute(f"PRAGMA user_version={len(MIGRATIONS)}")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One write transaction: all of it, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite ends it by itself when the disk is full
            db.execute("ROLLBACK")
        raise


def sortable(at: datetime) -> str:
    """A time as text of one width, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
