"""Backup of a running store, and putting one back.

The database first, then the files: each file that a row names was there before the row. Files are
named by what they hold and never change, so a further backup into the same folder copies only what
is new. The store's key is not in it: whoever has both could write evidence. A store put back signs
nothing until its agents have shown how much it had signed (`store/recovery.py`).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from evidence.errors import ConfigurationError, EnvironmentProblem
from evidence.seal import SigningKey
from store.custody import Custody
from store.database import Database
from store.files import BLOBS, ENVELOPES, sync_folder
from store.recovery import begin
from store.retention.tombstones import absent_blobs

DATABASE = "store.db"


def back_up(custody: Custody, folder: Path) -> tuple[int, int]:
    """Copy the store into `folder`; how many files were new, and how many were deleted there
    because a tombstone says so. Blobs in a bucket are the bucket's to replicate. Raises
    EnvironmentProblem.

    Of a PostgreSQL store only the files: the database has pg_basebackup and its WAL archive.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if custody.database.is_sqlite:
        fresh = folder / f"{DATABASE}.new"
        fresh.unlink(missing_ok=True)
        with custody.database.engine.connect() as rows:
            connection = rows.connection.driver_connection
            assert isinstance(connection, sqlite3.Connection)
            copy = sqlite3.connect(fresh)
            try:
                connection.backup(copy)
                (said,) = copy.execute("PRAGMA integrity_check").fetchone()
            finally:
                copy.close()
        if said != "ok":
            raise EnvironmentProblem(f"the copy of the database is damaged: {said}", code="backup")
        fresh.rename(folder / DATABASE)
    (folder / "store.pub").write_text(custody.key.public.pem, "ascii")
    copied = sum(
        _copy(custody.files.path(kind, "0" * 64).parent.parent, folder / kind)
        for kind in (BLOBS, ENVELOPES)
    )
    return copied, _follow(custody, folder / BLOBS)


def _follow(custody: Custody, blobs: Path) -> int:
    """Delete in the copy what was deleted in the store; how many."""
    with custody.database.reading() as rows:
        deleted = [digest for digest, removed, stones in absent_blobs(rows) if removed and stones]
    there = [path for digest in deleted if (path := blobs / digest[:2] / digest).exists()]
    for path in there:
        path.unlink()
    return len(there)


def put_back(
    backup: Path, state: Path, key: Path, now: datetime, database_url: str | None = None
) -> None:
    """Make a store of a backup in an empty folder, with the key it had. Raises
    ConfigurationError."""
    if state.exists() and any(state.iterdir()):
        raise ConfigurationError(
            f"{state} is not empty", code="restore_target", next_step="name a new folder"
        )
    if not (backup / "store.pub").exists():
        raise ConfigurationError(
            f"{backup} is no backup of a store",
            code="backup_missing",
            next_step="name the folder that `evidence-store backup` filled",
        )
    if not key.exists():
        raise ConfigurationError(
            f"there is no key {key}",
            code="key_missing",
            next_step="bring the store's key, which was kept apart from its backups",
        )
    public = (backup / "store.pub").read_text("ascii")
    if SigningKey.read(key).public.pem != public:
        raise ConfigurationError(
            f"{key} is not the key of this backup",
            code="key_unusable",
            next_step="bring the key that was kept apart; with another one it is another store",
        )
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    for kind in (BLOBS, ENVELOPES):
        _copy(backup / kind, state / kind)
    if database_url is None:
        shutil.copyfile(backup / DATABASE, state / DATABASE)
    shutil.copyfile(key, state / "store.key")
    (state / "store.key").chmod(0o600)
    database = Database(state / DATABASE, database_url)
    with database.transaction() as rows:
        begin(rows, now)
    if database.is_sqlite:
        with database.engine.connect() as rows:
            rows.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.close()
    sync_folder(state)


def _copy(source: Path, target: Path) -> int:
    """Copy the files that are not there; how many. A name appears with its whole content."""
    copied = 0
    for folder in sorted(source.iterdir()):
        into = target / folder.name
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        there = {one.name for one in into.iterdir()}
        for path in folder.iterdir():
            if path.name in there:
                continue
            fresh = into / f".{path.name}"
            with path.open("rb") as of, fresh.open("wb") as to:
                shutil.copyfileobj(of, to)
                to.flush()
                os.fsync(to.fileno())
            fresh.rename(into / path.name)
            copied += 1
    return copied
