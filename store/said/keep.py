"""Keeping what people said: signed by the store, a leaf of its log, and in the fold at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert

from evidence.answers import Answers, Attachment
from evidence.clock import Clock
from evidence.control import Disposition
from evidence.receipt import Entry
from evidence.seal import Envelope, SigningKey
from store import leaves
from store.blobs import Blobs, Kept
from store.database import Database
from store.files import ENVELOPES, Files
from store.month.index import Index
from store.people import audit
from store.people.accounts import Known
from store.people.audit import Event
from store.recovery import check_whole
from store.retention.years import Class
from store.said.tables import attachment, said


@dataclass(frozen=True, slots=True)
class Upload:
    """A file somebody gave, checked for type and size."""

    name: str
    media_type: str
    body: bytes

    @property
    def attachment(self) -> Attachment:
        return Attachment(
            name=self.name,
            media_type=self.media_type,
            size_bytes=len(self.body),
            digest=sha256(self.body).hexdigest(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, from where, and how they were known."""

    known: Known
    address: str
    proof: str


class Desk:
    """Takes down what people say, for `answers`, `proposals` and `signing`."""

    def __init__(
        self,
        database: Database,
        files: Files,
        blobs: Blobs,
        key: SigningKey,
        origin: str,
        index: Index,
        clock: Clock,
    ) -> None:
        self.database = database
        self.files = files
        self.blobs = blobs
        self.key = key
        self.origin = origin
        self.index = index
        self.clock = clock

    def answer(
        self,
        actor: Actor,
        agent: str,
        period: str,
        dispositions: Sequence[Disposition],
        uploads: Sequence[Upload] = (),
        also: Callable[[Connection, str], None] = lambda rows, digest: None,
    ) -> str:
        """Keep what a person said about a month, and fold the month again. Returns the digest of
        the statement. `also` is done in the same transaction."""
        files = tuple(one.attachment for one in uploads)
        answers = Answers(
            store=self.origin,
            agent=agent,
            period=period,
            person=actor.known.person,
            entered_at=self.clock(),
            dispositions=tuple(dispositions),
            attachments=files,
        )
        kept = Kept(self.blobs, Class.attachments)
        for upload in uploads:
            kept.put(upload.attachment.digest, upload.body)

        def within(rows: Connection, digest: str) -> None:
            kept.enter(rows, answers.entered_at)
            for one in files:
                rows.execute(insert(attachment).values(statement=digest, **one.record()))
            also(rows, digest)

        digest = self.keep(
            actor,
            "answers",
            agent,
            period,
            answers.seal(self.key),
            answers.entered_at,
            f"{len(dispositions)} about {agent} {period}",
            within,
        )
        self.index.catch_up()
        return digest

    def keep(
        self,
        actor: Actor,
        kind: str,
        agent: str,
        period: str,
        envelope: Envelope,
        at: datetime,
        told: str,
        within: Callable[[Connection, str], None],
    ) -> str:
        """Keep a statement the store signed for a person. Returns its digest."""
        digest = envelope.digest
        self.files.put(ENVELOPES, digest, envelope.to_json())
        self.files.sync()
        entry = Entry(kind=kind, digest=digest, agent=agent, received_at=at)
        with self.database.transaction() as rows:
            check_whole(rows)
            receipt = leaves.append(rows, entry, self.origin)
            rows.execute(
                insert(said).values(
                    digest=digest,
                    kind=kind,
                    agent=agent,
                    period=period,
                    account=actor.known.account,
                    said_at=at,
                    position=receipt.index,
                    receipt=receipt.seal(self.key).to_json(),
                )
            )
            within(rows, digest)
            self.note(rows, actor, kind, told, at)
        return digest

    def refuse(self, actor: Actor, action: str, thing: str, code: str) -> None:
        """Note in the audit trail that somebody wanted what they may not."""
        with self.database.transaction() as rows:
            self.note(rows, actor, action, thing, self.clock(), code)

    def note(
        self,
        rows: Connection,
        actor: Actor,
        action: str,
        thing: str,
        at: datetime,
        result: str = "done",
    ) -> None:
        event = Event(
            at=at,
            actor=actor.known.account,
            action=action,
            object=thing,
            address=actor.address,
            result=result,
        )
        audit.note(rows, event)
