"""Servers that are no use: a line that goes dead or loses answers, one that says nothing, a
trickle."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread
from typing import Any

import pytest

TRICKLE_S = 0.02


def started(serve: Callable[..., None], *to: Any) -> Thread:
    thread = Thread(target=serve, args=to, daemon=True)
    thread.start()
    return thread


def hung_up(ends: Iterable[socket.socket]) -> None:
    """Whoever waits on one of these returns. A socket is closed only when nobody waits on it: a
    wait that a pause of the machine interrupts begins anew, by the number of the file alone, and
    would take the bytes of the connection that has the number by then."""
    for one in ends:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


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
        self._threads = [started(self._listen)]

    def freeze(self) -> None:
        self._frozen.set()

    def thaw(self) -> None:
        """New connections pass again; those that were lost stay so."""
        self._frozen.clear()

    def close(self) -> None:
        hung_up([self._listener])
        self._threads.pop(0).join()  # from here on nobody comes in any more
        hung_up(self._ends)
        for thread in self._threads:
            thread.join()
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
                self._threads.append(started(self._pass, one, other, is_answer))

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
    threads: list[Thread] = []

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
            threads.append(started(serve, connection))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listening = started(listen)
        try:
            yield listener.getsockname()[1]
        finally:
            over.set()
            hung_up([listener])
            listening.join()
            hung_up(held)
            for thread in threads:
                thread.join()
            for one in held:
                one.close()
