"""What must not be repeated at once: log-ins that were refused, and readings that killed us."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from agent.ledger.schema import sortable
from evidence.clock import parse_at

Writing = Callable[[], AbstractContextManager[sqlite3.Connection]]


@dataclass(frozen=True, slots=True)
class Hold:
    """A refused log-in: of which device, with which account (a keyed digest), why, how long it
    is held."""

    device: str
    account: str
    refused_at: datetime
    until_at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """How often in a row the agent ended in the middle of reading a device's subject."""

    device: str
    subject: str
    times: int
    last_at: datetime


class Setbacks:
    """The part of the ledger that remembers them; it writes as the ledger does."""

    def __init__(self, db: sqlite3.Connection, writing: Writing) -> None:
        self._db, self._writing = db, writing

    def hold(self, device: str, account: str) -> Hold | None:
        row = self._db.execute(
            "SELECT * FROM login_hold WHERE device = ? AND account = ?", (device, account)
        ).fetchone()
        if row is None:
            return None
        return Hold(row[0], row[1], parse_at(row[2]), parse_at(row[3]), row[4])

    def keep_hold(self, hold: Hold) -> None:
        """Remember a refusal; it takes the place of an earlier one."""
        times = sortable(hold.refused_at), sortable(hold.until_at)
        with self._writing() as db:
            db.execute(
                "INSERT OR REPLACE INTO login_hold VALUES (?, ?, ?, ?, ?)",
                (hold.device, hold.account, *times, hold.code),
            )

    def end_hold(self, device: str, account: str) -> None:
        with self._writing() as db:
            db.execute("DELETE FROM login_hold WHERE device = ? AND account = ?", (device, account))

    def suspects(self) -> dict[tuple[str, str], Suspect]:
        """Every suspect by device and subject."""
        found = {}
        for device, subject, times, last_at in self._db.execute("SELECT * FROM suspect"):
            found[device, subject] = Suspect(device, subject, times, parse_at(last_at))
        return found

    def suspect(self, device: str, subject: str, at: datetime) -> None:
        """The agent ended in the middle of this, once more."""
        with self._writing() as db:
            db.execute(
                "INSERT INTO suspect VALUES (?, ?, 1, ?) ON CONFLICT DO UPDATE SET"
                " times = times + 1, last_at = excluded.last_at",
                (device, subject, sortable(at)),
            )

    def acquit(self, device: str, subject: str) -> None:
        """It was read, or failed as others do."""
        with self._writing() as db:
            db.execute("DELETE FROM suspect WHERE device = ? AND subject = ?", (device, subject))
