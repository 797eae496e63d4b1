"""The ledger: one SQLite database as the only truth about state, immutable files for bytes.

Order of writing: file, fsync, rename, folder fsync, then the database; of deleting: the
database first, the file later (a sweep takes the rest). `synchronous` is FULL and read
back, so what was committed survives a loss of power.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard

from evidence.clock import parse_at
from evidence.errors import EnvironmentProblem
from evidence.reading import Reading, canonical
from evidence.usage import Snapshot, UnitHistory

SCHEMA = 1
# A unit's counters are kept whole this often; in between each row builds on the whole one.
BASE_EVERY_S = 30 * 86_400
_TABLES = """
CREATE TABLE bundle (
  digest TEXT PRIMARY KEY, device TEXT NOT NULL, run TEXT NOT NULL, ended_at TEXT NOT NULL,
  size_bytes INTEGER NOT NULL, replayed INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('spooled', 'stored', 'refused')),
  receipt BLOB, stored_at TEXT, problem TEXT, file_removed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX bundle_state ON bundle (state, ended_at);
CREATE TABLE reading (
  digest TEXT PRIMARY KEY, bundle TEXT NOT NULL REFERENCES bundle (digest),
  device TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, failure TEXT,
  record BLOB NOT NULL
);
CREATE INDEX reading_of ON reading (device, subject, at);
CREATE TABLE snapshot (
  id INTEGER PRIMARY KEY, reading TEXT NOT NULL REFERENCES reading (digest), unit TEXT NOT NULL, device TEXT NOT NULL,
  read_at INTEGER NOT NULL, base INTEGER REFERENCES snapshot (id), packed BLOB NOT NULL,
  UNIQUE (reading, unit)
);
CREATE INDEX snapshot_of ON snapshot (device, read_at);
CREATE TABLE record (
  digest TEXT PRIMARY KEY, kind TEXT NOT NULL, at TEXT NOT NULL, period TEXT,
  state TEXT NOT NULL CHECK (state IN ('spooled', 'stored', 'refused')),
  receipt BLOB, problem TEXT, envelope BLOB NOT NULL
);
CREATE INDEX record_of ON record (kind, at);
CREATE TABLE host_key (
  device TEXT NOT NULL, fingerprint TEXT NOT NULL, accepted_at TEXT NOT NULL,
  accepted_by TEXT NOT NULL, PRIMARY KEY (device, fingerprint)
);
CREATE TABLE attempt (
  device TEXT NOT NULL, subject TEXT NOT NULL, due_at TEXT, ended_at TEXT NOT NULL,
  run TEXT NOT NULL, failure TEXT, PRIMARY KEY (device, subject, ended_at)
);
CREATE TABLE first_found (subject TEXT PRIMARY KEY, at TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A bundle as the ledger knows it; `path` is its file, None once custody has ended."""

    digest: str
    device: str
    run: str
    ended_at: datetime
    replayed: bool
    state: str
    receipt: bytes | None
    problem: str | None
    path: Path | None


class Ledger:
    """The agent's memory in one folder. Safe to open by several processes; one writes at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundles = folder / "bundles"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.bundles.mkdir(exist_ok=True, mode=0o700)
            self._db = sqlite3.connect(
                folder / "ledger.sqlite3", timeout=30, check_same_thread=False, isolation_level=None
            )
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise EnvironmentProblem(
                f"the state folder {folder} cannot be used: {error}",
                code="env_state",
                next_step="check its owner, its free space, and that nothing else holds it",
            ) from None

    def close(self) -> None:
        self._db.close()

    def _prepare(self) -> None:
        db = self._db
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        if db.execute("PRAGMA synchronous").fetchone()[0] != 2:
            raise EnvironmentProblem("SQLite will not sync each commit", code="env_state")
        with self._transaction():
            version = db.execute("PRAGMA user_version").fetchone()[0]
            if version > SCHEMA:
                raise EnvironmentProblem(
                    f"the ledger is of version {version}; this agent knows {SCHEMA}",
                    code="env_ledger_newer",
                    next_step="install the agent that wrote it, or a newer one",
                )
            if version == 0:
                for statement in _TABLES.split(";"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={SCHEMA}")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: all of it, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # Bundles and their readings

    def keep_bundle(
        self, digest: str, archive: bytes, readings: Sequence[Reading], run: str, replayed: bool
    ) -> None:
        """Write a bundle's file, then its rows; repeating it changes nothing."""
        path = self._path(digest)
        write_once(path, archive)
        ended_at = max(reading.at for reading in readings)
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO bundle (digest, device, run, ended_at, size_bytes, replayed,"
                " state) VALUES (?, ?, ?, ?, ?, ?, 'spooled')",
                (digest, readings[0].device, run, _sortable(ended_at), len(archive), replayed),
            )
            self._keep_readings(db, digest, readings, run)

    def _keep_readings(
        self, db: sqlite3.Connection, bundle: str, readings: Sequence[Reading], run: str
    ) -> None:
        packer = zstandard.ZstdCompressor(level=3)
        for reading in readings:
            code = reading.failure.code if reading.failure else None
            db.execute(
                "INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    reading.digest,
                    bundle,
                    reading.device,
                    reading.subject,
                    _sortable(reading.at),
                    code,
                    packer.compress(canonical(reading.record())),
                ),
            )
            for snapshot in Snapshot.of(reading):
                self._keep_snapshot(db, reading.digest, snapshot)
            db.execute(
                "INSERT OR IGNORE INTO attempt VALUES (?, ?, NULL, ?, ?, ?)",
                (reading.device, reading.subject, _sortable(reading.at), run, code),
            )

    def _keep_snapshot(self, db: sqlite3.Connection, reading: str, snapshot: Snapshot) -> None:
        """Keep a unit's counters, packed with an earlier whole one of the unit as dictionary."""
        base = db.execute(
            "SELECT id, packed FROM snapshot WHERE device = ? AND unit = ? AND base IS NULL"
            " AND read_at BETWEEN ? AND ? ORDER BY read_at DESC LIMIT 1",
            (snapshot.device, snapshot.unit, snapshot.read_at - BASE_EVERY_S, snapshot.read_at),
        ).fetchone()
        dictionary = None if base is None else _dictionary(_unpacker().decompress(base[1]))
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

    def histories(self, device: str, start: datetime, end: datetime) -> list[UnitHistory]:
        """The counter history of every unit a device tells of (start ≤ at < end)."""
        rows = self._db.execute(
            "SELECT unit, base, packed FROM snapshot WHERE device = ? AND read_at >= ?"
            " AND read_at < ? ORDER BY read_at",
            (device, int(start.timestamp()), int(end.timestamp())),
        ).fetchall()
        unpackers: dict[int | None, zstandard.ZstdDecompressor] = {None: _unpacker()}
        by_unit: dict[str, list[Snapshot]] = {}
        for unit, base, packed in rows:
            if base not in unpackers:
                unpackers[base] = self._unpacker_of(base)
            snapshot = Snapshot.unpack(unpackers[base].decompress(packed))
            by_unit.setdefault(unit, []).append(snapshot)
        return [UnitHistory.of_snapshots(found, unit) for unit, found in by_unit.items()]

    def _unpacker_of(self, base: int) -> zstandard.ZstdDecompressor:
        (packed,) = self._db.execute("SELECT packed FROM snapshot WHERE id = ?", (base,)).fetchone()
        return zstandard.ZstdDecompressor(_dictionary(_unpacker().decompress(packed)))

    def bundles_in(self, state: str) -> list[Spooled]:
        """The bundles in a state, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM bundle WHERE state = ? ORDER BY ended_at, digest", (state,)
        )
        return [self._spooled(row) for row in rows]

    def bundle(self, digest: str) -> Spooled | None:
        row = self._db.execute("SELECT * FROM bundle WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else self._spooled(row)

    def bundle_of(self, reading: str) -> Spooled | None:
        """The bundle a reading (by digest) came in."""
        row = self._db.execute("SELECT bundle FROM reading WHERE digest = ?", (reading,)).fetchone()
        return None if row is None else self.bundle(row[0])

    def stored(self, digest: str, receipt: bytes, at: datetime) -> None:
        """The store gave its receipt: the custody time starts."""
        with self._transaction() as db:
            db.execute(
                "UPDATE bundle SET state = 'stored', receipt = ?, stored_at = ?, problem = NULL"
                " WHERE digest = ?",
                (receipt, _sortable(at), digest),
            )

    def refused(self, digest: str, problem: str) -> None:
        """The store will not take it; it is kept and shown until somebody decides."""
        with self._transaction() as db:
            db.execute(
                "UPDATE bundle SET state = 'refused', problem = ? WHERE digest = ?",
                (problem, digest),
            )

    def end_custody(self, now: datetime, custody: timedelta, history: timedelta) -> int:
        """Remove files the store has held long enough and no usage window cites. Returns how many.

        Firewall bundles stay for the whole usage history, the rest for the custody time.
        """
        rows = self._db.execute(
            "SELECT digest, stored_at, EXISTS (SELECT 1 FROM reading WHERE bundle = digest"
            " AND subject = 'firewall') FROM bundle WHERE state = 'stored' AND NOT file_removed"
        ).fetchall()
        over = [
            digest
            for digest, stored_at, cited in rows
            if parse_at(stored_at) + (history if cited else custody) < now
        ]
        with self._transaction() as db:
            db.executemany(
                "UPDATE bundle SET file_removed = 1 WHERE digest = ?", [(one,) for one in over]
            )
        for digest in over:
            self._path(digest).unlink(missing_ok=True)
        return len(over)

    def sweep(self, older_than: datetime) -> list[Path]:
        """Remove temporary files older than that. Returns bundle files that no row knows."""
        known = {row[0] for row in self._db.execute("SELECT digest FROM bundle")}
        orphans = []
        for path in self.bundles.rglob("*"):
            if path.name.startswith(".") and path.stat().st_mtime < older_than.timestamp():
                path.unlink(missing_ok=True)
            elif path.suffix == ".zip" and path.stem not in known:
                orphans.append(path)
        return orphans

    def _path(self, digest: str) -> Path:
        return self.bundles / digest[:2] / f"{digest}.zip"

    def _spooled(self, row: Sequence[Any]) -> Spooled:
        digest, device, run, ended_at, _, replayed, state, receipt, _, problem, removed = row
        return Spooled(
            digest=digest,
            device=device,
            run=run,
            ended_at=parse_at(ended_at),
            replayed=bool(replayed),
            state=state,
            receipt=receipt,
            problem=problem,
            path=None if removed else self._path(digest),
        )

    # Readings

    def readings(
        self,
        device: str | None = None,
        subject: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[Reading]:
        """Readings of a span (start ≤ at < end), oldest first."""
        rows = self._db.execute(
            "SELECT record FROM reading WHERE (?1 IS NULL OR device = ?1) AND"
            " (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR at >= ?3) AND (?4 IS NULL OR at < ?4)"
            " ORDER BY at, digest",
            (device, subject, start and _sortable(start), end and _sortable(end)),
        ).fetchall()
        unpacker = _unpacker()
        for (packed,) in rows:
            yield Reading.of_record(json.loads(unpacker.decompress(packed)))

    def newest_readings(self, end: datetime) -> list[Reading]:
        """Per device and subject the newest reading before `end`, and the newest good one."""
        rows = self._db.execute(
            "SELECT record FROM reading AS r WHERE at < ?1 AND (at = (SELECT max(at) FROM reading"
            " WHERE device = r.device AND subject = r.subject AND at < ?1) OR at = (SELECT max(at)"
            " FROM reading WHERE device = r.device AND subject = r.subject AND at < ?1"
            " AND failure IS NULL)) ORDER BY at, digest",
            (_sortable(end),),
        ).fetchall()
        unpacker = _unpacker()
        return [Reading.of_record(json.loads(unpacker.decompress(row[0]))) for row in rows]

    # Run records, assessments and dispositions: signed envelopes

    def keep_record(
        self, kind: str, digest: str, envelope: bytes, at: datetime, period: str | None = None
    ) -> None:
        with self._transaction() as db:
            db.execute(
                "INSERT OR IGNORE INTO record (digest, kind, at, period, state, envelope)"
                " VALUES (?, ?, ?, ?, 'spooled', ?)",
                (digest, kind, _sortable(at), period, envelope),
            )

    def records(
        self, kind: str | None = None, state: str | None = None, period: str | None = None
    ) -> list[tuple[str, str, bytes]]:
        """(kind, digest, envelope) of signed records, oldest first."""
        return self._db.execute(
            "SELECT kind, digest, envelope FROM record WHERE (?1 IS NULL OR kind = ?1) AND"
            " (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR period = ?3) ORDER BY at, rowid",
            (kind, state, period),
        ).fetchall()

    def record(self, digest: str) -> bytes:
        """The envelope of a record by digest. Raises KeyError."""
        row = self._db.execute("SELECT envelope FROM record WHERE digest = ?", (digest,)).fetchone()
        if row is None:
            raise KeyError(digest)
        return bytes(row[0])

    def newest_record(self, kind: str, period: str | None = None) -> str | None:
        """The digest of the newest record of a kind, of a period if one is given."""
        row = self._db.execute(
            "SELECT digest FROM record WHERE kind = ?1 AND (?2 IS NULL OR period = ?2)"
            " ORDER BY at DESC, rowid DESC LIMIT 1",
            (kind, period),
        ).fetchone()
        return None if row is None else str(row[0])

    def has_record(self, digest: str) -> bool:
        row = self._db.execute("SELECT 1 FROM record WHERE digest = ?", (digest,)).fetchone()
        return row is not None

    def record_stored(self, digest: str, receipt: bytes | None, problem: str | None = None) -> None:
        """The store gave its receipt for a record, or refused it."""
        with self._transaction() as db:
            db.execute(
                "UPDATE record SET state = ?, receipt = ?, problem = ? WHERE digest = ?",
                ("stored" if receipt else "refused", receipt, problem, digest),
            )

    def receipt_of(self, digest: str) -> bytes | None:
        """The store's receipt for a bundle or record, if it has given one."""
        row = self._db.execute(
            "SELECT receipt FROM bundle WHERE digest = ?1 UNION ALL"
            " SELECT receipt FROM record WHERE digest = ?1",
            (digest,),
        ).fetchone()
        return row[0] if row else None

    # Host keys

    def host_keys(self, device: str) -> frozenset[str]:
        rows = self._db.execute("SELECT fingerprint FROM host_key WHERE device = ?", (device,))
        return frozenset(row[0] for row in rows)

    def accept_host_key(self, device: str, fingerprint: str, by: str, at: datetime) -> None:
        """Pin a fingerprint; it takes the place of what was pinned before."""
        with self._transaction() as db:
            db.execute("DELETE FROM host_key WHERE device = ?", (device,))
            db.execute(
                "INSERT INTO host_key VALUES (?, ?, ?, ?)", (device, fingerprint, _sortable(at), by)
            )

    # What was found when, and last attempts

    def first_found(
        self, needing: Iterable[str], settled: Iterable[str], at: datetime
    ) -> dict[str, datetime]:
        """Since when each subject has needed a decision; a settled one starts anew."""
        with self._transaction() as db:
            db.executemany(
                "DELETE FROM first_found WHERE subject = ? AND at <= ?",
                [(subject, _sortable(at)) for subject in settled],
            )
            db.executemany(
                "INSERT OR IGNORE INTO first_found VALUES (?, ?)",
                [(subject, _sortable(at)) for subject in needing],
            )
        return {row[0]: parse_at(row[1]) for row in self._db.execute("SELECT * FROM first_found")}

    def last_attempt(
        self, device: str, subject: str, until: datetime | None = None
    ) -> datetime | None:
        """When the subject was last attempted; with `until`, leaving out what came after it."""
        row = self._db.execute(
            "SELECT max(ended_at) FROM attempt WHERE device = ?1 AND subject = ?2"
            " AND (?3 IS NULL OR ended_at <= ?3)",
            (device, subject, until and _sortable(until)),
        ).fetchone()
        return parse_at(row[0]) if row and row[0] else None


def _unpacker() -> zstandard.ZstdDecompressor:
    return zstandard.ZstdDecompressor()


def _dictionary(content: bytes) -> zstandard.ZstdCompressionDict:
    # Raw content: the bytes themselves are the dictionary, none is trained.
    return zstandard.ZstdCompressionDict(content, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


def _sortable(at: datetime) -> str:
    """A time as text of one width, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def write_once(path: Path, content: bytes) -> None:
    """Write a content-named file durably: temporary file, fsync, rename, folder fsync."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.exists() and sha256(path.read_bytes()).digest() == sha256(content).digest():
        return
    temporary = path.parent / f".{path.name}.{os.getpid()}"
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
