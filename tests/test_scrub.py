"""Rot of what a store keeps is found within a week, told, and put back from a whole copy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from evidence.bundle import Bundle
from evidence.seal import SigningKey
from evidence.workdays import WorkDays
from store.backup import back_up
from store.files import ENVELOPES
from store.fsck import fsck
from store.heal import heal
from store.notices.found import Kind, notices
from store.people.audit import broken_event
from store.people.tables import audit_event
from store.scrub import Scrubber
from tests.fixtures_bundle import AT
from tests.fixtures_program import run_program
from tests.fixtures_store import Served, StoreClient, served_store

ROOT = Path(__file__).parent.parent


def test_rot_is_found_within_a_week_and_told_until_it_is_mended(
    tmp_path: Path, signing_key: SigningKey, small_bundle: Bundle
) -> None:
    now = [AT]
    with served_store(tmp_path / "store", clock=lambda: now[0]) as store:
        custody = store.custody
        custody.enrol("agent-1", ["main"], signing_key.public)
        assert StoreClient(store.url, signing_key).put_bundle(small_bundle).status_code == 201
        scrubber = Scrubber(custody, rest=lambda seconds: None)

        def week() -> set[str]:
            found: set[str] = set()
            for _ in range(7):
                now[0] += timedelta(days=1)
                found.update(scrubber.look())
            return found

        def told() -> set[str]:
            with custody.database.reading() as rows:
                found = notices(rows, now[0], WorkDays())
                return {one.about for one in found if one.kind is Kind.store_damaged}

        assert week() == told() == set()
        (capture,) = small_bundle.captures
        [blob] = [one for one in (store.state / "blobs").rglob(f"*{capture[4:]}*")]
        kept = {blob: blob.read_bytes()}
        envelope = custody.files.path(ENVELOPES, small_bundle.digest)
        kept[envelope] = envelope.read_bytes()
        for file, body in kept.items():
            file.chmod(0o600)
            file.write_bytes(body[:-2] + bytes([body[-2] ^ 1]) + body[-1:])
        wrong = {f"blob {capture}", f"statement {small_bundle.digest}"}
        assert week() == told() == wrong
        now[0] += timedelta(days=1)
        assert set(scrubber.look()) == wrong, "what is damaged is looked at every day"
        for file, body in kept.items():
            file.write_bytes(body)
        now[0] += timedelta(days=1)
        assert scrubber.look() == [] and told() == set()
        assert list(fsck(custody)) == []


@pytest.fixture
def rotted(
    tmp_path: Path, store: Served, client: StoreClient, small_bundle: Bundle
) -> Iterator[tuple[Served, Bundle]]:
    """A store with a whole backup, in which a capture and a signature rotted since."""
    assert client.put_bundle(small_bundle).status_code == 201
    back_up(store.custody, tmp_path / "backup")
    (capture,) = small_bundle.captures
    for kind, digest, at in (("blobs", capture, 0), ("envelopes", small_bundle.digest, -8)):
        file = store.state / kind / digest[:2] / digest
        body = bytearray(file.read_bytes())
        body[at] = ord("A") if body[at] != ord("A") else ord("B")
        file.write_bytes(body)
    yield store, small_bundle


def events(store: Served) -> list[tuple[str, str, str, str]]:
    of = audit_event.c
    with store.custody.database.reading() as rows:
        assert broken_event(rows) is None
        wanted = select(of.actor, of.action, of.object, of.result).order_by(of.seq)
        return [tuple(one) for one in rows.execute(wanted)]


@pytest.mark.parametrize("brought", ["backup", "agent", "file"])
def test_what_rotted_is_put_back_from_a_whole_copy_and_the_trail_says_so(
    tmp_path: Path, rotted: tuple[Served, Bundle], brought: str
) -> None:
    store, bundle = rotted
    (capture,) = bundle.captures
    wrong = {f"blob {capture}", f"statement {bundle.digest}"}
    assert {one.partition(":")[0] for one in fsck(store.custody)} == wrong
    source = tmp_path / "backup"
    if brought != "backup":
        folder = tmp_path / "agent" / "bundles" / bundle.digest[:2]
        folder.mkdir(parents=True)
        (folder / f"{bundle.digest}.zip").write_bytes(bundle.to_bytes())
        source = tmp_path / "agent" if brought == "agent" else folder / f"{bundle.digest}.zip"
    done = list(heal(store.custody, [source], "host:root"))
    assert {one.thing for one in done} == wrong and all(one.source for one in done)
    assert list(fsck(store.custody)) == []
    said = events(store)
    for one in done:
        assert ("store", "scrub", one.thing, "digest_mismatch") in said
        assert ("host:root", "heal", f"{one.thing} from {one.source}", "done") in said
        assert said.index(("store", "scrub", one.thing, "done")) == max(
            number for number, event in enumerate(said) if event[2].startswith(one.thing)
        )
    assert list(heal(store.custody, [], "host:root")) == []


def test_a_copy_that_rotted_too_or_that_nobody_signed_is_none(
    tmp_path: Path, rotted: tuple[Served, Bundle]
) -> None:
    store, bundle = rotted
    (capture,) = bundle.captures
    before = list(fsck(store.custody))
    for kind, digest in (("blobs", capture), ("envelopes", bundle.digest)):
        copy = tmp_path / "backup" / kind / digest[:2] / digest
        copy.write_bytes((store.state / kind / digest[:2] / digest).read_bytes())
    stranger = SigningKey.generate()
    forged = Bundle(type(bundle.envelope)(bundle.envelope.payload).signed_by(stranger), {})
    (tmp_path / "forged").mkdir()
    (tmp_path / "forged" / f"{bundle.digest}.json").write_bytes(forged.envelope.to_json())
    (tmp_path / "forged" / f"{bundle.digest}.zip").write_bytes(b"PK no archive")
    done = list(heal(store.custody, [tmp_path / "backup", tmp_path / "forged"], "host:root"))
    assert [one.source for one in done] == [None, None]
    assert list(fsck(store.custody)) == before
    assert not [one for one in events(store) if one[1] == "heal"]


@pytest.mark.whole
def test_the_command_names_what_it_put_back_and_what_it_could_not(
    tmp_path: Path, small_bundle: Bundle, signing_key: SigningKey
) -> None:
    state = tmp_path / "store"
    with served_store(state) as store:
        store.custody.enrol("agent-1", ["main"], signing_key.public)
        StoreClient(store.url, signing_key).put_bundle(small_bundle)
        back_up(store.custody, tmp_path / "backup")
    (capture,) = small_bundle.captures
    (state / "blobs" / capture[:2] / capture).unlink()

    def command(*words: object) -> tuple[int, str]:
        done = run_program(ROOT, dict(os.environ), *words, "--state", state, of="store")
        return done.returncode, done.stdout + done.stderr

    code, said = command("fsck")
    assert code == 1 and "the file is missing" in said and "evidence-store heal" in said
    code, said = command("heal", "--from", tmp_path / "nowhere")
    assert code == 2 and "copies_missing" in said
    code, said = command("heal")
    assert code == 1 and "no whole copy was found" in said
    code, said = command("heal", "--from", tmp_path / "backup")
    assert code == 0 and f"{capture}: the file is missing; put back from {tmp_path}" in said
    assert command("fsck") == (0, "all is as it was taken in\n")
