"""The part of a pack that holds it to the log: `evidence.anchors` says what that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from evidence.anchors import CHECKPOINT, PROOFS, STAMPED, TOKEN, WITNESSED, Proofs
from evidence.checkpoint import Checkpoint
from evidence.log import consistency_path, inclusion_path
from store.custody import Custody
from store.leaves import Roots
from store.schema import cosignature, time_stamp


def anchors(
    custody: Custody, rows: Connection, places: Mapping[str, int]
) -> Iterator[tuple[str, bytes]]:
    """Members by name, for records at these places of the log, by their digests."""
    note = custody.checkpoint_of(rows)
    yield CHECKPOINT, note.encode()
    older = {}
    if (witnessed := witnessed_note(rows)) is not None:
        older[WITNESSED] = witnessed
    if (stamp := _stamp(rows)) is not None:
        older[STAMPED], token = stamp
        yield TOKEN, token
    size, roots = _size(custody, note), Roots(rows)
    grown = {}
    for name, one in older.items():
        yield name, one.encode()
        grown[name] = consistency_path(size, _size(custody, one), roots)
    entries = {digest: inclusion_path(size, place, roots) for digest, place in places.items()}
    yield PROOFS, Proofs(entries, grown).to_json()


def witnessed_note(rows: Connection) -> str | None:
    """The newest checkpoint that a witness signed, the witnesses' lines under the store's."""
    of = cosignature.c
    newest = select(of.size).order_by(of.size.desc()).limit(1).scalar_subquery()
    wanted = select(of.note, of.line).where(of.size == newest).order_by(of.witness)
    found = rows.execute(wanted).all()
    return found[0].note + "".join(f"{one.line}\n" for one in found) if found else None


def _stamp(rows: Connection) -> tuple[str, bytes] | None:
    of = time_stamp.c
    wanted = select(of.note, of.token).order_by(of.size.desc()).limit(1)
    found = rows.execute(wanted).first()
    return None if found is None else (found.note, found.token)


def _size(custody: Custody, note: str) -> int:
    return Checkpoint.parse(note, custody.key.public).size
