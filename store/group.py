"""Deposits that come at the same time share one sync of the disk and one commit.

Whoever comes first does the work of all that wait by then; the others find it done. The order is
that of a single deposit: files, sync, rows, commit, and only then is anybody answered.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection

from store.database import Database

T = TypeVar("T")
_AT_ONCE = 64


class Group:
    """`sync` makes everything durable that was written to files so far."""

    def __init__(self, database: Database, sync: Callable[[], None]) -> None:
        self._database = database
        self._sync = sync
        self._one_at_a_time = threading.Lock()
        self._waiting: deque[_Work] = deque()

    def do(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in a write transaction that it shares with whatever else waits, once the files
        that were written before are synced. What raises is undone alone."""
        mine = _Work(work)
        self._waiting.append(mine)
        with self._one_at_a_time:
            if not mine.done:
                self._do_all()
        if mine.error is not None:
            raise mine.error
        return cast(T, mine.result)

    def _do_all(self) -> None:
        """What waits by now, in the order it came. Each is told what came of it."""
        group: list[_Work] = []
        while self._waiting and len(group) < _AT_ONCE:
            group.append(self._waiting.popleft())
        try:
            self._sync()
            with self._database.transaction() as rows:
                for one in group:
                    one.do(rows, alone=len(group) == 1)
        except BaseException as error:
            # Nothing of it was committed, whatever its own part came to.
            for one in group:
                one.error = one.error or error
        for one in group:
            one.done = True


class _Work:
    """One piece of a group's work, and what came of it."""

    def __init__(self, work: Callable[[Connection], object]) -> None:
        self._work = work
        self.done = False
        self.result: object = None
        self.error: BaseException | None = None

    def do(self, rows: Connection, *, alone: bool) -> None:
        if alone:
            self.result = self._work(rows)
            return
        try:
            with rows.begin_nested():
                self.result = self._work(rows)
        except Exception as error:
            self.error = error
