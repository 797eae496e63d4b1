"""Calls of the remote registry (MS-RRP 3.1.5) as bytes, and what comes back, in NDR (C706 14).

Of NDR only what these seven calls need: numbers of 32 bits, key handles of 20 bytes, counted
Unicode strings, and byte arrays behind pointers. Everything read is checked against its end.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from uuid import UUID

from agent.gate.winreg import (
    BIND,
    ENUM_KEY,
    ENUM_VALUE,
    HANDLE,
    HEAD,
    INTERFACE,
    OPEN_KEY,
    QUERY_VALUE,
    READ,
    REQUEST,
)

RESPONSE, FAULT, BOUND = 2, 3, 12
WHOLE, LAST = 0x03, 0x02
LONGEST_FRAGMENT = 4280
_NDR = UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<HH", 2, 0)
_LITTLE_ENDIAN = b"\x10\0\0\0"
_POINTER = 0x00020000
# Names: a key's 255 signs, a value's 16383, each with its zero.
_KEY_BYTES, _VALUE_BYTES, _CLASS_BYTES = 512, 32768, 128

OK, MISSING, DENIED, MORE_DATA, NO_MORE = 0, 2, 5, 234, 259


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it lies in the registry; `size`: the bytes it needs, where it did not fit."""

    name: str
    kind: int
    data: bytes
    size: int


def bind() -> bytes:
    """The greeting: one interface, NDR."""
    sizes = struct.pack("<HHI", LONGEST_FRAGMENT, LONGEST_FRAGMENT, 0)
    contexts = b"\x01\0\0\0" + b"\0\0\x01\0" + INTERFACE + _NDR
    return _message(BIND, 1, sizes + contexts)


def call(number: int, serial: int, said: bytes) -> bytes:
    return _message(REQUEST, serial, struct.pack("<IHH", len(said), 0, number) + said)


def open_hive(number: int, serial: int) -> bytes:
    return call(number, serial, struct.pack("<II", 0, READ))


def open_key(serial: int, hive: bytes, path: str) -> bytes:
    return call(OPEN_KEY, serial, hive + _text(path) + struct.pack("<II", 0, READ))


def enum_key(serial: int, key: bytes, index: int) -> bytes:
    class_ = struct.pack("<I", _POINTER + 4) + _room(_CLASS_BYTES, 8)
    said = key + struct.pack("<I", index) + _room(_KEY_BYTES, 0) + class_ + bytes(4)
    return call(ENUM_KEY, serial, said)


def enum_value(serial: int, key: bytes, index: int, size: int) -> bytes:
    said = key + struct.pack("<I", index) + _room(_VALUE_BYTES, 0) + _data(size)
    return call(ENUM_VALUE, serial, said)


def query_value(serial: int, key: bytes, name: str, size: int) -> bytes:
    return call(QUERY_VALUE, serial, key + _text(name) + _data(size))


class Reply:
    """Reads the parts of a reply one after the other. Each raises ValueError at its end."""

    def __init__(self, said: bytes) -> None:
        self._said = said
        self._at = 0

    @property
    def status(self) -> int:
        """The error number that every reply ends with."""
        if len(self._said) < 4:
            raise ValueError("the reply is cut off")
        return int.from_bytes(self._said[-4:], "little")

    def handle(self) -> bytes:
        return self._take(HANDLE)

    def name(self) -> str:
        """A counted string and what it points to."""
        length, _ = struct.unpack("<HH", self._take(4))
        return self._array(2)[:length].decode("utf-16-le", "replace").removesuffix("\0")

    def value(self, name: str = "") -> Value:
        """Type, data and sizes, as they stand in both replies that hold a value."""
        kind = self._number_pointed()
        data = self._array(1)
        size = self._number_pointed()
        return Value(name, kind, data[: self._number_pointed()], size)

    def _number_pointed(self) -> int:
        return self._number() if self._number() else 0

    def _number(self) -> int:
        return int.from_bytes(self._take(4), "little")

    def _array(self, width: int) -> bytes:
        """A conformant varying array behind a pointer."""
        if not self._number():
            return b""
        room, offset, count = struct.unpack("<III", self._take(12))
        if offset or count > room:
            raise ValueError("an array larger than its room")
        found = self._take(count * width)
        self._at += -self._at % 4
        return found

    def _take(self, size: int) -> bytes:
        found = self._said[self._at : self._at + size]
        if len(found) < size:
            raise ValueError("the reply is cut off")
        self._at += size
        return found


def _message(kind: int, serial: int, body: bytes) -> bytes:
    head = HEAD.pack(5, 0, kind, WHOLE, _LITTLE_ENDIAN, HEAD.size + len(body), 0, serial)
    return head + body


def _text(text: str) -> bytes:
    """A counted string with its zero, as RRP_UNICODE_STRING (MS-RRP 2.2.4)."""
    data = f"{text}\0".encode("utf-16-le")
    count = len(data) // 2
    head = struct.pack("<HHI", len(data), len(data), _POINTER)
    return head + struct.pack("<III", count, 0, count) + data + bytes(-len(data) % 4)


def _room(size: int, pointer: int) -> bytes:
    """An empty string with room for this many bytes."""
    return struct.pack("<HHIIII", 0, size, _POINTER + pointer, size // 2, 0, 0)


def _data(size: int) -> bytes:
    """Pointers to type, data, its size and its length: none of it is sent, all is to be told."""
    said = struct.pack("<II", _POINTER + 4, 0)
    said += struct.pack("<IIII", _POINTER + 8, size, 0, 0)
    said += struct.pack("<II", _POINTER + 12, size)
    return said + struct.pack("<II", _POINTER + 16, 0)
