"""Four eyes: a month prepared, reviewed, returned and opened again, and who may not."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from agent.config import StoreModel
from agent.push import StoreClient
from evidence.clock import month_bounds
from evidence.runs import RunRecord
from evidence.sign_off import SignOff, Step
from store.alarms import OVER, Alarm, Alarms
from store.fsck import fsck
from store.people.roles import Role
from store.said.tables import prepared, reviewed, said
from tests.fixtures_office import Office, code_of, findings, refusals, statements
from tests.lab_month import NOW


def late_evidence(office: Office) -> None:
    """A run of the month that arrives now."""
    agent = office.kept.month.agent
    run = RunRecord(
        agent=agent.id,
        agent_version="0.1.0",
        run=f"late-{len(statements(office, 'sign_off'))}",
        requester="schedule",
        started_at=NOW,
        ended_at=NOW,
        replayed=True,
    ).seal(agent.signing_key)
    client = StoreClient(
        StoreModel(url=office.kept.url),
        agent.signing_key,
        office.console.clock,
        office.kept.custody.state,
    )
    client.put_record(run.digest, run.to_json(), lambda digest: None)
    office.kept.custody.index.catch_up()


def test_a_month_is_prepared_by_one_and_reviewed_by_another(office: Office) -> None:
    assert code_of(office.sign("wang", "prepared")) == "reason_missing"
    assert office.sign("wang", "prepared", "餘項改善中").status_code == 303
    assert office.sign("lin", "reviewed").status_code == 303
    first, second = (SignOff.of(one) for one in statements(office, "sign_off"))
    assert (first.step, first.person.account) == (Step.prepared, "wang")
    assert (second.step, second.person.account) == (Step.reviewed, "lin")
    assert second.evidence == first.evidence and first.proof == "password+totp"
    assert second.previous is not None
    one = findings(office, state="must_decide")[0]
    answer = office.people["wang"].post(
        f"{office.base}/findings/{one.id}/decide",
        {"decision": "keep", "reason": "x", "until": ""},
    )
    assert code_of(answer) == "month_signed"
    page = office.people["wu"].get(f"{office.base}/sign").text
    assert "王工程" in page and "林主管" in page and "已簽核" in page
    assert list(fsck(office.kept.custody)) == []


def test_nobody_reviews_what_they_prepared_not_even_by_sql(office: Office) -> None:
    office.console.people.grant("wang", "*", Role.supervisor, "host:test")
    assert office.sign("wang", "prepared", "x").status_code == 303
    answer = office.sign("wang", "reviewed")
    assert (answer.status_code, code_of(answer)) == (403, "four_eyes")
    assert "reviewed" in refusals(office, "four_eyes")
    with office.kept.custody.database.reading() as rows:
        seat = rows.execute(select(prepared)).one()
        digest = rows.scalar(select(said.c.digest))
    wrong = {
        "statement": digest,
        "prepared": seat.statement,
        "members_root": seat.members_root,
        "prepared_by": "wang",
        "prepared_in_place_of": "wang",
        "account": "wang",
        "in_place_of": "wang",
    }
    # In one's own name, in another's, and with a preparer or a set made up.
    for change in (
        {},
        {"in_place_of": "lin"},
        {"account": "lin", "in_place_of": "lin", "prepared_by": "chen"},
        {"account": "lin", "in_place_of": "lin", "members_root": "0" * 64},
    ):
        with (
            pytest.raises(IntegrityError),
            office.kept.custody.database.transaction() as rows,
        ):
            rows.execute(insert(reviewed).values(**{**wrong, **change}))


def test_a_deputy_signs_in_the_other_s_place_with_both_names(office: Office) -> None:
    office.people["root"].post(
        "/people/deputy",
        {"account": "chen", "for": "lin", "first": "2026-12-01", "last": "2026-12-31"},
    )
    assert office.sign("wang", "prepared", "x").status_code == 303
    assert code_of(office.sign("chen", "reviewed")) == "not_allowed"
    assert office.sign("chen", "reviewed", deputises="lin").status_code == 303
    last = SignOff.of(statements(office, "sign_off")[-1])
    assert last.person.account == "chen"
    assert last.deputises is not None and last.deputises.account == "lin"
    page = office.people["wu"].get(f"{office.base}/sign").text
    assert "陳工程" in page and "代理" in page and "林主管" in page


def test_a_deputy_never_reviews_for_whom_they_prepared_or_could_have(office: Office) -> None:
    people = office.console.people
    office.people["root"].post(
        "/people/deputy",
        {"account": "chen", "for": "lin", "first": "2026-12-01", "last": "2026-12-31"},
    )
    assert office.sign("chen", "prepared", "x").status_code == 303
    assert code_of(office.sign("chen", "reviewed", deputises="lin")) == "four_eyes"
    # Whoever may sign in the preparer's place is no second person.
    office.people["root"].post(
        "/people/deputy",
        {"account": "huang", "for": "chen", "first": "2026-12-01", "last": "2026-12-31"},
    )
    assert code_of(office.sign("huang", "reviewed")) == "four_eyes"
    assert office.sign("lin", "reviewed").status_code == 303
    assert people.deputised_by("huang", NOW.date()) == []


def test_late_evidence_makes_it_stale_and_both_steps_are_done_again(office: Office) -> None:
    office.sign("wang", "prepared", "x")
    office.sign("lin", "reviewed")
    late_evidence(office)
    page = office.people["wu"].get(f"{office.base}/sign").text
    assert "佐證異動" in page and "重編差異" in page
    assert code_of(office.sign("lin", "reviewed")) == "step_invalid"
    assert office.sign("wang", "prepared", "補收資料").status_code == 303
    assert office.sign("lin", "reviewed").status_code == 303
    steps = [SignOff.of(one) for one in statements(office, "sign_off")]
    assert [one.step.value for one in steps] == ["prepared", "reviewed"] * 2
    assert steps[2].evidence.members == steps[0].evidence.members + 1


def test_what_changed_while_somebody_read_is_not_signed(office: Office) -> None:
    root = office.root()
    late_evidence(office)
    wang = office.people["wang"]
    fields = {"step": "prepared", "root": root, "comment": "x", **wang.proof()}
    assert code_of(wang.post(f"{office.base}/sign", fields)) == "set_changed"
    assert statements(office, "sign_off") == []


def test_no_month_is_signed_while_a_witness_refuses_the_log(office: Office) -> None:
    alarms = Alarms(office.kept.custody.database, office.kept.custody.now)
    alarms.tell(Alarm.witness, "audit.example", "witness_refuses")
    assert code_of(office.sign("wang", "prepared", "x")) == "witness_refuses"
    # Nobody is asked to type what would be refused.
    page = office.people["wang"].get(f"{office.base}/sign").text
    assert "不得簽核任何月份" in page and "編製完成並簽章" not in page
    alarms.tell(Alarm.witness, "audit.example", OVER)
    assert office.sign("wang", "prepared", "x").status_code == 303
    alarms.tell(Alarm.witness, "audit.example", "witness_refuses")
    assert code_of(office.sign("lin", "reviewed")) == "witness_refuses"
    assert [SignOff.of(one).step.value for one in statements(office, "sign_off")] == ["prepared"]


def test_signing_takes_password_and_code_anew(office: Office) -> None:
    root, wang = office.root(), office.people["wang"]
    fields = {"step": "prepared", "root": root, "comment": "x"}
    for proof in ({}, {"password": "wrong password 123", "code": wang.code()}):
        answer = wang.post(f"{office.base}/sign", {**fields, **proof})
        assert (answer.status_code, code_of(answer)) == (401, "reauth_required")
    assert statements(office, "sign_off") == []


def test_a_month_that_runs_is_not_signed(office: Office) -> None:
    office.kept.now[0] = month_bounds("2026-11")[1].replace(hour=1)
    office.people["wang"].enter()
    office.people["wu"].enter()
    assert code_of(office.sign("wang", "prepared", "x")) == "month_running"


def test_two_people_open_a_month_again_with_a_reason(office: Office) -> None:
    office.sign("wang", "prepared", "x")
    office.sign("lin", "reviewed")
    assert code_of(office.sign("wang", "reopen_asked")) == "reason_missing"
    assert office.sign("wang", "reopen_asked", "規則歸屬誤判").status_code == 303
    assert code_of(office.sign("wang", "reopened", "x")) == "four_eyes"
    assert office.sign("huang", "reopened", "同意").status_code == 303
    one = findings(office, state="must_decide")[0]
    answer = office.people["wang"].post(
        f"{office.base}/findings/{one.id}/decide",
        {"decision": "keep", "reason": "x", "until": ""},
    )
    assert answer.status_code == 303
    assert office.sign("chen", "prepared", "x").status_code == 303


def test_what_is_returned_says_why_and_is_prepared_again(office: Office) -> None:
    office.sign("wang", "prepared", "x")
    assert code_of(office.sign("lin", "returned")) == "reason_missing"
    assert office.sign("lin", "returned", "請補充說明").status_code == 303
    assert "請補充說明" in office.people["wang"].get(f"{office.base}/sign").text
    assert office.sign("wang", "prepared", "已補充").status_code == 303
    assert office.sign("lin", "reviewed").status_code == 303
