"""A program that upgrades copies of a ledger, each killed one statement later than the last.

    python -m tests.killed_upgrade LEDGER FOLDER

It forks, which only a process without threads may do; hence a program of its own. Copy n lies in
FOLDER as n.sqlite3, and was killed as its n-th statement was to begin; the last one lived.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agent.ledger import schema

# What a later release might do, the worst of it: a table that others point at is made anew.
LATER = """
ALTER TABLE host_key ADD COLUMN kind TEXT;
UPDATE host_key SET kind = 'ssh';
CREATE TABLE bundle_new (
  digest TEXT PRIMARY KEY, device TEXT NOT NULL, run TEXT NOT NULL, ended_at TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, replayed INTEGER NOT NULL, state TEXT NOT NULL,
  receipt BLOB, stored_at TEXT, problem TEXT, file_removed INTEGER NOT NULL DEFAULT 0
);
INSERT INTO bundle_new SELECT * FROM bundle;
DROP TABLE bundle;
ALTER TABLE bundle_new RENAME TO bundle;
CREATE INDEX bundle_state ON bundle (state, ended_at);
CREATE TABLE more (id INTEGER PRIMARY KEY)
"""


def upgrade(path: Path, killed_at: int) -> None:
    """Open the ledger with an agent of a later release; die as that statement begins."""
    begun = count(1)

    def note(statement: str) -> None:
        if next(begun) == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)

    connect = sqlite3.connect

    def watched(*words: Any, **named: Any) -> sqlite3.Connection:
        db: sqlite3.Connection = connect(*words, **named)
        db.set_trace_callback(note)
        return db

    with (
        patch.object(schema, "MIGRATIONS", (*schema.MIGRATIONS, LATER)),
        patch("sqlite3.connect", watched),
    ):
        schema.open_database(path).close()


def main() -> None:
    ledger, folder = map(Path, sys.argv[1:])
    for killed_at in count(1):
        copy = folder / f"{killed_at}.sqlite3"
        shutil.copy(ledger, copy)
        process = os.fork()
        if process == 0:
            upgrade(copy, killed_at)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main()
