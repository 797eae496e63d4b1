"""The one thread in which all SNMP happens: an event loop, and an engine for each account.

The engine is shared by the devices of one account, because building one costs more than a
visit. Questions in flight are bounded: on one socket, more lose answers than gain time.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from functools import cache
from threading import Thread
from typing import Any, TypeVar

from pysnmp.hlapi.v3arch.asyncio import SnmpEngine

from agent.gate.snmp import GatedDispatcher

T = TypeVar("T")
IN_FLIGHT = 25
_MADE_BETWEEN_LOOKS = 20_000


class Loop:
    """The one thread in which all SNMP happens, and the engines in it, one an account."""

    def __init__(self) -> None:
        # A message is thousands of small objects that go by themselves: looking for garbage after
        # every 700, as Python does, takes a tenth of the work.
        gc.set_threshold(max(gc.get_threshold()[0], _MADE_BETWEEN_LOOKS), *gc.get_threshold()[1:])
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="snmp", daemon=True)
        self._thread.start()
        self._engines: dict[tuple[Any, ...], SnmpEngine] = {}
        self.in_flight = asyncio.Semaphore(IN_FLIGHT)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, done in the loop; called from any other thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def engine(
        self, account: tuple[Any, ...], instead_of: SnmpEngine | None = None
    ) -> SnmpEngine:
        """The engine of an account. One user's keys must not meet another's of the same name.

        `instead_of` is one that turned out stale: whoever comes first has it replaced.
        """
        if self._engines.get(account) is instead_of:
            self._engines[account] = new_engine()
        return self._engines[account]


@cache
def loop() -> Loop:
    """The process's loop, started with the first SNMP device."""
    return Loop()


def new_engine() -> SnmpEngine:
    """An engine behind the gate; made in the loop, where its socket lives."""
    return SnmpEngine(msgAndPduDsp=GatedDispatcher())
