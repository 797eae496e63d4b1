"""The store's log: one leaf for each thing taken in, in the transaction that takes it in.

Every leaf's row keeps the tree's complete subtrees (at most 32 bytes for each doubling of the
log) as they stood after it, so that appending needs the last row only, in whichever process.
"""

from __future__ import annotations

import json

from sqlalchemy import Connection, insert, select

from evidence.log import Frontier
from evidence.reading import canonical
from evidence.receipt import Entry, Receipt
from store.schema import leaf

_HASH_BYTES = 32
_AT_ONCE = 10_000


def append(rows: Connection, entry: Entry, origin: str) -> Receipt:
    """Add the entry within the caller's write transaction; the receipt for it, not yet signed."""
    before = frontier(rows)
    after = before.append(entry.leaf)
    rows.execute(
        insert(leaf).values(
            position=before.size,
            hash=entry.leaf,
            peaks=b"".join(after.peaks),
            entry=canonical(entry.record()).decode(),
        )
    )
    return Receipt(
        store=origin,
        entry=entry,
        index=before.size,
        size=after.size,
        root=after.root,
        proof=tuple(before.proof_of_next()),
    )


def frontier(rows: Connection) -> Frontier:
    """The log as it stands now."""
    last = select(leaf.c.position, leaf.c.peaks).order_by(leaf.c.position.desc()).limit(1)
    found = rows.execute(last).first()
    if found is None:
        return Frontier()
    position, peaks = found
    return Frontier(position + 1, _split(peaks))


def hashes(rows: Connection, size: int) -> list[bytes]:
    """The first `size` leaves."""
    wanted = select(leaf.c.hash).where(leaf.c.position < size).order_by(leaf.c.position)
    return list(rows.scalars(wanted))


def broken_leaf(rows: Connection) -> int | None:
    """The first place where the log is not what its entries make it; None when it is whole."""
    grown = Frontier()
    wanted = select(leaf.c.position, leaf.c.hash, leaf.c.peaks, leaf.c.entry)
    in_order = wanted.order_by(leaf.c.position).execution_options(yield_per=_AT_ONCE)
    with rows.execute(in_order) as found:
        for position, hashed, peaks, entry in found:
            now = Entry.of_record(json.loads(entry)).leaf
            after = grown.append(now)
            if (position, hashed, _split(peaks)) != (grown.size, now, after.peaks):
                return grown.size
            grown = after
    return None


def _split(peaks: bytes) -> tuple[bytes, ...]:
    return tuple(peaks[at : at + _HASH_BYTES] for at in range(0, len(peaks), _HASH_BYTES))
