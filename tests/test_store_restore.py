"""Backup, restore, and a store that signs nothing until it has again all it signed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from agent.collect import collect
from agent.config import StoreModel
from agent.ledger import Ledger
from agent.push import StoreClient, push
from agent.push.contact import forget_store
from agent.redact import SiteKey
from agent.sealing import Agent
from agent.transports.tape import TapeTransport
from agent.wired import make_keys, system_clock
from evidence.checkpoint import Checkpoint
from evidence.errors import ConfigurationError, EnvironmentProblem, SealError
from evidence.seal import SigningKey
from evidence.tape import TapeAnswer
from store.app import make_app
from store.backup import back_up, put_back
from store.custody import Custody
from store.fsck import fsck
from store.membership import Membership
from store.problems import Refused
from store.schema import leaf
from store.serve import serving
from store.witness import Witness, make_witness, split_entries
from tests.agent_loop import JOBS

pytestmark = pytest.mark.whole


class Site:
    """An agent of its own name, its state folder, and the store it pushes to."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name, self.state = name, folder / name / "state"
        self.key = make_keys(self.state)

    def push(self, url: str, store_key: str, turn: int) -> int:
        """Read and push once; how many wait after it."""
        pem = self.state.parent / "store.pub.pem"
        pem.write_text(store_key)
        agent = Agent(
            id=self.name,
            site="main",
            ledger=Ledger(self.state),
            signing_key=self.key,
            site_key=SiteKey(b"k" * 32),
            clock=system_clock,
        )
        try:
            tape = [TapeAnswer("os_release", f"ID=x\nTURN={self.name} {turn}\n".encode())]
            collect(agent, JOBS, lambda device: TapeTransport(tape))
            settings = StoreModel(url=url, public_key=pem.name)
            push(agent.ledger, StoreClient(settings, self.key, system_clock, pem.parent))
            return len(agent.ledger.bundles_in("spooled"))
        finally:
            agent.ledger.close()


@contextmanager
def served(state: Path) -> Iterator[tuple[str, Custody]]:
    app = make_app(state, clock=system_clock)
    with serving(app) as url:
        yield url, app.state.custody


def log_of(custody: Custody) -> list[str]:
    with custody.database.reading() as rows:
        return list(rows.scalars(select(leaf.c.entry).order_by(leaf.c.position)))


@pytest.fixture
def sites(tmp_path: Path) -> list[Site]:
    return [Site(tmp_path, name) for name in ("agent-1", "agent-2")]


def test_a_backup_is_whole_while_the_store_serves_and_the_next_copies_what_is_new(
    tmp_path: Path, sites: list[Site]
) -> None:
    with served(tmp_path / "store") as (url, custody):
        pem = custody.key.public.pem
        custody.enrol("agent-1", ["main"], sites[0].key.public)
        sites[0].push(url, pem, 1)
        first, _ = back_up(custody, tmp_path / "backup")
        sites[0].push(url, pem, 2)
        second, _ = back_up(custody, tmp_path / "backup")
        assert back_up(custody, tmp_path / "backup") == (0, 0)
    assert first > 0 and second > 0
    assert not list((tmp_path / "backup").rglob("*.key"))
    put_back(
        tmp_path / "backup", tmp_path / "new", tmp_path / "store" / "store.key", system_clock()
    )
    restored = Custody(tmp_path / "new", system_clock)
    assert list(fsck(restored)) == []
    assert restored.refilling, "whoever comes may know more"
    restored.close()


