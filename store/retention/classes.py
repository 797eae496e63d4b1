"""Classes are lengthened by one person, as an entry of the log; nothing shortens them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, insert, select

from evidence.clock import period_of, stamp
from evidence.reading import canonical
from evidence.receipt import Entry
from store import leaves
from store.custody import Custody
from store.people import audit
from store.people.audit import Event
from store.problems import Refused
from store.recovery import check_whole
from store.retention.tables import blob_version, retention_class
from store.retention.years import Class, end_of, years_of
from store.said.tables import attachment


def lengthen(custody: Custody, name: Class, years: int, basis: str, by: str) -> None:
    """Keep a class for more years. Raises Refused: `retention_locked`, `reason_missing`."""
    if not basis.strip():
        raise Refused("the rule that asks for it is missing", code="reason_missing")
    now = custody.now()
    said = {"class": name.value, "years": years, "basis": basis.strip(), "by": by}
    digest = sha256(canonical({**said, "at": stamp(now)})).hexdigest()
    with custody.database.transaction() as rows:
        check_whole(rows)
        if years <= (current := years_of(rows)[name]):
            raise Refused(
                f"{name} are kept for {current} years; an end is lengthened only",
                code="retention_locked",
            )
        row = {"name": name.value, "years": years, "basis": basis.strip()}
        rows.execute(insert(retention_class).values(**row, set_by=by, set_at=now))
        entry = Entry(kind="retention_class", digest=digest, agent="store", received_at=now)
        leaves.append(rows, entry, custody.origin)
        event = Event(
            at=now, actor=by, action="retention_class", object=f"{name} {years}", address="host"
        )
        audit.note(rows, event)
        locked = _in_a_bucket(rows, name)
    for digest, stored_at in locked:
        custody.blobs.keep_until([digest], end_of(period_of(stored_at), years))


def _in_a_bucket(rows: Connection, name: Class) -> list[tuple[str, datetime]]:
    """The objects of a class that have a lock of their own, which has to grow as well."""
    files = select(attachment.c.digest)
    one = blob_version.c
    of = one.digest.in_(files) if name is Class.attachments else one.digest.not_in(files)
    return [
        (digest, at) for digest, at in rows.execute(select(one.digest, one.stored_at).where(of))
    ]
