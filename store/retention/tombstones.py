"""Tombstones: what a deleted blob leaves behind, and removing the bytes once it is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, select, update

from evidence.errors import SealError
from evidence.retention import Act, RetentionStep
from evidence.seal import Envelope, PublicKey
from evidence.statement import Statement
from store.blobs import Blobs, StillLocked
from store.database import Database
from store.problems import Refused
from store.retention.tables import absent, tombstone
from store.said.tables import said
from store.shelf import Shelf

_AT_ONCE = 500


class Deleted(Refused):
    """The bytes were deleted at the end of their time. `tombstone` is the statement's digest."""

    def __init__(self, digest: str, at: datetime, tombstone: str) -> None:
        super().__init__(
            f"{digest} was deleted on {at:%Y-%m-%d} at the end of its retention; tombstone"
            f" {tombstone}",
            code="blob_deleted",
            more={"tombstone": tombstone},
        )
        self.tombstone = tombstone


def deleted_error(rows: Connection, digest: str) -> Deleted | None:
    """Why a blob's bytes are not there; None where no tombstone says so."""
    found = rows.execute(
        select(tombstone.c.deletion, said.c.said_at)
        .join(said, said.c.digest == tombstone.c.deletion)
        .join(absent, absent.c.digest == tombstone.c.digest)
        .where(tombstone.c.digest == digest)
        .order_by(said.c.position.desc())
    ).first()
    return None if found is None else Deleted(digest, found.said_at, found.deletion)


def remove_deleted(database: Database, blobs: Blobs, now: datetime) -> int:
    """Remove the bytes of what is deleted. How many a bucket's lock does not let go of yet.

    Under the write lock, so that what comes again meanwhile is not removed.
    """
    locked: set[str] = set()
    while True:
        with database.transaction() as rows:
            wanted = select(absent.c.digest).where(
                absent.c.removed_at.is_(None), absent.c.digest.not_in(locked)
            )
            some = rows.scalars(wanted.limit(_AT_ONCE)).all()
            for digest in some:
                try:
                    blobs.remove(digest)
                except StillLocked:
                    locked.add(digest)
                    continue
                rows.execute(update(absent).where(absent.c.digest == digest).values(removed_at=now))
        if len(some) < _AT_ONCE:
            return len(locked)


def deletions(rows: Connection, shelf: Shelf, key: PublicKey) -> Mapping[str, str | None]:
    """What each tombstone's statement says, by its digest: None when it holds, else the sentence
    that says why not."""
    return {
        digest: _wrong(rows, shelf, key, digest)
        for digest in rows.scalars(select(tombstone.c.deletion).distinct())
    }


def _wrong(rows: Connection, shelf: Shelf, key: PublicKey, digest: str) -> str | None:
    try:
        envelope: Envelope = shelf.envelope(digest)
        envelope.verify([key])
        step = RetentionStep.of(Statement.parse(envelope.payload))
    except (OSError, SealError) as error:
        return str(error)
    named = set(rows.scalars(select(tombstone.c.digest).where(tombstone.c.deletion == digest)))
    if step.act is not Act.deleted or set(step.blobs) != named:
        return "it names other blobs than its rows"
    return None if step.by_two else "one person alone signed it"


def absent_blobs(rows: Connection) -> Iterator[tuple[str, bool, frozenset[str]]]:
    """Each blob that is deleted now, whether its bytes are removed, and its tombstones."""
    stones: dict[str, set[str]] = {}
    for digest, deletion in rows.execute(
        select(tombstone.c.digest, tombstone.c.deletion).join(
            absent, absent.c.digest == tombstone.c.digest
        )
    ):
        stones.setdefault(digest, set()).add(deletion)
    for digest, removed_at in rows.execute(select(absent.c.digest, absent.c.removed_at)):
        yield digest, removed_at is not None, frozenset(stones.get(digest, ()))
