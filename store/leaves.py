"""The store's log: one leaf for each thing taken in, in the transaction that takes it in.

Every leaf's row keeps the tree's complete subtrees (at most 32 bytes for each doubling of the
log) as they stood after it, so that appending needs the last row only, in whichever process.
"""

from __future__ import annotations

import json
import sqlite3

from evidence.log import Frontier
from evidence.reading import canonical
from evidence.receipt import Entry, Receipt

_HASH_BYTES = 32


def append(rows: sqlite3.Connection, entry: Entry, origin: str) -> Receipt:
    """Add the entry within the caller's write transaction; the receipt for it, not yet signed."""
    before = frontier(rows)
    after = before.append(entry.leaf)
    rows.execute(
        "INSERT INTO leaf VALUES (?, ?, ?, ?)",
        (before.size, entry.leaf, b"".join(after.peaks), canonical(entry.record()).decode()),
    )
    return Receipt(
        store=origin,
        entry=entry,
        index=before.size,
        size=after.size,
        root=after.root,
        proof=tuple(before.proof_of_next()),
    )


def frontier(rows: sqlite3.Connection) -> Frontier:
    """The log as it stands now."""
    last = rows.execute("SELECT position, peaks FROM leaf ORDER BY position DESC LIMIT 1")
    found = last.fetchone()
    if found is None:
        return Frontier()
    position, peaks = found
    return Frontier(position + 1, _split(peaks))


def hashes(rows: sqlite3.Connection, size: int) -> list[bytes]:
    """The first `size` leaves."""
    found = rows.execute("SELECT hash FROM leaf WHERE position < ? ORDER BY position", (size,))
    return [leaf for (leaf,) in found]


def broken_leaf(rows: sqlite3.Connection) -> int | None:
    """The first place where the log is not what its entries make it; None when it is whole."""
    grown = Frontier()
    for position, leaf, peaks, entry in rows.execute(
        "SELECT position, hash, peaks, entry FROM leaf ORDER BY position"
    ):
        wanted = Entry.of_record(json.loads(entry)).leaf
        after = grown.append(wanted)
        if (position, leaf, _split(peaks)) != (grown.size, wanted, after.peaks):
            return grown.size
        grown = after
    return None


def _split(peaks: bytes) -> tuple[bytes, ...]:
    return tuple(peaks[at : at + _HASH_BYTES] for at in range(0, len(peaks), _HASH_BYTES))
