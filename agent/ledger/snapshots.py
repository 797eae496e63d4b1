"""Counter history: a unit's snapshots, packed so that months stay small.

A snapshot's rules are kept by slot, and its numbers as differences to an earlier whole snapshot of
the unit; a new whole one is kept every thirty days: any row is read with at most one other.
"""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from agent.ledger.slots import Slots
from evidence.usage import Clear, Names, Role, Snapshot, UnitHistory
from evidence.usage.snapshot import FIELDS, NONE, Bits, Ints

# A unit's counters are kept whole this often; in between each row builds on the whole one.
BASE_EVERY_S = 30 * 86_400

_SAID = (
    *("digest", "read_at", "founding", "boot_at", "loaded_at"),
    *("role", "role_since", "log_from", "serial", "peer", "clock_offset"),
    *("doubted", "clock_set_at"),
)
_SIZES = "<III"
_NO_NAMES = Names((), (), ())


@dataclass(frozen=True, slots=True)
class Row:
    """A snapshot as it is kept: its rules by slot, its names left empty."""

    snapshot: Snapshot
    slots: Ints


def keep_snapshot(db: sqlite3.Connection, reading: str, snapshot: Snapshot) -> tuple[Slots, Row]:
    """Keep a unit's counters, packed as differences to an earlier whole row of the unit."""
    slots = Slots.of(db, snapshot.device, snapshot.unit)
    slots, numbers = slots.with_names(db, snapshot.names)
    row = Row(snapshot, numbers)
    found = db.execute(
        "SELECT id, packed FROM snapshot WHERE device = ? AND unit = ? AND base IS NULL"
        " AND read_at BETWEEN ? AND ? ORDER BY read_at DESC LIMIT 1",
        (snapshot.device, snapshot.unit, snapshot.read_at - BASE_EVERY_S, snapshot.read_at),
    ).fetchone()
    base = None if found is None else _unpacked(slots, found[1], None)
    db.execute(
        "INSERT OR IGNORE INTO snapshot (reading, unit, device, read_at, base, packed)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            reading,
            snapshot.unit,
            snapshot.device,
            snapshot.read_at,
            None if found is None else found[0],
            zstandard.compress(_pack(row, base)),
        ),
    )
    return slots, row


def histories(
    db: sqlite3.Connection, device: str, start: datetime, end: datetime
) -> list[UnitHistory]:
    """The counter history of every unit a device tells of (start ≤ at < end)."""
    begin, stop = int(start.timestamp()), int(end.timestamp())
    units = db.execute(
        "SELECT unit FROM snapshot WHERE device = ? AND read_at >= ? AND read_at < ?"
        " ORDER BY read_at, reading, id",
        (device, begin, stop),
    )
    kept = [Slots.of(db, device, unit) for (unit,) in dict.fromkeys(units)]
    return [history(slots, rows_between(db, slots, begin, stop)) for slots in kept]


def history(slots: Slots, rows: list[Row]) -> UnitHistory:
    """The history of one unit from its kept rows."""
    by_digest = {row.snapshot.digest: row.slots for row in rows}
    return UnitHistory.of_snapshots(
        [row.snapshot for row in rows],
        slots.unit,
        align=lambda kept: slots.align([by_digest[one.digest] for one in kept]),
    )


def rows_between(db: sqlite3.Connection, slots: Slots, begin: int, end: int) -> list[Row]:
    """The kept rows of one unit (begin ≤ read at < end)."""
    found = db.execute(
        "SELECT base, packed FROM snapshot WHERE device = ? AND unit = ? AND read_at >= ?"
        " AND read_at < ? ORDER BY read_at, reading",
        (slots.device, slots.unit, begin, end),
    )
    bases: dict[int | None, Row | None] = {None: None}
    rows = []
    for base, packed in found:
        if base not in bases:
            bases[base] = _whole(db, slots, base)
        rows.append(_unpacked(slots, packed, bases[base]))
    return rows


def unpacker() -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor()


