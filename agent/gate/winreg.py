"""The gate of the registry pipe: each message passes here in plain words, before SMB encrypts it.

The messages are those of DCE/RPC (C706 12.6) to the interface of MS-RRP. Only these leave: the
greeting of that one interface, and calls that open a hive or a key for reading, list it, and
close it. A key must be the one that the declared `reg query` names, or below it with `/s`.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from uuid import UUID

from agent.gate import Gate

REQUEST, BIND = 0, 11
OPEN_HKLM, OPEN_HKU, CLOSE_KEY, ENUM_KEY, ENUM_VALUE, OPEN_KEY, QUERY_VALUE = (
    *(2, 4, 5, 9, 10),
    *(15, 17),
)
_READS = (OPEN_HKLM, OPEN_HKU, CLOSE_KEY, ENUM_KEY, ENUM_VALUE, OPEN_KEY, QUERY_VALUE)
# Query a value, list subkeys; the service has the view of a host of 64 bits by itself.
READ = 0x0001 | 0x0008
HIVES = {"HKLM": OPEN_HKLM, "HKU": OPEN_HKU}
INTERFACE = UUID("338cd001-2244-31f1-aaaa-900038001003").bytes_le + struct.pack("<HH", 1, 0)
HEAD = struct.Struct("<BBBB4sHHI")
HANDLE = 20
# In a bind: sizes, group, number of contexts; the context's number and syntaxes; then the first.
_BIND_SYNTAX = slice(28, 32)
_QUERY = re.compile(r'reg query "(HKLM|HKU)(?:\\([^"]+))?"(?: (/s) /v (\w+))?')


@dataclass(frozen=True, slots=True)
class Query:
    """What a `reg query` asks for: a key (b"" of a hive: itself); with `/s`, one value below it."""

    hive: str
    path: str
    value: str | None = None

    def covers(self, path: str) -> bool:
        """Whether this key may be opened for it."""
        asked, plain = self.path.casefold(), path.casefold()
        return plain == asked or (self.value is not None and plain.startswith(f"{asked}\\"))


def query(text: str) -> Query | None:
    """The query of a command; None for another command."""
    found = _QUERY.fullmatch(text)
    return None if found is None else Query(found[1], found[2] or "", found[4])


class WinregGate(Gate):
    """What may leave into the pipe: calls for the query that was admitted last."""

    _query: Query | None = None

    def admit(self, text: str) -> Query | None:
        """Admit a declared command; None where it is none that the registry can answer."""
        self.command(text)
        self._query = query(text)
        return self._query

    def message(self, sent: bytes) -> None:
        """Admit a whole message. Raises Denied."""
        kind, length = sent[2], HEAD.unpack_from(sent)[5]
        if length != len(sent):
            self.deny("registry message", sent[:24].hex())
        if kind == BIND and sent[24:28] == b"\x01\0\0\0" and sent[_BIND_SYNTAX] == b"\0\0\x01\0":
            if sent[32:52] == INTERFACE:
                return
        elif kind == REQUEST:
            self._call(int.from_bytes(sent[22:24], "little"), sent[24:])
            return
        self.deny("registry message", sent[:52].hex())

    def _call(self, number: int, said: bytes) -> None:
        asked = self._query
        if number not in _READS or asked is None:
            self.deny("registry call", str(number))
        if number in (OPEN_HKLM, OPEN_HKU):
            if HIVES[asked.hive] != number or said != struct.pack("<II", 0, READ):
                self.deny("registry call", f"{number} {said.hex()}")
        elif number == OPEN_KEY:
            length = int.from_bytes(said[HANDLE : HANDLE + 2], "little")
            at = HANDLE + 20
            path = said[at : at + length].decode("utf-16-le", "replace").removesuffix("\0")
            if not asked.covers(path) or said[at + length + -length % 4 :] != _OPENED:
                self.deny("registry key", path)
        elif number == QUERY_VALUE:
            length = int.from_bytes(said[HANDLE : HANDLE + 2], "little")
            name = said[HANDLE + 20 : HANDLE + 20 + length].decode("utf-16-le", "replace")
            if name.removesuffix("\0") != asked.value:
                self.deny("registry value", name)


_OPENED = struct.pack("<II", 0, READ)
