"""A registry hive as it lies on a disk (`SYSTEM`, `SOFTWARE`, `NTUSER.DAT`): what is kept of it.

A whole hive holds password hashes, keys and what people did. Of it the named keys are kept, as an
export of regedit's would show them. From the published descriptions of the format (`regf`): cells
in bins behind a head of 4096 bytes, keys (`nk`) with lists of subkeys and values (`vk`).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evidence.errors import Incomplete, Unexpected

_BASE = 4096
_ROOT_AT = 36
_SZ, _DWORD = 1, 4
_INLINE = 0x80000000
_MOST_INLINE, _MOST_IN_ONE_CELL = 4, 16344
_NARROW_KEY, _NARROW_VALUE = 0x20, 0x01
_MOST_KEYS, _MOST_DEPTH = 200_000, 64
_NOBODY = 0xFFFFFFFF
_SET = re.compile(r"(?i)ControlSet\d{3}")
_CURRENT = "currentcontrolset"


class _Key(NamedTuple):
    name: str
    subkeys_at: int
    values_at: int
    values: int


def named_keys_only(body: bytes, named: Sequence[str]) -> bytes:
    """The hive's keys at these paths, as the text of an export; what is no hive stays as it is.

    A path that ends in `\\*` means all below it, too. The root stands alone where it holds none
    of them: they do not exist. Raises Incomplete (it breaks off, or was copied while written to),
    Unexpected (a hive of something else).
    """
    if not body.startswith(b"regf"):
        return body
    try:
        first, second = struct.unpack_from("<II", body, 4)
        if first != second:
            raise Incomplete(
                "the hive was copied while it was written to: its last changes are in its log",
                next_step="deliver what `reg save` writes, or `reg export`",
            )
        return "\r\n".join(_Hive(body).lines(named)).encode("utf-8", "surrogatepass")
    except (struct.error, IndexError):
        raise Incomplete("the hive breaks off, or is damaged") from None


class _Hive:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._seen = 0

    def lines(self, named: Sequence[str]) -> Iterator[str]:
        (at,) = struct.unpack_from("<I", self._body, _ROOT_AT)
        root = self._key(at)
        below = list(self._subkeys(root))
        path = _root({one.name.casefold() for one in below})
        yield from ("Windows Registry Editor Version 5.00", "", f"[{path}]")
        wanted = [one.casefold().split("\\") for one in named]
        yield from self._walk(path, root, [one[1:] for one in wanted if one[0] == _short(path)], 0)
        yield ""

    def _walk(self, path: str, key: _Key, wanted: list[list[str]], depth: int) -> Iterator[str]:
        """The wanted keys below `key`; what is wanted of itself is written by its parent."""
        if depth > _MOST_DEPTH:
            raise Incomplete(f"the hive is nested more than {_MOST_DEPTH} keys deep")
        all_below = ["*"] in wanted
        for one in self._subkeys(key):
            name = one.name.casefold()
            names = {name, _CURRENT} if depth == 0 and _SET.fullmatch(name) else {name}
            rest = [words[1:] for words in wanted if words and words[0] in names]
            if not (all_below or rest):
                continue
            inner = f"{path}\\{one.name}"
            if all_below or [] in rest or ["*"] in rest:
                yield from ("", f"[{inner}]", *self._values(one))
            yield from self._walk(inner, one, [*rest, *([["*"]] if all_below else [])], depth + 1)

    def _cell(self, offset: int) -> int:
        """The place of a cell's content. Raises IndexError."""
        place = _BASE + offset
        if offset == _NOBODY or place + 8 > len(self._body):
            raise IndexError(offset)
        return place + 4

    def _key(self, offset: int) -> _Key:
        at = self._cell(offset)
        if self._body[at : at + 2] != b"nk":
            raise IndexError(offset)
        self._seen += 1
        if self._seen > _MOST_KEYS:
            raise Incomplete(f"the hive holds more than {_MOST_KEYS} keys where it is looked at")
        (flags,) = struct.unpack_from("<H", self._body, at + 2)
        subkeys, _, subkeys_at, _, values, values_at = struct.unpack_from(
            "<6I", self._body, at + 20
        )
        (length,) = struct.unpack_from("<H", self._body, at + 72)
        name = self._name(at + 76, length, bool(flags & _NARROW_KEY))
        return _Key(name, subkeys_at if subkeys else _NOBODY, values_at, values)

    def _name(self, at: int, length: int, narrow: bool) -> str:
        raw = self._body[at : at + length]
        return raw.decode("latin-1") if narrow else raw.decode("utf-16-le", "replace")

    def _subkeys(self, key: _Key) -> Iterator[_Key]:
        if key.subkeys_at != _NOBODY:
            yield from self._listed(key.subkeys_at, 0)

    def _listed(self, offset: int, depth: int) -> Iterator[_Key]:
        at = self._cell(offset)
        kind, (count,) = self._body[at : at + 2], struct.unpack_from("<H", self._body, at + 2)
        step = 8 if kind in (b"lf", b"lh") else 4
        if kind not in (b"lf", b"lh", b"li", b"ri") or depth > 2:
            raise IndexError(offset)
        for number in range(count):
            (one,) = struct.unpack_from("<I", self._body, at + 4 + step * number)
            if kind == b"ri":
                yield from self._listed(one, depth + 1)
            else:
                yield self._key(one)

    def _values(self, key: _Key) -> Iterator[str]:
        at = self._cell(key.values_at) if key.values else 0
        for number in range(key.values):
            (offset,) = struct.unpack_from("<I", self._body, at + 4 * number)
            yield self._value(self._cell(offset))

    def _value(self, at: int) -> str:
        if self._body[at : at + 2] != b"vk":
            raise IndexError(at)
        length, size, offset, kind, flags = struct.unpack_from("<HIIIH", self._body, at + 2)
        name = self._name(at + 20, length, bool(flags & _NARROW_VALUE))
        written = f'"{_escaped(name)}"' if name else "@"
        if size & _INLINE:
            start, held = at + 8, min(size & ~_INLINE, _MOST_INLINE)
        elif size > _MOST_IN_ONE_CELL:
            return f"{written}=hex({kind:x}):"  # in several cells: no setting is as long
        else:
            start, held = (self._cell(offset) if size else at), size
        data = self._body[start : start + held]
        if len(data) < held:
            raise IndexError(at)
        return f"{written}={_written(kind, data)}"


