"""The journal: what was taken in stands on the disk in one file before it has its own.

A bundle's files are written under their names and left to the kernel; what makes them durable is a
copy of the bundle as it came, appended here and synced, once for all that come at the same time.
Every few seconds the files themselves are made durable together, and the copies are dropped. After
a loss of power the store puts back from here what its files lack, before it does anything else.

One segment is a row of records: length (8 bytes, big-endian), SHA-256, and the bytes: a bundle's
ZIP or an envelope. A record that broke off was acknowledged to nobody.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from hashlib import sha256
from pathlib import Path

from evidence.archive import open_archive
from evidence.bundle import Bundle, unpacked
from evidence.seal import Envelope
from store.files import BLOBS, ENVELOPES, DiskBroken, Files, sync, sync_folder, write_all
from store.rounds import repeated

EVERY_S = 2.0
_LENGTH_BYTES, _DIGEST_BYTES = 8, 32


class Journal:
    """For the one process that serves. `sync_files` makes every file durable that was written so
    far; it raises DiskBroken, or OSError for a full disk."""

    def __init__(self, folder: Path, sync_files: Callable[[], None]) -> None:
        self._folder = folder
        self._sync_files = sync_files
        self._settling, self._appending = threading.Lock(), threading.Lock()
        self._broken: DiskBroken | None = None
        self._open: int | None = None

    def append(self, copies: Sequence[bytes]) -> None:
        """Make the copies durable. Raises DiskBroken; OSError for a full disk, after which nothing
        of them is here."""
        with self._appending:
            self.check()
            if self._open is None:
                self._open = self._begun()
            size_bytes = os.fstat(self._open).st_size
            try:
                for copy in copies:
                    write_all(self._open, _head(copy))
                    write_all(self._open, copy)
                sync(self._open)
            except DiskBroken as error:
                self._broken = error
                raise
            except OSError:
                os.ftruncate(self._open, size_bytes)
                raise

    def check(self) -> None:
        """Raises DiskBroken when the disk failed before."""
        if self._broken is not None:
            raise self._broken

    def settle(self) -> None:
        """Make the files durable and drop the copies of them. Raises as `append` does."""
        with self._settling:
            with self._appending:
                self.check()
                if self._open is not None:
                    os.close(self._open)
                    self._open = None
                done = self._segments()
            if not done:
                return
            try:
                self._sync_files()
            except DiskBroken as error:
                self._broken = error
                raise
            for path in done:
                path.unlink()

    def close(self) -> None:
        """Settle, if the disk takes it; else the next start does what is left."""
        with suppress(OSError, DiskBroken):
            self.settle()

    def settling(self) -> AbstractContextManager[None]:
        """Settle every few seconds, for as long as the block runs."""

        def do() -> float:
            self.settle()
            return EVERY_S

        failed = "what was taken in could not be written to its files"
        return repeated("evidence-journal", do, failed, every_s=EVERY_S)

    def holds_any(self) -> bool:
        return bool(self._segments())

    def copies(self) -> Iterator[bytes]:
        """What the journal holds, each record whole."""
        for path in self._segments():
            data, at = path.read_bytes(), 0
            while at < len(data):
                head_ends = at + _LENGTH_BYTES + _DIGEST_BYTES
                ends = head_ends + int.from_bytes(data[at : at + _LENGTH_BYTES])
                copy = data[head_ends:ends]
                if sha256(copy).digest() != data[at + _LENGTH_BYTES : head_ends]:
                    break
                yield copy
                at = ends

    def _segments(self) -> list[Path]:
        return sorted(self._folder.iterdir()) if self._folder.exists() else []

    def _begun(self) -> int:
        """A new segment, its name durable before anything is in it."""
        if not self._folder.exists():
            self._folder.mkdir(mode=0o700)
            sync_folder(self._folder.parent)
        path = self._folder / str(time.time_ns())
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        sync_folder(self._folder)
        return opened


def put_back(journal: Journal, files: Files, known: Mapping[str, Collection[str]]) -> int:
    """Write anew every known file that is not whole and whose copy is here; how many. For whoever
    has the state folder alone. Raises DiskBroken; OSError for a full disk."""
    lacking = 0
    for copy in journal.copies():
        for kind, digest, body in parts(copy):
            if digest in known[kind] and not files.holds(kind, digest, body):
                files.put(kind, digest, body)
                lacking += 1
    journal.settle()
    return lacking


def parts(copy: bytes) -> Iterator[tuple[str, str, bytes]]:
    """The files of a bundle, or of an envelope alone: kind, name, bytes."""
    zipped = copy.startswith(b"PK")
    bundle = unpacked(open_archive(copy)) if zipped else Bundle(Envelope.parse(copy), {})
    yield ENVELOPES, bundle.digest, bundle.envelope.to_json()
    for digest, body in bundle.captures.items():
        yield BLOBS, digest, body


def _head(copy: bytes) -> bytes:
    return len(copy).to_bytes(_LENGTH_BYTES) + sha256(copy).digest()
