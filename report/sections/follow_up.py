"""The register of open deficiencies: since when, how they were followed up, when again."""

from __future__ import annotations

from evidence.clock import taipei_day
from evidence.follow_up import DEFICIENT, Deficiency, deficiencies
from evidence.text import Text
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.words import NO, UNKNOWN, YES, both_calendars, joined

COLUMNS = (
    Column("control", Text("Control ID", "控制編號"), 17),
    Column("title", Text("Item audited", "查核項目"), 36),
    Column("verdict", Text("Result", "查核結果"), 12, Kind.verdict),
    Column("since", Text("Open since", "缺失起始月份"), 14),
    Column("entries", Text("Follow-up (quarterly)", "追蹤情形（季）"), 44),
    Column("next", Text("Follow up again by", "下次追蹤期限"), 22),
    Column("overdue", Text("Overdue", "逾期"), 10),
    Column("owner", Text("Owner", "負責人"), 16, Kind.person),
    Column("done_by", Text("To be corrected by", "預計完成日"), 16, Kind.person),
)


def section(month: Month) -> Section:
    title = Text("Open deficiencies", "缺失追蹤登記簿")
    titles = {one.control.id: one.control.title for one in month.results}
    rows = tuple(_row(month, one, titles[one.control]) for one in register(month))
    table = Table(id="follow_up", title=title, columns=COLUMNS, rows=rows, pinned=2)
    return Section(id="follow_up", title=title, registers=(table,))


def register(month: Month) -> list[Deficiency]:
    """The month's open deficiencies. One that is new is open since this month."""
    verdicts = {one.control.id: one.verdict for one in month.results}
    earlier = month.open_since or {}
    since = {
        control: earlier.get(control, month.period)
        for control, verdict in verdicts.items()
        if verdict in DEFICIENT
    }
    return deficiencies(verdicts, since, month.assessed.dispositions, month.assessed.judgement.at)


def _row(month: Month, one: Deficiency, title: Text) -> Row:
    known = month.open_since is not None
    entries = [
        f"{taipei_day(said.at)} {month.called(said.by)}: {said.reason}" for said in one.entries
    ]
    return {
        "control": one.control,
        "title": title,
        "verdict": one.verdict,
        "since": one.since if known else UNKNOWN,
        "entries": joined(entries) if entries else Text("none yet", "尚無"),
        "next": both_calendars(one.next_due_on) if known else UNKNOWN,
        "overdue": (YES if one.overdue else NO) if known else UNKNOWN,
    }
