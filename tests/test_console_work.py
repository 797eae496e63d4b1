"""A month answered: what counts, what is found behind it, and what the database refuses."""

from __future__ import annotations

import io
import json
import re
import zipfile

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from evidence.answers import Answers
from evidence.statement import Statement
from store.fsck import fsck
from store.month.tables import month, rule
from store.people.roles import Role
from store.people.tables import audit_event
from store.said.tables import prepared, reviewed, said, settled
from tests.fixtures_month import Kept
from tests.fixtures_office import (
    Office,
    code_of,
    findings,
    make_office,
    refusals,
    statements,
)
from tests.lab_month import NOW

# Answers


def test_a_decision_about_a_rule_is_signed_a_leaf_and_in_the_fold(office: Office) -> None:
    (one, *_) = findings(office, state="must_decide")
    assert one.verdict == "partly_satisfied"
    path = f"{office.base}/findings/{one.id}/decide"
    fields = {"decision": "keep", "reason": "業務需要", "until": ""}
    assert code_of(office.people["lin"].post(path, fields)) == "not_allowed"
    no_reason = office.people["wang"].post(path, {**fields, "reason": " "})
    assert code_of(no_reason) == "reason_missing"
    assert office.people["wang"].post(path, fields).status_code == 303
    (now,) = findings(office, id=one.id)
    assert (now.verdict, now.alone) == ("satisfied", one.alone)
    (statement,) = statements(office, "answers")
    answers = Answers.of(statement)
    assert answers.person.account == "wang" and answers.dispositions[0].reason == "業務需要"
    assert answers.dispositions[0].id in json.loads(now.record)["dispositions"]
    assert list(fsck(office.kept.custody)) == []
    # The fold says the same when everything is read again from the log.
    office.kept.custody.index.rebuild()
    assert findings(office, id=one.id)[0].verdict == "satisfied"


def test_many_rules_are_decided_at_once_by_choice_or_by_filter(office: Office) -> None:
    path, wang = f"{office.base}/rules", office.people["wang"]
    open_ = [one.subject for one in findings(office, state="must_decide")]
    chosen = [("subject", subject) for subject in open_[:2]]
    fields = [("decision", "disable"), ("reason", "已無流量"), ("until", "2026-12-31")]
    answer = wang.post(path, [*chosen, *fields])
    assert answer.status_code == 303 and "done=2" in answer.headers["Location"]
    answer = wang.post(path, [("everything", "1"), ("f_state", "undecided"), *fields])
    assert f"done={len(open_) - 2}" in answer.headers["Location"]
    assert {one.verdict for one in findings(office, state="must_decide")} == {"satisfied"}
    assert len(statements(office, "answers")) == 2
    nothing = wang.post(path, [("everything", "1"), ("f_state", "undecided"), *fields])
    assert code_of(nothing) == "answer_incomplete"


def test_the_month_says_what_waits_for_whom(office: Office) -> None:
    wang, lin, wu = (office.people[name] for name in ("wang", "lin", "wu"))
    undecided = len(findings(office, state="must_decide"))
    page = wang.get(office.base).text
    assert f"<b>{undecided}</b> 條規則待決定" in page
    unanswered = re.search(r"unanswered=1\"><b>(\d+)</b> 項缺失未答覆", page)
    assert unanswered is not None
    listed = wang.get(f"{office.base}/findings?unanswered=1").text
    assert f"共 {unanswered[1]} 筆" in listed
    assert "無待您辦理" in wu.get(office.base).text, "an auditor answers nothing"
    assert "待核准</a>" in lin.get(office.base).text and "件計畫" not in lin.get(office.base).text
    (one, *_) = [
        row for row in findings(office, verdict="not_satisfied") if row.state != "must_decide"
    ]
    proposed(office, one.id, kind="plan", reason="汰換", until="2027-01-31")
    assert "<b>1</b> 件計畫或例外待核准" in lin.get(office.base).text
    # From the number of clauses of a result to those clauses.
    only = wang.get(f"{office.base}?verdict=awaiting_manual_evidence").text
    shown = re.findall(r'<td class="nowrap"[^>]*><span class="chip v-(\w+)"', only)
    assert set(shown) == {"awaiting_manual_evidence"}