def test_the_drill_an_older_backup_grows_back_to_the_very_same_log(
    tmp_path: Path, sites: list[Site]
) -> None:
    state, backup = tmp_path / "store", tmp_path / "backup"
    with served(state) as (url, custody):
        pem = custody.key.public.pem
        for site in sites:
            custody.enrol(site.name, ["main"], site.key.public)
            site.push(url, pem, 1)
        back_up(custody, backup)
        for turn in (2, 3):
            for site in sites:
                site.push(url, pem, turn)
        before = log_of(custody)
        signed = Checkpoint.parse(custody.checkpoint(), custody.key.public)
    put_back(backup, tmp_path / "new", state / "store.key", system_clock())
    with served(tmp_path / "new") as (url, custody):
        assert requests.get(url + "/checkpoint", timeout=20).status_code == 503
        with pytest.raises(Refused, match="older copy"):
            custody.enrol("agent-9", ["main"], SigningKey.generate().public)
        with pytest.raises(EnvironmentProblem) as caught:
            sites[0].push(url, pem, 4)
        assert caught.value.code == "store_refilling", "the other agent has not come yet"
        assert len(log_of(custody)) < len(before)
        assert requests.get(url + "/checkpoint", timeout=20).status_code == 503
        assert sites[1].push(url, pem, 4) == 0
        assert log_of(custody)[: len(before)] == before
        now = Checkpoint.parse(custody.checkpoint(), custody.key.public)
        assert now.size > signed.size
        assert sites[0].push(url, pem, 5) == 0, "and what had to wait is there"
        assert list(fsck(custody)) == []


def test_a_disk_that_was_put_back_unsaid_is_noticed_by_the_first_agent(
    tmp_path: Path, sites: list[Site]
) -> None:
    state, site = tmp_path / "store", sites[0]
    with served(state) as (url, custody):
        pem = custody.key.public.pem
        custody.enrol(site.name, ["main"], site.key.public)
        site.push(url, pem, 1)
    shutil.copytree(state, tmp_path / "yesterday")
    with served(state) as (url, custody):
        site.push(url, pem, 2)
        site.push(url, pem, 3)
        before = log_of(custody)
    with served(tmp_path / "yesterday") as (url, custody):
        assert not custody.refilling
        assert site.push(url, pem, 4) == 0
        assert log_of(custody)[: len(before)] == before
        assert list(fsck(custody)) == []


def test_entries_that_no_agent_has_come_from_the_witness(tmp_path: Path, sites: list[Site]) -> None:
    state, site, folder = tmp_path / "store", sites[0], tmp_path / "witness"
    make_witness(folder, "audit.example")
    with served(state) as (url, custody):
        pem = custody.key.public.pem
        custody.enrol(site.name, ["main"], site.key.public)
        site.push(url, pem, 1)
        back_up(custody, tmp_path / "backup")
        custody.enrol("agent-9", ["main"], SigningKey.generate().public)
        site.push(url, pem, 2)
        witness = Witness(folder, url, custody.key.public, system_clock)
        with pytest.raises(EnvironmentProblem):
            witness.look()  # it is in nobody's settings, and has seen all
        before = log_of(custody)
    put_back(tmp_path / "backup", tmp_path / "new", state / "store.key", system_clock())
    with served(tmp_path / "new") as (url, custody):
        members = Membership(custody)
        with pytest.raises(EnvironmentProblem):
            site.push(url, pem, 3)
        with pytest.raises(ConfigurationError) as caught:
            members.give_up("nobody else comes")
        assert caught.value.code == "refill_incomplete"
        assert members.refill_entries(split_entries((folder / "entries").read_bytes())) == 1
        assert site.push(url, pem, 4) == 0
        assert log_of(custody)[: len(before)] == before
        assert list(fsck(custody)) == []


def test_an_agent_that_never_comes_again_is_given_up_by_word(
    tmp_path: Path, sites: list[Site]
) -> None:
    state, site = tmp_path / "store", sites[0]
    with served(state) as (url, custody):
        pem = custody.key.public.pem
        for one in sites:
            custody.enrol(one.name, ["main"], one.key.public)
        site.push(url, pem, 1)
        back_up(custody, tmp_path / "backup")
    put_back(tmp_path / "backup", tmp_path / "new", state / "store.key", system_clock())
    with served(tmp_path / "new") as (url, custody):
        with pytest.raises(EnvironmentProblem):
            site.push(url, pem, 2)
        Membership(custody).give_up("agent-2 was taken down in October")
        assert site.push(url, pem, 3) == 0


