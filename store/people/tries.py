"""Tries to log in that failed: the first are free, then each costs twice as long as the last.

Counted for whoever is tried, known here or not: an answer must not tell which accounts there are.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, select, update

from evidence.clock import Clock
from store.database import Database, insert_missing
from store.people.tables import login_try
from store.quota import login_delayed

_FREE = 5
_FIRST_DELAY, _LONGEST_DELAY = timedelta(seconds=30), timedelta(minutes=15)
_FORGOTTEN = timedelta(days=1)


class Tries:
    """`account` is a name as somebody typed it, behind the way where it is not the store's."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def check(self, account: str) -> None:
        """Raises Refused `login_delayed` after too many."""
        now = self._clock()
        with self._database.reading() as rows:
            tried = rows.execute(select(login_try).where(login_try.c.account == account)).first()
        if tried is None or tried.failed < _FREE or now - tried.failed_at > _FORGOTTEN:
            return
        delay = min(_FIRST_DELAY * 2 ** min(tried.failed - _FREE, 10), _LONGEST_DELAY)
        left = tried.failed_at + delay - now
        if left > timedelta(0):
            why = "too many tries that failed; wait before the next one"
            raise login_delayed(why, int(left.total_seconds()) + 1)

    def count_in(self, rows: Connection, account: str) -> None:
        """One more failed; within the caller's transaction."""
        now = self._clock()
        rows.execute(delete(login_try).where(login_try.c.failed_at < now - _FORGOTTEN))
        if not insert_missing(rows, login_try, account=account, failed=1, failed_at=now):
            rows.execute(
                update(login_try)
                .where(login_try.c.account == account)
                .values(failed=login_try.c.failed + 1, failed_at=now)
            )

    def forget_in(self, rows: Connection, account: str) -> None:
        """Somebody was known: what failed before costs nothing any more."""
        rows.execute(delete(login_try).where(login_try.c.account == account))

    def forget(self, account: str) -> None:
        """The same by itself."""
        with self._database.transaction() as rows:
            self.forget_in(rows, account)
