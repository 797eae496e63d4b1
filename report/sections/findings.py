"""Findings: one row for each thing judged under each clause, good ones included."""

from __future__ import annotations

from evidence.control import Finding
from evidence.text import Text
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.sections._finding import finding_row
from report.words import NO, YES

COLUMNS = (
    Column("number", Text("No.", "編號"), 8),
    Column("control", Text("Control ID", "控制編號"), 14),
    Column("device", Text("Device", "設備"), 12),
    Column("subject", Text("Subject", "查核對象"), 28),
    Column("verdict", Text("Result", "查核結果"), 9, Kind.verdict),
    Column("alone", Text("Result without decisions", "未計人員決定之結果"), 10, Kind.verdict),
    Column("state", Text("State", "狀態"), 14),
    Column("reason", Text("Reason", "說明"), 50),
    Column("found", Text("First found", "首次發現"), 12),
    Column("due", Text("Due", "期限"), 12),
    Column("overdue", Text("Overdue", "逾期"), 6),
    Column("evidence", Text("Evidence", "佐證索引"), 14),
    Column("observations", Text("Observations (SHA-256)", "觀察結果雜湊值"), 20, Kind.digest),
)


def section(month: Month) -> Section:
    title = Text("Findings", "查核發現明細")
    rows = tuple(_row(month, number, finding) for number, finding in month.numbered())
    table = Table(id="findings", title=title, columns=COLUMNS, rows=rows, pinned=2)
    return Section(id="findings", title=title, tables=(table,))


def _row(month: Month, number: str, finding: Finding) -> Row:
    return {
        **finding_row(month, number, finding),
        "alone": finding.verdict_alone,
        "overdue": None if finding.due_on is None else YES if finding.overdue else NO,
    }
