"""The container of bundles and packs: an ordinary deflate ZIP that can be written in one way only.

Any unzip opens it. Ours demands more, so that no bit of the file is free: members in ascending
order of name, back to back from the first byte; one date, one mode, no extra fields; and as
archive comment `sha256:<hex>` over every byte before the comment's text. The reader rebuilds
each header from the five values that may differ and compares it with the bytes in the file.

The comment is no signature: whoever changes a file can write it anew. It makes damage loud.
What is *said* in the file is held by the signed envelope and the digests inside it.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from evidence.errors import SealError, shown

MAX_MEMBERS = 65_535  # what a ZIP without the 64-bit extension can count
MAX_BYTES = 2**32 - 1
MAX_NAME = 200

_PART = r"[A-Za-z0-9_][A-Za-z0-9._-]*"  # no leading dot: `..` and hidden files cannot be written
_NAME = re.compile(rf"{_PART}(?:/{_PART})*")
_LOCAL = struct.Struct("<IHHHHHIIIHH")
_CENTRAL = struct.Struct("<IHHHHHHIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = 0x04034B50, 0x02014B50, 0x06054B50
_COMMENT_BYTES = len("sha256:") + 64
_VERSION, _DEFLATE, _DATE = 20, 8, 0x0021  # 1980-01-01, the earliest a ZIP can write
_MADE_BY_UNIX, _MODE_0644 = (3 << 8) | _VERSION, 0o100644 << 16


def check_name(name: str) -> str:
    """The name, if it is plain ASCII parts joined by `/`. Raises SealError `name_invalid`."""
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise SealError(f"{shown(name)!r} is not a member name", code="name_invalid")
    return name


@dataclass(frozen=True, slots=True)
class _Entry:
    """The five values by which one member's headers differ from another's."""

    name: str
    crc: int
    packed_bytes: int
    size_bytes: int
    offset: int

    def local(self) -> bytes:
        name = self.name.encode("ascii")
        common = (_VERSION, 0, _DEFLATE, 0, _DATE, self.crc, self.packed_bytes, self.size_bytes)
        return _LOCAL.pack(_LOCAL_MARK, *common, len(name), 0) + name

    def central(self) -> bytes:
        name = self.name.encode("ascii")
        common = (_VERSION, 0, _DEFLATE, 0, _DATE, self.crc, self.packed_bytes, self.size_bytes)
        attributes = (0, 0, 0, 0, _MODE_0644, self.offset)
        head = _CENTRAL.pack(_CENTRAL_MARK, _MADE_BY_UNIX, *common, len(name), *attributes)
        return head + name


def write_archive(out: BinaryIO, members: Mapping[str, bytes]) -> None:
    """Write the members to `out`. Raises SealError `name_invalid` or `archive_too_large`."""
    if len(members) > MAX_MEMBERS:
        raise _too_large(f"{len(members)} members")
    seen, directory, offset = sha256(), b"", 0
    for name in sorted(members):
        body = members[name]
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = packer.compress(body) + packer.flush()
        if offset + len(packed) > MAX_BYTES or len(body) > MAX_BYTES:
            raise _too_large(f"{name} passes 4 GiB")
        entry = _Entry(check_name(name), zlib.crc32(body), len(packed), len(body), offset)
        written = entry.local() + packed
        seen.update(written)
        out.write(written)
        directory += entry.central()
        offset += len(written)
    if offset + len(directory) > MAX_BYTES:
        raise _too_large("the directory passes 4 GiB")
    end = directory + _end(len(members), len(directory), offset)
    seen.update(end)
    out.write(end + f"sha256:{seen.hexdigest()}".encode("ascii"))


@dataclass(frozen=True, slots=True)
class Archive:
    """An opened archive whose every byte was accounted for; members are unpacked on demand."""

    data: bytes
    entries: Mapping[str, _Entry]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.entries)

    def __contains__(self, name: object) -> bool:
        return name in self.entries

    def read(self, name: str) -> bytes:
        """One member's bytes. Raises SealError `archive_incomplete` or `archive_altered`."""
        entry = self.entries.get(name)
        if entry is None:
            raise SealError(f"the archive holds no {shown(name)!r}", code="archive_incomplete")
        start = entry.offset + _LOCAL.size + len(name)
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            # One byte more than declared, so that a bomb shows itself without being unpacked.
            body = unpacker.decompress(
                self.data[start : start + entry.packed_bytes], entry.size_bytes + 1
            )
        except zlib.error as error:
            raise _altered(f"{name} does not unpack: {error}") from None
        whole = unpacker.eof and not unpacker.unused_data and len(body) == entry.size_bytes
        if not whole or zlib.crc32(body) != entry.crc:
            raise _altered(f"{name} unpacks to other bytes than its header says")
        return body


