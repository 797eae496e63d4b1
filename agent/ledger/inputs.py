"""What assessments were judged by (rule book, criteria, devices …), each body once, by digest.

A month cannot be judged again without them, so the store gets them with the assessment.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from hashlib import sha256

Writing = Callable[[], AbstractContextManager[sqlite3.Connection]]


class Inputs:
    """The part of the ledger that keeps them; it writes as the ledger does."""

    def __init__(self, db: sqlite3.Connection, writing: Writing) -> None:
        self._db = db
        self._writing = writing

    def keep(self, bodies: Iterable[bytes]) -> None:
        """Keep each body under its digest; one that is there already stays as it is."""
        rows = [(sha256(body).hexdigest(), body) for body in bodies]
        with self._writing() as db:
            db.executemany("INSERT OR IGNORE INTO input VALUES (?, ?)", rows)

    def body(self, digest: str) -> bytes | None:
        """The body of that digest; None: not kept here."""
        row = self._db.execute("SELECT body FROM input WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else bytes(row[0])
