"""The store's log: tiles, proofs from tiles, and what they cost."""

from __future__ import annotations

from datetime import timedelta

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
from store.database import Database
from tests.fixtures_bundle import AT

ORIGIN = "evidence-store/test"


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
