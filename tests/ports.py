"""Ports for programs that must be told theirs before they listen.

A port that the kernel named and that was let go comes back: to the next that asks, or as the near
end of any connection, in this process or another. These lie outside the kernel's own range, are
nobody else's until this process ends, and come once.
"""

from __future__ import annotations

import random
import socket
from contextlib import ExitStack
from functools import cache
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_FIRST, _LAST = 10_000, 65_535
_held: list[socket.socket] = []
# Not the tests' own numbers: those begin anew with each seed, and so would these.
_random = random.SystemRandom()


def free_port() -> int:
    """A port of loopback, TCP and UDP, where nobody listens unless whoever asked does."""
    low, high = map(int, _RANGE.read_text().split())
    candidates = [one for one in range(_FIRST, _LAST + 1) if not low <= one <= high]
    while True:
        port = _random.choice(candidates)
        if _claimed(port) and _is_free(port):
            return port


@cache
def closed_port() -> int:
    """One where nobody ever listens."""
    return free_port()


def _claimed(port: int) -> bool:
    """Whether it is ours from now on: a name that the kernel gives to one process at a time, and
    takes back when that ends."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0evidence-test-port-{port}")
    except OSError:
        claim.close()
        return False
    _held.append(claim)
    return True


def _is_free(port: int) -> bool:
    """Whether nothing of the machine has it, on any of its addresses."""
    with ExitStack() as stack:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            tried = stack.enter_context(socket.socket(socket.AF_INET, kind))
            try:
                tried.bind(("", port))
            except OSError:
                return False
    return True
