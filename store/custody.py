"""Custody: what the store takes in, from whom, and what it gives back to whom.

The web part (`store/app.py`) is only a way here. Everything taken is acknowledged by a signed
receipt, and only after bytes and database are on disk.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, bindparam, exists, select

from evidence.archive import open_archive
from evidence.bundle import Bundle, unpacked
from evidence.checkpoint import Checkpoint
from evidence.clock import Clock
from evidence.errors import EnvironmentProblem
from evidence.log import TILE
from evidence.receipt import Entry
from evidence.seal import Envelope, PublicKey
from evidence.statement import COLLECTION, KINDS, Statement
from store import agents, leaves, recovery
from store.agents import Caller
from store.blobs import Blobs, Kept
from store.blobs.disk import DiskBlobs
from store.claims import Claims, check_captures, check_owned, claims_of, entry_of
from store.database import Database, batched
from store.deposits import Deposit, Given, enter
from store.files import BLOBS, ENVELOPES, Files, Incoming
from store.folder import hold, own_key
from store.group import Group
from store.journal import Journal, put_back
from store.month.index import Index, Indexer
from store.problems import Refused
from store.retention.tables import absent
from store.retention.tombstones import Deleted, deleted_error, remove_deleted
from store.said.tables import said
from store.schema import blob as blob_table
from store.schema import blob_owner
from store.schema import statement as statement_table
from store.settings import ObjectLock
from store.shelf import Shelf

PAGE = 500
_LOG = logging.getLogger("evidence.store")
# What is larger is synced as its own files: it would be written twice.
_JOURNALED_BYTES = 4 * 1024 * 1024
# Built once: a question costs more to write than to ask.
_IS_HERE = ~exists().where(absent.c.digest == blob_owner.c.digest)
_OWNER = select(blob_owner.c.digest).where(
    blob_owner.c.digest == bindparam("digest"), blob_owner.c.agent == bindparam("agent")
)
_OWNER_OF_WHAT_IS_HERE = _OWNER.where(_IS_HERE)
_RECEIPT = select(statement_table.c.receipt).where(
    statement_table.c.digest == bindparam("digest"), statement_table.c.agent == bindparam("agent")
)
_THERE = select(blob_table.c.digest).where(
    blob_table.c.digest.in_(bindparam("digests", expanding=True)),
    ~exists().where(absent.c.digest == blob_table.c.digest),
)


@dataclass(frozen=True, slots=True)
class Listed:
    """One of an agent's statements: its digest, its kind and its place in the log."""

    digest: str
    kind: str
    index: int


