"""Bytes as files named after their digest, written so that a name means whole, synced content.

Order: temporary file, fsync, rename, fsync of the folder; only then may the database say that
it is there. What a killed process left in between is swept when the store starts.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from evidence.errors import EnvironmentProblem

BLOBS, ENVELOPES = "blobs", "envelopes"


class DiskBroken(EnvironmentProblem):
    """The disk did not take what it was given; nothing written since can be relied on.

    Never retried: after a failed fsync the kernel may have dropped the pages already, so the
    process has to end and look at the disk again when it starts.
    """

    code = "env_disk"


class Incoming:
    """A file on its way in: hashed while it is written, then kept under its digest or dropped."""

    def __init__(self, folder: Path) -> None:
        descriptor, name = tempfile.mkstemp(dir=folder)
        self._file = os.fdopen(descriptor, "wb")
        self._path = Path(name)
        self._hash = sha256()

    def write(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self._file.write(chunk)

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def keep(self, path: Path) -> None:
        """Sync and give the file its name. Raises DiskBroken, or OSError when the disk is full."""
        self._file.flush()
        sync(self._file.fileno())
        self._file.close()
        self._path.rename(path)
        sync_folder(path.parent)

    def drop(self) -> None:
        """Leave nothing behind; does nothing after `keep`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class Files:
    """The folders of a store's state: blobs, envelopes, and what is on its way in."""

    def __init__(self, state: Path) -> None:
        self.incoming = state / "incoming"
        self._roots = {BLOBS: state / BLOBS, ENVELOPES: state / ENVELOPES}
        self.incoming.mkdir(parents=True, exist_ok=True)
        for root in self._roots.values():
            # All folders now: one made later would need its own sync before any answer.
            for number in range(256):
                (root / f"{number:02x}").mkdir(parents=True, exist_ok=True)
            sync_folder(root)
        sync_folder(state)

    def path(self, kind: str, digest: str) -> Path:
        return self._roots[kind] / digest[:2] / digest

    def receive(self) -> Incoming:
        return Incoming(self.incoming)

    def put(self, kind: str, digest: str, body: bytes) -> None:
        """Write bytes under a name that is decided elsewhere (a payload's digest)."""
        incoming = self.receive()
        try:
            incoming.write(body)
            incoming.keep(self.path(kind, digest))
        finally:
            incoming.drop()

    def digests(self, kind: str) -> Iterator[str]:
        for folder in sorted(self._roots[kind].iterdir()):
            yield from (path.name for path in sorted(folder.iterdir()))

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


def sync(descriptor: int) -> None:
    """fsync, once. Raises DiskBroken; OSError only for a full disk, which passes."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskBroken(f"fsync failed: {error.strerror}") from error


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
