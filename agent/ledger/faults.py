"""Faults of the disk below the ledger: those that pass, and those that end the process.

After a sync that failed the kernel may have dropped the pages, and a second one that succeeds
would prove nothing. So nothing is tried again in the same process: it ends, and the next start
looks at what is there.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from shutil import disk_usage

from evidence.errors import EnvironmentProblem

_SHARED_BYTES = 64 * 1024
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_PASSING = ("SQLITE_FULL", "SQLITE_BUSY", "SQLITE_CANTOPEN", "SQLITE_READONLY")


class StateBroken(EnvironmentProblem):
    """The disk lost or spoiled something: whoever writes here must end."""

    code = "env_disk"


def without_room(folder: Path) -> EnvironmentProblem | None:
    """Where the disk of `folder` has no room left: to SQLite, which then cannot make the file that
    its readers share, an I/O error like one of a disk that fails."""
    if disk_usage(folder).free >= _SHARED_BYTES:
        return None
    return EnvironmentProblem(
        f"no space is left on the disk of {folder}",
        code="disk_full",
        next_step="make room; what was kept is as it was, and collecting goes on by itself",
    )


def problem_of(error: OSError | sqlite3.Error) -> EnvironmentProblem | None:
    """What a fault means for the person on duty; None when it is none of the disk's."""
    if isinstance(error, OSError):
        why, name = error.strerror or str(error), ""
        broken, passing = error.errno == errno.EIO, True
    else:
        why, name = str(error), getattr(error, "sqlite_errorname", None) or ""
        broken, passing = name.startswith("SQLITE_IOERR"), name.startswith(_PASSING)
    if name.startswith(_DAMAGED):
        return StateBroken(
            f"the ledger is damaged: {why}",
            code="env_ledger_damaged",
            next_step="restart the daemon, or `evidence-agent ledger rebuild`: it is moved aside "
            "and built anew from the bundles",
        )
    if broken:
        return StateBroken(
            f"the disk under the state folder failed: {why}",
            next_step="look at the disk; what was acknowledged is checked at the next start",
        )
    if passing:
        return EnvironmentProblem(
            f"the state folder does not take it: {why}",
            code="env_state",
            next_step="make room, or look at the disk; nothing that was kept is lost",
        )
    return None
