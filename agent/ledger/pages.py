"""Marks of a unit's readings, kept in pages: any window's verdicts without unpacking counters.

They are worked out from snapshots, and made again from them where they are missing, or where
another version of the code made them. Pages are whole from the unit's first reading on, so the
newest one tells how far they reach.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import zstandard

import evidence.usage
from agent.ledger.slots import Slots
from agent.ledger.snapshots import history, keep_snapshot, rows_between
from evidence.reading import Reading
from evidence.usage import Snapshot
from evidence.usage.marks import Marks

# Readings a page: the newest page is written anew with each reading.
_PAGE = 64


@dataclass(frozen=True, slots=True)
class _Page:
    id: int
    last_at: int
    marks: Marks


def keep_counters(db: sqlite3.Connection, reading: str, snapshot: Snapshot) -> None:
    """Keep a unit's counters, and what they show beside those before them."""
    at, unit = snapshot.read_at, (snapshot.device, snapshot.unit)
    (newest,) = db.execute(
        "SELECT max(read_at) FROM snapshot WHERE device = ? AND unit = ?", unit
    ).fetchone()
    slots, row = keep_snapshot(db, reading, snapshot)
    if newest is not None and newest >= at:
        # What it shows changes what those after it show.
        db.execute("DELETE FROM marks WHERE device = ? AND unit = ? AND last_at >= ?", (*unit, at))
        return
    page = _newest_page(db, slots)
    if newest is None:
        _write(db, slots, Marks.of(history(slots, [row])))
    elif page is not None and page.last_at == newest:
        before = rows_between(db, slots, newest, newest + 1)
        _append(db, slots, page, Marks.of(history(slots, [*before, row])))


def marks(db: sqlite3.Connection, device: str, start: datetime, end: datetime) -> list[Marks]:
    """The marks of every unit a device tells of (start ≤ at < end), as far as pages reach."""
    begin, stop = int(start.timestamp()), int(end.timestamp())
    found = []
    for unit in _units(db, device):
        slots = Slots.of(db, device, unit)
        rows = db.execute(
            "SELECT packed FROM marks WHERE device = ? AND unit = ? AND last_at >= ?"
            " AND first_at < ? ORDER BY first_at",
            (device, unit, begin, stop),
        )
        pages = [_unpacked(slots, packed) for (packed,) in rows]
        if pages:
            whole = Marks.joined(pages, slots.columns)
            first, last = np.searchsorted(whole.read_at, (begin, stop))
            if last > first:
                found.append(whole.rows(int(first), int(last)))
    return found


def are_whole(db: sqlite3.Connection, device: str) -> bool:
    """Whether the pages of this version of the code reach to the newest reading of each unit."""
    return not any(True for _ in _lacking(db, device))


def complete(db: sqlite3.Connection, device: str) -> None:
    """Make the pages that are missing, or that other code made, from the snapshots."""
    db.execute("DELETE FROM marks WHERE device = ? AND code != ?", (device, _code()))
    for unit, reached in list(_lacking(db, device)):
        slots = Slots.of(db, device, unit)
        times = db.execute(
            "SELECT DISTINCT read_at FROM snapshot WHERE device = ? AND unit = ? AND read_at > ?"
            " ORDER BY read_at",
            (device, unit, -1 if reached is None else reached),
        ).fetchall()
        before = reached
        for at in range(0, len(times), _PAGE):
            (first,), (last,) = times[at], times[min(at + _PAGE, len(times)) - 1]
            begin = first if before is None else before
            made = Marks.of(history(slots, rows_between(db, slots, begin, last + 1)))
            _write(db, slots, made if before is None else made.rows(1, len(made.read_at)))
            before = last


def count_again(db: sqlite3.Connection) -> None:
    """Take all counters from the readings, of which nothing else is kept yet."""
    rows = db.execute(
        "SELECT digest, record FROM reading WHERE subject = 'firewall' AND failure IS NULL"
        " ORDER BY at, digest"
    )
    for digest, record in rows:
        for snapshot in Snapshot.of(Reading.of_record(json.loads(zstandard.decompress(record)))):
            keep_counters(db, digest, snapshot)


def _lacking(db: sqlite3.Connection, device: str) -> Iterator[tuple[str, int | None]]:
    """Units whose pages do not reach their newest reading, and how far they do."""
    for unit in _units(db, device):
        (newest,) = db.execute(
            "SELECT max(read_at) FROM snapshot WHERE device = ? AND unit = ?", (device, unit)
        ).fetchone()
        (reached, other) = db.execute(
            "SELECT max(last_at), sum(code != ?) FROM marks WHERE device = ? AND unit = ?",
            (_code(), device, unit),
        ).fetchone()
        if reached != newest or other:
            yield unit, reached


def _units(db: sqlite3.Connection, device: str) -> list[str]:
    rows = db.execute("SELECT DISTINCT unit FROM snapshot WHERE device = ?", (device,))
    return [unit for (unit,) in rows]


def _newest_page(db: sqlite3.Connection, slots: Slots) -> _Page | None:
    found = db.execute(
        "SELECT rowid, last_at, packed FROM marks WHERE device = ? AND unit = ? AND code = ?"
        " ORDER BY first_at DESC LIMIT 1",
        (slots.device, slots.unit, _code()),
    ).fetchone()
    return None if found is None else _Page(found[0], found[1], _unpacked(slots, found[2]))


def _append(db: sqlite3.Connection, slots: Slots, page: _Page, made: Marks) -> None:
    added = made.rows(1, len(made.read_at))
    if len(page.marks.read_at) >= _PAGE:
        _write(db, slots, added)
        return
    whole = Marks.joined([page.marks, _placed(slots, added)], slots.columns)
    db.execute(
        "UPDATE marks SET last_at = ?, packed = ? WHERE rowid = ?",
        (int(whole.read_at[-1]), zstandard.compress(whole.pack()), page.id),
    )


def _write(db: sqlite3.Connection, slots: Slots, made: Marks) -> None:
    placed = _placed(slots, made)
    db.execute(
        "INSERT INTO marks (device, unit, first_at, last_at, code, packed)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            slots.device,
            slots.unit,
            int(made.read_at[0]),
            int(made.read_at[-1]),
            _code(),
            zstandard.compress(placed.pack()),
        ),
    )


def _placed(slots: Slots, made: Marks) -> Marks:
    """The same with a column a slot; a definition with several slots stands in its first."""
    number = slots.column_numbers
    numbers = np.array([*map(number.__getitem__, made.columns)], np.int64)
    return made.placed(numbers, slots.columns)


def _unpacked(slots: Slots, packed: bytes) -> Marks:
    return Marks.unpack(zstandard.decompress(packed), slots.device, slots.unit, slots.columns)


@cache
def _code() -> str:
    """Which code judged: marks of another version may say something else."""
    files = sorted(Path(evidence.usage.__file__).parent.glob("*.py"))
    return sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()
