"""Content-named files: written durably, or not there at all."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path


def write_once(path: Path, content: bytes) -> None:
    """Write a content-named file durably: temporary file, fsync, rename, folder fsync."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and sha256(path.read_bytes()).digest() == sha256(content).digest():
        return
    temporary = path.parent / f".{path.name}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
