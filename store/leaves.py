"""The store's log: one leaf for each thing taken in, in the transaction that takes it in.

Every leaf's row keeps the tree's complete subtrees (at most 32 bytes for each doubling of the
log) as they stood after it, so that appending needs the last row only, in whichever process. The
roots of 256, 65,536, … entries are rows too: a proof reads hundreds of hashes, not all, and they
are the tiles that monitors fetch (C2SP `tlog-tiles`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, insert, select, text, update

from evidence.log import TILE, Frontier, consistency_path, leaf_hash, node_hash, root_of, split
from evidence.reading import canonical
from evidence.receipt import Entry, Receipt
from store.database import insert_all
from store.schema import leaf, log_node

_HASH_BYTES = 32
_AT_ONCE = 10_000
_LAST = select(leaf.c.position, leaf.c.peaks).order_by(leaf.c.position.desc()).limit(1)


def append(rows: Connection, entry: Entry, origin: str) -> Receipt:
    """Add the entry within the caller's write transaction; the receipt for it, not yet signed."""
    return append_all(rows, [entry], origin)[0]


def append_all(rows: Connection, entries: Sequence[Entry], origin: str) -> list[Receipt]:
    """The same for several, in their order."""
    log = frontier(rows)
    new, receipts = [], []
    for entry in entries:
        said = canonical(entry.record())
        hashed = leaf_hash(said)
        before, log = log, log.append(hashed)
        new.append(
            {
                "position": before.size,
                "hash": hashed,
                "peaks": b"".join(log.peaks),
                "entry": said.decode(),
            }
        )
        receipts.append(
            Receipt(
                store=origin,
                entry=entry,
                index=before.size,
                size=log.size,
                root=log.root,
                proof=tuple(before.proof_of_next()),
            )
        )
    insert_all(rows, leaf, new)
    for receipt in receipts:
        _add_nodes(rows, receipt.size)
    return receipts


def frontier(rows: Connection) -> Frontier:
    """The log as it stands now."""
    found = rows.execute(_LAST).first()
    if found is None:
        return Frontier()
    position, peaks = found
    return Frontier(position + 1, _split(peaks))


def root(rows: Connection, size: int) -> bytes:
    """The root of the first `size` entries, which are there."""
    return Frontier().root if size == 0 else _range_root(rows, 0, size)


def consistency(rows: Connection, old: int, new: int) -> list[bytes]:
    """The proof that the first `new` entries only added to the first `old`. Raises IndexError."""
    return consistency_path(new, old, lambda first, last: _range_root(rows, first, last))


def tile(rows: Connection, level: int, first: int, last: int) -> list[bytes]:
    """Hashes of a level, those that are there: of entries (level 0), or of complete subtrees of
    256 to the power of `level` entries."""
    if level == 0:
        wanted = select(leaf.c.hash).where(leaf.c.position >= first, leaf.c.position < last)
        return list(rows.scalars(wanted.order_by(leaf.c.position)))
    at = log_node.c
    found = select(at.hash).where(at.level == level, at.place >= first, at.place < last)
    return list(rows.scalars(found.order_by(at.place)))


def entries(rows: Connection, first: int, last: int) -> list[bytes]:
    """The entries themselves, as they were hashed."""
    wanted = select(leaf.c.entry).where(leaf.c.position >= first, leaf.c.position < last)
    return [entry.encode() for entry in rows.scalars(wanted.order_by(leaf.c.position))]


