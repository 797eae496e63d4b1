"""What is due, open deficiencies and replies, as people in their roles meet them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from evidence.pack import read_pack
from evidence.statement import ANSWERS, Statement
from evidence.workdays import WorkDays
from store.ics import Entry, to_ics
from store.month import look
from store.month.due import What, due, register
from store.notices.found import Kind, notices
from store.pack import make_pack
from store.said.tables import said
from store.workdays import work_days
from tests.fixtures_month import AFTER
from tests.fixtures_office import Office, code_of

pytestmark = pytest.mark.whole


def unfolded(calendar: str) -> list[str]:
    return calendar.replace("\r\n ", "").split("\r\n")


def test_what_is_due_is_a_page_and_a_calendar(office: Office) -> None:
    agent = office.kept.month.agent.id
    with office.console.custody.database.reading() as rows:
        found = due(rows, agent, "2026-11", AFTER)
    assert {one.what for one in found} >= {What.follow_up}
    page = office.people["wu"].get(f"{office.base}/due")
    assert page.status_code == 200 and "最遲工作日" in page.text and "2027-02-28" in page.text
    assert "假日資料未備" in page.text, "2027 does not ship"
    assert "行憲紀念日" in page.text
    assert "DMZ 規則半年檢視" in page.text, "of which no record is known"
    assert "已下線資通系統規則之調整或停用" not in page.text, "a deadline is no review to record"
    answer = office.people["wu"].get(f"{office.base}/due.ics")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert all(len(line.encode()) <= 75 for line in answer.text.split("\r\n"))
    lines = unfolded(answer.text)
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VEVENT") == len(found)
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == len(uids)
    # The end of February 2027 is a Sunday.
    assert "DTSTART;VALUE=DATE:20270226" in lines


def test_a_calendar_is_inert_whatever_things_are_called() -> None:
    hostile = "a;b,c\\\r\nEND:VEVENT\x1b[2J\u202e" + "規" * 60
    entry = Entry(uid="1", day=date(2026, 12, 31), title=hostile, text=hostile)
    lines = unfolded(to_ics("x", [entry], AFTER).decode())
    assert lines.count("END:VEVENT") == 1 and not re.search("[\x00-\x1f\u202e]", "".join(lines))
    assert "DTEND;VALUE=DATE:20270101" in lines


def test_deficiencies_are_followed_up_and_the_pack_has_the_register(
    office: Office, tmp_path: Path
) -> None:
    agent, custody = office.kept.month.agent.id, office.console.custody

    def open_ones() -> dict[str, int]:
        with custody.database.reading() as rows:
            found = register(rows, agent, "2026-11", office.kept.now[0])
        return {one.control: len(one.entries) for one in found}

    first = next(iter(open_ones()))
    assert "CC-17010" not in open_ones(), "it is the sum of its clauses"
    path = f"{office.base}/deficiencies"
    wang = office.people["wang"]
    assert code_of(wang.post(path, {"reason": "x"})) == "answer_incomplete"
    assert code_of(wang.post(path, {"control": "CC-0", "reason": "x"})) == "answer_incomplete"
    assert code_of(wang.post(path, {"control": first, "reason": " "})) == "reason_missing"
    assert code_of(office.people["wu"].post(path, {"control": first, "reason": "x"})) == (
        "not_allowed"
    )
    before = {one.control: one.verdict for one in verdicts(office)}
    fields = {"control": first, "reason": "已請購，預計 116 年 3 月完成"}
    assert wang.post(path, fields).status_code == 303
    assert open_ones()[first] == 1
    assert {one.control: one.verdict for one in verdicts(office)} == before
    page = office.people["wu"].get(path).text
    assert "已請購" in page and "wang" in page
    made, _ = make_pack(custody, agent, "2026-11", tmp_path, office.kept.now[0], paper=False)
    archive = read_pack(made.read_bytes()).archive
    rows = json.loads(archive.read("sections/follow_up.json"))["registers"][0]["rows"]
    mine = next(one for one in rows if one["control"] == first)
    assert mine["since"] == "2026-11" and "已請購" in mine["entries"]["zh"]
    paper = json.loads(archive.read("sections/controls.json"))["tables"][0]["rows"]
    assert any("已請購" in (one["follow_up"] or {}).get("zh", "") for one in paper)


def verdicts(office: Office) -> list[Any]:
    with office.console.custody.database.reading() as rows:
        return list(look.clauses(rows, office.kept.month.agent.id, "2026-11"))


def test_a_reply_is_signed_and_names_what_it_answers(office: Office) -> None:
    wang, lin = office.people["wang"], office.people["lin"]
    listed = wang.get(f"{office.base}/findings?bad=1").text
    found = re.search(r"/findings/([0-9a-f]{16})\"", listed)
    assert found is not None
    path = f"{office.base}/findings/{found[1]}"
    assert lin.post(f"{path}/reply", {"to": "", "reason": "何時完成？"}).status_code == 303
    [first] = re.findall(r'<option value="([0-9a-f]{64})"', wang.get(path).text)
    assert code_of(wang.post(f"{path}/reply", {"to": "0" * 64, "reason": "x"})) == (
        "answer_incomplete"
    )
    assert wang.post(f"{path}/reply", {"to": first, "reason": "本週五"}).status_code == 303
    page = office.people["wu"].get(path).text
    assert "何時完成？" in page and "本週五" in page and "→ 林主管（lin）" in page
    assert "/reply" not in page, "an auditor writes nothing"
    assert code_of(office.people["wu"].post(f"{path}/reply", {"reason": "x"})) == "not_allowed"
    shelf = office.console.custody.shelf
    with office.console.custody.database.reading() as rows:
        digests = list(rows.scalars(select(said.c.digest).order_by(said.c.position)))
    statements = [Statement.parse(shelf.envelope(one).payload) for one in digests]
    assert [one.predicate_type for one in statements] == [ANSWERS, ANSWERS]
    assert statements[1].predicate["dispositions"][0]["digest"] == first


def test_a_notice_comes_days_of_work_before_and_when_a_follow_up_is_late(office: Office) -> None:
    days = work_days(office.console.custody.state)

    def kinds(now: date, known: WorkDays = days) -> set[Kind]:
        moment = AFTER + (now - AFTER.date())
        with office.console.custody.database.reading() as rows:
            return {one.kind for one in notices(rows, moment, known)}

    # Due on Sunday 2027-02-28, to act by Friday 26: five days of work before is Friday 19.
    quiet = {Kind.due_soon, Kind.follow_up_overdue}
    assert not kinds(date(2027, 2, 18)) & {Kind.follow_up_overdue}
    assert Kind.due_soon in kinds(date(2027, 2, 19)) & quiet
    assert Kind.follow_up_overdue not in kinds(date(2027, 2, 28))
    assert Kind.follow_up_overdue in kinds(date(2027, 3, 1) + timedelta(days=1))
