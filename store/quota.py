"""How much somebody may ask for: so much at once if they like, and filled again as time passes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from math import ceil

from evidence.clock import Clock
from store.problems import Refused

_HOUR_S = 3600.0
_MOST_ACCOUNTS = 10_000
# Log-ins of one address: more than an office has at nine in the morning, and far fewer than a
# guesser wants.
LOG_INS, LOG_INS_IN_S = 60, 60.0


@dataclass(slots=True)
class _Account:
    left: float
    at_s: float


class Allowance:
    """`most` in `within_s` for each, kept in memory: a restart fills all."""

    def __init__(self, most: int, within_s: float, clock: Clock) -> None:
        self._most = most
        self._a_second = most / within_s
        self._clock = clock
        self._accounts: dict[str, _Account] = {}
        self._lock = threading.Lock()

    def spend(self, who: str, amount: int) -> int | None:
        """Spend it; where there is not enough, after how many seconds there will be, and nothing is
        spent. What is larger than all goes when the account is full."""
        now_s = self._clock().timestamp()
        with self._lock:
            account = self._accounts.setdefault(who, _Account(self._most, now_s))
            account.left, account.at_s = self._left(account, now_s), now_s
            lacking = min(amount, self._most) - account.left
            if lacking > 0:
                return ceil(lacking / self._a_second)
            account.left -= amount
            if len(self._accounts) > _MOST_ACCOUNTS:
                self._forget(now_s)
        return None

    def _left(self, account: _Account, now_s: float) -> float:
        passed_s = max(0.0, now_s - account.at_s)
        return min(self._most, account.left + passed_s * self._a_second)

    def _forget(self, now_s: float) -> None:
        """Those whose accounts are full again."""
        self._accounts = {
            who: one for who, one in self._accounts.items() if self._left(one, now_s) < self._most
        }


class Quota:
    """The bytes an agent may send in an hour."""

    def __init__(self, bytes_an_hour: int, clock: Clock) -> None:
        self._most = bytes_an_hour
        self._allowance = Allowance(bytes_an_hour, _HOUR_S, clock)

    def spend(self, agent: str, size_bytes: int) -> None:
        """Raises Refused `quota_exceeded`, which says when there will be enough again."""
        wait_s = self._allowance.spend(agent, size_bytes)
        if wait_s is not None:
            raise Refused(
                f"{agent} has sent its {self._most} bytes of this hour",
                code="quota_exceeded",
                retry_after_s=wait_s,
            )


class LogIns:
    """The log-ins somebody may try from one address, whoever they say they are: each costs the work
    of a password or a question to a provider, and an event of the trail."""

    def __init__(self, clock: Clock) -> None:
        self._allowance = Allowance(LOG_INS, LOG_INS_IN_S, clock)

    def count(self, address: str) -> None:
        """Raises Refused `login_delayed`."""
        wait_s = self._allowance.spend(address, 1)
        if wait_s is not None:
            raise login_delayed("too many log-ins from here; wait before the next one", wait_s)


def login_delayed(why: str, wait_s: int) -> Refused:
    return Refused(why, code="login_delayed", more={"retry_after_s": wait_s}, retry_after_s=wait_s)