def _written(kind: int, data: bytes) -> str:
    if (kind, len(data)) == (_DWORD, 4):
        return f"dword:{int.from_bytes(data, 'little'):08x}"
    if kind == _SZ and len(data) % 2 == 0:
        text = data.decode("utf-16-le", "replace").split("\0")[0]
        if text.isprintable():
            return f'"{_escaped(text)}"'
    return f"hex({kind:x}):{data.hex(',')}"


def _escaped(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else "?" for sign in text)
    return plain.replace("\\", "\\\\").replace('"', '\\"')


def _root(below: set[str]) -> str:
    """The path of a hive's root, by what stands below it: a hive does not name itself."""
    if any(_SET.fullmatch(one) for one in below):
        return r"HKEY_LOCAL_MACHINE\SYSTEM"
    if "microsoft" in below:
        return r"HKEY_LOCAL_MACHINE\SOFTWARE"
    if {"software", "control panel"} <= below:
        return "HKEY_CURRENT_USER"
    raise Unexpected(
        "a hive that is neither SYSTEM nor SOFTWARE nor a user's (NTUSER.DAT)",
        next_step="deliver those of Windows\\System32\\config, saved by `reg save`",
    )


def _short(path: str) -> str:
    """How the hive is called at the beginning of a named path."""
    return path.rpartition("\\")[2].casefold().replace("hkey_current_user", "hkcu")
