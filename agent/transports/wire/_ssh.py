"""An SSH server's own proposal, its host key, and the group it would use: all before any log-in.

`ssh proposal` sends our identification line and records the server's, and its SSH_MSG_KEXINIT
(RFC 4253 7.1). `ssh key ALGORITHM KEX` answers with a proposal of just this host key algorithm
and key exchange and goes on until the server shows its key. `ssh group BITS KEX` asks the
group exchange for a group of so many bits (RFC 4419). No keys are derived, nothing is encrypted,
and nobody authenticates: the connection ends there.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import Any

from agent.transports.wire._exchange import Heard, exchange

OURS = b"SSH-2.0-evidence-agent\r\n"
_LONGEST_GREETING = 8192
# RFC 4253 6.1: what every implementation must take; a longer packet is none.
_LONGEST_PACKET = 35000
_KEXINIT, _KEX_FIRST, _GROUP_REQUEST, _GROUP, _GROUP_INIT, _GROUP_REPLY = 20, 30, 34, 31, 32, 33
_REPLIES = (31, 33)
# Public values for which we know and need no secret: X25519's and the curves' own base points,
# and a square, so that it lies in the right subgroup of every safe prime from 1024 bits on.
_X25519 = b"\x09" + bytes(31)
_POINTS = {
    "ecdh-sha2-nistp256": bytes.fromhex(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ),
    "ecdh-sha2-nistp384": bytes.fromhex(
        "04aa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e38"
        "72760ab73617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a"
        "431d7c90ea0e5f"
    ),
}
_SQUARE = 3**630


class _Stopped(Exception):
    """What came is no packet, or too little of one: what was heard until then stands."""


def probe(connection: socket.socket, wanted: str, name: str) -> Heard:
    """One conversation in the clear, as far as `wanted` needs it."""
    line = _Conversation(connection)
    record: dict[str, Any] = {"banner_hex": "", "proposal_hex": ""}
    try:
        record["banner_hex"] = line.greet().hex()
        proposal = line.packet((_KEXINIT,))
        record["proposal_hex"] = proposal.hex()
        kind, _, rest = wanted.partition(" ")
        if kind == "key":
            algorithm, _, kex = rest.partition(" ")
            line.agree(proposal, kex, algorithm)
            record["reply_hex"] = line.host_key(kex).hex()
        if kind == "group":
            bits, _, kex = rest.partition(" ")
            line.agree(proposal, kex, None)
            line.send(struct.pack(">BIII", _GROUP_REQUEST, int(bits), int(bits), int(bits)))
            record["reply_hex"] = line.packet((_GROUP,)).hex()
    except _Stopped:
        pass
    return Heard(record)


class _Conversation:
    """Packets of an SSH connection before its keys, RFC 4253 6."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._left = b""

    def greet(self) -> bytes:
        """Send our line; what comes before the first packet: lines, the last of them theirs."""
        heard = exchange(self._connection, OURS, _until_greeted)
        end = _greeting_ends(heard)
        if end is None:
            self._left = b""
            return heard[:_LONGEST_GREETING]
        self._left = heard[end:]
        return heard[:end]

    def packet(self, kinds: Sequence[int]) -> bytes:
        """The payload of the next packet of one of these kinds. Raises _Stopped: none comes."""
        while True:
            heard = exchange(self._connection, b"", _until_packet, self._left)
            length = _until_packet(heard)
            if len(heard) < 6 or len(heard) < length or length <= 4:
                raise _Stopped
            padding = heard[4]
            payload, self._left = heard[5 : length - padding], heard[length:]
            if payload[:1] and payload[0] in kinds:
                return payload
            if not payload or payload[0] == 1:  # SSH_MSG_DISCONNECT
                raise _Stopped

    def send(self, payload: bytes) -> None:
        padding = -(len(payload) + 5) % 8
        padding += 8 if padding < 4 else 0
        head = struct.pack(">IB", len(payload) + padding + 1, padding)
        self._left = exchange(
            self._connection, head + payload + bytes(padding), lambda heard: 0, self._left
        )

    def agree(self, proposal: bytes, kex: str, algorithm: str | None) -> None:
        """Answer a proposal with itself, but for the key exchange and the host key's algorithm."""
        lists = _lists(proposal)
        lists[0] = kex.encode()
        if algorithm is not None:
            lists[1] = algorithm.encode()
        named = b"".join(struct.pack(">I", len(one)) + one for one in lists)
        self.send(bytes([_KEXINIT]) + bytes(16) + named + bytes(5))

    def host_key(self, kex: str) -> bytes:
        """The packet that carries the server's host key."""
        if kex.startswith("diffie-hellman-group-exchange"):
            self.send(struct.pack(">BIII", _GROUP_REQUEST, 2048, 3072, 8192))
            self.packet((_GROUP,))
            self.send(bytes([_GROUP_INIT]) + _mpint(_SQUARE))
            return self.packet((_GROUP_REPLY,))
        if kex.startswith("diffie-hellman-"):
            self.send(bytes([_KEX_FIRST]) + _mpint(_SQUARE))
        else:
            point = _POINTS.get(kex, _X25519)
            self.send(bytes([_KEX_FIRST]) + struct.pack(">I", len(point)) + point)
        return self.packet(_REPLIES)


def _lists(proposal: bytes) -> list[bytes]:
    """The ten name lists of a KEXINIT. Raises _Stopped: there are not ten."""
    found, at = [], 17
    for _ in range(10):
        size = int.from_bytes(proposal[at : at + 4], "big")
        found.append(proposal[at + 4 : at + 4 + size])
        at += 4 + size
    if at > len(proposal):
        raise _Stopped
    return found


def _until_greeted(heard: bytes) -> int:
    done = _greeting_ends(heard) is not None or len(heard) >= _LONGEST_GREETING
    return 0 if done else len(heard) + 1


def _greeting_ends(heard: bytes) -> int | None:
    """Where the line that begins with `SSH-` ends; None: it has not ended yet."""
    at = 0 if heard.startswith(b"SSH-") else heard.find(b"\nSSH-") + 1
    if at == 0 and not heard.startswith(b"SSH-"):
        return None
    end = heard.find(b"\n", at)
    return None if end < 0 else end + 1


def _until_packet(heard: bytes) -> int:
    """The length of the packet that begins so; 0 for a length no packet may have."""
    if len(heard) < 4:
        return 5
    length = int.from_bytes(heard[:4], "big")
    return 4 + length if 2 <= length <= _LONGEST_PACKET else 0


def _mpint(number: int) -> bytes:
    data = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return struct.pack(">I", len(data)) + data
