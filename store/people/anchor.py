"""The audit trail in the log: a minute's events are bound by one entry, the digest of the newest.

Each event names the digest of the one before it, so the newest stands for all. What the log holds
witnesses and agents keep: whoever rewrites the trail, or cuts off what was bound, is found out by
`fsck`. One entry a minute at most, and none while nobody does anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, select

from evidence.receipt import Entry
from store import leaves, recovery
from store.custody import Custody
from store.people.tables import audit_event
from store.rounds import repeated
from store.schema import leaf

EVERY_S = 60.0
_OF_THE_TRAIL = "audit/"


def binding(custody: Custody) -> AbstractContextManager[None]:
    """Bind the trail each minute, for as long as the block runs."""

    def do() -> float:
        bind(custody)
        return EVERY_S

    failed = "the audit trail could not be bound"
    return repeated("evidence-trail", do, failed, every_s=EVERY_S)


def bind(custody: Custody) -> bool:
    """Bind what came since; False where nothing did, or the store takes back what it lost."""
    with custody.database.transaction() as rows:
        newest = rows.execute(
            select(audit_event.c.seq, audit_event.c.digest)
            .order_by(audit_event.c.seq.desc())
            .limit(1)
        ).first()
        if newest is None or recovery.needed(rows) or _last_bound(rows) == newest.seq:
            return False
        entry = _entry(newest.seq, newest.digest, custody.now())
        leaves.append(rows, entry, custody.origin)
    return True


def unbound_events(rows: Connection) -> Iterator[int]:
    """The events that the log says were others, or that are gone."""
    found = select(leaf.c.entry).where(leaf.c.entry.startswith(f'{{"agent":"{_OF_THE_TRAIL}'))
    for entry in rows.scalars(found.order_by(leaf.c.position)):
        record = json.loads(entry)
        seq = int(record["agent"].removeprefix(_OF_THE_TRAIL))
        is_ = select(audit_event.c.digest).where(audit_event.c.seq == seq)
        if rows.scalar(is_) != record["digest"]:
            yield seq


def _entry(seq: int, digest: str, at: datetime) -> Entry:
    return Entry(kind="audit", digest=digest, agent=f"{_OF_THE_TRAIL}{seq}", received_at=at)


def _last_bound(rows: Connection) -> int | None:
    found = select(leaf.c.entry).where(leaf.c.entry.startswith(f'{{"agent":"{_OF_THE_TRAIL}'))
    entry = rows.scalar(found.order_by(leaf.c.position.desc()).limit(1))
    return None if entry is None else int(json.loads(entry)["agent"].removeprefix(_OF_THE_TRAIL))
