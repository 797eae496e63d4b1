"""What a server says to whoever connects, from a process that does nothing else.

`python -m benchmarks.proposer PORT HEX`: bytes that a real server said, said again to everybody.
sshd gives each connection a process of its own, which costs more than any client; here what the
clients cost is left.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class _Sayer(asyncio.Protocol):
    """Says it at once, hears nothing, and leaves when the other does."""

    def __init__(self, said: bytes) -> None:
        self._said = said

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._said)


@contextmanager
def saying(port: int, said: bytes) -> Iterator[None]:
    """Such a process, on every address of loopback."""
    command = [sys.executable, "-m", "benchmarks.proposer", str(port), said.hex()]
    process = subprocess.Popen(command)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


async def _serve(port: int, said: bytes) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Sayer(said), "0.0.0.0", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), bytes.fromhex(sys.argv[2])))
