"""Sending and hearing on a probe's one connection, within limits of time and length."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

TIMEOUT_S = 10.0
LONGEST_REPLY = 64 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """What a probe records, and the fingerprint of who answered, where it showed one."""

    record: Mapping[str, Any]
    peer: str | None = None


def dial(address: tuple[str, int]) -> socket.socket:
    """The connection, without waiting to fill packets. Raises OSError."""
    connection = socket.create_connection(address, TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


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
    reply = begun
    ends_at = time.monotonic() + TIMEOUT_S
    with suppress(OSError):
        connection.settimeout(TIMEOUT_S)
        connection.sendall(request)
        while len(reply) < min(wanted(reply), LONGEST_REPLY):
            if (left_s := ends_at - time.monotonic()) <= 0:
                break
            connection.settimeout(left_s)
            piece = connection.recv(LONGEST_REPLY)
            if not piece:
                break
            reply += piece
    return reply
