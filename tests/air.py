"""802.11 frames by hand, and the files of packets that hold them."""

from __future__ import annotations

import struct
from collections.abc import Iterable

BARE, RADIOTAP, PPI = 105, 127, 192
IEEE, MICROSOFT, ALLIANCE = b"\x00\x0f\xac", b"\x00\x50\xf2", b"\x50\x6f\x9a"
BSSID = "02:00:00:00:00:10"


def element(number: int, body: bytes) -> bytes:
    return bytes([number, len(body)]) + body


def suites(oui: bytes, numbers: Iterable[int]) -> bytes:
    told = [oui + bytes([one]) for one in numbers]
    return struct.pack("<H", len(told)) + b"".join(told)


def rsn(akm: Iterable[int], pairwise: Iterable[int] = (4,), group: int = 4, pmf: int = 0) -> bytes:
    """An RSN element. `pmf`: 0 disabled, 0x80 capable, 0xC0 required."""
    body = b"\x01\x00" + IEEE + bytes([group]) + suites(IEEE, pairwise) + suites(IEEE, akm)
    return element(48, body + struct.pack("<H", pmf))


def wpa(akm: Iterable[int] = (2,), pairwise: Iterable[int] = (2,), group: int = 2) -> bytes:
    body = MICROSOFT + b"\x01\x01\x00" + MICROSOFT + bytes([group])
    return element(221, body + suites(MICROSOFT, pairwise) + suites(MICROSOFT, akm))


def frame(
    name: bytes,
    *elements: bytes,
    bssid: str = BSSID,
    privacy: bool = True,
    subtype: int = 0x80,
) -> bytes:
    """A beacon (0x80) or probe response (0x50) with its name's element first."""
    address = bytes.fromhex(bssid.replace(":", ""))
    head = bytes([subtype, 0]) + b"\0\0" + b"\xff" * 6 + address + address + b"\0\0"
    fixed = b"\0" * 8 + struct.pack("<HH", 100, 0x0001 | (0x10 if privacy else 0))
    return head + fixed + element(0, name) + b"".join(elements)


def radiotap(body: bytes, *, flags: int = 0, mhz: int = 2437, dbm: int = -50) -> bytes:
    """A radiotap head with flags, channel and signal before the frame."""
    fields = bytes([flags, 0]) + struct.pack("<HH", mhz, 0xA0) + struct.pack("b", dbm)
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), 0b101010) + fields + body


def ppi(body: bytes, *, flags: int = 0, mhz: int = 5180, dbm: int = -60) -> bytes:
    common = struct.pack("<HH8xHHHHBBbb", 2, 20, flags, 0, mhz, 0, 0, 0, dbm, -95)
    return struct.pack("<BBHI", 0, 0, 8 + len(common), 105) + common + body


def pcap(link_type: int, *packets: bytes, order: str = "<") -> bytes:
    head = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    records = (
        struct.pack(f"{order}IIII", number, 0, len(one), len(one)) + one
        for number, one in enumerate(packets)
    )
    return head + b"".join(records)


def block(kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def pcapng(link_type: int, *packets: bytes, before: bytes = b"") -> bytes:
    head = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack("<HHI", link_type, 0, 0))
    records = (
        block(6, struct.pack("<IIIII", 0, 0, number, len(one), len(one)) + one)
        for number, one in enumerate(packets)
    )
    return head + interface + before + b"".join(records)
