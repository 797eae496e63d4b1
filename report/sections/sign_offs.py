"""The history of the month's signing: every step, by whom, over exactly which evidence."""

from __future__ import annotations

from evidence.sign_off import SignOff
from evidence.text import Text
from report.month import Month, SignedStep
from report.section import Column, Kind, Row, Section, Table
from report.words import taipei

COLUMNS = (
    Column("step", Text("Step", "步驟"), 14),
    Column("person", Text("By", "簽核人"), 22),
    Column("deputises", Text("In the place of", "職務代理（被代理人）"), 22),
    Column("at", Text("At", "時間"), 26),
    Column("comment", Text("Comment", "意見"), 40),
    Column("proof", Text("How the person was known", "身分確認方式"), 20),
    Column("members", Text("Statements covered", "涵蓋紀錄數"), 12, Kind.number),
    Column("members_root", Text("Root over them", "紀錄集合根值"), 30, Kind.digest),
    Column("judgement", Text("Judgement (SHA-256)", "判定結果雜湊值"), 30, Kind.digest),
    Column("statement", Text("Signed record (SHA-256)", "簽核紀錄雜湊值"), 30, Kind.digest),
)


def section(month: Month) -> Section:
    title = Text("Sign-off history", "簽核歷程")
    table = Table(
        id="sign_offs",
        title=title,
        columns=COLUMNS,
        rows=tuple(map(_row, month.steps)),
        empty=Text("nobody has signed yet", "尚無簽核紀錄"),
    )
    return Section(id="sign_offs", title=title, tables=(table,))


def told(month: Month) -> Text | None:
    """The steps in one cell: `編製 王小明 2026-12-02 …`. None: nobody has signed."""
    lines = [(one.said.step.text, _who(one.said), taipei(one.said.at)) for one in month.steps]
    if not lines:
        return None
    return Text(
        "\n".join(f"{step.en} {who.en} {at}" for step, who, at in lines),
        "\n".join(f"{step.zh} {who.zh} {at}" for step, who, at in lines),
    )


def _who(said: SignOff) -> Text:
    """By whom, and in whose place where somebody is deputised."""
    who = said.person.called
    if said.deputises is None:
        return Text(who, who)
    whom = said.deputises.called
    return Text(f"{who} for {whom}", f"{who} 代 {whom}")


def _row(one: SignedStep) -> Row:
    said = one.said
    return {
        "step": said.step.text,
        "person": said.person.called,
        "deputises": "" if said.deputises is None else said.deputises.called,
        "at": taipei(said.at),
        "comment": said.comment,
        "proof": said.proof,
        "members": said.evidence.members,
        "members_root": said.evidence.members_root,
        "judgement": said.evidence.judgement,
        "statement": one.digest,
    }
