"""The gate of HTTP: a connection that looks at each request as it is written to the socket."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

from agent.gate import Gate
from agent.line import Line


def plain_connection_class(
    gate: Gate, authority: str, line: Line, on_connect: Callable[[Any], None]
) -> type[HTTPConnection]:
    """A connection for one device. `authority` is the only `Host` it may name.

    Each is the `line` from its first byte; `on_connect` is given its socket once it stands.
    """

    class GatedConnection(HTTPConnection):
        """Holds a request's head back until its body has come, then writes both or neither."""

        _held = b""

        def _new_conn(self) -> socket.socket:
            connection = super()._new_conn()
            line.dialled(connection)
            return connection

        def connect(self) -> None:
            super().connect()
            on_connect(self.sock)

        def close(self) -> None:
            super().close()
            line.close()

        def send(self, data: Any) -> None:
            held, self._held = self._held + bytes(data), b""
            head, ended, body = held.partition(b"\r\n\r\n")
            if not ended:
                gate.deny("part of a request", head.decode("latin-1"))
            method, target, length = _request(gate, head, authority)
            if len(body) < length:
                self._held = held
                return
            gate.request(method, target, body)
            super().send(held)

    return GatedConnection


def connection_class(
    gate: Gate, authority: str, line: Line, on_connect: Callable[[Any], None]
) -> type[HTTPSConnection]:
    """The same over TLS: sockets are given once the device's identity is accepted."""
    gated = plain_connection_class(gate, authority, line, on_connect)
    made: type[HTTPSConnection] = type("GatedHttpsConnection", (gated, HTTPSConnection), {})
    return made


def _request(gate: Gate, head: bytes, authority: str) -> tuple[str, str, int]:
    """Method, target and length of body of a request's head. Raises Denied for any other form."""
    line, *rest = head.decode("latin-1").split("\r\n")
    words = line.split(" ")
    if len(words) != 3 or words[2] != "HTTP/1.1":
        gate.deny("request line", line)
    headers = [
        (name.lower(), value.strip()) for name, _, value in (one.partition(":") for one in rest)
    ]
    hosts = [value for name, value in headers if name == "host"]
    lengths = [value for name, value in headers if name == "content-length"]
    if hosts != [authority] or len(lengths) > 1 or not all(one.isdecimal() for one in lengths):
        gate.deny("request for", ", ".join(hosts))
    if any(name in ("transfer-encoding", "upgrade", "expect") for name, _ in headers):
        gate.deny("form of request", line)
    return words[0], words[1], int(lengths[0]) if lengths else 0
