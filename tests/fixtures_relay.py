"""Servers that are no use: a line that goes dead or loses answers, one that says nothing, a
trickle."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import pytest

TRICKLE_S = 0.02


class Relay:
    """A TCP connection to a server on loopback that can be made half-open: both ends keep it,
    and nothing passes any more.

    Where the server's answer begins with `drops`, the connection ends instead; `dropped` counts.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._frozen = Event()
        self.drops: bytes | None = None
        self.dropped = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        Thread(target=self._listen, daemon=True).start()

    def freeze(self) -> None:
        self._frozen.set()

    def thaw(self) -> None:
        """New connections pass again; those that were lost stay so."""
        self._frozen.clear()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for one in (self._listener, *self._ends):
            one.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._ends += [near, far]
            for one, other, is_answer in ((near, far, False), (far, near, True)):
                Thread(target=self._pass, args=(one, other, is_answer), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, is_answer: bool) -> None:
        with suppress(OSError):
            while chunk := one.recv(65536):
                if self._frozen.is_set():
                    return
                if is_answer and self.drops is not None and chunk.startswith(self.drops):
                    self.dropped += 1
                    break
                other.sendall(chunk)
            other.shutdown(socket.SHUT_WR)


@pytest.fixture
def relay() -> Iterator[Callable[[int], Relay]]:
    """relay(port): the same server behind a line that can go dead."""
    with ExitStack() as stack:

        def to(port: int) -> Relay:
            made = Relay(port)
            stack.callback(made.close)
            return made

        yield to


@contextmanager
def saying(first: bytes, endless: bytes = b"", heard: int = 0) -> Iterator[int]:
    """The port of a server that says `first`, then `endless` a byte at a time and its last byte
    for ever, or nothing. Of what the client says it hears so many messages before it trickles."""
    over = Event()
    held: list[socket.socket] = []

    def serve(connection: socket.socket) -> None:
        with suppress(OSError):
            connection.sendall(first)
            for _ in range(heard):
                connection.recv(65536)
            left = endless
            while left and not over.wait(TRICKLE_S):
                connection.sendall(left[:1])
                left = left[1:] or left

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=listen, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            for one in held:
                one.close()
