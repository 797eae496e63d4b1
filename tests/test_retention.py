"""How long bytes are kept, what holds them, and how two people delete them on record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from evidence.checkpoint import Checkpoint
from evidence.errors import EvidenceError
from evidence.receipt import Receipt
from evidence.retention import Act, RetentionStep
from evidence.seal import Envelope, SigningKey
from evidence.sign_off import members_root
from store.backup import back_up, put_back
from store.console.guard import Console, make_console
from store.custody import Custody
from store.database import Database
from store.fsck import deleted_count, fsck
from store.people.audit import events
from store.people.tables import person
from store.problems import Refused
from store.retention.classes import lengthen
from store.retention.cli import app
from store.retention.ends import Ends
from store.retention.tables import (
    absent,
    deleted,
    deletion_asked,
    legal_hold,
    lift_asked,
    lifted,
    retention_class,
    tombstone,
)
from store.retention.years import Class, end_of, last_day, years_of
from store.said.keep import Actor
from store.said.tables import said
from store.schema import agent, leaf
from tests.fixtures_bundle import AT, MakeBundle
from tests.fixtures_office import PASSWORD, PEOPLE, Person, code_of
from tests.fixtures_store import Served, StoreClient, served_store

OVER = datetime(2032, 1, 1, tzinfo=UTC)
JANUARY = datetime(2027, 1, 5, tzinfo=UTC)
NOVEMBER = "2026-11"
MONTH = f"/a/agent-1/{NOVEMBER}/retention"


# Ends


def test_a_month_ends_with_its_last_day_so_many_years_later() -> None:
    end = end_of("2026-11", 5)
    assert end == datetime(2031, 11, 30, 16, tzinfo=UTC)
    assert str(last_day(end)) == "2031-11-30"
    assert str(last_day(end_of("2024-02", 5))) == "2029-02-28"


def test_a_class_is_only_lengthened(tmp_path: Path, database_url: str | None) -> None:
    custody = Custody(tmp_path / "store", lambda: AT, database_url=database_url)
    with custody.database.reading() as rows:
        assert years_of(rows) == dict.fromkeys(Class, 5)
    lengthen(custody, Class.captures, 7, "公司資料保存辦法 115.1", "host:root")
    for years in (6, 7):
        with pytest.raises(Refused) as caught:
            lengthen(custody, Class.captures, years, "shorter", "host:root")
        assert caught.value.code == "retention_locked"
    with custody.database.reading() as rows:
        assert years_of(rows) == {Class.captures: 7, Class.attachments: 5}
        assert json.loads(rows.scalar(select(leaf.c.entry)) or "")["kind"] == "retention_class"
    # Nor by whoever writes the row: a shorter one has no effect, one under five years no place.
    row = {"name": "captures", "basis": "", "set_by": "x", "set_at": AT}
    with custody.database.transaction() as rows:
        rows.execute(insert(retention_class).values(years=5, **row))
        assert years_of(rows)[Class.captures] == 7
    with pytest.raises(IntegrityError), custody.database.transaction() as rows:
        rows.execute(insert(retention_class).values(years=4, **row))
    custody.close()


# Two people, by the database itself


def people(rows: Connection) -> None:
    for account in ("wang", "lin"):
        rows.execute(insert(person).values(account=account, name=account, created_at=AT))
    rows.execute(insert(agent).values(id="a", enrolled_at=AT))
    for position, digest in enumerate(("hold", "ask", "agree")):
        row = {"position": position, "hash": b"", "peaks": b"", "entry": ""}
        rows.execute(insert(leaf).values(**row))
        step = {"kind": "retention", "agent": "a", "period": NOVEMBER, "account": "wang"}
        kept = {"digest": digest, "said_at": AT, "position": position, "receipt": b""}
        rows.execute(insert(said).values(**step, **kept))


@pytest.mark.parametrize(
    ("asked_by", "account", "fits"),
    [("wang", "lin", True), ("wang", "wang", False), ("lin", "wang", False)],
    ids=["two", "one", "in another's name"],
)
def test_the_database_takes_two_people_to_delete_and_to_lift(
    database: Database, asked_by: str, account: str, fits: bool
) -> None:
    month = {"agent": "a", "period": NOVEMBER, "account": "wang"}
    with database.transaction() as rows:
        people(rows)
        rows.execute(insert(legal_hold).values(statement="hold", **month))
        rows.execute(insert(lift_asked).values(statement="ask", hold="hold", account="wang"))
        rows.execute(insert(deletion_asked).values(statement="ask", blobs_root="r", **month))
    asked = {"statement": "agree", "asked": "ask", "asked_by": asked_by, "account": account}
    for agreed in (
        insert(lifted).values(hold="hold", **asked),
        insert(deleted).values(blobs_root="r", **asked),
    ):
        if fits:
            with database.transaction() as rows:
                rows.execute(agreed)
        else:
            with pytest.raises(IntegrityError), database.transaction() as rows:
                rows.execute(agreed)
    with pytest.raises(IntegrityError), database.transaction() as rows:
        rows.execute(insert(deleted).values(blobs_root="another", **asked | {"statement": "hold"}))


def test_rows_about_retention_stay_as_they_were_written(database: Database) -> None:
    with database.transaction() as rows:
        people(rows)
        month = {"agent": "a", "period": NOVEMBER, "account": "wang"}
        rows.execute(insert(legal_hold).values(statement="hold", **month))
        rows.execute(insert(deletion_asked).values(statement="ask", blobs_root="r", **month))
    for table in (legal_hold, deletion_asked):
        for wrong in (delete(table), update(table).values(account="lin")):
            with (
                pytest.raises(IntegrityError, match="insert-only"),
                database.transaction() as rows,
            ):
                rows.execute(wrong)


# On the pages


@dataclass
class Room:
    """People before a store that has three answers of November and a shared one of January."""

    served: Served
    console: Console
    people: dict[str, Person]
    now: list[datetime]

    @property
    def custody(self) -> Custody:
        return self.served.custody

    def step(self, who: str, act: Act, root: str | None = None, reason: str = "依規定") -> str:
        """Take a step in the console; the code of the refusal, empty when it was taken."""
        self.now[0] += timedelta(minutes=5)  # codes that were used are of the past
        one = self.people[who].enter()
        one.steps = 0
        shown = one.get(MONTH).text.partition('name="root" value="')[2].partition('"')[0]
        fields = {"act": act.value, "reason": reason, "root": shown if root is None else root}
        answer = one.post(MONTH, {**fields, **one.proof()})
        assert answer.status_code == 303 or code_of(answer), answer.text
        return code_of(answer)

    def act(self, who: str, act: Act, reason: str = "依規定") -> str:
        """The same at the desk, the person being known; without the minute that passwords take."""
        self.now[0] += timedelta(seconds=1)
        known = self.console.people.known(who)
        assert known is not None
        _, able = self.console.retention.month("agent-1", NOVEMBER)
        actor, root = Actor(known=known, address="", proof=""), members_root(able.blobs)
        try:
            self.console.retention.take(actor, "agent-1", NOVEMBER, act, reason, root)
        except Refused as error:
            return error.code
        return ""

    def page(self, path: str = MONTH) -> str:
        return self.people["wu"].enter().get(path).text

    def blobs(self) -> set[str]:
        return {one.name for one in (self.served.state / "blobs").rglob("*") if one.is_file()}


@contextmanager
def made_room(
    folder: Path, database_url: str | None, make_bundle: MakeBundle, key: SigningKey
) -> Iterator[Room]:
    now = [AT]
    with served_store(folder, database_url=database_url, clock=lambda: now[0]) as served:
        served.custody.enrol("agent-1", ["main"], key.public)
        for number in range(3):
            client = StoreClient(served.url, key)
            assert client.put_bundle(make_bundle(number)).status_code == 201
        now[0] = JANUARY
        client = StoreClient(served.url, key, JANUARY)
        assert client.put_bundle(make_bundle(2, at=JANUARY)).status_code == 201
        served.custody.index.catch_up()
        console = make_console(served.custody, lambda: now[0], secure=False)
        people = {}
        for account in ("wang", "lin", "huang", "wu"):
            name, role = PEOPLE[account]
            secret = console.people.add(account, name, PASSWORD, "host:test")
            console.people.grant(account, "main", role, "host:test")
            people[account] = Person(console, served.url, account, secret or "")
        yield Room(served, console, people, now)


@pytest.fixture
def room(tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey) -> Iterator[Room]:
    with made_room(tmp_path / "store", None, make_bundle, signing_key) as made:
        yield made


@pytest.fixture
def room_on_each(
    tmp_path: Path, database_url: str | None, make_bundle: MakeBundle, signing_key: SigningKey
) -> Iterator[Room]:
    """The same on each database."""
    with made_room(tmp_path / "store", database_url, make_bundle, signing_key) as made:
        yield made


def log_size(custody: Custody) -> int:
    return Checkpoint.parse(custody.checkpoint(), custody.key.public).size


def test_before_its_end_nothing_is_deleted(room: Room) -> None:
    before = room.blobs()
    assert room.act("wang", Act.deletion_asked) == "retention_locked"
    assert room.blobs() == before
    assert "2031-11-30" in room.page() and "保存期限未屆滿" in room.page()


def test_two_people_delete_and_all_that_was_signed_stays(
    room_on_each: Room, tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    room = room_on_each
    custody, before = room.custody, room.blobs()
    room.now[0] = OVER
    (shared,) = make_bundle(2).captures
    wanted, entries = before - {shared}, log_size(custody)
    back_up(custody, tmp_path / "backup")
    assert room.step("wang", Act.deletion_asked) == ""
    assert room.step("wang", Act.deleted) == "not_allowed"  # an engineer agrees to nothing
    assert room.step("lin", Act.deleted, root="0" * 64) == "set_changed"
    assert room.act("lin", Act.deleted, reason=" ") == "reason_missing"
    assert room.blobs() == before
    assert room.step("lin", Act.deleted) == ""
    assert room.blobs() == {shared}, "January rests on it"

    # The tombstone: an entry of the log that names every blob, who asked and who agreed.
    kept, _ = room.console.retention.month("agent-1", NOVEMBER)
    (stone,) = kept.deletions
    said_by = RetentionStep.of(custody.shelf.statement(stone.digest))
    assert set(said_by.blobs) == wanted and stone.blobs == len(wanted) == 2
    assert said_by.asked_by is not None
    assert (said_by.asked_by.account, said_by.person.account) == ("wang", "lin")
    assert said_by.years == {"captures": 5, "attachments": 5}
    with custody.database.reading() as rows:
        last = rows.scalar(select(leaf.c.entry).order_by(leaf.c.position.desc()).limit(1))
    assert json.loads(last or "")["kind"] == "tombstone"
    assert log_size(custody) == entries + 2

    # Receipts and the log hold; nothing is called missing, and who asks is told.
    assert list(fsck(custody)) == [] and deleted_count(custody) == len(wanted)
    client, one = StoreClient(room.served.url, signing_key, room.now[0]), min(wanted)
    for number in range(3):
        digest = make_bundle(number).digest
        receipt = Envelope.parse(client.get(f"/v1/receipts/{digest}").content)
        assert Receipt.check(receipt, digest, custody.key.public).entry.kind == "collection"
    gone = client.get(f"/v1/blobs/sha256/{one}")
    assert (gone.status_code, gone.json()["code"]) == (410, "blob_deleted")
    page = room.people["lin"].enter().get(f"/a/agent-1/captures/{one}")
    assert (page.status_code, code_of(page)) == (410, "blob_deleted")
    assert "已銷毀" in room.page("/a/agent-1/retention")
    assert "blobs/" in room.page(f"/a/agent-1/statements/{stone.digest}")

    # A backup follows, and what is put back from it knows the tombstone.
    assert back_up(custody, tmp_path / "backup")[1] == len(wanted)
    if not custody.database.is_sqlite:
        return
    put_back(tmp_path / "backup", tmp_path / "new", custody.state / "store.key", OVER)
    restored = Custody(tmp_path / "new", lambda: OVER)
    assert list(fsck(restored)) == [] and deleted_count(restored) == len(wanted)
    restored.close()


def test_one_person_alone_deletes_nothing(room: Room) -> None:
    room.now[0] = OVER
    assert room.act("lin", Act.deletion_asked) == ""
    assert room.step("lin", Act.deleted) == "four_eyes"
    # Nor the other hand: whoever may sign in the place of who asked.
    day = last_day(OVER)
    room.console.people.deputise("huang", "lin", day, day.replace(year=2033), "host:test")
    assert room.act("huang", Act.deleted) == "four_eyes"
    wrong = {"act": "deleted", "reason": "x", "password": "wrong password 123", "code": "000000"}
    answer = room.people["huang"].enter().post(MONTH, wrong)
    assert (answer.status_code, code_of(answer)) == (401, "reauth_required")
    assert len(room.blobs()) == 3
    with room.custody.database.reading() as rows:
        refused = [one.result for one in events(rows, None, 10)]
    assert refused.count("four_eyes") == 2


def test_a_hold_keeps_what_is_over_until_two_people_lift_it(room: Room) -> None:
    room.now[0] = OVER
    assert room.act("wang", Act.deletion_asked) == ""
    assert room.act("wang", Act.held, reason="訴訟 115 金字第 1 號") == ""
    assert room.act("wang", Act.held) == "step_invalid"
    assert room.act("lin", Act.deleted) == "step_invalid", "what was asked before is void"
    assert room.act("wang", Act.deletion_asked) == "retention_locked"
    assert room.act("lin", Act.lift_asked) == ""
    assert room.act("lin", Act.lifted) == "four_eyes"
    assert len(room.blobs()) == 3
    assert room.act("huang", Act.lifted) == ""
    assert room.act("wang", Act.deletion_asked) == ""
    assert room.act("lin", Act.deleted) == ""
    assert len(room.blobs()) == 1
    assert "訴訟 115 金字第 1 號" in room.page() and "核准解除保全" in room.page()
    assert "hold lifted" not in room.page()
    room.console.people.set_language("wu", "en")
    assert "hold lifted" in room.page()


# At the store


def test_an_agent_s_clock_shortens_nothing(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    """A visit that says it was in 2015 came today, so it is kept from today."""
    with served_store(tmp_path / "store") as served:
        served.custody.enrol("agent-1", ["main"], signing_key.public)
        then = datetime(2015, 6, 1, tzinfo=UTC)
        assert StoreClient(served.url, signing_key).put_bundle(make_bundle(1, at=then)).ok
        served.custody.index.catch_up()
        with served.custody.database.reading() as rows:
            ends = Ends(rows, served.custody.shelf, AT)
            able = ends.deletable(("agent-1", "2015-06"))
    assert ends.is_over(("agent-1", "2015-06"), Class.captures)
    assert (able.blobs, able.needed) == ((), 1)


def test_an_answer_that_was_deleted_may_come_again(
    room: Room, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    room.now[0] = OVER
    assert room.act("wang", Act.deletion_asked) == ""
    assert room.act("lin", Act.deleted) == ""
    later = room.now[0]
    client = StoreClient(room.served.url, signing_key, later)
    again = make_bundle(0, at=later)
    (digest,) = again.captures
    assert client.put(f"/v1/bundles/sha256/{again.digest}", again.envelope.to_json()).json()[
        "missing"
    ] == [digest], "the store does not believe that it has it"
    assert client.put_bundle(again).status_code == 201
    assert client.get(f"/v1/blobs/sha256/{digest}").content == again.captures[digest]
    assert list(fsck(room.custody)) == [] and deleted_count(room.custody) == 1
    with room.custody.database.reading() as rows:
        assert rows.scalar(select(func.count()).select_from(tombstone)) == 2


def test_a_row_alone_is_no_tombstone(room: Room) -> None:
    """Whoever can write the database cannot hide a missing file behind a word."""
    one = min(room.blobs())
    with room.custody.database.transaction() as rows:
        rows.execute(insert(absent).values(digest=one, removed_at=OVER))
    assert list(fsck(room.custody)) == [
        f"blob {one}: it is missing, and no tombstone says that it was deleted"
    ]


# At the host


def test_the_command_holds_lifts_by_two_and_deletes_nothing_too_early(
    tmp_path: Path, make_bundle: MakeBundle, signing_key: SigningKey
) -> None:
    state = tmp_path / "store"
    with served_store(state) as served:
        served.custody.enrol("agent-1", ["main"], signing_key.public)
        assert StoreClient(served.url, signing_key).put_bundle(make_bundle(1)).ok
        people = make_console(served.custody, lambda: AT, secure=False).people
        for account in ("wang", "lin"):
            people.add(account, account, PASSWORD, "host:test", with_code=False)
            people.grant(account, "main", PEOPLE[account][1], "host:test")

    def said(*arguments: str, account: str = "wang") -> str:
        about = ["--agent", "agent-1", "--period", NOVEMBER, "--account", account, "--reason", "x"]
        line = [*arguments, *(about if arguments[0] not in ("list", "class") else [])]
        done = CliRunner().invoke(app, [*line, "--state", str(state)], input=f"{PASSWORD}\n")
        if isinstance(done.exception, EvidenceError):
            return done.exception.code
        assert done.exception is None, done.exception
        return done.stdout

    assert said("hold").endswith(": held\n")
    assert "asked" in said("lift")
    assert said("agree") == "not_allowed"
    (month,) = json.loads(said("list", "--json"))
    assert (month["held"], month["asked"], month["over"]) == ("x", "lift_asked", False)
    assert month["ends_at"]["captures"] == "2031-11-30T16:00:00Z"
    assert "lifted" in said("agree", account="lin")
    assert said("delete") == "retention_locked"
    assert "7 years" in said("class", "captures", "--years", "7", "--basis", "a rule")
    assert said("class", "captures", "--years", "6", "--basis", "a rule") == "retention_locked"
    assert "2033-11-30" in said("list") and "tamper-evident, not WORM" in said("list")
