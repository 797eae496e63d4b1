"""Rot is found within a week: a serving store hashes a seventh of what it keeps each day.

`fsck` looks at everything at once; this looks at files alone, a part a day, and rests as long as it
read. What is not what its name says is an event of the audit trail, whose digest is an entry of the
log, and a notice; so is that it was mended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import select

from evidence.clock import taipei_day
from evidence.errors import SealError
from evidence.seal import Envelope, PublicKey
from store.agents import keys_ever
from store.alarms import OVER, Alarm, Alarms
from store.custody import Custody
from store.files import ENVELOPES
from store.retention.tombstones import absent_blobs
from store.rounds import repeated
from store.said.tables import said
from store.schema import blob, statement

DAMAGED = "digest_mismatch"
_PARTS = 7
_FIRST_S, _DAY_S = 3600.0, 24 * 3600.0
_LOG = logging.getLogger("evidence.store")


class Thing(NamedTuple):
    """A file that the database knows; `signers`: whose signature a statement must have."""

    kind: str
    digest: str
    signers: tuple[PublicKey, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.digest}"


class Scrubber:
    """`rest` lets seconds pass, for others to read."""

    def __init__(self, custody: Custody, rest: Callable[[float], object] = time.sleep) -> None:
        self._custody = custody
        self._alarms = Alarms(custody.database, custody.now)
        self._rest = rest

    def rounds(self) -> AbstractContextManager[None]:
        """A part each day, for as long as the block runs."""
        return repeated("scrubber", self._day, "a part was not scrubbed", every_s=_FIRST_S)

    def look(self) -> list[str]:
        """Today's part, and whatever was damaged before. What is damaged now, as `blob <digest>`
        or `statement <digest>`."""
        before = {one.object for one in self._alarms.standing() if one.alarm is Alarm.scrub}
        part = taipei_day(self._custody.now()).toordinal() % _PARTS
        found = []
        for one in things(self._custody):
            object_ = str(one)
            if int(one.digest[:8], 16) % _PARTS != part and object_ not in before:
                continue
            began_s = time.monotonic()
            wrong = fault(self._custody, one)
            self._rest(time.monotonic() - began_s)
            self._alarms.tell(Alarm.scrub, object_, DAMAGED if wrong else OVER)
            if wrong is not None:
                _LOG.error("%s: %s", object_, wrong)
                found.append(object_)
        return found

    def _day(self) -> float:
        self.look()
        return _DAY_S


def things(custody: Custody) -> list[Thing]:
    """Every file there should be: blobs that were not deleted, and statements."""
    with custody.database.reading() as rows:
        gone = {digest for digest, _, _ in absent_blobs(rows)}
        signers = keys_ever(rows)
        found = [Thing("blob", one) for one in rows.scalars(select(blob.c.digest))]
        found = [one for one in found if one.digest not in gone]
        for digest, agent in rows.execute(select(statement.c.digest, statement.c.agent)):
            found.append(Thing("statement", digest, signers.get(agent, ())))
        own = (custody.key.public,)
        found += [Thing("statement", one, own) for one in rows.scalars(select(said.c.digest))]
    return found


def fault(custody: Custody, thing: Thing) -> str | None:
    """What is wrong with its file; None: it is whole. Raises Refused `bucket_away`."""
    try:
        if thing.kind == "statement":
            file = custody.files.path(ENVELOPES, thing.digest)
            return wrong_envelope(file.read_bytes(), thing)
        hashed = sha256()
        for chunk in custody.blobs.chunks(thing.digest):
            hashed.update(chunk)
    except FileNotFoundError:
        return "the file is missing"
    except OSError as error:
        return f"the file cannot be read ({error.strerror})"
    return None if hashed.hexdigest() == thing.digest else "the file holds other bytes"


def wrong_envelope(data: bytes, thing: Thing) -> str | None:
    """What is wrong with these bytes as the envelope of a statement; a digest is of the payload
    alone, so the signature is tried, too."""
    try:
        envelope = Envelope.parse(data)
        if envelope.digest != thing.digest:
            return f"the file holds {envelope.digest}"
        envelope.verify(thing.signers)
    except SealError as error:
        return error.message
    return None
