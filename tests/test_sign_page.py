"""The page to sign says by itself who signed electronically, for whom, and where nobody has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from evidence.answers import Person, called
from evidence.sign_off import EvidenceSet, SignOff, Step
from report.month import SignedStep
from report.sections.sign_offs import told
from report.sign_page import SignPage, sign_page

AT = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
WANG = Person(account="wang", name="王工程")
LIN = Person(account="lin", name="林主管")
HUANG = Person(account="huang", name="黃主管")


def evidence(root: str = "aa") -> EvidenceSet:
    return EvidenceSet(
        members_root=root * 32, members=3, log_size=9, judged_at=AT, judgement="bb" * 32
    )


def step(
    what: Step, person: Person, *, deputises: Person | None = None, hours: int = 0
) -> SignedStep:
    said = SignOff(
        store="store.example",
        agent="agent-1",
        period="2026-11",
        step=what,
        person=person,
        deputises=deputises,
        at=AT + timedelta(hours=hours),
        comment="筆誤",
        proof="password+totp",
        evidence=evidence(),
        previous=None,
    )
    return SignedStep(f"{hours:02d}" * 32, said)


PREPARED = step(Step.prepared, WANG)
REVIEWED = step(Step.reviewed, LIN, deputises=HUANG, hours=1)


def page(*steps: SignedStep, root: str = "aa") -> SignPage:
    return sign_page(steps, evidence(root), [])


def said(made: SignPage) -> list[str]:
    return [seat.signed.zh for seat in made.seats]


def test_each_seat_says_who_signed_when_and_in_whose_place() -> None:
    made = page(PREPARED, REVIEWED)
    prepared, reviewed, audit_unit = said(made)
    assert prepared == "王工程（wang）\n編製 2026-12-02 10:00:00+08:00"
    assert reviewed == (
        "林主管（lin）\n職務代理：代 黃主管（huang） 簽核\n覆核 2026-12-02 11:00:00+08:00"
    )
    assert "不以電子簽核" in audit_unit and made.note is None
    assert [seat.record for seat in made.seats] == [PREPARED.digest, REVIEWED.digest, ""]


def test_the_working_paper_s_history_has_the_deputy_too() -> None:
    history = told(cast(Any, SimpleNamespace(steps=[PREPARED, REVIEWED])))
    assert history is not None and history.zh == (
        "編製 王工程（wang） 2026-12-02 10:00:00+08:00\n"
        "覆核 林主管（lin） 代 黃主管（huang） 2026-12-02 11:00:00+08:00"
    )


def test_where_nobody_signed_it_says_so() -> None:
    nobody = "尚無人電子簽核。"
    assert said(page())[:2] == [nobody, nobody]
    assert said(page(PREPARED))[1] == nobody
    of_an_agent = sign_page([], None, [])
    assert all("本包由代理程式產製，不含電子簽核" in one for one in said(of_an_agent)[:2])


def test_what_was_sent_back_or_opened_again_is_nobody_s_signature() -> None:
    returned = page(PREPARED, step(Step.returned, LIN, hours=2))
    asked = step(Step.reopen_asked, WANG, hours=2)
    reopened = page(PREPARED, REVIEWED, asked, step(Step.reopened, LIN, hours=3))
    for made in (returned, reopened):
        assert said(made)[:2] == ["尚無人電子簽核。"] * 2
    assert returned.note is not None and returned.note.zh == (
        "最近步驟：退回，林主管（lin），2026-12-02 12:00:00+08:00：筆誤"
    )
    # To ask for it takes nothing back.
    still = page(PREPARED, REVIEWED, asked)
    assert said(still)[0].startswith("王工程（wang）") and still.note is not None
    # Signed anew: the reviewer of before has not seen it.
    assert said(page(PREPARED, REVIEWED, step(Step.prepared, WANG, hours=4)))[1].startswith("尚無")


def test_a_signature_does_not_cover_what_came_after_it() -> None:
    for one in said(page(PREPARED, REVIEWED, root="cc"))[:2]:
        assert "本簽核不及於現有佐證" in one


def test_a_person_is_told_by_name_and_account() -> None:
    assert called("wang", "王工程") == WANG.called == "王工程（wang）"
    assert called("wang", None) == called("wang", "") == called("wang", "wang") == "wang"
