"""The store's pack: what people said and signed is in it, holds, and shows when it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import insert, select

from evidence.anchors import CHECKPOINT, PROOFS, WITNESSED
from evidence.checkpoint import Checkpoint, cosign
from evidence.control import Decision, Disposition, Kind
from evidence.pack import read_pack, write_pack
from evidence.reading import canonical
from evidence.seal import Envelope, SigningKey
from evidence.sign_off import SignOff, Step
from evidence.statement import SIGN_OFF, Statement
from store.console.guard import make_console
from store.heard import Heard
from store.month.tables import disposition
from store.pack import make_pack
from store.people.accounts import People
from store.people.roles import Role
from store.people.secrets import Codes
from store.problems import Refused
from store.said.keep import Actor, Desk
from store.said.signing import Signing, evidence_set
from tests.fixtures_month import Kept
from verify.command import examine
from verify.report import Level, Report
from verify.trust import Trust

AUDIT = "audit.example"
POSTGRESQL = (pytest.mark.part("postgres"), pytest.mark.drill)


@dataclass
class Office:
    """A month in a store with two people who may work on it."""

    kept: Kept
    desk: Desk
    signing: Signing
    actors: dict[str, Actor]
    folder: Path
    witness_key: SigningKey

    @property
    def agent(self) -> str:
        return self.kept.month.agent.id

    @property
    def period(self) -> str:
        return self.kept.month.assessment.period

    def sign(self, who: str, step: Step, comment: str = "") -> str:
        self.desk.index.catch_up()
        with self.desk.database.reading() as rows:
            root = evidence_set(rows, self.agent, self.period).members_root
        return self.signing.take(
            self.actors[who], self.agent, self.period, step, comment, seen_root=root
        )

    def answer(self) -> Disposition:
        """The engineer keeps the first rule that waits for a decision."""
        judged = self.kept.month.assessed.judgement.results
        waiting = next(
            found for one in judged for found in one.findings if found.state == "must_decide"
        )
        said = Disposition(
            kind=Kind.decision,
            subject=waiting.subject,
            at=self.kept.now[0],
            by="wang",
            decision=Decision.keep,
            reason="quarterly settlement",
        )
        self.desk.answer(self.actors["wang"], self.agent, self.period, [said])
        return said

    def witness(self) -> None:
        """Internal audit's machine signs the log as it stands."""
        custody, note = self.kept.custody, self.kept.custody.checkpoint()
        line = cosign(note, AUDIT, self.witness_key, self.kept.now[0])
        Heard(custody, {AUDIT: self.witness_key.public}).take(note, AUDIT, line)

    def pack(self) -> Path:
        """Not on paper: what takes longest to make. `test_console_pack` has it."""
        at = self.kept.now[0]
        return make_pack(self.kept.custody, self.agent, self.period, self.folder, at, paper=False)[
            0
        ]

    def verify(self, path: Path, level: Level) -> Report:
        agent = self.kept.month.agent.signing_key.public
        witnesses = {self.witness_key.public: AUDIT}
        trust = Trust({agent: "agent"}, self.kept.custody.key.public, witnesses)
        return examine(path, trust, level)


# A pack is made of what the read model gives, which is tried on both databases.
pytestmark = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=POSTGRESQL)], indirect=True
)


@pytest.fixture
def office(kept: Kept, tmp_path: Path) -> Office:
    custody = kept.custody

    def clock() -> datetime:
        return kept.now[0]

    people = People(custody.database, Codes(tmp_path), clock, custody.origin)
    actors = {}
    for account, name, role in (
        ("wang", "王小明", Role.engineer),
        ("lee", "李大華", Role.supervisor),
    ):
        people.add(account, name, None, "root")
        people.grant(account, "*", role, "root")
        known = people.known(account)
        assert known is not None
        actors[account] = Actor(known=known, address="127.0.0.1", proof="password+totp")
    desk = make_console(custody, clock, secure=False).desk
    return Office(kept, desk, Signing(desk), actors, tmp_path / "packs", SigningKey.generate())