def test_a_rule_is_called_by_its_name_where_findings_are_listed(office: Office) -> None:
    (one, *_) = findings(office, state="must_decide")
    with office.kept.custody.database.reading() as rows:
        label = rows.scalar(select(rule.c.label).where(rule.c.subject == one.subject))
    path = f"{office.base}/findings"
    for page in (f"{path}?control={one.control}", f"{path}?word={label}"):
        told = office.people["wu"].get(page).text
        assert f'/{one.id}">{label}</a>' in told and one.subject not in told


def test_a_decision_taken_after_the_month_was_judged_says_that_it_does_not_count_yet(
    office: Office,
) -> None:
    (one, *_) = findings(office, state="must_decide")
    wang, path = office.people["wang"], f"{office.base}/rules"
    said_ = [("subject", one.subject), ("decision", "keep"), ("reason", "業務需要"), ("until", "")]
    assert wang.post(path, said_).status_code == 303
    assert "尚未計入" not in wang.get(path).text
    # As when the decision was entered on the page of another month.
    with office.kept.custody.database.transaction() as rows:
        rows.execute(update(month).values(judged_at=NOW))
    assert wang.get(path).text.count("尚未計入") == 1
    assert wang.get(f"{office.base}/findings/{one.id}").text.count("尚未計入") == 1


def proposed(office: Office, finding: str, **fields: str) -> dict[str, str]:
    """What settles the one proposal that waits, after wang made it."""
    path = f"{office.base}/findings/{finding}/propose"
    assert office.people["wang"].post(path, fields).status_code == 303
    page = office.people["lin"].get(f"{office.base}/proposals").text
    [id] = re.findall(r'name="id" value="([0-9a-f]{64})"', page)
    return {"id": id, "approve": "1", "comment": ""}


def test_a_late_plan_is_said_to_be_and_an_exception_counts_once_somebody_else_approved_it(
    office: Office,
) -> None:
    one = next(
        one for one in findings(office, verdict="not_satisfied") if one.state == "support_ended"
    )
    plan = proposed(office, one.id, kind="plan", until="2027-06-30", reason="116 年度汰換")
    assert office.people["lin"].post(f"{office.base}/proposals", plan).status_code == 303
    now = findings(office, id=one.id)[0]
    assert now.verdict == "not_satisfied" and "逾期訂定" in now.record
    office.console.people.grant("wang", "*", Role.supervisor, "host:test")
    fields = {"kind": "exception", "until": "2027-03-31", "reason": "已隔離並限制來源"}
    settle = proposed(office, one.id, **fields)
    assert findings(office, id=one.id)[0].verdict == "not_satisfied"
    assert code_of(office.people["wang"].post(f"{office.base}/proposals", settle)) == "four_eyes"
    assert refusals(office, "four_eyes") == ["approved"]
    assert office.people["lin"].post(f"{office.base}/proposals", settle).status_code == 303
    now = findings(office, id=one.id)[0]
    assert now.verdict == "partly_satisfied" and "lin" in now.record and "逾期訂定" in now.record
    again = office.people["huang"].post(f"{office.base}/proposals", settle)
    assert code_of(again) == "not_found"
    with (
        pytest.raises(IntegrityError),
        office.kept.custody.database.transaction() as rows,
    ):
        values = {"approved": 1, "comment": "", "settled_at": NOW}
        rows.execute(
            insert(settled).values(proposal="x", proposed_by="wang", settled_by="wang", **values)
        )


