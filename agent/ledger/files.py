"""Content-named files: written durably, or not there at all."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path


def write_once(path: Path, content: bytes) -> None:
    """Write a content-named file durably: temporary file, fsync, rename, folder fsync.

    The folders are synced for a file that is there already, too: whoever wrote it may have
    been killed before that.
    """
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists() or sha256(path.read_bytes()).digest() != sha256(content).digest():
        temporary = folder / f".{path.name}.{os.getpid()}"
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.rename(path)
    for one in (folder, folder.parent):
        _sync(one)


def _sync(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
