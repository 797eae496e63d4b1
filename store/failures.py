"""What disks, databases and connections raise, as one of the store's own problems."""

from __future__ import annotations

import sqlite3
from errno import EDQUOT, ENOSPC

from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from evidence.errors import EnvironmentProblem, EvidenceError
from store.files import DiskBroken
from store.problems import Refused

_FULL = ("SQLITE_FULL", "53100")
# Out of reach, ended by its administrator or by a crash, starting, out of connections; and SQLite's
# one writer taking longer than anybody waits.
_AWAY = ("away", "57P01", "57P02", "57P03", "53300", "SQLITE_BUSY")


def known_of(error: Exception) -> EvidenceError:
    """The problem an error is; `internal` for one that nobody thought of."""
    said = _database_said(error)
    if isinstance(error, DiskBroken) or said.startswith("SQLITE_IOERR"):
        return Refused(str(error), code="store_broken")
    if is_full(error):
        return Refused("no space is left where the store keeps things", code="store_full")
    if isinstance(error, DBAPIError) and (error.connection_invalidated or said in _AWAY):
        return Refused(str(error.orig), code="database_away")
    if isinstance(error, HTTPException):
        code = "method_not_allowed" if error.status_code == 405 else "not_found"
        return Refused("there is no such address", code=code)
    if isinstance(error, ClientDisconnect):
        return Refused("the connection ended within the body", code="body_cut")
    return error if isinstance(error, EvidenceError) else Refused("", code="internal")


def is_full(error: Exception) -> bool:
    """Whether it is for want of space, which passes."""
    full = isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT)
    return full or _database_said(error) in _FULL


def _database_said(error: Exception) -> str:
    """The name SQLite gives an error, or PostgreSQL's five letters; empty for any other error.

    PostgreSQL gives no letters when it cannot be reached: `away` then.
    """
    if not isinstance(error, DBAPIError):
        return ""
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorname", None) or ""
    return getattr(error.orig, "sqlstate", None) or "away"


def at_the_host(error: OSError | DBAPIError) -> EvidenceError:
    """The same for whoever typed a command: a file's own name, and what to do."""
    known = known_of(error)
    if isinstance(error, DBAPIError):
        code, message, next_step = known.code, str(error.orig).strip(), _NEXT.get(known.code, "")
        if code == "internal":
            code, next_step = "database_failed", _NEXT["database_failed"]
        return EnvironmentProblem(f"the database: {message}", code=code, next_step=next_step)
    message = error.strerror or type(error).__name__
    if error.filename is not None:
        message = f"{error.filename}: {message}"
    code = known.code if known.code in _NEXT else "env_file"
    return EnvironmentProblem(message, code=code, next_step=_NEXT[code])


_NEXT = {
    "store_full": "make room on that disk; what is kept stays as it is",
    "store_broken": "look at the disk (dmesg), then run fsck",
    "database_away": "see that it runs and nobody holds it for long, and try again",
    "database_failed": "run `evidence-store fsck`; a database that cannot be read comes back by"
    " `evidence-store restore`",
    "env_file": "see that the path is right and that you may read and write there",
}
