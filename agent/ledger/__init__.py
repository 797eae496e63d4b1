"""The ledger: one SQLite database as the only truth about state, immutable files for bytes.

Order of writing: file, fsync, rename, folder fsync, then the database; of deleting: the
database first, the file later (a sweep takes the rest). `synchronous` is FULL and read
back, so what was committed survives a loss of power.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import zstandard

from agent.ledger.faults import StateBroken, problem_of, without_room
from agent.ledger.files import is_left_over, write_once
from agent.ledger.inputs import Inputs
from agent.ledger.pages import are_whole, complete, keep_counters, marks
from agent.ledger.schema import open_database, sortable, transaction
from agent.ledger.setbacks import Setbacks
from agent.ledger.snapshots import histories, unpacker
from evidence.account import check_account
from evidence.capture import IMPORTED
from evidence.clock import parse_at
from evidence.errors import EnvironmentProblem
from evidence.reading import Reading, canonical
from evidence.usage import Snapshot, UnitHistory
from evidence.usage.marks import Marks


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


DATABASE = "ledger.sqlite3"


class Ledger:
    """The agent's memory in one folder. Safe to open by several processes; one writes at a time.

    Once the disk failed it (`broken`) it writes nothing any more: every write raises StateBroken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broken: StateBroken | None = None
        check_account(folder)
        self.bundles, self.records_folder = folder / "bundles", folder / "records"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for one in (self.bundles, self.records_folder):
                one.mkdir(exist_ok=True, mode=0o700)
            self._db = open_database(folder / DATABASE)
        except (OSError, sqlite3.Error) as error:
            if isinstance(broken := problem_of(error), StateBroken):
                raise without_room(folder) or broken from None
            raise EnvironmentProblem(
                f"the state folder {folder} cannot be used: {error}",
                code="env_state",
                next_step="check its owner, its free space, and that nothing else holds it",
            ) from None
        self.setbacks = Setbacks(self._db, self._writing)
        self.inputs = Inputs(self._db, self._writing)

    def close(self) -> None:
        if self.broken is None:  # closing writes; what a broken disk holds is left as it is
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction. Raises EnvironmentProblem (`env_state`) or StateBroken."""
        with self._on_disk(), transaction(self._db) as db:
            yield db

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        """What the disk does within the block is said as _writing says it."""
        if self.broken is not None:
            raise self.broken
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            problem = problem_of(error)
            if problem is None:
                raise
            if isinstance(problem, StateBroken):
                self.broken = problem
            raise problem from None

    # Bundles and their readings

    def keep_bundle(
        self,
        digest: str,
        archive: bytes,
        readings: Sequence[Reading],
        run: str,
        replayed: bool,
        attempted_at: datetime | None = None,
    ) -> None:
        """Write a bundle's file, then its rows; repeating it changes nothing.

        `attempted_at` is when the visit was, where its answers may be older than that (None: as
        old as its readings).
        Raises EnvironmentProblem (`env_state`) when the disk does not take it, StateBroken when it
        failed: then no row is made.
        """
        with self._on_disk():
            write_once(self._path(digest), archive)
        ended_at = max(reading.at for reading in readings)
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO bundle (digest, device, run, ended_at, size_bytes, replayed,"
                " state) VALUES (?, ?, ?, ?, ?, ?, 'spooled')",
                (digest, readings[0].device, run, sortable(ended_at), len(archive), replayed),
            )
            self._keep_readings(db, digest, readings, run, attempted_at)

    def _keep_readings(
        self,
        db: sqlite3.Connection,
        bundle: str,
        readings: Sequence[Reading],
        run: str,
        attempted_at: datetime | None,
    ) -> None:
        packer = zstandard.ZstdCompressor(level=3)
        for reading in readings:
            record = canonical(reading.record())
            digest = sha256(record).hexdigest()
            code = reading.failure.code if reading.failure else None
            db.execute(
                "INSERT OR IGNORE INTO reading VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    digest,
                    bundle,
                    reading.device,
                    reading.subject,
                    sortable(reading.at),
                    code,
                    packer.compress(record),
                ),
            )
            for snapshot in Snapshot.of(reading):
                keep_counters(db, digest, snapshot)
            db.execute(
                "INSERT OR IGNORE INTO attempt VALUES (?, ?, NULL, ?, ?, ?)",
                (
                    reading.device,
                    reading.subject,
                    sortable(attempted_at or reading.at),
                    run,
                    code,
                ),
            )

    def histories(self, device: str, start: datetime, end: datetime) -> list[UnitHistory]:
        """The counter history of every unit a device tells of (start ≤ at < end)."""
        return histories(self._db, device, start, end)

    def marks(self, device: str, start: datetime, end: datetime) -> list[Marks]:
        """What the counters of every unit a device tells of show, in bits (start ≤ at < end)."""
        if not are_whole(self._db, device):
            with self._writing() as db:
                complete(db, device)
        return marks(self._db, device, start, end)

    def waiting_bytes(self) -> int:
        """How much the store has not taken yet."""
        row = self._db.execute("SELECT sum(size_bytes) FROM bundle WHERE state = 'spooled'")
        return int(row.fetchone()[0] or 0)

    def bytes_a_day(self, now: datetime) -> float | None:
        """How much a day's bundles take, over the last thirty days; None without a day of them."""
        first, size_bytes = self._db.execute(
            "SELECT min(ended_at), sum(size_bytes) FROM bundle"
            " WHERE state IN ('spooled', 'stored', 'refused') AND ended_at BETWEEN ? AND ?",
            (sortable(now - timedelta(days=30)), sortable(now)),
        ).fetchone()
        days = (now - parse_at(first)) / timedelta(days=1) if first else 0.0
        return size_bytes / days if days >= 1 else None

    def count_in(self, state: str) -> int:
        """How many bundles are in a state."""
        row = self._db.execute("SELECT count(*) FROM bundle WHERE state = ?", (state,)).fetchone()
        return int(row[0])

    def bundles_in(self, state: str, most: int | None = None) -> list[Spooled]:
        """The bundles in a state, oldest first, at most so many."""
        rows = self._db.execute(
            "SELECT * FROM bundle WHERE state = ? ORDER BY ended_at, digest LIMIT ?",
            (state, -1 if most is None else most),
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
        with self._writing() as db:
            db.execute(
                "UPDATE bundle SET state = 'stored', receipt = ?, stored_at = ?, problem = NULL"
                " WHERE digest = ?",
                (receipt, sortable(at), digest),
            )

    def refused(self, digest: str, problem: str) -> None:
        """The store will not take it; it is kept and shown until somebody decides."""
        with self._writing() as db:
            db.execute(
                "UPDATE bundle SET state = 'refused', problem = ? WHERE digest = ?",
                (problem, digest),
            )

    def end_custody(self, now: datetime, custody: timedelta, history: timedelta) -> int:
        """Remove files the store has held long enough and no usage window cites. Returns how many.

        Firewall bundles stay for the whole usage history, the rest for the custody time; the
        newest good reading of a subject stays in any case, because the next month is judged by it.
        """
        held = self._db.execute(
            "SELECT digest, stored_at FROM bundle WHERE state = 'stored' AND NOT file_removed"
            " AND stored_at < ?",
            (sortable(now - custody),),
        ).fetchall()
        if not held:
            return 0
        # Each asked once for all bundles: a subquery for each would take hours after some years.
        needed = self._db.execute(
            "SELECT bundle FROM reading JOIN (SELECT device, subject, max(at) AS at FROM reading"
            " WHERE failure IS NULL GROUP BY device, subject) USING (device, subject, at)"
            " WHERE failure IS NULL"
        )
        stays = {bundle for (bundle,) in needed}
        firewalls = self._db.execute("SELECT bundle FROM reading WHERE subject = 'firewall'")
        cited = {bundle for (bundle,) in firewalls}
        over = [
            digest
            for digest, stored_at in held
            if digest not in stays and (digest not in cited or parse_at(stored_at) + history < now)
        ]
        with self._writing() as db:
            db.executemany(
                "UPDATE bundle SET file_removed = 1 WHERE digest = ?", [(one,) for one in over]
            )
        for digest in over:
            self._path(digest).unlink(missing_ok=True)
        return len(over)

    def sweep(self, now: datetime) -> list[Path]:
        """Remove what nobody will finish: temporary files, and files whose custody has ended.

        Returns the files of bundles and records that no row knows.
        """
        removed = dict(self._db.execute("SELECT digest, file_removed FROM bundle"))
        removed |= dict(self._db.execute("SELECT digest, 0 FROM record"))
        orphans = []
        for path in (*self.bundles.rglob("*"), *self.records_folder.rglob("*")):
            if path.name.startswith("."):
                if is_left_over(path, now):
                    path.unlink(missing_ok=True)
            elif path.suffix in (".zip", ".json") and path.stem not in removed:
                orphans.append(path)
            elif removed.get(path.stem):
                path.unlink(missing_ok=True)
        return orphans

    def set_aside(self, path: Path) -> Path:
        """Give a file that does not hold another name, so that nobody takes it for what it was."""
        return path.rename(path.with_suffix(".damaged"))

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
            (device, subject, start and sortable(start), end and sortable(end)),
        ).fetchall()
        unpack = unpacker()
        for (packed,) in rows:
            yield Reading.of_record(json.loads(unpack.decompress(packed)))

    def first_own_reading(self, device: str, subject: str) -> datetime | None:
        """When the device itself was first read well; what was imported does not count."""
        for reading in self.readings(device, subject):
            if reading.failure is None and reading.provenance != IMPORTED:
                return reading.at
        return None

    def newest_good(
        self, device: str, subject: str, until: datetime | None = None, count: int = 1
    ) -> list[Reading]:
        """The newest good readings of a subject, up to and with `until`, newest first."""
        rows = self._db.execute(
            "SELECT record FROM reading WHERE device = ?1 AND subject = ?2 AND failure IS NULL"
            " AND (?3 IS NULL OR at <= ?3) ORDER BY at DESC, digest LIMIT ?4",
            (device, subject, until and sortable(until), count),
        ).fetchall()
        unpack = unpacker()
        return [Reading.of_record(json.loads(unpack.decompress(row[0]))) for row in rows]

    def outcomes(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[str, str, datetime, str | None]]:
        """Device, subject, time and failure code (None: a good one) of every reading of a span."""
        rows = self._db.execute(
            "SELECT device, subject, at, failure FROM reading WHERE at >= ? AND at < ?",
            (sortable(start), sortable(end)),
        ).fetchall()
        for device, subject, at, failure in rows:
            yield device, subject, parse_at(at), failure

    def any_replayed(self, digests: Iterable[str]) -> bool:
        """Whether one of these readings was played from a tape."""
        rows = self._db.execute(
            "SELECT reading.digest FROM reading JOIN bundle ON bundle = bundle.digest"
            " WHERE replayed"
        )
        return not {row[0] for row in rows}.isdisjoint(digests)

    def newest_readings(self, end: datetime) -> list[Reading]:
        """Per device and subject the newest reading before `end`, and the newest good one."""
        rows = self._db.execute(
            "SELECT record FROM reading JOIN ("
            "SELECT device, subject, max(at) AS at FROM reading"
            " WHERE at < ?1 GROUP BY device, subject"
            " UNION SELECT device, subject, max(at) FROM reading"
            " WHERE at < ?1 AND failure IS NULL GROUP BY device, subject"
            ") USING (device, subject, at) ORDER BY at, digest",
            (sortable(end),),
        ).fetchall()
        unpack = unpacker()
        return [Reading.of_record(json.loads(unpack.decompress(row[0]))) for row in rows]

    # Run records, assessments and dispositions: signed envelopes

    def keep_record(
        self, kind: str, digest: str, envelope: bytes, at: datetime, period: str | None = None
    ) -> None:
        """Write a record's file, then its row; repeating it changes nothing. Raises as
        `keep_bundle` does."""
        with self._on_disk():
            write_once(self.records_folder / digest[:2] / f"{digest}.json", envelope)
        with self._writing() as db:
            db.execute(
                "INSERT OR IGNORE INTO record (digest, kind, at, period, state, envelope)"
                " VALUES (?, ?, ?, ?, 'spooled', ?)",
                (digest, kind, sortable(at), period, envelope),
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

    def record_receipts(self) -> list[tuple[str, bytes]]:
        """(digest, receipt) of the signed records that the store took."""
        return self._db.execute(
            "SELECT digest, receipt FROM record WHERE receipt IS NOT NULL ORDER BY at, rowid"
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

    def periods(self, kind: str) -> list[str]:
        """The months that have a record of a kind, in order."""
        wanted = "SELECT DISTINCT period FROM record WHERE kind = ? AND period IS NOT NULL"
        return [str(one) for (one,) in self._db.execute(f"{wanted} ORDER BY period", (kind,))]

    def has_record(self, digest: str) -> bool:
        row = self._db.execute("SELECT 1 FROM record WHERE digest = ?", (digest,)).fetchone()
        return row is not None

    def record_stored(self, digest: str, receipt: bytes | None, problem: str | None = None) -> None:
        """The store gave its receipt for a record, or refused it."""
        with self._writing() as db:
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
        with self._writing() as db:
            db.execute("DELETE FROM host_key WHERE device = ?", (device,))
            db.execute(
                "INSERT INTO host_key VALUES (?, ?, ?, ?)", (device, fingerprint, sortable(at), by)
            )

    # What was found when, and last attempts

    def first_found(
        self, needing: Iterable[str], settled: Iterable[str], at: datetime
    ) -> dict[str, datetime]:
        """Since when each subject has needed a decision; a settled one starts anew."""
        with self._writing() as db:
            db.executemany(
                "DELETE FROM first_found WHERE subject = ? AND at <= ?",
                [(subject, sortable(at)) for subject in settled],
            )
            db.executemany(
                "INSERT OR IGNORE INTO first_found VALUES (?, ?)",
                [(subject, sortable(at)) for subject in needing],
            )
        return {row[0]: parse_at(row[1]) for row in self._db.execute("SELECT * FROM first_found")}

    def last_attempt(
        self, device: str, subject: str, until: datetime | None = None
    ) -> datetime | None:
        """When the subject was last attempted; with `until`, leaving out what came after it."""
        row = self._db.execute(
            "SELECT max(ended_at) FROM attempt WHERE device = ?1 AND subject = ?2"
            " AND (?3 IS NULL OR ended_at <= ?3)",
            (device, subject, until and sortable(until)),
        ).fetchone()
        return parse_at(row[0]) if row and row[0] else None
