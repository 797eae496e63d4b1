"""The audit trail: who did what, from where, and what came of it; each event bound to the last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select

from evidence.clock import stamp
from evidence.reading import canonical
from store.people.tables import audit_event

_FIRST = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`object` is what was acted on, `result` `done` or the code of the refusal."""

    at: datetime
    actor: str
    action: str
    object: str
    address: str
    result: str = "done"

    def record(self, seq: int, previous: str) -> dict[str, Any]:
        return {
            "seq": seq,
            "happened_at": stamp(self.at),
            "actor": self.actor,
            "action": self.action,
            "object": self.object,
            "address": self.address,
            "result": self.result,
            "previous": previous,
        }


def note(rows: Connection, event: Event) -> None:
    """Add an event within the caller's write transaction."""
    last = rows.execute(
        select(audit_event.c.seq, audit_event.c.digest).order_by(audit_event.c.seq.desc()).limit(1)
    ).first()
    seq, previous = (0, _FIRST) if last is None else (last.seq + 1, last.digest)
    record = event.record(seq, previous)
    digest = sha256(canonical(record)).hexdigest()
    rows.execute(insert(audit_event).values(**{**record, "happened_at": event.at}, digest=digest))


def broken_event(rows: Connection) -> int | None:
    """The first event that is not what it was, or is missing; None: the trail is whole."""
    expected, previous = 0, _FIRST
    for row in rows.execute(select(audit_event).order_by(audit_event.c.seq)):
        record = {**row._mapping, "happened_at": stamp(row.happened_at)}
        digest = record.pop("digest")
        if (row.seq, row.previous, digest) != (
            expected,
            previous,
            sha256(canonical(record)).hexdigest(),
        ):
            return expected
        expected, previous = expected + 1, digest
    return None


def events(rows: Connection, before: int | None, most: int) -> Iterator[Any]:
    """The newest events first, those before `before` if it is given."""
    wanted = select(audit_event).order_by(audit_event.c.seq.desc()).limit(most)
    if before is not None:
        wanted = wanted.where(audit_event.c.seq < before)
    yield from rows.execute(wanted)