def test_a_receipt_of_another_log_is_not_taken(tmp_path: Path, sites: list[Site]) -> None:
    """What an agent gives back must lead to the root that its receipt names."""
    state, site = tmp_path / "store", sites[0]
    with served(state) as (url, custody):
        pem = custody.key.public.pem
        custody.enrol(site.name, ["main"], site.key.public)
        site.push(url, pem, 1)
    shutil.copytree(state, tmp_path / "other")
    with served(state) as (url, custody):
        site.push(url, pem, 2)
    with served(tmp_path / "other") as (url, custody):
        custody.enrol("agent-9", ["main"], SigningKey.generate().public)
        with pytest.raises(Exception) as caught:
            site.push(url, pem, 3)
        assert getattr(caught.value, "code", "") in ("store_refused", "refill_conflict")
        assert requests.get(url + "/checkpoint", timeout=20).status_code == 503


def test_a_store_is_not_put_back_over_another_nor_with_another_key(tmp_path: Path) -> None:
    custody = Custody(tmp_path / "store", system_clock)
    back_up(custody, tmp_path / "backup")
    custody.close()
    key = tmp_path / "store" / "store.key"
    with pytest.raises(ConfigurationError):
        put_back(tmp_path / "backup", tmp_path / "store", key, system_clock())
    other = tmp_path / "other.key"
    SigningKey.generate().write(other)
    with pytest.raises(ConfigurationError):
        put_back(tmp_path / "backup", tmp_path / "new", other, system_clock())
    assert not (tmp_path / "new").exists()


# The store's key


@pytest.mark.parametrize("other", [False, True], ids=["lost", "another"])
def test_a_store_without_its_own_key_is_never_another_store(
    tmp_path: Path, sites: list[Site], other: bool
) -> None:
    state = tmp_path / "store"
    with served(state) as (url, custody):
        pem = custody.key.public.pem
        custody.enrol("agent-1", ["main"], sites[0].key.public)
        sites[0].push(url, pem, 1)
    key = state / "store.key"
    kept = key.rename(tmp_path / "kept apart")
    if other:
        SigningKey.generate().write(key)
    with pytest.raises(EnvironmentProblem, match="key") as caught:
        make_app(state, clock=system_clock)
    assert caught.value.code == "store_key"
    assert key.exists() == other, "no new key was made"
    assert (state / "store.pub").read_text() == pem
    kept.rename(key)
    with served(state) as (url, custody):
        assert sites[0].push(url, pem, 2) == 0
        assert list(fsck(custody)) == []


def test_after_a_stolen_key_a_new_store_begins_and_the_old_one_stays_provable(
    tmp_path: Path, sites: list[Site]
) -> None:
    site = sites[0]
    with served(tmp_path / "store") as (url, old):
        old.enrol(site.name, ["main"], site.key.public)
        site.push(url, old.key.public.pem, 1)
        old_key, note = old.key.public, old.checkpoint()
    with served(tmp_path / "new") as (url, new):
        new.enrol(site.name, ["main"], site.key.public)
        with pytest.raises(EnvironmentProblem) as caught:
            site.push(url, new.key.public.pem, 2)
        assert caught.value.code == "store_changed", "until somebody lets it in anew"
        forget_store(site.state)  # as `evidence-agent enrol` does with the new store's token
        assert site.push(url, new.key.public.pem, 3) == 0
        fresh, new_key = new.checkpoint(), new.key.public
        assert Checkpoint.parse(fresh, new_key).size > 0
        with pytest.raises(SealError):
            Checkpoint.parse(fresh, old_key)
    kept = Custody(tmp_path / "store", system_clock)
    assert list(fsck(kept)) == []
    assert Checkpoint.parse(note, old_key) == Checkpoint.parse(kept.checkpoint(), old_key)
    kept.close()
