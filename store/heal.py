"""Putting back what rotted: a file from a copy that is whole, a tile of the log from its entries.

A copy shows by its digest (an envelope by its signature, too) that it is the one, so whoever brings
it need not be trusted. Copies are looked for in the other versions of a bucket, and in what is
brought: a backup, another store's folder, an agent's folder or single files of it. A tile is made
from the log's own entries (`store/retiling.py`). What was put back, and from where, is an event of
the audit trail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection, select

from evidence.errors import ConfigurationError, SealError
from store import leaves
from store.alarms import OVER, Alarm, Alarms
from store.blobs import Kept
from store.custody import Custody
from store.files import BLOBS, ENVELOPES
from store.journal import parts
from store.people import audit
from store.people.audit import Event
from store.retention.years import Class
from store.retiling import reasons_against
from store.schema import statement_blob
from store.scrub import DAMAGED, Thing, fault, things, wrong_envelope

ACTION = "heal"
_ENTRIES = "the log's entries"
_KINDS = {"blob": BLOBS, "statement": ENVELOPES}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a thing that was not whole. `source` None: it is as it was, and `lacking` says
    why."""

    thing: str
    fault: str
    source: str | None
    lacking: str = "no whole copy was found"


def heal(custody: Custody, brought: Sequence[Path], who: str) -> Iterator[Outcome]:
    """Look at every file and every tile of the log, and put back those that are not whole. Raises
    ConfigurationError `copies_missing`, DiskBroken, OSError for a full disk."""
    named, alarms = _named(brought), Alarms(custody.database, custody.now)
    for thing in things(custody):
        if (wrong := fault(custody, thing)) is None:
            continue
        alarms.tell(Alarm.scrub, str(thing), DAMAGED)
        source, body = next(_copies(custody, thing, named), (None, b""))
        if source is not None:
            _put(custody, thing, body)
            with custody.database.transaction() as rows:
                _note(rows, custody.now(), who, str(thing), source)
            alarms.tell(Alarm.scrub, str(thing), OVER)
        yield Outcome(str(thing), wrong, source)
    yield from _tiles(custody, who)


def _tiles(custody: Custody, who: str) -> Iterator[Outcome]:
    """The log's tiles. What was read holds when it is written: entries stay as they are."""
    with custody.database.reading() as rows:
        nodes = leaves.wrong_nodes(rows)
        reasons = reasons_against(custody, rows, nodes)
    if not nodes:
        return
    with custody.database.transaction() as rows:
        made = {node: hashed for node, hashed in nodes.items() if node not in reasons}
        leaves.put_nodes(rows, made)
        for node in made:
            _note(rows, custody.now(), who, _tile(node), _ENTRIES)
    for node in nodes:
        reason = reasons.get(node)
        source = _ENTRIES if reason is None else None
        yield Outcome(_tile(node), "it is not what its entries make it", source, reason or "")


def _tile(node: tuple[int, int]) -> str:
    level, place = node
    return f"log tile {level}/{place}"


def _note(rows: Connection, at: datetime, who: str, thing: str, source: str) -> None:
    about = f"{thing} from {source}"
    audit.note(rows, Event(at=at, actor=who, action=ACTION, object=about, address="host"))


def _named(brought: Sequence[Path]) -> Mapping[str, list[Path]]:
    """The files that were brought, by their names."""
    found: dict[str, list[Path]] = {}
    for one in brought:
        if not one.exists():
            raise ConfigurationError(
                f"there is no {one}",
                code="copies_missing",
                next_step="name a backup's folder, an agent's, or a file of either",
            )
        for path in [one] if one.is_file() else sorted(one.rglob("*")):
            if path.is_file():
                found.setdefault(path.name, []).append(path)
    return found


def _copies(
    custody: Custody, thing: Thing, named: Mapping[str, list[Path]]
) -> Iterator[tuple[str, bytes]]:
    """Whole copies of a file, each with where it was."""
    bundles = [thing.digest]
    if thing.kind == "blob":
        for body in custody.blobs.versions(thing.digest):
            if _is(thing, body):
                yield "another version in the bucket", body
        with custody.database.reading() as rows:
            wanted = select(statement_blob.c.statement)
            bundles += rows.scalars(wanted.where(statement_blob.c.blob == thing.digest))
    names = [thing.digest, f"{thing.digest}.json", *(f"{one}.zip" for one in bundles)]
    for path in (path for name in names for path in named.get(name, ())):
        for body in _bodies(path, thing):
            if _is(thing, body):
                yield str(path), body


def _bodies(path: Path, thing: Thing) -> Iterator[bytes]:
    """What a file holds that could be it."""
    try:
        data = path.read_bytes()
        yield data
        if path.suffix == ".zip":
            for kind, digest, body in parts(data):
                if (kind, digest) == (_KINDS[thing.kind], thing.digest):
                    yield body
    except (OSError, SealError):
        return  # a copy can have rotted, too


def _is(thing: Thing, body: bytes) -> bool:
    if thing.kind == "statement":
        return wrong_envelope(body, thing) is None
    return sha256(body).hexdigest() == thing.digest


def _put(custody: Custody, thing: Thing, body: bytes) -> None:
    """Under its name and durable, before anything says so."""
    if thing.kind == "statement":
        custody.files.put(ENVELOPES, thing.digest, body)
        custody.files.sync()
        return
    with custody.database.reading() as rows:
        of = statement_blob.c.blob == thing.digest
        captured = rows.scalar(select(statement_blob.c.blob).where(of).limit(1)) is not None
    kept = Kept(custody.blobs, Class.captures if captured else Class.attachments)
    kept.put(thing.digest, body)
    custody.files.sync()
    with custody.database.transaction() as rows:
        kept.enter(rows, custody.now())