def _whole(db: sqlite3.Connection, slots: Slots, base: int) -> Row:
    (packed,) = db.execute("SELECT packed FROM snapshot WHERE id = ?", (base,)).fetchone()
    return _unpacked(slots, packed, None)


def _pack(row: Row, base: Row | None) -> bytes:
    """Head, slots, numbers, traits: what is as in `base` becomes zero, which packs to nothing."""
    one = row.snapshot
    told = [place for place, numbers in enumerate(one.numbers) if not (numbers == NONE).all()]
    same = base is not None and np.array_equal(row.slots, base.slots)
    head: dict[str, Any] = {
        name: getattr(one, name) for name in _SAID if getattr(one, name) not in (None, NONE)
    }
    head |= {"told": told, "same_slots": same}
    head["clears"] = [[clear.at, clear.target] for clear in one.clears]
    text = json.dumps(head, ensure_ascii=False).encode()
    numbers, traits = _before(base, row.slots, len(one.numbers))
    slots = b"" if same else _planes(np.diff(row.slots, prepend=0))
    return b"".join(
        (
            struct.pack(_SIZES, len(text), len(slots), len(row.slots)),
            text,
            slots,
            _planes(one.numbers[told] - numbers[told]),
            (one.traits ^ traits).tobytes(),
        )
    )


def _unpacked(slots: Slots, packed: bytes, base: Row | None) -> Row:
    """The row that was packed with this base."""
    content = zstandard.decompress(packed)
    text_size, slots_size, rules = struct.unpack_from(_SIZES, content)
    at = struct.calcsize(_SIZES)
    head: dict[str, Any] = json.loads(content[at : at + text_size])
    at += text_size
    if head.pop("same_slots") and base is not None:
        own = base.slots
    else:
        own = np.cumsum(_of_planes(content, at, rules))
    at += slots_size
    numbers, traits = _before(base, own, len(FIELDS))
    told = head.pop("told")
    numbers = np.where(_flags(told)[:, None], numbers, NONE)
    if told:
        more = _of_planes(content, at, len(told) * rules).reshape(len(told), rules)
        numbers[told] += more
        at += more.nbytes
    traits = traits ^ np.frombuffer(content, np.uint8, rules, at)
    return Row(_snapshot(slots, head, numbers, traits), own)


def _snapshot(slots: Slots, head: Mapping[str, Any], numbers: Ints, traits: Bits) -> Snapshot:
    told = dict(head)
    told["role"] = Role(told["role"])
    told["clears"] = tuple(Clear(at, target) for at, target in told["clears"])
    return Snapshot(
        device=slots.device,
        unit=slots.unit,
        names=_NO_NAMES,
        numbers=numbers,
        traits=traits,
        **told,
    )


def _before(base: Row | None, slots: Ints, fields: int) -> tuple[Ints, Bits]:
    """What the base has in these slots; zero where it has none."""
    if base is None:
        return np.zeros((fields, len(slots)), np.int64), np.zeros(len(slots), np.uint8)
    if slots is base.slots:
        return base.snapshot.numbers, base.snapshot.traits
    most = int(max(slots.max(initial=0), base.slots.max(initial=0))) + 1
    numbers, traits = np.zeros((fields, most), np.int64), np.zeros(most, np.uint8)
    numbers[:, base.slots] = base.snapshot.numbers
    traits[base.slots] = base.snapshot.traits
    return numbers[:, slots], traits[slots]


def _flags(places: list[int]) -> npt.NDArray[np.bool_]:
    flags = np.zeros(len(FIELDS), np.bool_)
    flags[places] = True
    return flags


def _planes(numbers: Ints) -> bytes:
    """All lowest bytes first, then the next: small numbers leave long runs of zero."""
    return np.ascontiguousarray(numbers.astype("<i8")).view(np.uint8).reshape(-1, 8).T.tobytes()


def _of_planes(content: bytes, at: int, count: int) -> Ints:
    planes = np.frombuffer(content, np.uint8, 8 * count, at).reshape(8, count)
    return np.ascontiguousarray(planes.T).view("<i8").reshape(count).astype(np.int64, copy=False)
