"""The store's log: tiles, proofs from tiles, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, text

from evidence.log import (
    TILE,
    consistency_proof,
    consistent,
    inclusion_path,
    inclusion_proof,
    root_of,
)
from evidence.receipt import Entry
from store import leaves
from store.custody import Custody
from store.database import Database
from store.fsck import fsck
from store.people import audit
from store.people.anchor import bind
from store.people.tables import audit_event
from tests.fixtures_bundle import AT

ORIGIN = "evidence-store/test"
TRIGGERS = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name='audit_event'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_event'::regclass"
    " AND NOT tgisinternal",
}


def entry(number: int) -> Entry:
    return Entry(
        kind="run",
        digest=f"{number:064x}",
        agent="agent-1",
        received_at=AT + timedelta(seconds=number),
    )


def fill(database: Database, size: int) -> list[bytes]:
    """A log of that many entries; their hashes."""
    with database.transaction() as rows:
        for number in range(size):
            leaves.append(rows, entry(number), ORIGIN)
    return [entry(number).leaf for number in range(size)]


def test_proofs_from_tiles_are_those_of_all_leaves(database: Database) -> None:
    hashes = fill(database, 3 * TILE + 5)
    with database.reading() as rows:
        sizes = [0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 768, 769, 773]
        for new in sizes:
            assert leaves.root(rows, new) == root_of(hashes[:new])
            for old in (one for one in sizes if one <= new):
                proof = leaves.consistency(rows, old, new)
                assert proof == consistency_proof(hashes[:new], old)
                roots = root_of(hashes[:old]), root_of(hashes[:new])
                assert consistent(old, new, proof, *roots)


def test_inclusion_proofs_from_tiles_are_those_of_all_leaves(database: Database) -> None:
    hashes = fill(database, TILE + 7)
    with database.reading() as rows:
        roots = leaves.Roots(rows)
        for size in (1, 7, TILE, TILE + 7):
            for place in {0, size // 2, size - 1}:
                assert inclusion_path(size, place, roots) == inclusion_proof(hashes[:size], place)


def test_the_audit_trail_is_bound_by_the_log(tmp_path: Path, database_url: str | None) -> None:
    custody = Custody(tmp_path / "store", lambda: AT, database_url=database_url)

    def note(*actions: str) -> None:
        with custody.database.transaction() as rows:
            for action in actions:
                about = {"actor": "wang", "object": "", "address": ""}
                audit.note(rows, audit.Event(at=AT, action=action, **about))

    assert not bind(custody), "nothing to bind"
    note("one", "two", "three")
    assert bind(custody) and not bind(custody), "one entry, and none while nobody does anything"
    note("four")
    assert bind(custody)
    assert list(fsck(custody)) == []
    # Whoever rewrites the trail as a whole makes it agree with itself, not with the log.
    with custody.database.transaction() as rows:
        for trigger in rows.execute(text(TRIGGERS[rows.dialect.name])).scalars().all():
            on = "" if custody.database.is_sqlite else f" ON {audit_event.name}"
            rows.execute(text(f"DROP TRIGGER {trigger}{on}"))
        rows.execute(delete(audit_event))
    note("one", "another", "three")
    assert list(fsck(custody)) == [
        "audit trail: event 2 is not the one that the log has",
        "audit trail: event 3 is not the one that the log has",
    ]
    custody.close()
