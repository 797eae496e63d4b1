"""How much an agent may send: so many bytes an hour, all of it at once if it likes."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from math import ceil

from evidence.clock import Clock
from store.problems import Refused

_HOUR_S = 3600


@dataclass(slots=True)
class _Account:
    left_bytes: float
    at_s: float


class Quota:
    """One account an agent, filled again as time passes. Kept in memory: a restart fills all."""

    def __init__(self, bytes_an_hour: int, clock: Clock) -> None:
        self._most = bytes_an_hour
        self._clock = clock
        self._accounts: dict[str, _Account] = {}
        self._lock = threading.Lock()

    def spend(self, agent: str, size_bytes: int) -> None:
        """Raises Refused `quota_exceeded`, which says when there will be enough again."""
        now_s = self._clock().timestamp()
        with self._lock:
            account = self._accounts.setdefault(agent, _Account(self._most, now_s))
            passed_s = max(0.0, now_s - account.at_s)
            grown = account.left_bytes + passed_s * self._most / _HOUR_S
            account.left_bytes, account.at_s = min(self._most, grown), now_s
            # One that is larger than an hour's share goes when the account is full.
            lacking = min(size_bytes, self._most) - account.left_bytes
            if lacking > 0:
                wait_s = ceil(lacking * _HOUR_S / self._most)
                raise Refused(
                    f"{agent} has sent its {self._most} bytes of this hour",
                    code="quota_exceeded",
                    retry_after_s=wait_s,
                )
            account.left_bytes -= size_bytes
