"""The witness sees every entry, and refuses a log that shrank, changed, or is shown in two ways."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from evidence.checkpoint import Checkpoint, cosign, cosigned_at
from evidence.errors import ConfigurationError, EnvironmentProblem, SealError
from evidence.log import TILE
from evidence.request import sign_request
from evidence.seal import PublicKey, SigningKey
from evidence.workdays import WorkDays
from store.app import make_app
from store.console.guard import Console
from store.custody import Custody
from store.fsck import fsck
from store.notices.found import Kind, notices
from store.serve import serving
from store.witness import Refuses, Witness, make_witness
from tests.fixtures_bundle import AT
from tests.fixtures_office import PASSWORD, Person

NAME = "audit.example"


class Store:
    """A served store whose log grows by keys."""

    def __init__(self, url: str, custody: Custody, console: Console) -> None:
        self.url, self.custody, self.console = url, custody, console

    @property
    def key(self) -> PublicKey:
        return self.custody.key.public

    def grow(self, entries: int = 1) -> None:
        for _ in range(entries):
            self.custody.enrol("agent-1", ["main"], SigningKey.generate().public)


@contextmanager
def store_with(
    state: Path, witness: PublicKey | None = None, database_url: str | None = None
) -> Iterator[Store]:
    witnesses = {} if witness is None else {NAME: witness}
    app = make_app(state, clock=lambda: AT, database_url=database_url, witnesses=witnesses)
    with serving(app) as url:
        yield Store(url, app.state.custody, app.state.console)


@pytest.fixture
def watched(tmp_path: Path, database_url: str | None) -> Iterator[tuple[Store, Path]]:
    """A store, and the folder of a witness that it knows."""
    folder = tmp_path / "witness"
    key = make_witness(folder, NAME)
    with store_with(tmp_path / "store", key, database_url) as store:
        store.grow()
        yield store, folder


def witness_of(folder: Path, store: Store) -> Witness:
    return Witness(folder, store.url, store.key, lambda: AT)


def test_a_cosignature_says_who_saw_which_log_when() -> None:
    store, witness = SigningKey.generate(), SigningKey.generate()
    note = Checkpoint("evidence-store/x", 3, b"r" * 32).sign(store)
    line = cosign(note, NAME, witness, AT)
    assert cosigned_at(note, line, NAME, witness.public) == AT
    other = Checkpoint("evidence-store/x", 4, b"r" * 32).sign(store)
    later = line[:-8] + ("AAAAAAA=" if line[-8:] != "AAAAAAA=" else "BBBBBBB=")
    for args in (
        (other, line, NAME, witness.public),
        (note, line, "other.example", witness.public),
        (note, line, NAME, store.public),
        (note, later, NAME, witness.public),
        (note, "", NAME, witness.public),
    ):
        with pytest.raises(SealError):
            cosigned_at(*args)


def test_a_witness_signs_what_only_grew(watched: tuple[Store, Path]) -> None:
    store, folder = watched
    for entries in (0, 1, 5, TILE, 2 * TILE + 3):
        store.grow(entries)
        witness = witness_of(folder, store)
        seen = witness.look()
        published = requests.get(store.url + "/v1/log/witnessed", timeout=20).text
        note, _, lines = published.rpartition("— audit.example")
        assert Checkpoint.parse(note, store.key) == seen
        at = cosigned_at(note, f"— audit.example{lines}".strip(), NAME, witness.key.public)
        assert at == AT
    assert list(fsck(store.custody)) == []


def test_a_log_that_was_rolled_back_is_refused_and_the_proof_kept(
    watched: tuple[Store, Path], tmp_path: Path
) -> None:
    store, folder = watched
    store.grow(4)
    witness_of(folder, store).look()
    for entries in (2, 5, 9):  # shorter, as long, longer: never the same log
        # A folder each: a store that hears of what it signed before makes no entry any more.
        older = tmp_path / f"older-{entries}"
        older.mkdir()
        shutil.copy(tmp_path / "store" / "store.key", older)
        with store_with(older) as back:
            back.grow(entries)
            with pytest.raises(Refuses, match="not what it was"):
                witness_of(folder, back).look()
    kept = [json.loads(one.read_text()) for one in folder.glob("refused-*.json")]
    assert kept
    for one in kept:
        shown, seen = (Checkpoint.parse(one[name], store.key) for name in ("shown", "seen"))
        assert seen.size == 5 and (shown.size, shown.root) != (seen.size, seen.root)
    store.grow()
    assert witness_of(folder, store).look().size == 6, "the true log goes on"


def test_two_views_of_one_log_get_one_signature(
    watched: tuple[Store, Path], tmp_path: Path
) -> None:
    store, folder = watched
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(tmp_path / "store" / "store.key", other)
    with store_with(other, witness_of(folder, store).key.public) as split:
        split.grow(1)
        witness_of(folder, split).look()
        with pytest.raises(Refuses):
            witness_of(folder, store).look()
    assert requests.get(store.url + "/v1/log/witnessed", timeout=20).status_code == 404


def test_a_refusal_is_an_alarm_until_the_witness_signs_again(
    watched: tuple[Store, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, folder = watched

    def told(now: datetime = AT, kind: Kind = Kind.witness_refuses) -> set[str]:
        with store.custody.database.reading() as rows:
            return {one.about for one in notices(rows, now, WorkDays()) if one.kind is kind}

    def page() -> str:
        return wang.get("/account").text

    store.console.people.add("wang", "王", PASSWORD, "host:test", with_code=False)
    wang = Person(store.console, store.url, "wang", "").enter()
    witness_of(folder, store).look()
    assert told() == set() and NAME not in page()
    store.grow()
    with monkeypatch.context() as patched:
        # As a store does that shows this witness other entries than it signs.
        patched.setattr(Witness, "_entries", lambda *_: iter([b"another entry"]))
        with pytest.raises(Refuses):
            witness_of(folder, store).look()
    assert told() == {NAME} and NAME in page()
    witness_of(folder, store).look()
    assert told() == set() and NAME not in page()
    assert list(fsck(store.custody)) == []
    store.grow()
    assert told(AT + timedelta(days=1)) == set()
    assert told(AT + timedelta(days=2), Kind.witness_silent) == {NAME}
    witness_of(folder, store).look()
    assert told(AT + timedelta(days=2), Kind.witness_silent) == set()

    refusals = store.url + "/v1/log/refusals"
    body = json.dumps({"witness": NAME, "why": "because"}).encode()
    stranger = sign_request(SigningKey.generate(), "POST", "/v1/log/refusals", "", body, AT)
    for headers, code in (({}, "request_unsigned"), (stranger, "request_signature")):
        answer = requests.post(refusals, data=body, headers=headers, timeout=20)
        assert answer.json()["code"] == code
    own = SigningKey.read(folder / "witness.key")
    late = sign_request(own, "POST", "/v1/log/refusals", "", body, AT - timedelta(hours=1))
    assert requests.post(refusals, data=body, headers=late, timeout=20).status_code == 401
    assert told() == set()


def test_a_look_that_is_killed_is_done_again(watched: tuple[Store, Path]) -> None:
    store, folder = watched
    store.grow(3)
    witness_of(folder, store).look()
    with (folder / "entries").open("ab") as file:
        file.write(b"\0\5half")
    store.grow(2)
    assert witness_of(folder, store).look().size == 6


def test_a_witness_that_lost_what_it_signed_is_retired(watched: tuple[Store, Path]) -> None:
    store, folder = watched
    witness_of(folder, store).look()
    for name in ("entries", "seen.json"):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        with pytest.raises(ConfigurationError) as caught:
            witness_of(folder, store)
        assert caught.value.code == "witness_lost"
        (folder / name).write_bytes(kept)
    (folder / "entries").write_bytes(b"\0\1x" * 200)
    with pytest.raises(ConfigurationError):
        witness_of(folder, store)
    with pytest.raises(ConfigurationError):
        make_witness(folder, NAME)


def test_only_the_witness_of_the_settings_signs_and_only_this_log(
    watched: tuple[Store, Path], tmp_path: Path
) -> None:
    store, folder = watched
    note = requests.get(store.url + "/checkpoint", timeout=20).content.decode()
    stranger = SigningKey.generate()
    made_up = Checkpoint(store.custody.origin, 1, b"r" * 32).sign(store.custody.key)
    own = SigningKey.read(folder / "witness.key")
    for said, code in (
        ({"note": note, "witness": "x", "line": "x"}, "witness_unknown"),
        (
            {"note": note, "witness": NAME, "line": cosign(note, NAME, stranger, AT)},
            "cosignature_invalid",
        ),
        (
            {"note": made_up, "witness": NAME, "line": cosign(made_up, NAME, own, AT)},
            "checkpoint_invalid",
        ),
        ({"note": "x", "witness": NAME, "line": "x"}, "checkpoint_invalid"),
    ):
        answer = requests.post(store.url + "/v1/log/cosignatures", json=said, timeout=20)
        assert answer.json()["code"] == code


def test_a_store_that_is_away_is_no_reason_to_refuse(
    watched: tuple[Store, Path],
) -> None:
    store, folder = watched
    away = Witness(folder, "http://127.0.0.1:9", store.key, lambda: AT + timedelta(days=1))
    with pytest.raises(EnvironmentProblem):
        away.look()
    assert datetime.now(UTC) and witness_of(folder, store).look().size == 1


def test_tiles_are_laid_out_as_the_specification_says(watched: tuple[Store, Path]) -> None:
    store, _ = watched
    store.grow(TILE + 9)

    def tile(path: str) -> requests.Response:
        return requests.get(f"{store.url}/tile/{path}", timeout=20)

    assert len(tile("0/000").content) == 32 * TILE
    assert len(tile("0/001.p/10").content) == 320
    assert len(tile("1/000.p/1").content) == 32
    assert "immutable" in tile("0/000").headers["Cache-Control"]
    for wrong in ("0/001", "0/001.p/11", "2/000.p/1", "0/x001/000", "0/1", "9", "0/000.p/256", "x"):
        assert tile(wrong).status_code == 404, wrong
