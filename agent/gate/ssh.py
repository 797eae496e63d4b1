"""The gate of SSH: every message passes here on its way to being encrypted and written.

paramiko hands each message to its packetizer in plain form; ours looks first. It also notes
what arrives in plain words: the algorithms offered, banners, and why a device hung up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from paramiko.common import (
    HIGHEST_USERAUTH_MESSAGE_ID,
    MSG_CHANNEL_CLOSE,
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EOF,
    MSG_CHANNEL_FAILURE,
    MSG_CHANNEL_OPEN,
    MSG_CHANNEL_OPEN_FAILURE,
    MSG_CHANNEL_REQUEST,
    MSG_CHANNEL_SUCCESS,
    MSG_CHANNEL_WINDOW_ADJUST,
    MSG_DISCONNECT,
    MSG_GLOBAL_REQUEST,
    MSG_KEXINIT,
    MSG_REQUEST_FAILURE,
    MSG_REQUEST_SUCCESS,
    MSG_USERAUTH_BANNER,
)
from paramiko.message import Message
from paramiko.packet import Packetizer

from agent.gate import Gate
from evidence.errors import Denied

_AHEAD_BYTES = 4096
_HARMLESS = frozenset(
    {
        MSG_REQUEST_SUCCESS,
        MSG_REQUEST_FAILURE,
        MSG_CHANNEL_OPEN_FAILURE,
        MSG_CHANNEL_WINDOW_ADJUST,
        MSG_CHANNEL_EOF,
        MSG_CHANNEL_CLOSE,
        MSG_CHANNEL_SUCCESS,
        MSG_CHANNEL_FAILURE,
    }
)
_OPENINGS = ((MSG_CHANNEL_OPEN, "session"), (MSG_GLOBAL_REQUEST, "keepalive@lag.net"))
_TOLD = frozenset({MSG_KEXINIT, MSG_DISCONNECT, MSG_USERAUTH_BANNER})
_OFFER = ("kex", "keys", "ciphers", "ciphers", "macs", "macs")


@dataclass
class Heard:
    """What the device said outside of channels, and when it last said anything (monotonic)."""

    offer: dict[str, list[str]] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    last_s: float = field(default_factory=time.monotonic)


class _Ahead:
    """The wire, read ahead: a packetizer takes each packet in two reads, its length first."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self._come = b""
        self._at = 0
        self.send = wire.send
        self.close = wire.close

    def recv(self, most: int) -> bytes:
        if self._at == len(self._come):
            if most >= _AHEAD_BYTES:
                come: bytes = self._wire.recv(most)
                return come
            self._come, self._at = self._wire.recv(_AHEAD_BYTES), 0
        start, self._at = self._at, min(self._at + most, len(self._come))
        return self._come[start : self._at]


class GatedPacketizer(Packetizer):
    """A packetizer that writes nothing the gate denies. Without a gate no channel opens."""

    gate: Gate | None = None
    heard: Heard | None = None

    def __init__(self, wire: Any) -> None:
        ahead: Any = _Ahead(wire)
        super().__init__(ahead)

    def start_handshake(self, timeout: float) -> None:
        """Start no timer: it would be a thread, and whoever opens a connection has a deadline."""

    def send_message(self, data: Message) -> None:
        _check(self.gate, data.asbytes())
        super().send_message(data)

    def read_message(self) -> tuple[int, Message]:
        kind, message = super().read_message()
        if self.heard is None:
            return kind, message
        self.heard.last_s = time.monotonic()
        if kind in _TOLD:
            _note(self.heard, kind, Message(message.asbytes()))
        return kind, message


def _check(gate: Gate | None, payload: bytes) -> None:
    """Raise Denied unless this message may leave."""
    kind, message = payload[0], Message(payload[1:])
    # RFC 4250 §4.1.2: up to 79 are transport and log-in, before any channel exists.
    if kind <= HIGHEST_USERAUTH_MESSAGE_ID or kind in _HARMLESS:
        return
    if gate is None:
        raise Denied("an SSH connection without a gate sends nothing")
    if kind == MSG_CHANNEL_DATA:
        message.get_int()  # the channel's number
        gate.typed(message.get_string())
    elif kind == MSG_CHANNEL_REQUEST:
        message.get_int()
        _check_request(gate, message)
    elif (opening := (kind, message.get_text())) == (MSG_CHANNEL_OPEN, "direct-tcpip"):
        for _ in ("channel", "window", "packet"):
            message.get_int()
        gate.forward(message.get_text(), message.get_int())
    elif opening not in _OPENINGS or (gate.forwards and kind == MSG_CHANNEL_OPEN):
        gate.deny("SSH message", f"{kind} {opening[1]}")


def _check_request(gate: Gate, message: Message) -> None:
    name = message.get_text()
    message.get_boolean()  # whether an answer is wanted
    if name == "exec":
        gate.command(message.get_text())
    elif not (gate.interactive and name in ("pty-req", "shell")):
        gate.deny("channel request", name)


def _note(heard: Heard, kind: int, message: Message) -> None:
    if kind == MSG_KEXINIT and not heard.offer:
        message.get_bytes(16)  # the cookie
        for name in _OFFER:
            heard.offer.setdefault(name, []).extend(message.get_list())
    elif kind == MSG_DISCONNECT:
        message.get_int()  # the reason's number
        heard.words.append(message.get_string().decode("utf-8", "replace"))
    elif kind == MSG_USERAUTH_BANNER:
        heard.words.append(message.get_string().decode("utf-8", "replace"))
