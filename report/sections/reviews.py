"""The register of reviews: what clauses order to be done again and again, and when it is due."""

from __future__ import annotations

from evidence.control import ClockState, ControlResult
from evidence.text import Text
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.words import NO, UNKNOWN, YES, both_calendars

COLUMNS = (
    Column("control", Text("Control ID", "控制編號"), 17),
    Column("activity", Text("What is to be done", "作業項目"), 36),
    Column("months", Text("Every (months)", "週期（月）"), 12, Kind.number),
    Column("last", Text("Last done", "上次辦理"), 22),
    Column("by", Text("By", "辦理人"), 16),
    Column("next", Text("Next due", "下次期限"), 22),
    Column("overdue", Text("Overdue", "逾期"), 10),
    Column("verdict", Text("Result", "結果"), 14, Kind.verdict),
    Column("reason", Text("Reason", "說明"), 44),
    Column("done_on", Text("Done on", "本次辦理日期"), 18, Kind.person),
    Column("done_by", Text("Done by", "本次辦理人"), 16, Kind.person),
    Column("approver", Text("Approved by", "權責主管核准"), 16, Kind.person),
    Column("record", Text("Record (no. of document)", "檢視紀錄（文號）"), 24, Kind.person),
)


def section(month: Month) -> Section:
    title = Text("Review register", "檢視紀錄登記簿")
    rows = tuple(_row(month, result, clock) for result in month.results for clock in result.clocks)
    register = Table(id="reviews", title=title, columns=COLUMNS, rows=rows, pinned=2)
    return Section(id="reviews", title=title, registers=(register,))


def _row(month: Month, result: ControlResult, clock: ClockState) -> Row:
    return {
        "control": result.control.id,
        "activity": clock.activity.title,
        "months": UNKNOWN if clock.months is None else clock.months,
        "last": both_calendars(clock.last_done_on),
        "by": None if clock.by is None else month.called(clock.by),
        "next": both_calendars(clock.next_due_on),
        "overdue": None if clock.next_due_on is None else YES if clock.overdue else NO,
        "verdict": clock.verdict,
        "reason": clock.reason,
    }
