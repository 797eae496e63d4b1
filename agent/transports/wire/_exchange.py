"""Sending and hearing on a probe's one connection, within limits of time and length."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 10.0
LONGEST_REPLY = 64 * 1024

# Where somebody listens, as the resolver says it: the family, and the address in its form.
Place = tuple[socket.AddressFamily, Any]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a probe records, and the fingerprint of who answered, where it showed one."""

    record: Mapping[str, Any]
    peer: str | None = None


def places(address: tuple[str, int]) -> list[Place]:
    """Where a host listens, in the resolver's order. Raises OSError."""
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


def dial(found: Sequence[Place]) -> socket.socket:
    """A connection to the first of these places that takes one. Raises OSError."""
    refused = OSError("no address")
    for family, place in found:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(TIMEOUT_S)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect(place)
        except OSError as error:
            connection.close()
            refused = error
        else:
            return connection
    raise refused


def wait_anew(connection: socket.socket) -> None:
    """The whole time for what follows: what was left of an exchange is no limit of a handshake."""
    connection.settimeout(TIMEOUT_S)


def exchange(
    connection: socket.socket,
    request: bytes,
    wanted: Callable[[bytes], int],
    begun: bytes = b"",
) -> bytes:
    """What comes back: as much as is `wanted`, or what came of it in time; b"" where nothing does.

    `wanted` says how long a reply is that begins so; it is asked again as more comes, and never
    gets more than LONGEST_REPLY. `begun` is what was heard before.
    """
    reply, left_s = begun, TIMEOUT_S
    ends_at = time.monotonic() + TIMEOUT_S
    with suppress(OSError):
        if connection.gettimeout() != TIMEOUT_S:
            connection.settimeout(TIMEOUT_S)
        if request:
            connection.sendall(request)
        while len(reply) < min(wanted(reply), LONGEST_REPLY):
            if left_s != TIMEOUT_S:
                if left_s <= 0:
                    break
                connection.settimeout(left_s)
            piece = connection.recv(LONGEST_REPLY)
            if not piece:
                break
            reply += piece
            left_s = ends_at - time.monotonic()
    return reply
