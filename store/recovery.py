"""A store that was put back from an older copy: it signs nothing until it has again all it signed.

Whoever saw more of the log shows it: an agent or a witness with a checkpoint signed by this very
store of more entries than it has. From then on nothing new is taken and no checkpoint signed.
Agents send again what they hold receipts for; each receipt says which entry it was and where, so
the log grows back to the very same one, byte for byte. Entries that no agent sends (keys, what
people said) come from a witness's copy. When the root is the one that was signed, it goes on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from evidence.checkpoint import Checkpoint
from evidence.errors import ConfigurationError
from evidence.reading import canonical
from evidence.receipt import Entry, Receipt
from evidence.seal import PublicKey
from store import leaves
from store.database import insert_all_missing, insert_missing
from store.problems import Refused
from store.schema import (
    agent_contact,
    agent_key,
    known_checkpoint,
    leaf,
    refill,
    restored,
    statement,
    statement_blob,
)

_LOG = logging.getLogger("evidence.store")


def refilling() -> Refused:
    """What whoever asks for something new is told meanwhile."""
    return Refused(
        "the store was put back from an older copy and takes back first what it lost",
        code="store_refilling",
        retry_after_s=60,
    )


def needed(rows: Connection) -> bool:
    """Whether this log lacks entries that it signed, or may lack some."""
    if rows.scalar(select(restored.c.restored_at).where(restored.c.ended_at.is_(None))):
        return True
    known = select(known_checkpoint.c.size, known_checkpoint.c.root)
    size = leaves.frontier(rows).size
    return any(
        one.size > size or leaves.root(rows, one.size).hex() != one.root
        for one in rows.execute(known)
    )


def check_whole(rows: Connection) -> None:
    """Before an entry of the store's own: in a log that lacks some it would take another's place.

    Raises Refused `store_refilling`.
    """
    if needed(rows):
        raise refilling()


def told(rows: Connection, note: str, key: PublicKey, now: datetime) -> bool:
    """Somebody shows a checkpoint of this store. True when its log is not that long, or another.

    Raises SealError when the store did not sign it.
    """
    seen = Checkpoint.parse(note, key)
    size = leaves.frontier(rows).size
    if seen.size <= size and leaves.root(rows, seen.size) == seen.root:
        return False
    new = insert_missing(
        rows, known_checkpoint, size=seen.size, root=seen.root.hex(), note=note, told_at=now
    )
    if new:
        _LOG.error(
            "the log has %d entries, and this store signed one of %d that is not its beginning:"
            " nothing is signed until it is whole again",
            size,
            seen.size,
        )
    return True


def take(rows: Connection, receipt: Receipt, sealed: bytes, blobs: Sequence[str]) -> None:
    """An agent sends again what it has a receipt for. Its files are on the disk."""
    rows.execute(delete(refill).where(refill.c.position == receipt.index))
    row = {
        "position": receipt.index,
        "entry": canonical(receipt.entry.record()).decode(),
        "root": receipt.root.hex(),
        "receipt": sealed,
        "blobs": json.dumps(list(blobs)),
    }
    rows.execute(insert(refill), row)
    grow(rows)


def take_entries(rows: Connection, first: int, entries: Sequence[bytes]) -> int:
    """Entries of a witness's copy, from that position on. How many of them the log lacked."""
    size = leaves.frontier(rows).size
    lacking = 0
    for position, entry in enumerate(entries, start=first):
        if position >= size:
            row = {"position": position, "entry": entry.decode()}
            lacking += insert_missing(rows, refill, **row)
    grow(rows)
    return lacking


def waiting(rows: Connection) -> set[str]:
    """The digests of statements that came and whose place in the log is not reached yet."""
    entries = rows.scalars(select(refill.c.entry).where(refill.c.receipt.is_not(None)))
    return {json.loads(one)["digest"] for one in entries}


def grow(rows: Connection) -> None:
    """Append what has come and is next in the log, and what came of entries that are in it."""
    at = refill.c
    while True:
        size = leaves.frontier(rows).size
        one = rows.execute(select(refill).where(at.position == size)).first()
        if one is None:
            break
        receipt = leaves.append(rows, Entry.of_record(json.loads(one.entry)), "")
        if one.root is not None and receipt.root.hex() != one.root:
            raise Refused(
                f"entry {size} does not lead to the root that was signed", code="refill_conflict"
            )
        _statement(rows, one.position, one.entry, one.receipt, one.blobs)
    for one in rows.execute(select(refill).where(at.position < leaves.frontier(rows).size)).all():
        held = rows.scalar(select(leaf.c.entry).where(leaf.c.position == one.position))
        if held != one.entry:
            raise Refused(f"entry {one.position} is another one here", code="refill_conflict")
        _statement(rows, one.position, one.entry, one.receipt, one.blobs)
    rows.execute(delete(refill).where(at.position < leaves.frontier(rows).size))


def end_if_whole(rows: Connection, now: datetime) -> None:
    """End the recovery once every agent in force came since the copy was put back, and the log
    leads to every root that anybody showed."""
    open_since = rows.scalar(select(restored.c.restored_at).where(restored.c.ended_at.is_(None)))
    if open_since is None:
        return
    in_force = select(agent_key.c.agent).where(agent_key.c.revoked_at.is_(None))
    came = select(agent_contact.c.agent).where(agent_contact.c.contacted_at >= open_since)
    if rows.scalar(in_force.where(agent_key.c.agent.not_in(came)).limit(1)) is not None:
        return
    size = leaves.frontier(rows).size
    known = rows.execute(select(known_checkpoint.c.size, known_checkpoint.c.root))
    if all(one.size <= size and leaves.root(rows, one.size).hex() == one.root for one in known):
        rows.execute(update(restored).values(ended_at=now).where(restored.c.ended_at.is_(None)))
        _LOG.warning("the log has again all that was signed: the store goes on")


def begin(rows: Connection, now: datetime) -> None:
    """This database was put back from a copy: whoever comes may know more than it."""
    rows.execute(insert(restored).values(restored_at=now))


def give_up(rows: Connection, because: str, now: datetime) -> None:
    """Go on without agents that never came. Raises ConfigurationError while a root that was signed
    is not reached: to go on then would be another log, and every agent would refuse it."""
    rows.execute(
        update(restored).values(ended_at=now, because=because).where(restored.c.ended_at.is_(None))
    )
    if needed(rows):
        raise ConfigurationError(
            "a checkpoint was signed that this log does not lead to",
            code="refill_incomplete",
            next_step="bring the witness's `entries` file, or begin a new store with a new key",
        )


def _statement(
    rows: Connection, position: int, entry: str, receipt: bytes | None, blobs: str | None
) -> None:
    """The row of a statement that an agent sent again; none for a bare entry of a witness."""
    if receipt is None:
        return
    said = json.loads(entry)
    insert_missing(
        rows,
        statement,
        digest=said["digest"],
        kind=said["kind"],
        agent=said["agent"],
        position=position,
        receipt=receipt,
    )
    named = [{"statement": said["digest"], "blob": one} for one in json.loads(blobs or "[]")]
    insert_all_missing(rows, statement_blob, named)