def book(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", *names):
            archive.writestr(name, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("報告.pdf", b"%PDF-1.7 ...", 303),
        ("every byte.pdf", b"%PDF-" + bytes(range(256)) * 3 + b"\r\n--", 303),
        ("a.png", b"\x89PNG\r\n\x1a\n...", 303),
        ("a.xlsx", book(), 303),
        ("a.pdf", b"MZ\x90\x00", 415),
        ("a.xlsx", book("xl/vbaProject.bin"), 415),
        ("a.xlsx", b"PK\x03\x04broken", 415),
        ("a.svg", b"<svg onload=alert(1)>", 415),
    ],
)
def test_evidence_by_hand_is_what_its_bytes_are(
    office: Office, name: str, body: bytes, status: int
) -> None:
    path = f"{office.base}/controls/CC-17010.f.h"
    fields = {"verdict": "satisfied", "reason": "社交工程演練報告", "until": ""}
    answer = office.people["wang"].post(
        f"{path}/evidence", fields, files={"file": (name, body, "application/pdf")}
    )
    assert answer.status_code == status
    if status != 303:
        assert code_of(answer) == "file_type" and statements(office, "answers") == []
        return
    (statement,) = statements(office, "answers")
    (file,) = Answers.of(statement).attachments
    assert file.digest in statement.subjects.values()
    agent = office.kept.month.agent.id
    got = office.people["wu"].get(f"/a/{agent}/attachments/{file.digest}")
    assert got.content == body and got.headers["Content-Type"] == "application/octet-stream"
    assert "attachment" in got.headers["Content-Disposition"]
    assert "sandbox" in got.headers["Content-Security-Policy"]
    assert code_of(office.people["root"].get(f"/a/{agent}/attachments/{file.digest}")) == (
        "not_allowed"
    )


def test_a_review_done_before_the_store_was_there_can_be_told(office: Office) -> None:
    path = f"{office.base}/controls/CC-17010.b.f/review"
    fields = {"activity": "dmz_review", "reason": "115-防-007"}
    wang = office.people["wang"]
    late = wang.post(path, {**fields, "done_on": "2027-01-01"})
    assert code_of(late) == "answer_incomplete"
    assert wang.post(path, {**fields, "done_on": "2026-08-01"}).status_code == 303
    page = wang.get(f"{office.base}/controls/CC-17010.b.f").text
    assert "2026-08-01（115/08/01）" in page and "2027-02-01（116/02/01）" in page


def test_a_password_is_changed_by_who_knows_it_and_every_session_ends(office: Office) -> None:
    wang, new = office.people["wang"], "a quite different sentence"

    def change(new: str, again: str, **proof: str) -> tuple[int, str]:
        office.later()
        wang.enter()
        fields = {**wang.proof(), "new": new, "again": again, **proof}
        answer = wang.post("/account/password", fields)
        return answer.status_code, code_of(answer)

    assert change(new, new, password="wrong password 123") == (401, "reauth_required")
    assert change(new, "another one altogether") == (400, "form_invalid")
    assert change("short", "short") == (422, "password_weak")
    assert wang.get("/account").status_code == 200, "nothing of that ended the session"
    assert change(new, new) == (303, "")
    assert wang.get("/account").headers["location"].startswith("/login")
    office.later()
    assert wang.log_in().status_code == 401
    office.later()
    assert wang.log_in(new).status_code == 303


def test_both_databases_hold_the_same_rules(kept: Kept) -> None:
    office = make_office(kept)
    office.console.people.grant("wang", "*", Role.supervisor, "host:test")
    assert office.sign("wang", "prepared", "x").status_code == 303
    assert code_of(office.sign("wang", "reviewed")) == "four_eyes"
    assert office.sign("lin", "reviewed").status_code == 303
    for table in (said, prepared, reviewed, audit_event):
        with pytest.raises(IntegrityError), kept.custody.database.transaction() as rows:
            rows.execute(table.delete())
    assert list(fsck(kept.custody)) == []


# Down to the bytes


def test_from_a_number_down_to_the_bytes(office: Office) -> None:
    wu, agent = office.people["wu"], office.kept.month.agent.id
    page = wu.get(office.base).text
    assert re.search(r'href="[^"]*/controls/CC-17010\.b\.f"', page)
    one = next(
        one for one in findings(office, control="CC-17010.b.f") if one.state == "must_decide"
    )
    page = wu.get(f"{office.base}/findings/{one.id}").text
    assert "[&#39;" not in page, "what was measured is shown as a person writes it"
    reading = re.search(rf"/a/{agent}/readings/([0-9a-f]{{64}})", page)
    assert reading is not None
    page = wu.get(f"/a/{agent}/readings/{reading[1]}").text
    bundle = re.search(rf"/a/{agent}/statements/([0-9a-f]{{64}})", page)
    capture = re.search(rf"/a/{agent}/captures/([0-9a-f]{{64}})", page)
    assert bundle is not None and capture is not None
    page = wu.get(f"/a/{agent}/captures/{capture[1]}").text
    assert "相符" in page and bundle[1][:12] in page
    raw = wu.get(f"/a/{agent}/captures/{capture[1]}?raw=1")
    assert raw.content == office.kept.custody.shelf.blob(capture[1])
    page = wu.get(f"/a/{agent}/statements/{bundle[1]}").text
    assert "成立" in page and "urn:evidence-agent:collection:v1" in page
    # And back: the month stays at hand, and the device the bytes are of.
    for path in ("readings/" + reading[1], "captures/" + capture[1], "statements/" + bundle[1]):
        page = wu.get(f"/a/{agent}/{path}").text
        assert f'href="{office.base}/findings"' in page and f'href="{office.base}/devices/' in page


