"""The log's tiles are made again from its entries, where what was signed says these are right."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from evidence.bundle import Bundle
from evidence.log import TILE, Frontier
from evidence.reading import canonical
from evidence.seal import SigningKey
from store import leaves
from store.fsck import fsck
from store.heal import heal
from store.people.audit import broken_event
from store.people.tables import audit_event
from store.schema import leaf, log_node
from tests.fixtures_program import run_program
from tests.fixtures_store import Served, StoreClient, served_store
from tests.test_scrub import ROOT
from tests.test_store_log import ORIGIN, entry

WRONG = "log tile 1/0: it is not what its entries make it"


def fill(store: Served, size: int) -> None:
    with store.custody.database.transaction() as rows:
        leaves.append_all(rows, [entry(number) for number in range(size)], ORIGIN)


def rot(store: Served, *nodes: tuple[int, int]) -> None:
    with store.custody.database.transaction() as rows:
        leaves.put_nodes(rows, dict.fromkeys(nodes, bytes(32)))


@pytest.fixture
def grown(store: Served, client: StoreClient, small_bundle: Bundle) -> Iterator[Served]:
    """A store whose log has two whole tiles, and a receipt after them."""
    fill(store, 2 * TILE)
    assert client.put_bundle(small_bundle).status_code == 201
    yield store


def test_a_tile_is_made_again_from_entries_that_a_receipt_proves(grown: Served) -> None:
    custody = grown.custody
    with custody.database.reading() as rows:
        proof = leaves.consistency(rows, 100, 2 * TILE + 1)
    rot(grown, (1, 0))
    assert list(fsck(custody)) == [WRONG]
    with custody.database.reading() as rows:
        assert leaves.consistency(rows, 100, 2 * TILE + 1) == proof, "its own leaves are read here"
        assert leaves.consistency(rows, TILE + 1, 2 * TILE + 1) != proof
    (done,) = heal(custody, [], "host:root")
    assert (done.thing, done.source) == ("log tile 1/0", "the log's entries")
    assert list(fsck(custody)) == []
    with custody.database.reading() as rows:
        assert broken_event(rows) is None
        of = audit_event.c
        assert ("host:root", "heal", "log tile 1/0 from the log's entries") in [
            tuple(one) for one in rows.execute(select(of.actor, of.action, of.object))
        ]
    assert list(heal(custody, [], "host:root")) == []


def test_the_rows_are_as_fixed_afterwards_as_before(grown: Served) -> None:
    rot(grown, (1, 1))
    assert len(list(heal(grown.custody, [], "host:root"))) == 1
    refused = pytest.raises(DBAPIError, match="insert-only")
    with refused, grown.custody.database.transaction() as rows:
        rows.execute(update(log_node).values(hash=bytes(32)))


def test_a_tile_is_left_that_no_signed_root_comes_after(
    store: Served, client: StoreClient, small_bundle: Bundle
) -> None:
    """Which of the two was changed, nobody knows: the tile may be all that is left of the truth."""
    assert client.put_bundle(small_bundle).status_code == 201
    fill(store, TILE)
    rot(store, (1, 0))
    (done,) = heal(store.custody, [], "host:root")
    assert done.source is None and "proven up to 2" in done.lacking
    assert list(fsck(store.custody)) == [WRONG]


def test_entries_that_were_rewritten_never_become_the_tile(grown: Served) -> None:
    """Somebody changed an entry and all that hangs on it in its table; the tile has the truth."""
    custody = grown.custody
    with custody.database.transaction() as rows:
        on = "" if custody.database.is_sqlite else " ON leaf"
        rows.execute(text(f"DROP TRIGGER leaf_is_as_written{on}"))
        log = Frontier()
        of = leaf.c
        for row in rows.execute(select(of.position, of.hash, of.entry).order_by(of.position)).all():
            said = entry(9999) if row.position == 5 else None
            log = log.append(row.hash if said is None else said.leaf)
            values: dict[str, bytes | str] = {"peaks": b"".join(log.peaks)}
            if said is not None:
                values |= {"hash": said.leaf, "entry": canonical(said.record()).decode()}
            rows.execute(update(leaf).where(of.position == row.position).values(**values))
    before = [one for one in fsck(custody) if one.startswith("log")]
    assert before == [WRONG]
    (done,) = heal(custody, [], "host:root")
    assert done.source is None and "do not make the root of the receipt" in done.lacking
    assert [one for one in fsck(custody) if one.startswith("log")] == before


@pytest.mark.whole
def test_the_command_says_which_tile_it_made(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey
) -> None:
    state = tmp_path / "store"
    with served_store(state) as store:
        store.custody.enrol("agent-1", ["main"], signing_key.public)
        fill(store, TILE)
        StoreClient(store.url, signing_key).put_bundle(small_bundle)
        rot(store, (1, 0))

    def command(*words: object) -> tuple[int, str]:
        done = run_program(ROOT, dict(os.environ), *words, "--state", state, of="store")
        return done.returncode, done.stdout + done.stderr

    code, said = command("fsck")
    assert code == 1 and WRONG in said and "made again from the log's entries" in said
    assert command("heal") == (0, f"{WRONG}; put back from the log's entries\n")
    assert command("fsck") == (0, "all is as it was taken in\n")
