"""Deposits that come at the same time share one sync of the disk and one commit.

Whoever comes first does the work of all that wait by then; the others find it done. The order is
that of a single deposit: files, sync, rows, commit, and only then is anybody answered.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import InterfaceError, OperationalError

from store.database import Database
from store.deposits import Deposit, Given

_AT_ONCE = 64


class Group:
    """`make_durable` does so for the files of deposits; `enter` enters their rows in a transaction,
    all of them or none."""

    def __init__(
        self,
        database: Database,
        make_durable: Callable[[Sequence[Deposit]], None],
        enter: Callable[[Connection, Sequence[Deposit]], list[Given]],
    ) -> None:
        self._database = database
        self._make_durable = make_durable
        self._enter = enter
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._led = False

    def do(self, deposit: Deposit) -> Given:
        """Take a deposit in, with whatever else waits. What raises is undone alone."""
        mine = _Waiting(deposit)
        with self._lock:
            self._waiting.append(mine)
            leads, self._led = not self._led, True
        if not leads:
            mine.turn.acquire()
        if mine.given is None and mine.error is None:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.given is not None
        return mine.given

    def _lead(self) -> None:
        """The work of what waits by now, in the order it came; then somebody else leads."""
        with self._lock:
            some = min(len(self._waiting), _AT_ONCE)
            group = [self._waiting.popleft() for _ in range(some)]
        try:
            self._make_durable([one.deposit for one in group])
            self._enter_all(group)
        except BaseException as error:
            for one in group:
                if one.given is None:
                    one.error = one.error or error
        with self._lock:
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].turn.release()
        for one in group:
            one.turn.release()

    def _enter_all(self, group: Sequence[_Waiting]) -> None:
        """Together, or each by itself where one of them cannot be."""
        try:
            with self._database.transaction() as rows:
                given = self._enter(rows, [one.deposit for one in group])
        except (OperationalError, InterfaceError):
            raise  # the database's trouble, and that of all of them
        except Exception as error:
            if len(group) == 1:
                group[0].error = error
                return
            for one in group:
                self._enter_all([one])
            return
        for one, its in zip(group, given, strict=True):
            one.given = its


class _Waiting:
    """One deposit, what came of it, and the lock it waits for: done, or its turn to lead."""

    def __init__(self, deposit: Deposit) -> None:
        self.deposit = deposit
        self.given: Given | None = None
        self.error: BaseException | None = None
        self.turn = threading.Lock()
        self.turn.acquire()
