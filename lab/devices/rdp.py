"""A remote-desktop listener of the lab: answers the negotiation, and shows its certificate.

It answers as two real servers were seen to (xrdp 0.9 in `negotiate`, FreeRDP's shadow server
with `/sec:nla`); no session can be opened on it.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Mapping
from threading import Thread
from types import TracebackType
from typing import Literal, Self

from lab.devices.certificates import make_certificate, server_context

Security = Literal["negotiate", "nla"]
RDP, TLS, HYBRID = 0, 1, 2
_SELECTED, _FAILED = 2, 3
_HYBRID_REQUIRED = 5

# requestedProtocols → (kind of answer, protocol or failure code). None: a request without one.
_ANSWERS: Mapping[Security, Mapping[int | None, tuple[int, int] | None]] = {
    "negotiate": {
        None: None,
        0: (_SELECTED, RDP),
        1: (_SELECTED, TLS),
        2: (_SELECTED, RDP),
        3: (_SELECTED, TLS),
        8: (_SELECTED, RDP),
        11: (_SELECTED, TLS),
    },
    "nla": {
        None: (_FAILED, _HYBRID_REQUIRED),
        0: (_FAILED, _HYBRID_REQUIRED),
        1: (_FAILED, _HYBRID_REQUIRED),
        2: (_SELECTED, HYBRID),
        3: (_SELECTED, HYBRID),
        8: (_FAILED, _HYBRID_REQUIRED),
        11: (_SELECTED, HYBRID),
    },
}


class LabRdp:
    """A listener on loopback. `asked` is every requestedProtocols value it saw, in order."""

    def __init__(self, security: Security) -> None:
        self.asked: list[int | None] = []
        self._answers = _ANSWERS[security]
        self._context = server_context(*make_certificate("127.0.0.1"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._listen, name=f"lab-rdp-{self.port}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self._answer(connection)
                except (OSError, struct.error):
                    continue

    def _answer(self, connection: socket.socket) -> None:
        request = connection.recv(1024)
        at = request.find(b"\x01\x00\x08\x00", 11)
        wanted = struct.unpack("<I", request[at + 4 : at + 8])[0] if at >= 0 else None
        self.asked.append(wanted)
        said = self._answers.get(wanted)
        negotiation = struct.pack("<BBHI", said[0], 1, 8, said[1]) if said else b""
        # TPKT and X.224 Connection Confirm (MS-RDPBCGR 2.2.1.2).
        confirm = bytes([6 + len(negotiation), 0xD0, 0, 0, 0x12, 0x34, 0]) + negotiation
        connection.sendall(struct.pack(">BBH", 3, 0, 4 + len(confirm)) + confirm)
        if said is not None and said[0] == _SELECTED and said[1] != RDP:
            with self._context.wrap_socket(connection, server_side=True) as secured:
                secured.settimeout(5)
                secured.recv(4096)
