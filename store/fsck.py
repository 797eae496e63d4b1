"""Checking all of a store: database, log, receipts, and every file against its name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from hashlib import sha256

from sqlalchemy import Connection, select, text

from evidence.checkpoint import Checkpoint
from evidence.errors import SealError
from evidence.receipt import Receipt
from evidence.seal import Envelope
from store import leaves
from store.custody import Custody
from store.files import ENVELOPES
from store.people.anchor import unbound_events
from store.people.audit import broken_event
from store.retention.tombstones import absent_blobs, deletions
from store.said.tables import said
from store.schema import blob, cosignature, leaf, statement, time_stamp


def fsck(custody: Custody) -> Iterator[str]:
    """One sentence for each thing that is not as it was taken in; nothing when all is well."""
    with custody.database.reading() as rows:
        if custody.database.is_sqlite:
            yield from _sqlite(rows)
        position = leaves.broken_leaf(rows)
        if position is not None:
            yield f"log: entry {position} is not what it was when it was written"
        yield from _log(custody, rows)
        blobs = list(rows.scalars(select(blob.c.digest).order_by(blob.c.digest)))
        statements = list(
            rows.execute(
                select(statement.c.digest, statement.c.receipt, leaf.c.entry)
                .join(leaf, leaf.c.position == statement.c.position)
                .order_by(leaf.c.position)
            ).all()
        )
        statements += rows.execute(
            select(said.c.digest, said.c.receipt, leaf.c.entry)
            .join(leaf, leaf.c.position == said.c.position)
            .order_by(leaf.c.position)
        ).all()
        event = broken_event(rows)
        if event is not None:
            yield f"audit trail: event {event} is missing or not what it was when it was written"
        for seq in unbound_events(rows):
            yield f"audit trail: event {seq} is not the one that the log has"
        stones = deletions(rows, custody.shelf, custody.key.public)
        deleted = {digest: (removed, by) for digest, removed, by in absent_blobs(rows)}
    for digest, wrong in stones.items():
        if wrong is not None:
            yield f"tombstone {digest}: {wrong}"
    for digest in blobs:
        if digest in deleted:
            yield from _deleted(custody, digest, *deleted[digest])
        elif _sha256(custody, digest) != digest:
            yield f"blob {digest}: the file is missing or holds other bytes"
    for digest, receipt, entry in statements:
        yield from _statement(custody, digest, receipt, entry)


def _log(custody: Custody, rows: Connection) -> Iterator[str]:
    """The tiles against the entries, and what others signed against the log as it is."""
    broken = leaves.broken_node(rows)
    if broken is not None:
        yield f"log: tile {broken} is not what its entries make it"
    for table in (cosignature, time_stamp):
        for one in rows.execute(select(table.c.size, table.c.note).order_by(table.c.size)):
            try:
                signed = Checkpoint.parse(one.note, custody.key.public)
            except SealError:
                yield f"{table.name} of {one.size}: its checkpoint is not signed by this store"
                continue
            if leaves.frontier(rows).size < one.size or leaves.root(rows, one.size) != signed.root:
                yield f"{table.name} of {one.size}: the log has another root now"


def _sqlite(rows: Connection) -> Iterator[str]:
    """What SQLite can say of its own file. PostgreSQL has pg_amcheck and page checksums."""
    for message in rows.scalars(text("PRAGMA integrity_check")).all():
        if message != "ok":
            yield f"database: {message}"
    for table, row, *_ in rows.execute(text("PRAGMA foreign_key_check")).all():
        yield f"database: row {row} of {table} refers to nothing"


def _statement(custody: Custody, digest: str, receipt: bytes, entry: str) -> Iterator[str]:
    try:
        envelope = Envelope.parse(custody.files.path(ENVELOPES, digest).read_bytes())
        if envelope.digest != digest:
            yield f"statement {digest}: the file holds {envelope.digest}"
    except (OSError, SealError) as error:
        yield f"statement {digest}: {error}"
    try:
        found = Receipt.check(Envelope.parse(receipt), digest, custody.key.public)
        if found.entry.record() != json.loads(entry):
            yield f"statement {digest}: its receipt tells of another entry"
    except SealError as error:
        yield f"statement {digest}: {error}"


def _deleted(
    custody: Custody, digest: str, removed: bool, tombstones: Collection[str]
) -> Iterator[str]:
    """A row alone deletes nothing: whoever could write it could hide a missing file."""
    if not tombstones:
        yield f"blob {digest}: it is missing, and no tombstone says that it was deleted"
    elif removed and custody.blobs.there(digest):
        yield f"blob {digest}: it was deleted, and its bytes are here"


def _sha256(custody: Custody, digest: str) -> str | None:
    """The digest of a blob's bytes; None when they are not there."""
    hashed = sha256()
    try:
        for chunk in custody.blobs.chunks(digest):
            hashed.update(chunk)
    except FileNotFoundError:
        return None
    return hashed.hexdigest()


def deleted_count(custody: Custody) -> int:
    """How many blobs are gone by a tombstone: not missing."""
    with custody.database.reading() as rows:
        return sum(1 for _, _, stones in absent_blobs(rows) if stones)
