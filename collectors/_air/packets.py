"""Files of captured packets: pcap (microseconds or nanoseconds, either byte order) and pcapng.

A file that ends within a packet was still being written: the packets before it are whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from evidence.errors import Unexpected

_PCAP = {0xA1B2C3D4: ">", 0xA1B23C4D: ">", 0xD4C3B2A1: "<", 0x4D3CB2A1: "<"}
# An older form has eight more bytes before each packet.
_LONGER = {0xA1B2CD34: ">", 0x34CDB2A1: "<"}
_SECTION, _INTERFACE, _SIMPLE, _PACKET, _OLD_PACKET = 0x0A0D0D0A, 1, 3, 6, 2
_BYTE_ORDER = 0x1A2B3C4D
_MOST_PACKET = 1 << 20


class Packet(NamedTuple):
    """One packet: its link type, its bytes, whether they are all there, and the piece of the
    file that holds it."""

    link_type: int
    body: bytes
    whole: bool
    piece: bytes


class Head(NamedTuple):
    """A piece of the file that says how packets are to be read; it is no packet."""

    piece: bytes


def pieces(body: bytes) -> Iterator[Head | Packet]:
    """The file in its order. Raises Unexpected for what is no file of packets."""
    (magic,) = struct.unpack_from(">I", body.ljust(4, b"\0"))
    if magic in _PCAP and len(body) >= 24:
        yield from _pcap(body, _PCAP[magic], 16)
    elif magic in _LONGER and len(body) >= 24:
        yield from _pcap(body, _LONGER[magic], 24)
    elif magic == _SECTION:
        yield from _pcapng(body)
    else:
        raise Unexpected(
            "not a file of captured packets (pcap or pcapng)",
            next_step="deliver what the capturing program wrote, unpacked",
        )


def _pcap(body: bytes, order: str, before: int) -> Iterator[Head | Packet]:
    (network,) = struct.unpack_from(f"{order}I", body, 20)
    yield Head(body[:24])
    place = 24
    head = struct.Struct(f"{order}IIII")
    while place + before <= len(body):
        _, _, held, length = head.unpack_from(body, place)
        end = place + before + held
        if held > _MOST_PACKET or end > len(body):
            return
        # The upper bits say how long a check sum behind each frame is.
        link_type = network & 0x0FFFFFFF if network >> 28 else network
        yield Packet(
            link_type & 0xFFFF, body[place + before : end], held >= length, body[place:end]
        )
        place = end


def _pcapng(body: bytes) -> Iterator[Head | Packet]:
    order, place = "<", 0
    links: list[int] = []
    while place + 12 <= len(body):
        (kind,) = struct.unpack_from(f"{order}I", body, place)
        if kind == _SECTION:
            (mark,) = struct.unpack_from("<I", body, place + 8)
            order, links = ("<" if mark == _BYTE_ORDER else ">"), []
        (length,) = struct.unpack_from(f"{order}I", body, place + 4)
        end = place + length
        if length < 12 or length % 4 or end > len(body):
            return
        piece = body[place:end]
        if kind == _SECTION:
            yield Head(piece)
        elif kind == _INTERFACE and length >= 20:
            links.append(struct.unpack_from(f"{order}H", piece, 8)[0])
            yield Head(piece)
        elif (packet := _packet(kind, piece, order, links)) is not None:
            yield packet
        place = end


def _packet(kind: int, piece: bytes, order: str, links: list[int]) -> Packet | None:
    """A packet's block; None for a block of another kind, or of an interface not described."""
    if kind in (_PACKET, _OLD_PACKET) and len(piece) >= 32:
        form = f"{order}I" if kind == _PACKET else f"{order}H"
        (interface,) = struct.unpack_from(form, piece, 8)
        held, length = struct.unpack_from(f"{order}II", piece, 20)
        start = 28
    elif kind == _SIMPLE and len(piece) >= 16:
        interface, (length,), start = 0, struct.unpack_from(f"{order}I", piece, 8), 12
        held = min(length, len(piece) - 16)
    else:
        return None
    if interface >= len(links) or start + held > len(piece) - 4:
        return None
    return Packet(links[interface], piece[start : start + held], held >= length, piece)
