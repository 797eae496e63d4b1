"""Content-named files: written durably, or not there at all."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

# Nobody writes one file for so long; whose number its writer has by now is another one.
ABANDONED = timedelta(hours=1)


def write_once(path: Path, content: bytes) -> None:
    """Write a content-named file durably: temporary file, fsync, rename, folder fsync.

    The folders are synced for a file that is there already, too: whoever wrote it may have
    been killed before that.
    """
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists() or sha256(path.read_bytes()).digest() != sha256(content).digest():
        temporary = folder / f".{path.name}.{os.getpid()}"
        try:
            with temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
        except OSError:
            temporary.unlink(missing_ok=True)  # half a file would hold the room that is missing
            raise
    for one in (folder, folder.parent):
        _sync(one)


def is_left_over(temporary: Path, now: datetime) -> bool:
    """Whether nobody is writing this temporary file any more."""
    try:
        age_s = now.timestamp() - temporary.stat().st_mtime
        os.kill(int(temporary.suffix[1:]), 0)
    except FileNotFoundError:
        return False  # finished just now
    except (ProcessLookupError, ValueError):
        return True
    except PermissionError:
        pass  # somebody else's process
    return age_s > ABANDONED.total_seconds()


def _sync(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
