"""TLS services by a ClientHello of our own: what a server picks of what it is offered.

`tls hello VERSION SUITES` offers one protocol version and these cipher suites (four hexadecimal
digits each) and ends at the ServerHello. Of TLS 1.3 no key share is sent, so a server answers
with a HelloRetryRequest, which names suite and group and costs it no signature (RFC 8446 4.2.8).
`tls groups GROUPS` does the same with these groups alone. `tls flight VERSION SUITES` hears the
server's whole first flight: certificates and key exchange, in the clear up to TLS 1.2.
`tls ssl2` sends an SSL 2.0 CLIENT-HELLO. `tls handshake` completes one, for the certificate of
a server that speaks TLS 1.3 alone. The random number of a hello is a sentence that says who asks.
"""

from __future__ import annotations

import socket
import struct
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from agent.transports.tls import fingerprint
from agent.transports.wire._exchange import Heard, exchange, wait_anew
from agent.transports.wire._rdp import measuring
from evidence.errors import shown

_RANDOM = b"evidence-agent asks what you do."
_TLS13 = 0x0304
_MODERN = bytes.fromhex("130113021303")
_SSL3 = 0x0300
_ALERT, _HANDSHAKE = 21, 22
_SERVER_HELLO, _SERVER_HELLO_DONE = 2, 14
# secp and X25519/X448 groups, then the finite-field ones, then the hybrid ML-KEM ones.
GROUPS = (0x1D, 0x17, 0x18, 0x19, 0x1E, 0x100, 0x101, 0x102, 0x103, 0x104, 0x11EB, 0x11EC, 0x11ED)
_CURVES_ONCE = (0x16, 0x15, 0x14, 0x13, 0x12, 0x10, 0x0F)  # 256 bits and below, before TLS 1.3
_SIGNATURES = (
    *(0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0809, 0x080A, 0x080B, 0x0804, 0x0805, 0x0806),
    *(0x0401, 0x0501, 0x0601, 0x0203, 0x0201, 0x0402, 0x0202, 0x0101),
)
# Some servers never answer a hello of 256 to 511 bytes; padding makes it longer (RFC 7685).
_PAD_FROM, _PAD_TO = 256, 516
_SSL2_SUITES = bytes.fromhex("010080 020080 030080 040080 050080 060040 0700c0".replace(" ", ""))


def probe(connection: socket.socket, wanted: str, name: str) -> Heard:
    """One hello, or one handshake."""
    kind, _, rest = wanted.partition(" ")
    if kind == "handshake":
        return _handshake(connection, name)
    if kind == "ssl2":
        request = _ssl2()
        return _heard(request, exchange(connection, request, _ssl2_wanted))
    version, suites = _TLS13, _MODERN
    groups: tuple[int, ...] = GROUPS
    if kind == "groups":
        groups = tuple(int(one, 16) for one in rest.split(","))
    else:
        said, _, listed = rest.partition(" ")
        version, suites = int(said, 16), bytes.fromhex(listed.replace(",", ""))
    request = client_hello(version, suites, groups, name)
    whole = kind == "flight"
    reply = exchange(connection, request, lambda heard: _wanted(heard, whole))
    return _heard(request, reply)


def client_hello(version: int, suites: bytes, groups: tuple[int, ...], name: str) -> bytes:
    """A ClientHello in its record, of one version alone; `suites`: two bytes each."""
    listed = struct.pack(">H", len(suites)) + suites
    body = struct.pack(">H", min(version, 0x0303)) + _RANDOM + b"\0" + listed + b"\x01\0"
    if version != _SSL3:
        extensions = _extensions(version, groups, name)
        size = len(body) + 6 + len(extensions)
        if _PAD_FROM <= size < _PAD_TO:
            extensions += _extension(21, bytes(max(0, _PAD_TO - size - 4)))
        body += struct.pack(">H", len(extensions)) + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return struct.pack(">BHH", _HANDSHAKE, min(version, 0x0301), len(message)) + message


@lru_cache(1024)
def _extensions(version: int, groups: tuple[int, ...], name: str) -> bytes:
    curves = groups if version == _TLS13 else (*groups[:10], *_CURVES_ONCE)
    found = _server_name(name)
    found += _extension(10, _listed(curves))
    found += _extension(11, b"\x01\0")  # points are not compressed
    if version >= 0x0303:
        found += _extension(13, _listed(_SIGNATURES))
    if version == _TLS13:
        found += _extension(43, b"\x02\x03\x04")
        found += _extension(45, b"\x01\x01")  # a pre-shared key would want a fresh exchange
        return found + _extension(51, b"\0\0")
    return found + _extension(23, b"") + _extension(0xFF01, b"\0")


def _server_name(name: str) -> bytes:
    try:
        ip_address(name)
    except ValueError:
        host = name.encode("idna") if name else b""
    else:
        return b""  # an address is no name (RFC 6066 3)
    if not host:
        return b""
    entry = b"\0" + struct.pack(">H", len(host)) + host
    return _extension(0, struct.pack(">H", len(entry)) + entry)


def _extension(number: int, content: bytes) -> bytes:
    return struct.pack(">HH", number, len(content)) + content


def _listed(numbers: Sequence[int]) -> bytes:
    return struct.pack(f">H{len(numbers)}H", 2 * len(numbers), *numbers)


def _wanted(heard: bytes, whole: bool) -> int:
    """How many bytes are wanted, record by record: to the ServerHello, or to ServerHelloDone.

    What is no TLS record, and an alert, end the reply where they stand.
    """
    at, message = 0, b""
    while True:
        if len(heard) < at + 5:
            return at + 5
        kind, major = heard[at], heard[at + 1]
        length = int.from_bytes(heard[at + 3 : at + 5], "big")
        if major != 3 or kind not in (_ALERT, _HANDSHAKE):
            return 0
        at += 5 + length
        if kind == _ALERT or len(heard) < at:
            return at
        message += heard[at - length : at]
        if _complete(message, _SERVER_HELLO_DONE if whole else _SERVER_HELLO):
            return at


def _complete(messages: bytes, last: int) -> bool:
    """Whether the handshake messages so far reach the end of one of this kind."""
    at = 0
    while len(messages) >= at + 4:
        end = at + 4 + int.from_bytes(messages[at + 1 : at + 4], "big")
        if messages[at] == last and len(messages) >= end:
            return True
        at = end
    return False


def _ssl2() -> bytes:
    body = struct.pack(">BHHHH", 1, 2, len(_SSL2_SUITES), 0, 16) + _SSL2_SUITES + _RANDOM[:16]
    return struct.pack(">H", 0x8000 | len(body)) + body


def _ssl2_wanted(heard: bytes) -> int:
    """A SERVER-HELLO up to its version is enough; any other reply is none of SSL 2.0."""
    return 7 if not heard or heard[0] & 0x80 else 1


def _heard(request: bytes, reply: bytes) -> Heard:
    return Heard({"sent_hex": request.hex(), "reply_hex": reply.hex()})


def _handshake(connection: socket.socket, name: str) -> Heard:
    """A whole handshake, closed at once: version, suite and the server's own certificate."""
    record: dict[str, Any] = {}
    wait_anew(connection)
    try:
        with measuring().wrap_socket(connection.dup(), server_hostname=name or None) as secured:
            der = secured.getpeercert(binary_form=True) or b""
            cipher = secured.cipher()
            record = {
                "version": secured.version(),
                "suite": cipher[0] if cipher else None,
                "certificate_b64": b64encode(der).decode(),
            }
    except (OSError, ValueError) as error:
        return Heard({"error": shown(str(error))})
    return Heard(record, fingerprint(der))
