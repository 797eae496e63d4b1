"""The store's one truth about state: a SQLite database whose commits survive power loss.

WAL with `synchronous=FULL` syncs every commit; a library may come with another default, so
both are set and read back. Tables of evidence are insert-only: triggers refuse the rest, which
stops mistakes, not a database administrator; against him there are the log and its readers.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evidence.errors import EnvironmentProblem

SCHEMA_VERSION = 1
_FULL = 2
_TABLES = """
CREATE TABLE agent (
    id TEXT PRIMARY KEY,
    enrolled_at TEXT NOT NULL
) STRICT;
CREATE TABLE agent_site (
    agent TEXT NOT NULL REFERENCES agent,
    site TEXT NOT NULL,
    PRIMARY KEY (agent, site)
) STRICT;
CREATE TABLE agent_key (
    keyid TEXT PRIMARY KEY,
    agent TEXT NOT NULL REFERENCES agent,
    raw BLOB NOT NULL,
    enrolled_at TEXT NOT NULL,
    revoked_at TEXT
) STRICT;
CREATE TABLE blob (
    digest TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    stored_at TEXT NOT NULL
) STRICT;
CREATE TABLE blob_owner (
    digest TEXT NOT NULL REFERENCES blob,
    agent TEXT NOT NULL REFERENCES agent,
    PRIMARY KEY (digest, agent)
) STRICT;
CREATE TABLE leaf (
    position INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    peaks BLOB NOT NULL,
    entry TEXT NOT NULL
) STRICT;
CREATE TABLE statement (
    digest TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    agent TEXT NOT NULL REFERENCES agent,
    position INTEGER NOT NULL UNIQUE REFERENCES leaf,
    receipt BLOB NOT NULL
) STRICT;
CREATE INDEX statement_of_agent ON statement (agent, kind, position);
CREATE TABLE statement_blob (
    statement TEXT NOT NULL REFERENCES statement,
    blob TEXT NOT NULL REFERENCES blob,
    PRIMARY KEY (statement, blob)
) STRICT;
CREATE TRIGGER leaf_is_dense BEFORE INSERT ON leaf
    WHEN NEW.position != (SELECT coalesce(max(position) + 1, 0) FROM leaf)
    BEGIN SELECT raise(ABORT, 'the log has no gaps'); END;
"""
_INSERT_ONLY = ("blob", "blob_owner", "leaf", "statement", "statement_blob")


class Database:
    """One connection, one writer at a time; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open or make the database. Raises EnvironmentProblem when it cannot be durable."""
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(
            path, timeout=30, isolation_level=None, check_same_thread=False
        )
        wanted = {"journal_mode": "wal", "synchronous": _FULL, "foreign_keys": 1}
        for name, value in wanted.items():
            self._connection.execute(f"PRAGMA {name} = {value}")
            (found,) = self._connection.execute(f"PRAGMA {name}").fetchone()
            if found != value:
                raise EnvironmentProblem(
                    f"{path}: {name} is {found!r} and cannot be made {value!r}",
                    code="env_database",
                    next_step="keep the state on a local file system, not on NFS",
                )
        self._migrate(path)

    def _migrate(self, path: Path) -> None:
        with self.transaction() as rows:
            (found,) = rows.execute("PRAGMA user_version").fetchone()
            if found > SCHEMA_VERSION:
                raise EnvironmentProblem(
                    f"{path} was written by a newer evidence-store (schema {found})",
                    code="env_database",
                )
            if found == 0:
                for sql in (*_statements(_TABLES), *map(_insert_only, _INSERT_ONLY)):
                    rows.execute(sql)
                rows.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction, synced to disk when the block ends and undone when it raises."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _insert_only(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_stays BEFORE DELETE ON {table}"
        f" BEGIN SELECT raise(ABORT, '{table} is insert-only'); END"
    )


def _statements(script: str) -> Iterator[str]:
    """The single statements of a script: `executescript` would commit what it does by itself."""
    pending = ""
    for line in script.strip().splitlines():
        pending += line + "\n"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
