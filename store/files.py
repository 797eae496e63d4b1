"""Bytes as files named after their digest. A name that the database knows means whole, synced
content.

Order: temporary file, rename, sync; only then may the database say that it is there. What a
killed process or a power cut left in between, whole or not, is swept when the store starts: the
database does not know it, and nobody was answered.
"""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import BinaryIO

from evidence.errors import EnvironmentProblem

_LIBC = ctypes.CDLL(None, use_errno=True)
BLOBS, ENVELOPES = "blobs", "envelopes"


class DiskBroken(EnvironmentProblem):
    """The disk did not take what it was given; nothing written since can be relied on.

    Never retried: after a failed fsync the kernel may have dropped the pages already, so the
    process has to end and look at the disk again when it starts.
    """

    code = "env_disk"


class Incoming:
    """A file on its way in: hashed while it is written, then kept under its digest or dropped."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("xb")
        self._hash = sha256()

    def write(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._file.write(chunk)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def name(self, path: Path) -> None:
        """Give the file its name. It is not synced yet, see `Files.sync`."""
        self._file.close()
        self._path.rename(path)

    def reopened(self) -> BinaryIO:
        """What was written, to be read from its beginning; the file has no name yet."""
        self._file.close()
        return self._path.open("rb")

    def drop(self) -> None:
        """Leave nothing behind; does nothing after `name`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Files:
    """The folders of a store's state: blobs, envelopes, and what is on its way in."""

    def __init__(self, state: Path) -> None:
        self.incoming, self.uploads = state / "incoming", state / "uploads"
        self.uploads.mkdir(parents=True, exist_ok=True)
        self._roots = {BLOBS: state / BLOBS, ENVELOPES: state / ENVELOPES}
        self.incoming.mkdir(parents=True, exist_ok=True)
        for root in self._roots.values():
            # All folders now: one made later would need its own sync before any answer.
            for number in range(256):
                (root / f"{number:02x}").mkdir(parents=True, exist_ok=True)
            sync_folder(root)
        sync_folder(state)
        # A number of its own in every process: one that enrols writes beside one that serves.
        self._numbers = count(time.time_ns() << 22 | os.getpid())
        # Kept open: the kernel tells of a failed write once, to whoever had the folder open then.
        self._folder = os.open(state, os.O_RDONLY | os.O_DIRECTORY)

    def path(self, kind: str, digest: str) -> Path:
        return self._roots[kind] / digest[:2] / digest

    def receive(self) -> Incoming:
        return Incoming(self.incoming / str(next(self._numbers)))

    def put(self, kind: str, digest: str, body: bytes) -> None:
        """Write bytes under a name that is decided elsewhere (a payload's digest). They are not
        synced yet."""
        fresh = self.incoming / str(next(self._numbers))
        try:
            # No buffer between: these are the files of every deposit.
            with fresh.open("xb", buffering=0) as file:
                write_all(file.fileno(), body)
            fresh.rename(self.path(kind, digest))
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    def holds(self, kind: str, digest: str, body: bytes) -> bool:
        """Whether the file of that name is there with these bytes."""
        try:
            return self.path(kind, digest).read_bytes() == body
        except FileNotFoundError:
            return False

    def sync(self) -> None:
        """Make every file and name durable that was written so far, in one call for the whole file
        system: for five files of a bundle it takes what the sync of one would. Raises DiskBroken;
        OSError for a full disk, which passes."""
        _checked(lambda: _sync_file_system(self._folder))

    def close(self) -> None:
        os.close(self._folder)

    def digests(self, kind: str) -> Iterator[str]:
        for folder in sorted(self._roots[kind].iterdir()):
            yield from (path.name for path in sorted(folder.iterdir()))

    def sweep_uploads(self, older_than_s: float) -> None:
        """Remove unfinished uploads that nobody added to for so long."""
        for path in self.uploads.iterdir():
            if time.time() - path.stat().st_mtime > older_than_s:
                path.unlink(missing_ok=True)

    def sweep(self, kind: str, known: Callable[[str], bool]) -> int:
        """Remove what was named but never committed, and so never acknowledged. Returns how many.

        For the only process that writes here, before it takes anything in.
        """
        orphans = [self.path(kind, one) for one in self.digests(kind) if not known(one)]
        orphans += list(self.incoming.iterdir())
        for path in orphans:
            if path.is_dir():
                shutil.rmtree(path)  # a pack that was being made
            else:
                path.unlink()
        return len(orphans)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, in however many pieces the kernel takes it."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def sync(descriptor: int) -> None:
    """fsync, once. Raises DiskBroken; OSError only for a full disk, which passes."""
    _checked(lambda: os.fsync(descriptor))


def _checked(synced: Callable[[], None]) -> None:
    try:
        synced()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskBroken(f"the disk did not sync: {error.strerror}") from error


def _sync_file_system(descriptor: int) -> None:
    """syncfs(2), which Python does not offer. Linux tells of failed writes since 5.8."""
    if _LIBC.syncfs(descriptor):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