class Roots:
    """Roots of ranges of the log for many proofs at once, each worked out once."""

    def __init__(self, rows: Connection) -> None:
        self._rows = rows
        self._tiles: dict[int, list[bytes]] = {}
        self._known: dict[tuple[int, int], bytes] = {}

    def __call__(self, first: int, last: int) -> bytes:
        found = self._known.get((first, last))
        if found is None:
            found = self._known[first, last] = self._made(first, last)
        return found

    def _made(self, first: int, last: int) -> bytes:
        """The proofs of neighbours ask for the same ranges within a tile; larger ones are few."""
        if last - first > TILE or first // TILE != (last - 1) // TILE:
            return _range_root(self._rows, first, last)
        if last - first == 1:
            return self._leaf(first)
        middle = first + split(last - first)
        return node_hash(self(first, middle), self(middle, last))

    def _leaf(self, place: int) -> bytes:
        number, within = divmod(place, TILE)
        if number not in self._tiles:
            self._tiles[number] = tile(self._rows, 0, number * TILE, (number + 1) * TILE)
        return self._tiles[number][within]


def _range_root(rows: Connection, first: int, last: int) -> bytes:
    """The root of a range that a proof asks for: it begins where a tree of that size begins."""
    peaks = []
    while first < last:
        size = 1 << ((last - first).bit_length() - 1)
        peaks.append(_whole(rows, first, size))
        first += size
    return Frontier(last, tuple(peaks)).root


def _whole(rows: Connection, first: int, size: int) -> bytes:
    """The root of a complete subtree of `size` leaves, from at most a tile of hashes."""
    level, of = 0, 1
    while of * TILE <= size:
        level, of = level + 1, of * TILE
    return root_of(tile(rows, level, first // of, (first + size) // of))


def _add_nodes(rows: Connection, size: int) -> None:
    """The roots that the log's newest entry completed."""
    level, places = 0, size
    while places % TILE == 0:
        below = tile(rows, level, places - TILE, places)
        level, places = level + 1, places // TILE
        node = insert(log_node).values(level=level, place=places - 1, hash=root_of(below))
        rows.execute(node)


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


def wrong_nodes(rows: Connection) -> dict[tuple[int, int], bytes]:
    """The tile hashes that are missing, or others than the hashes of the entries make: what they
    should be, by level and place."""
    wrong, level, of = {}, 1, log_node.c
    places = range(frontier(rows).size // TILE)
    made = [root_of(tile(rows, 0, place * TILE, (place + 1) * TILE)) for place in places]
    while made:
        found = rows.execute(select(of.place, of.hash).where(of.level == level))
        kept = {place: hashed for place, hashed in found}
        for place, hashed in enumerate(made):
            if kept.get(place) != hashed:
                wrong[level, place] = hashed
        whole = len(made) // TILE
        made = [root_of(made[at * TILE : (at + 1) * TILE]) for at in range(whole)]
        level += 1
    return wrong


def put_nodes(rows: Connection, nodes: Mapping[tuple[int, int], bytes]) -> None:
    """Put these tile hashes in the place of what is there, within the caller's write transaction.

    The rows are insert-only: the trigger that says so is lifted for this transaction alone, and is
    back, or never was away, when it ends.
    """
    with _changeable(rows):
        for (level, place), hashed in nodes.items():
            at = log_node.c
            here = update(log_node).where(at.level == level, at.place == place)
            if rows.execute(here.values(hash=hashed)).rowcount == 0:
                rows.execute(insert(log_node).values(level=level, place=place, hash=hashed))


@contextmanager
def _changeable(rows: Connection) -> Iterator[None]:
    table, trigger = log_node.name, f"{log_node.name}_is_as_written"
    if rows.dialect.name == "sqlite":
        wanted = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = :name")
        made_by = rows.execute(wanted, {"name": trigger}).scalar_one()
        lift, lay = f"DROP TRIGGER {trigger}", made_by
    else:
        lift = f"ALTER TABLE {table} DISABLE TRIGGER {trigger}"
        lay = f"ALTER TABLE {table} ENABLE TRIGGER {trigger}"
    rows.exec_driver_sql(lift)
    yield
    rows.exec_driver_sql(lay)


def _split(peaks: bytes) -> tuple[bytes, ...]:
    return tuple(peaks[at : at + _HASH_BYTES] for at in range(0, len(peaks), _HASH_BYTES))
