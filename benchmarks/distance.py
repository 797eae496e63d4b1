"""A distance before a server of loopback: each connection is held for a while, then passed on.

`python -m benchmarks.distance DELAY_MS PORT:TARGET …` listens on every address. On loopback
all that is measured is whose cores are faster; between a collector and its services there are
two round trips for every connection and its first answer, and this stands for them.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial


class _Pass(asyncio.Protocol):
    """One end: what it hears, the other end says."""

    def __init__(self) -> None:
        self.other: asyncio.WriteTransport | None = None
        self.kept: list[bytes] = []
        self.own: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.own = transport

    def data_received(self, data: bytes) -> None:
        if self.other is None:
            self.kept.append(data)
        else:
            self.other.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other is not None:
            self.other.close()


class _Held(_Pass):
    """The client's end: passed on once its time is over."""

    def __init__(self, target: int, delay_s: float) -> None:
        super().__init__()
        self._target, self._delay_s = target, delay_s

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        asyncio.get_running_loop().call_later(self._delay_s, self._go_on)

    def _go_on(self) -> None:
        self._task = asyncio.ensure_future(self._join())

    async def _join(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            there, end = await loop.create_connection(_Pass, "127.0.0.1", self._target)
        except OSError:
            if self.own is not None:
                self.own.close()
            return
        end.other, self.other = self.own, there
        for data in self.kept:
            there.write(data)
        if self.own is None or self.own.is_closing():
            there.close()


async def _serve(delay_s: float, ports: Mapping[int, int]) -> None:
    loop = asyncio.get_running_loop()
    for port, target in ports.items():
        held = partial(_Held, target, delay_s)
        await loop.create_server(held, "0.0.0.0", port, backlog=4096)
    await loop.create_future()


@contextmanager
def away(ports: Mapping[int, int], delay_ms: float) -> Iterator[None]:
    """Servers that are so far away: the port to ask, and where each really is."""
    pairs = [f"{port}:{target}" for port, target in ports.items()]
    process = subprocess.Popen([sys.executable, __file__, str(delay_ms), *pairs])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


if __name__ == "__main__":
    told = (pair.partition(":") for pair in sys.argv[2:])
    asyncio.run(
        _serve(float(sys.argv[1]) / 1000, {int(port): int(target) for port, _, target in told})
    )
