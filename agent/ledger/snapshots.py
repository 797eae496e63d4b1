"""Counter history: a unit's snapshots, packed so that months stay small.

Each is packed with an earlier whole one of the same unit as the compressor's dictionary, and
a new whole one is kept every thirty days: any row is read with at most one other.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime

import zstandard

from evidence.usage import Snapshot, UnitHistory

# A unit's counters are kept whole this often; in between each row builds on the whole one.
BASE_EVERY_S = 30 * 86_400


def keep_snapshot(db: sqlite3.Connection, reading: str, snapshot: Snapshot) -> None:
    """Keep a unit's counters, packed with an earlier whole one of the unit as dictionary."""
    base = db.execute(
        "SELECT id, packed FROM snapshot WHERE device = ? AND unit = ? AND base IS NULL"
        " AND read_at BETWEEN ? AND ? ORDER BY read_at DESC LIMIT 1",
        (snapshot.device, snapshot.unit, snapshot.read_at - BASE_EVERY_S, snapshot.read_at),
    ).fetchone()
    dictionary = None if base is None else _dictionary(unpacker().decompress(base[1]))
    db.execute(
        "INSERT OR IGNORE INTO snapshot (reading, unit, device, read_at, base, packed)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            reading,
            snapshot.unit,
            snapshot.device,
            snapshot.read_at,
            None if base is None else base[0],
            zstandard.ZstdCompressor(3, dictionary).compress(snapshot.pack()),
        ),
    )


def histories(
    db: sqlite3.Connection, device: str, start: datetime, end: datetime
) -> list[UnitHistory]:
    """The counter history of every unit a device tells of (start ≤ at < end)."""
    rows = db.execute(
        "SELECT unit, base, packed FROM snapshot WHERE device = ? AND read_at >= ?"
        " AND read_at < ? ORDER BY read_at, reading, id",
        (device, int(start.timestamp()), int(end.timestamp())),
    ).fetchall()
    unpackers: dict[int | None, zstandard.ZstdDecompressor] = {None: unpacker()}
    by_unit: dict[str, list[Snapshot]] = {}
    for unit, base, packed in rows:
        if base not in unpackers:
            unpackers[base] = _unpacker_of(db, base)
        snapshot = Snapshot.unpack(unpackers[base].decompress(packed))
        by_unit.setdefault(unit, []).append(snapshot)
    return [UnitHistory.of_snapshots(found, unit) for unit, found in by_unit.items()]


def _unpacker_of(db: sqlite3.Connection, base: int) -> zstandard.ZstdDecompressor:
    (packed,) = db.execute("SELECT packed FROM snapshot WHERE id = ?", (base,)).fetchone()
    return zstandard.ZstdDecompressor(_dictionary(unpacker().decompress(packed)))


def unpacker() -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor()


def _dictionary(content: bytes) -> zstandard.ZstdCompressionDict:
    # Raw content: the bytes themselves are the dictionary, none is trained.
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