class Custody:
    """A store's state folder, opened; `serving` takes it for this process alone and sweeps it."""

    def __init__(
        self,
        state: Path,
        clock: Clock,
        *,
        database_url: str | None = None,
        object_lock: ObjectLock | None = None,
        accept_replayed: bool = False,
        serving: bool = False,
    ) -> None:
        """`database_url` names a PostgreSQL database; None: SQLite in the folder. `object_lock`
        names the bucket that blobs are in; None: files in the folder.

        Raises EnvironmentProblem when either is in use or cannot be relied on.
        """
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._clock = clock
        self.state = state
        self._accept_replayed = accept_replayed
        with ExitStack() as held:
            if serving:
                held.enter_context(hold(state))
            self.files = Files(state)
            held.callback(self.files.close)
            self.database = Database(state / "store.db", database_url)
            held.callback(self.database.close)
            self.key = own_key(state, self._signer())
            self.origin = f"evidence-store/{self.key.public.keyid[:16]}"
            self.blobs = self._blobs(object_lock)
            self.journal = Journal(state / "journal", self.files.sync)
            self._journals = serving
            # One at a time: threads that compute take the interpreter from each other thirty times
            # a bundle. A bucket is waited for, and by several at once.
            self._turn: AbstractContextManager[object] = (
                threading.Lock() if object_lock is None else nullcontext()
            )
            self._group = Group(self.database, self._make_durable, self._enter)
            with self.database.reading() as rows:
                self.refilling = recovery.needed(rows)
            if serving:
                self.database.hold()
                self._check_promise()
                self._sweep()
            elif self.journal.holds_any():
                self._put_back_alone()
            self.shelf = Shelf(self.files, self.blobs, self._deleted)
            self.index = Index(self.database, self.shelf)
            self.indexer = Indexer(self.index)
            if serving:
                held.callback(self.journal.close)
                held.enter_context(self.journal.settling())
                self.indexer.start()
                held.callback(self.indexer.stop)
            self._held = held.pop_all()

    def close(self) -> None:
        self._held.close()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody serves this store while the block runs. Raises EnvironmentProblem `env_in_use`."""
        with hold(self.state):
            self.database.hold()
            try:
                yield
            finally:
                self.database.let_go()

    def now(self) -> datetime:
        """The store's time."""
        return self._clock()

    # Agents

    def enrol(self, agent: str, sites: Sequence[str], key: PublicKey) -> None:
        """See `agents.enrol`."""
        with self.database.transaction() as rows:
            agents.enrol(rows, agent, sites, key, self._clock(), self.origin)

    def revoke(self, agent: str, keyid: str | None = None) -> int:
        """See `agents.revoke`."""
        with self.database.transaction() as rows:
            return agents.revoke(rows, agent, keyid, self._clock(), self.origin)

    def caller(self, keyid: str) -> Caller | None:
        with self.database.reading() as rows:
            return agents.caller(rows, keyid)

    # Blobs

    def has_blob(self, caller: Caller, digest: str) -> bool:
        """Whether this agent delivered that blob, and it was not deleted since. That another did is
        none of its business."""
        one = {"digest": digest, "agent": caller.agent}
        with self.database.reading() as rows:
            return rows.scalar(_OWNER_OF_WHAT_IS_HERE, one) is not None

    def keep_blob(self, caller: Caller, incoming: Incoming, size_bytes: int) -> bool:
        """Keep a received file under its digest. True when the agent had not delivered it yet."""
        digest, kept = incoming.digest, Kept(self.blobs)
        if self.has_blob(caller, digest):
            return False
        kept.take(digest, incoming, size_bytes)
        self._group.do(Deposit(caller=caller, came=kept))
        return True

    def blob(self, caller: Caller, digest: str) -> tuple[int, Iterator[bytes]]:
        """The size and the bytes of a blob the agent delivered. Raises Refused: `not_found`,
        `blob_deleted`."""
        with self.database.reading() as rows:
            if rows.scalar(_OWNER, {"digest": digest, "agent": caller.agent}) is None:
                raise Refused(f"no blob {digest} of {caller.agent}", code="not_found")
            deleted = deleted_error(rows, digest)
            sized = select(blob_table.c.size_bytes).where(blob_table.c.digest == digest)
            size_bytes = rows.scalar(sized)
        if deleted is not None:
            raise deleted
        return size_bytes or 0, self.blobs.chunks(digest)

    # Statements

    def keep_statement(
        self, caller: Caller, digest: str, body: bytes, kinds: Sequence[str]
    ) -> tuple[bytes, bool]:
        """Take an envelope in. The receipt, and whether it is new; a repeat gets the same one.

        Raises Refused or SealError; nothing is kept then.
        """
        return self._keep(caller, digest, lambda: Bundle(Envelope.parse(body), {}), kinds, body)

    def keep_bundle(
        self, caller: Caller, digest: str, data: bytes, limit_bytes: int
    ) -> tuple[bytes, bool]:
        """The same for a bundle's whole file, its captures with it; so large when unpacked."""

        def opened() -> Bundle:
            return unpacked(open_archive(data, limit_bytes))

        return self._keep(caller, digest, opened, (COLLECTION,), data)

    def _keep(
        self,
        caller: Caller,
        digest: str,
        opened: Callable[[], Bundle],
        kinds: Sequence[str],
        copy: bytes,
    ) -> tuple[bytes, bool]:
        with self._turn:
            bundle = opened()
            claims, entry = self._checked(caller, digest, bundle, kinds)
        # What has no file has no row either.
        if self.files.path(ENVELOPES, digest).exists():
            with self.database.reading() as rows:
                known = _receipt(rows, digest, caller)
            if known is not None:
                return known, False
        if self.refilling:
            raise recovery.refilling()
        self._check_owned(caller, claims, bundle.captures)
        there = self._there(bundle.captures)
        with self._turn:
            came = self._put(bundle, there)
        deposit = Deposit(caller=caller, came=came, entry=entry, blobs=claims.blobs, copy=copy)
        kept = self._group.do(deposit)
        self.indexer.wake()
        return kept

    def _checked(
        self, caller: Caller, digest: str, bundle: Bundle, kinds: Sequence[str]
    ) -> tuple[Claims, Entry]:
        """What a statement claims and its entry, once the agent may deliver it here. Raises Refused
        or SealError."""
        if bundle.digest != digest:
            raise Refused(f"the payload has the digest {bundle.digest}", code="digest_mismatch")
        bundle.envelope.verify(caller.keys)
        statement = Statement.parse(bundle.envelope.payload)
        if statement.predicate_type not in kinds:
            raise Refused(f"a {statement.kind} does not go here", code="statement_invalid")
        claims = claims_of(statement)
        entry = entry_of(claims, digest, caller, self._clock(), self._accept_replayed)
        check_captures(claims, bundle.captures)
        return claims, entry

    def _check_owned(self, caller: Caller, claims: Claims, captures: Mapping[str, bytes]) -> None:
        """That what a statement rests on came along, or before. Raises Refused."""
        owned: set[str] = set()
        if elsewhere := [one for one in claims.blobs if one not in captures]:
            with self.database.reading() as rows:
                owned = owned_of(rows, elsewhere, caller)
        check_owned(claims, {*owned, *captures})

    def _there(self, captures: Collection[str]) -> set[str]:
        """Those of the captures that somebody delivered before."""
        maybe = [digest for digest in captures if self.blobs.may_be_there(digest)]
        found: set[str] = set()
        if maybe:
            with self.database.reading() as rows:
                for some in batched(maybe):
                    found |= set(rows.scalars(_THERE, {"digests": some}))
        return found

    def _put(self, bundle: Bundle, there: Collection[str]) -> Kept:
        """A bundle's files under their names, those that are not there yet."""
        came = Kept(self.blobs)
        for digest, body in bundle.captures.items():
            if digest in there:
                came.there(digest, len(body))
            else:
                came.put(digest, body)
        self.files.put(ENVELOPES, bundle.digest, bundle.envelope.to_json())
        return came

    def _make_durable(self, deposits: Sequence[Deposit]) -> None:
        """What was written for them to files. Raises DiskBroken; OSError for a full disk."""
        copies = [one.copy for one in deposits if one.copy is not None]
        small = sum(map(len, copies)) <= _JOURNALED_BYTES
        if self._journals and small and len(copies) == len(deposits):
            self.journal.append(copies)
        else:
            self.files.sync()

    def _enter(self, rows: Connection, deposits: Sequence[Deposit]) -> list[Given]:
        return enter(rows, deposits, self.origin, self.key, self._clock())

    def envelope_path(self, caller: Caller, digest: str) -> Path:
        """The file of an envelope the agent delivered. Raises Refused `not_found`."""
        self.receipt(caller, digest)
        return self.files.path(ENVELOPES, digest)

    def receipt(self, caller: Caller, digest: str) -> bytes:
        """The receipt of a statement the agent delivered. Raises Refused `not_found`."""
        with self.database.reading() as rows:
            found = _receipt(rows, digest, caller)
        if found is None:
            raise Refused(f"no statement {digest} of {caller.agent}", code="not_found")
        return found

    def listed(self, caller: Caller, after: int, kinds: Sequence[str]) -> list[Listed]:
        """The agent's own statements past index `after` of the log, at most 500, in log order."""
        of = statement_table.c
        wanted = (
            select(of.digest, of.kind, of.position)
            .where(of.agent == caller.agent, of.position > after)
            .where(of.kind.in_([KINDS[kind] for kind in kinds]))
            .order_by(of.position)
            .limit(PAGE)
        )
        with self.database.reading() as rows:
            return [Listed(*row) for row in rows.execute(wanted)]

    # The log

    def checkpoint(self) -> str:
        """The signed note of the log as it stands. Raises Refused `store_refilling`."""
        with self.database.reading() as rows:
            return self.checkpoint_of(rows)

    def checkpoint_of(self, rows: Connection) -> str:
        """The same, of the log as a reading transaction sees it."""
        if self.refilling:
            raise recovery.refilling()
        now = leaves.frontier(rows)
        return Checkpoint(self.origin, now.size, now.root).sign(self.key)

    def consistency(self, old: int, new: int) -> list[str]:
        """The proof that the log of `new` entries only added to that of `old`, in hexadecimal.

        Raises Refused `query_invalid` when the log is not that long.
        """
        with self.database.reading() as rows:
            size = leaves.frontier(rows).size
            if not 0 <= old <= new <= size:
                raise Refused(f"the log has {size} entries", code="query_invalid")
            return [sibling.hex() for sibling in leaves.consistency(rows, old, new)]

    def tile(self, level: int | None, number: int, width: int) -> bytes:
        """A tile of `width` hashes of a level, or of the entries (None), each after its length.

        Raises Refused `not_found` when the log does not have all of it yet.
        """
        first, last = number * TILE, number * TILE + width
        with self.database.reading() as rows:
            if level is None:
                found = leaves.entries(rows, first, last)
                body = b"".join(len(one).to_bytes(2) + one for one in found)
            else:
                found = leaves.tile(rows, level, first, last)
                body = b"".join(found)
        if len(found) < width:
            raise Refused("the log is not that long", code="not_found")
        return body

    def check_writable(self) -> None:
        """Raises OSError, DBAPIError or EnvironmentProblem when nothing could be taken in now."""
        if self.blobs.broken is not None:
            raise EnvironmentProblem(self.blobs.broken, code="env_object_lock")
        self.journal.check()
        incoming = self.files.receive()
        incoming.drop()
        self.database.keep_holding()
        with self.database.transaction():
            pass

    def _signer(self) -> Envelope | None:
        """The newest thing that this store signed; None for one that has signed nothing yet."""
        newest = select(statement_table.c.receipt).order_by(statement_table.c.position.desc())
        with self.database.reading() as rows:
            receipt = rows.scalar(newest.limit(1))
        return None if receipt is None else Envelope.parse(receipt)

    def _blobs(self, bucket: ObjectLock | None) -> Blobs:
        if bucket is None:
            return DiskBlobs(self.files)
        from store.blobs.bucket import BucketBlobs

        return BucketBlobs(bucket, self.database, self._clock)

    def _check_promise(self) -> None:
        """Never on without the lock that was asked for. Raises EnvironmentProblem."""
        try:
            self.blobs.check()
        except ConnectionError as error:
            raise EnvironmentProblem(str(error), code="env_bucket") from None

    def remove_deleted(self) -> int:
        """See `tombstones.remove_deleted`."""
        return remove_deleted(self.database, self.blobs, self._clock())

    def _sweep(self) -> None:
        statements, blobs = self._put_back()
        self.files.sweep(BLOBS, blobs.__contains__)
        self.files.sweep(ENVELOPES, statements.__contains__)
        self.remove_deleted()

    def _put_back_alone(self) -> None:
        """The same, unless another process serves this store: it has put back what was missing."""
        try:
            held = hold(self.state)
        except EnvironmentProblem:
            return
        with held:
            self._put_back()

    def _put_back(self) -> tuple[set[str], set[str]]:
        """Write anew what a loss of power took of files. Every statement and blob that is known."""
        with self.database.reading() as rows:
            blobs = set(rows.scalars(select(blob_table.c.digest)))
            deleted = set(rows.scalars(select(absent.c.digest)))
            statements = set(rows.scalars(select(statement_table.c.digest)))
            statements |= set(rows.scalars(select(said.c.digest)))
            statements |= recovery.waiting(rows)
        of_files = blobs - deleted if isinstance(self.blobs, DiskBlobs) else set()
        lacked = put_back(self.journal, self.files, {ENVELOPES: statements, BLOBS: of_files})
        if lacked:
            _LOG.warning("%d files that a loss of power took came back from the journal", lacked)
        return statements, blobs

    def _deleted(self, digest: str) -> Deleted | None:
        with self.database.reading() as rows:
            return deleted_error(rows, digest)


def owned_of(rows: Connection, digests: Sequence[str], caller: Caller) -> set[str]:
    """Those of the digests that the agent delivered, and that were not deleted since."""
    found: set[str] = set()
    of = blob_owner.c
    for some in batched(digests):
        mine = select(of.digest).where(of.agent == caller.agent, of.digest.in_(some), _IS_HERE)
        found |= set(rows.scalars(mine))
    return found


def _receipt(rows: Connection, digest: str, caller: Caller) -> bytes | None:
    found: bytes | None = rows.scalar(_RECEIPT, {"digest": digest, "agent": caller.agent})
    return found
