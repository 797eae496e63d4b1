"""Checking all of a store: database, log, receipts, and every file against its name."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator

from sqlalchemy import Connection, select, text

from evidence.checkpoint import Checkpoint
from evidence.errors import SealError
from evidence.receipt import Receipt
from evidence.seal import Envelope
from store import leaves
from store.custody import Custody
from store.people.anchor import unbound_events
from store.people.audit import broken_event
from store.retention.tombstones import absent_blobs, deletions
from store.said.tables import said
from store.schema import cosignature, leaf, statement, time_stamp
from store.scrub import fault, things


def fsck(custody: Custody) -> Iterator[str]:
    """One sentence for each thing that is not as it was taken in; nothing when all is well."""
    with custody.database.reading() as rows:
        if custody.database.is_sqlite:
            yield from _sqlite(rows)
        position = leaves.broken_leaf(rows)
        if position is not None:
            yield f"log: entry {position} is not what it was when it was written"
        yield from _log(custody, rows)
        receipts = {
            digest: (receipt, entry)
            for table in (statement, said)
            for digest, receipt, entry in rows.execute(
                select(table.c.digest, table.c.receipt, leaf.c.entry).join(
                    leaf, leaf.c.position == table.c.position
                )
            )
        }
        event = broken_event(rows)
        if event is not None:
            yield f"audit trail: event {event} is missing or not what it was when it was written"
        for seq in unbound_events(rows):
            yield f"audit trail: event {seq} is not the one that the log has"
        stones = deletions(rows, custody.shelf, custody.key.public)
        deleted = list(absent_blobs(rows))
    for digest, wrong in stones.items():
        if wrong is not None:
            yield f"tombstone {digest}: {wrong}"
    for digest, removed, by in deleted:
        yield from _deleted(custody, digest, removed, by)
    for one in things(custody):
        if (wrong := fault(custody, one)) is not None:
            yield f"{one}: {wrong}"
        if one.digest in receipts:
            yield from _receipt(custody, one.digest, *receipts[one.digest])


def _log(custody: Custody, rows: Connection) -> Iterator[str]:
    """The tiles against the entries, and what others signed against the log as it is."""
    for level, place in leaves.wrong_nodes(rows):
        yield f"log tile {level}/{place}: it is not what its entries make it"
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


def _receipt(custody: Custody, digest: str, receipt: bytes, entry: str) -> Iterator[str]:
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


def deleted_count(custody: Custody) -> int:
    """How many blobs are gone by a tombstone: not missing."""
    with custody.database.reading() as rows:
        return sum(1 for _, _, stones in absent_blobs(rows) if stones)
