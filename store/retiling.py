"""Whether the log's entries may speak for its tiles: where a tile and the entries below it do not
agree, one of them was changed, and only what was signed at the time tells which.

A receipt, a witness's checkpoint and a stamped one each hold the root that the log had then. The
entries are believed where every one of these is the root that they make, and for a tile only where
one of these comes after it: otherwise a tile may be all that is left of the truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, select

from evidence.checkpoint import Checkpoint
from evidence.errors import SealError
from evidence.log import TILE, Frontier
from evidence.receipt import Receipt
from evidence.seal import Envelope
from store import leaves
from store.custody import Custody
from store.said.tables import said
from store.schema import cosignature, leaf, statement, time_stamp

_AT_ONCE = 10_000


def reasons_against(
    custody: Custody, rows: Connection, nodes: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """Why these tiles (level and place) cannot be made from the entries; those that can be are not
    named."""
    wanted = list(nodes)
    if not wanted:
        return {}
    place = leaves.broken_leaf(rows)
    if place is not None:
        return dict.fromkeys(wanted, f"entry {place} is not what it was when it was written")
    held, against = _held(custody, rows)
    if against is not None:
        return dict.fromkeys(wanted, against)
    late = f"nothing was signed yet that comes after it: the entries are proven up to {held}"
    return {one: late for one in wanted if (one[1] + 1) * TILE ** one[0] > held}


def _held(custody: Custody, rows: Connection) -> tuple[int, str | None]:
    """Up to how many entries are proven by what the store signed, and what contradicts them."""
    signed: dict[int, tuple[bytes, str]] = {}
    try:
        for size, root, source in _signed(custody, rows):
            known = signed.setdefault(size, (root, source))
            if known[0] != root:
                return 0, f"{known[1]} and {source} hold two roots of {size} entries"
    except SealError as error:
        return 0, f"what the store signed does not hold: {error.message}"
    grown, held = Frontier(), 0
    in_order = select(leaf.c.hash).order_by(leaf.c.position)
    with rows.execute(in_order.execution_options(yield_per=_AT_ONCE)) as found:
        for hashed in found.scalars():
            grown = grown.append(hashed)
            if grown.size not in signed:
                continue
            root, source = signed.pop(grown.size)
            if root != grown.root:
                return 0, f"the entries do not make the root of {source}"
            held = grown.size
    if signed:
        size, (_, source) = max(signed.items())
        return 0, f"{source} is of {size} entries, and there are {grown.size}"
    return held, None


def _signed(custody: Custody, rows: Connection) -> Iterator[tuple[int, bytes, str]]:
    """Size and root of each log that the store signed, and what holds them. Raises SealError."""
    key = custody.key.public
    for table in (statement, said):
        for digest, receipt in rows.execute(select(table.c.digest, table.c.receipt)):
            one = Receipt.check(Envelope.parse(receipt), digest, key)
            yield one.size, one.root, f"the receipt of {digest}"
    for table in (cosignature, time_stamp):
        for size, note in rows.execute(select(table.c.size, table.c.note)):
            checkpoint = Checkpoint.parse(note, key)
            yield checkpoint.size, checkpoint.root, f"the {table.name} of {size}"
