"""Rot is found within a week: a serving store hashes a seventh of what it keeps each day.

`fsck` looks at everything at once; this looks at files alone, a part a day, and rests as long as it
read. What is not what its name says is an event of the audit trail, whose digest is an entry of the
log, and a notice; so is that it was mended.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256

from sqlalchemy import Connection, select

from evidence.clock import taipei_day
from evidence.errors import SealError
from evidence.seal import Envelope
from store.custody import Custody
from store.files import ENVELOPES
from store.people import audit
from store.people.audit import Event
from store.people.tables import audit_event
from store.retention.tombstones import absent_blobs
from store.rounds import repeated
from store.said.tables import said
from store.schema import blob, statement

ACTION = "scrub"
DAMAGED, WHOLE = "digest_mismatch", "done"
_PARTS = 7
_FIRST_S, _DAY_S = 3600.0, 24 * 3600.0
_LOG = logging.getLogger("evidence.store")


class Scrubber:
    """`rest` lets seconds pass, for others to read."""

    def __init__(self, custody: Custody, rest: Callable[[float], object] = time.sleep) -> None:
        self._custody = custody
        self._rest = rest

    def rounds(self) -> AbstractContextManager[None]:
        """A part each day, for as long as the block runs."""
        return repeated("scrubber", self._day, "a part was not scrubbed", every_s=_FIRST_S)

    def look(self) -> list[str]:
        """Today's part, and whatever was damaged before. What is damaged now, as `blob <digest>`
        or `statement <digest>`."""
        before = damaged(self._custody)
        part = taipei_day(self._custody.now()).toordinal() % _PARTS
        found = []
        for name, digest, is_whole in self._kept():
            object_ = f"{name} {digest}"
            if int(digest[:8], 16) % _PARTS != part and object_ not in before:
                continue
            began_s = time.monotonic()
            whole = is_whole(digest)
            self._rest(time.monotonic() - began_s)
            if whole == (object_ in before):
                self._note(object_, WHOLE if whole else DAMAGED)
            if not whole:
                _LOG.error("%s is not what its name says", object_)
                found.append(object_)
        return found

    def _day(self) -> float:
        self.look()
        return _DAY_S

    def _kept(self) -> Iterator[tuple[str, str, Callable[[str], bool]]]:
        with self._custody.database.reading() as rows:
            gone = {digest for digest, _, _ in absent_blobs(rows)}
            blobs = [one for one in rows.scalars(select(blob.c.digest)) if one not in gone]
            statements = [*rows.scalars(select(statement.c.digest))]
            statements += rows.scalars(select(said.c.digest))
        yield from (("blob", one, self._blob) for one in blobs)
        yield from (("statement", one, self._statement) for one in statements)

    def _blob(self, digest: str) -> bool:
        hashed = sha256()
        try:
            for chunk in self._custody.blobs.chunks(digest):
                hashed.update(chunk)
        except OSError:
            return False
        return hashed.hexdigest() == digest

    def _statement(self, digest: str) -> bool:
        try:
            file = self._custody.files.path(ENVELOPES, digest)
            return Envelope.parse(file.read_bytes()).digest == digest
        except (OSError, SealError):
            return False

    def _note(self, object_: str, result: str) -> None:
        with self._custody.database.transaction() as rows:
            at = self._custody.now()
            event = Event(
                at=at, actor="store", action=ACTION, object=object_, address="", result=result
            )
            audit.note(rows, event)


def damaged(custody: Custody) -> set[str]:
    """What was found damaged and not mended since."""
    with custody.database.reading() as rows:
        return set(damages(rows))


def damages(rows: Connection) -> list[str]:
    """The same, by the trail: what was said of each last."""
    of = audit_event.c
    last: dict[str, str] = {}
    for object_, result in rows.execute(
        select(of.object, of.result).where(of.action == ACTION).order_by(of.seq)
    ):
        last[object_] = result
    return [object_ for object_, result in last.items() if result == DAMAGED]
