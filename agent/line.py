"""The line: a TCP connection that tells when its other end is gone, and can be cut at once."""

from __future__ import annotations

import socket
from contextlib import suppress

# A device that says nothing at all for so long is given up; within a minute, looks included.
SILENCE_S = 45.0
# The kernel asks a silent other end from the 15th second on, and gives up at the 45th.
ALIVE = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENCE_S * 1000)),
)


class Line:
    """Holds a second handle of a connection: a library lets go of the first in a TLS handshake.

    `cut` breaks the connection under whoever reads it, from any thread.
    """

    def __init__(self) -> None:
        self._held: socket.socket | None = None

    def dialled(self, connection: socket.socket) -> None:
        """This connection is the line from now on."""
        self.close()
        self._held = connection.dup()

    def cut(self) -> None:
        if (held := self._held) is not None:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go; the connection ends once its library has let go too."""
        held, self._held = self._held, None
        if held is not None:
            held.close()
