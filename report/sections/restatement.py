"""The restatement: what late evidence and answers changed after the month was signed."""

from __future__ import annotations

from evidence.control import Verdict
from evidence.text import Text
from report.month import Month, Restated
from report.section import Cell, Column, Row, Section, Table
from report.words import taipei

COLUMNS = (
    Column("signed_at", Text("Signed at", "原簽核時間"), 26),
    Column("again_at", Text("Signed again at", "重新簽核時間"), 26),
    Column("control", Text("Control ID", "控制編號"), 17),
    Column("subject", Text("Subject", "查核對象"), 40),
    Column("was", Text("As signed", "簽核時結果"), 14),
    Column("now", Text("Afterwards", "異動後結果"), 14),
)


def section(month: Month) -> Section:
    title = Text("Restatement", "重編差異表")
    table = Table(
        id="restatement",
        title=title,
        columns=COLUMNS,
        rows=tuple(map(_row, month.restated)),
        empty=Text("nothing changed after a signature", "簽核後無結果異動"),
        pinned=3,
    )
    return Section(id="restatement", title=title, tables=(table,))


def _row(one: Restated) -> Row:
    not_yet = Text("not signed again yet", "尚未重新簽核")
    return {
        "signed_at": taipei(one.signed_at),
        "again_at": not_yet if one.again_at is None else taipei(one.again_at),
        "control": one.control,
        "subject": one.subject or Text("the clause as a whole", "本項整體"),
        "was": _told(one.was, Text("was not there", "無此項")),
        "now": _told(one.now, Text("is gone", "已不存在")),
    }


def _told(verdict: Verdict | None, none: Text) -> Cell:
    return none if verdict is None else verdict
