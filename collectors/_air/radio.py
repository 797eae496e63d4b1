"""What stands before an 802.11 frame in a capture: nothing, radiotap, PPI, or Prism's head."""

from __future__ import annotations

import struct
from typing import NamedTuple

from collectors._air.packets import Packet

BARE, PRISM, RADIOTAP, AVS, PPI = 105, 119, 127, 163, 192
_FLAGS, _CHANNEL, _SIGNAL = 1, 3, 5
# Size and alignment of radiotap's first fields, up to the signal.
_FIELDS = ((8, 8), (1, 1), (1, 1), (4, 2), (2, 1), (1, 1))
_CHECK_SUM, _BAD_CHECK_SUM = 0x10, 0x40
_PPI_COMMON = 2
_AVS_VERSION = 0x80211001


class Heard(NamedTuple):
    """A frame as the radio heard it. `check_sum`: four bytes behind it are one; None: unsaid."""

    frame: bytes
    whole: bool
    check_sum: bool | None = None
    frequency_mhz: float | None = None
    signal_dbm: float | None = None


def heard(packet: Packet) -> Heard | None:
    """The frame in a packet; None for another link, a broken head, or a frame the radio itself
    calls damaged."""
    body = packet.body
    if packet.link_type == BARE:
        return Heard(body, packet.whole)
    if packet.link_type == RADIOTAP:
        return _radiotap(body, packet.whole)
    if packet.link_type == PPI:
        return _ppi(body, packet.whole)
    if packet.link_type in (PRISM, AVS) and len(body) >= 8:
        (version, length) = struct.unpack_from(">II", body)
        if version != _AVS_VERSION:
            (length,) = struct.unpack_from("<I", body, 4)
        return Heard(body[length:], packet.whole) if 8 <= length <= len(body) else None
    return None


def _radiotap(body: bytes, whole: bool) -> Heard | None:
    if len(body) < 8:
        return None
    version, length, present = struct.unpack_from("<BxHI", body)
    if version != 0 or not 8 <= length <= len(body):
        return None
    place, word = 8, present
    while word & 0x80000000:
        if place + 4 > length:
            return None
        (word,) = struct.unpack_from("<I", body, place)
        place += 4
    found: dict[int, int] = {}
    for field, (size, align) in enumerate(_FIELDS):
        if not present & 1 << field:
            continue
        place += -place % align
        if place + size > length:
            break
        found[field] = place
        place += size
    flags = body[found[_FLAGS]] if _FLAGS in found else None
    if flags is not None and flags & _BAD_CHECK_SUM:
        return None
    return Heard(
        body[length:],
        whole,
        None if flags is None else bool(flags & _CHECK_SUM),
        _frequency(body, found.get(_CHANNEL)),
        _signal(body[found[_SIGNAL]]) if _SIGNAL in found else None,
    )


def _ppi(body: bytes, whole: bool) -> Heard | None:
    if len(body) < 8:
        return None
    _, length, link_type = struct.unpack_from("<HHI", body)
    if link_type != BARE or not 8 <= length <= len(body):
        return None
    plain = Heard(body[length:], whole)
    place = 8
    while place + 4 <= length:
        kind, size = struct.unpack_from("<HH", body, place)
        if kind == _PPI_COMMON and size >= 20 and place + 24 <= length:
            (flags,) = struct.unpack_from("<H", body, place + 12)
            if flags & 0x4:
                return None
            return plain._replace(
                check_sum=bool(flags & 0x1),
                frequency_mhz=_frequency(body, place + 16),
                signal_dbm=_signal(body[place + 22]),
            )
        place += 4 + size
    return plain


def _frequency(body: bytes, place: int | None) -> float | None:
    told = struct.unpack_from("<H", body, place)[0] if place is not None else 0
    return float(told) if 2400 <= told <= 7200 else None


def _signal(byte: int) -> float | None:
    """A signed byte; what is not below 0 dBm is no signal of an access point."""
    return float(byte - 256) if byte >= 128 else None