def open_archive(data: bytes, limit_bytes: int = MAX_BYTES) -> Archive:
    """The archive in `data`, its members together at most `limit_bytes` when unpacked.

    Raises SealError: `archive_unreadable` (no ZIP), `archive_altered` (a ZIP, but not these
    very bytes as written), `archive_too_large`, `name_invalid`.
    """
    end_at = len(data) - _END.size - _COMMENT_BYTES
    if not data.startswith(b"PK") and b"PK\x05\x06" not in data[-70_000:]:
        raise SealError("this is not a ZIP archive", code="archive_unreadable")
    if end_at < 0:
        raise _altered("the file is too short to be whole")
    said = data[-_COMMENT_BYTES:]
    body = memoryview(data)[:-_COMMENT_BYTES]
    if said != f"sha256:{sha256(body).hexdigest()}".encode("ascii"):
        raise _altered("the digest in the archive comment is not that of the file")
    _, _, _, count, _, directory_bytes, directory_at, _ = _END.unpack_from(data, end_at)
    if data[end_at:-_COMMENT_BYTES] != _end(count, directory_bytes, directory_at):
        raise _altered("the end record is not as this format writes it")
    if directory_at + directory_bytes != end_at:
        raise _altered("the directory does not end where the end record begins")
    return Archive(data, _entries(data, directory_at, end_at, count, limit_bytes))


def _entries(data: bytes, at: int, end_at: int, count: int, limit_bytes: int) -> dict[str, _Entry]:
    entries: dict[str, _Entry] = {}
    directory_at, offset, total, last = at, 0, 0, ""
    while at < end_at:
        entry = _entry(data, at, end_at)
        if entry.name <= last:
            raise _altered(f"{shown(entry.name)!r} is twice here, or out of order")
        local = entry.local()
        if entry.offset != offset or data[offset : offset + len(local)] != local:
            raise _altered(f"the local header of {entry.name} is not that of the directory")
        offset += len(local) + entry.packed_bytes
        total += entry.size_bytes
        if total > limit_bytes:
            raise _too_large(f"unpacked it passes {limit_bytes} bytes")
        entries[entry.name] = entry
        at, last = at + len(entry.central()), entry.name
    if offset != directory_at or len(entries) != count:
        raise _altered("there are bytes that belong to no member, or members missing")
    return entries


def _entry(data: bytes, at: int, end_at: int) -> _Entry:
    if at + _CENTRAL.size > end_at:
        raise _altered("the directory breaks off")
    fields = _CENTRAL.unpack_from(data, at)
    name_at = at + _CENTRAL.size
    name = check_name(data[name_at : min(name_at + fields[10], end_at)].decode("latin-1"))
    entry = _Entry(name, fields[7], fields[8], fields[9], fields[16])
    central = entry.central()
    if data[at : at + len(central)] != central:
        raise _altered(f"the directory entry of {name} is not as this format writes it")
    return entry


def _end(count: int, directory_bytes: int, directory_at: int) -> bytes:
    return _END.pack(_END_MARK, 0, 0, count, count, directory_bytes, directory_at, _COMMENT_BYTES)


def _altered(what: str) -> SealError:
    return SealError(
        f"the archive was changed after it was written: {what}",
        code="archive_altered",
        next_step="fetch the file again from where it was issued",
    )


def _too_large(what: str) -> SealError:
    return SealError(f"too large for one archive: {what}", code="archive_too_large")