def test_a_refusal_leads_back_and_keeps_what_was_written(office: Office) -> None:
    wang = office.people["wang"]
    refused = wang.post(f"{office.base}/deficiencies", {"reason": "改善中 <b>"})
    assert "改善中 &lt;b&gt;" in refused.text
    assert f'href="{office.base}/deficiencies"' in refused.text
    (one, *_) = findings(office, state="must_decide")
    path = f"{office.base}/findings/{one.id}"
    refused = wang.post(f"{path}/decide", {"decision": "keep", "reason": "", "until": ""})
    assert f'href="{path}"' in refused.text


def test_the_month_at_hand_names_the_others_that_wait(office: Office) -> None:
    with office.kept.custody.database.transaction() as rows:
        (like,) = rows.execute(select(month)).all()
        rows.execute(insert(month).values({**like._mapping, "period": "2026-10"}))
    link = f'href="{office.base[:-7]}2026-10/sign"'
    assert link in office.people["wang"].get(office.base).text, "an engineer prepares it"
    assert link not in office.people["lin"].get(office.base).text, "nobody prepared it yet"


def test_what_officers_read_is_no_code(office: Office) -> None:
    wang, wu = office.people["wang"], office.people["wu"]
    (one, *_) = findings(office, state="must_decide")
    trail = re.sub("<code>.*?</code>", "", wu.get("/audit").text)
    for told in ("新增帳號", "授予角色", "完成"):
        assert told in trail
    assert not re.search(r"<td>(?:[a-z]+_[a-z_]+|login|done)</td>", trail)
    finding_ = wang.get(f"{office.base}/findings/{one.id}").text
    clause_ = wang.get(f"{office.base}/controls/{one.control}").text
    shown = re.sub("<details>.*?</details>|<[^>]+>", " ", finding_ + clause_, flags=re.S)
    assert "rule_carries_traffic" in finding_, "the check's code is there for whom it concerns"
    assert not re.search(r"\b(?:rule|reading)_[a-z_]+\b|subject:", shown)


def test_a_rule_has_its_traffic_told_and_drawn(office: Office) -> None:
    wu = office.people["wu"]
    page = wu.get(f"{office.base}/rules").text
    rules = re.findall(rf'{office.base}/rule\?subject=([^"]+)"', page)
    drawn = [wu.get(f"{office.base}/rule.svg?subject={one}") for one in rules[:3]]
    assert any(one.status_code == 200 and one.text.startswith("<svg") for one in drawn)
    assert "觀察期間" in wu.get(f"{office.base}/rule?subject={rules[0]}").text


def test_the_pages_speak_english_to_whom_asks_for_it(office: Office) -> None:
    wu = office.people["wu"]
    assert wu.post("/account/language", {"language": "en"}).status_code == 303
    for path in ("", "/findings", "/rules", "/devices", "/lifecycle", "/due", "/sign"):
        page = wu.get(office.base + path)
        assert page.status_code == 200 and '<html lang="en">' in page.text
        assert "Log out" in page.text


def test_the_read_model_names_no_statement_that_is_not_there(office: Office) -> None:
    with office.kept.custody.database.reading() as rows:
        (shown,) = rows.execute(select(month)).all()
    statement = office.kept.custody.shelf.statement(shown.assessment)
    assert isinstance(statement, Statement) and statement.kind == "assessment"