def rows(path: Path, section: str) -> list[dict[str, object]]:
    record = json.loads(read_pack(path.read_bytes()).archive.read(f"sections/{section}.json"))
    found: list[dict[str, object]] = record["tables"][0]["rows"]
    return found


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


def altered(office: Office, path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The pack with other members, its manifest signed again by the store's own key: what an
    administrator of the store could make."""
    pack = read_pack(path.read_bytes())
    members = {name: pack.archive.read(name) for name in pack.statement.subjects}
    change(members)
    target = path.with_name("altered.zip")
    with target.open("wb") as file:
        write_pack(file, pack.statement.predicate, members, office.kept.custody.key)
    return target


def test_a_month_is_answered_signed_packed_and_holds(office: Office) -> None:
    said = office.answer()
    office.sign("wang", Step.prepared, "all answered")
    office.sign("lee", Step.reviewed)
    path = office.pack()
    report = office.verify(path, Level.re_judged)
    assert report.problems == () and report.reached is Level.re_judged
    assert path.name.endswith("-signed.zip")
    predicate = read_pack(path.read_bytes()).statement.predicate
    assert predicate["provisional"] is False and predicate["store"] == office.kept.custody.origin
    assert [row["step"] for row in rows(path, "sign_offs")] == [
        {"en": "prepared", "zh": "編製"},
        {"en": "reviewed", "zh": "覆核"},
    ]
    kept = [row for row in rows(path, "findings") if row["subject"] == said.subject]
    assert kept and any("quarterly settlement" in json.dumps(row) for row in kept)
    archive = read_pack(path.read_bytes()).archive
    book = load_workbook(BytesIO(archive.read("workbook.xlsx")), read_only=True)
    assert "簽核歷程" in book.sheetnames


def test_before_anybody_signed_it_says_so(office: Office) -> None:
    path = office.pack()
    report = office.verify(path, Level.signatures)
    assert report.problems == ()
    assert any(note.en == "not signed off" for note in report.notes)
    assert read_pack(path.read_bytes()).statement.predicate["provisional"] is True
    assert rows(path, "sign_offs") == []


def test_what_came_after_the_signature_is_not_in_the_signed_pack(office: Office) -> None:
    office.sign("wang", Step.prepared)
    office.sign("lee", Step.reviewed)
    before = read_pack(office.pack().read_bytes()).statement.predicate["evidence"]
    office.kept.now[0] += timedelta(days=1)
    office.answer()
    predicate = read_pack(office.pack().read_bytes()).statement.predicate
    assert predicate["standing"] == "stale" and predicate["provisional"] is True
    assert predicate["evidence"] != before


def test_what_changed_after_a_signature_stays_listed(office: Office) -> None:
    office.sign("wang", Step.prepared)
    office.sign("lee", Step.reviewed)
    assert rows(office.pack(), "restatement") == []
    office.kept.now[0] += timedelta(days=1)
    said = office.answer()

    def changed() -> tuple[object, object, object]:
        listed = rows(office.pack(), "restatement")
        about = (said.subject, "CC-17010.b.f")
        (found,) = [one for one in listed if (one["subject"], one["control"]) == about]
        return found["was"], found["now"], found["again_at"]

    was, now, again_at = changed()
    assert (was, now) == ("partly_satisfied", "satisfied")
    assert again_at == {"en": "not signed again yet", "zh": "尚未重新簽核"}
    office.sign("wang", Step.prepared)
    office.sign("lee", Step.reviewed)
    assert changed()[:2] == (was, now) and isinstance(changed()[2], str)


def test_a_month_nobody_judged_has_no_pack(office: Office) -> None:
    with pytest.raises(Refused) as error:
        make_pack(office.kept.custody, office.agent, "2025-01", office.folder, office.kept.now[0])
    assert error.value.code == "month_unfolded"


@pytest.fixture
def signed(office: Office) -> Path:
    office.answer()
    office.sign("wang", Step.prepared)
    office.witness()
    office.sign("lee", Step.reviewed)
    return office.pack()


def steps_of(members: dict[str, bytes]) -> dict[str, SignOff]:
    found = {}
    for name, body in members.items():
        if name.startswith("records/"):
            statement = Statement.parse(Envelope.parse(body).payload)
            if statement.predicate_type == SIGN_OFF:
                found[name] = SignOff.of(statement)
    return found


def both_seats(office: Office, members: dict[str, bytes]) -> None:
    steps = steps_of(members)
    first = next(one for one in steps.values() if one.step is Step.prepared)
    name = next(name for name, one in steps.items() if one.step is Step.reviewed)
    forged = replace(steps[name], person=first.person).seal(office.kept.custody.key)
    del members[name]
    members[f"records/{forged.digest}.json"] = forged.to_json()


def without_a_step(office: Office, members: dict[str, bytes]) -> None:
    steps = steps_of(members)
    del members[next(name for name, one in steps.items() if one.step is Step.prepared)]


def another_set(office: Office, members: dict[str, bytes]) -> None:
    members["members.json"] = json.dumps(json.loads(members["members.json"])[1:]).encode()


def without_an_answer(office: Office, members: dict[str, bytes]) -> None:
    for name in [one for one in members if one.startswith("records/")]:
        if b"quarterly settlement" in Envelope.parse(members[name]).payload:
            del members[name]


def off_the_log(office: Office, members: dict[str, bytes]) -> None:
    """A record that the log does not hold, with a receipt that its key's holder made for it."""
    proofs = json.loads(members[PROOFS])
    proofs["entries"].popitem()
    members[PROOFS] = canonical(proofs)


def another_log(office: Office, members: dict[str, bytes]) -> None:
    """A log that was written anew since the witness looked."""
    proofs = json.loads(members[PROOFS])
    proofs["grown"][WITNESSED] = proofs["grown"][WITNESSED][1:]
    members[PROOFS] = canonical(proofs)


def stranger_s_checkpoint(office: Office, members: dict[str, bytes]) -> None:
    size = Checkpoint.parse(members[CHECKPOINT].decode(), office.kept.custody.key.public).size
    forged = Checkpoint(office.kept.custody.origin, size, bytes(32))
    members[CHECKPOINT] = forged.sign(SigningKey.generate()).encode()


FORGERIES: list[tuple[str, Callable[[Office, dict[str, bytes]], None]]] = [
    ("four_eyes", both_seats),
    ("sign_off_missing", without_a_step),
    ("members_differ", another_set),
    ("judgement_differs", without_an_answer),
    ("log_rewritten", off_the_log),
    ("log_rewritten", another_log),
    ("checkpoint_invalid", stranger_s_checkpoint),
]


def test_what_the_store_s_own_key_signs_anew_is_found_all_the_same(
    office: Office, signed: Path
) -> None:
    agent = office.kept.month.agent.signing_key.public
    unknown = examine(signed, Trust({agent: "agent"}), Level.signatures)
    assert codes(unknown) == {"key_untrusted"} and unknown.exit_code == 3
    said = [note.en for note in office.verify(signed, Level.signatures).notes]
    assert any(one.startswith(f"witness {AUDIT} saw the log of ") for one in said), said
    for code, change in FORGERIES:
        forged = altered(office, signed, partial(change, office))
        assert code in codes(office.verify(forged, Level.signatures)), code


def test_people_are_named_beside_their_account_where_they_said_it_in_the_store(
    office: Office,
) -> None:
    said, custody = office.answer(), office.kept.custody
    pack = read_pack(office.pack().read_bytes())
    form = json.loads(pack.archive.read("sections/yearly_review.json"))["tables"][1]["rows"]
    decided_by = [str(row["by"]) for row in form if row["why"] == said.reason]
    assert decided_by and all("王小明（wang）" in by for by in decided_by)

    def accounts() -> frozenset[str]:
        with custody.database.reading() as rows:
            folded = custody.index.folder.fold(rows, office.agent, office.period)
        assert folded is not None
        return folded.accounts

    assert accounts() == {"wang"}
    # A file read at an agent names whom it likes: there is no telling whose name that is.
    with custody.database.transaction() as rows:
        here = rows.execute(select(disposition).where(disposition.c.here == 1)).one()
        elsewhere = {**here._mapping, "statement": "00" * 32, "here": 0}
        rows.execute(insert(disposition).values(**elsewhere))
    assert accounts() == frozenset()
