"""What came, went and changed since the month began, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evidence.inventory import Changed, inventory_changes
from evidence.readings import Readings
from evidence.text import Text
from report.codes import SUBJECTS, word
from report.exhibits import Exhibits
from report.section import Column, Row, Table
from report.words import joined, minute

_KINDS = {
    "added": Text("added", "新增"),
    "removed": Text("removed", "移除"),
    "changed": Text("changed", "變更"),
}
_FACTS = {
    "hardware_item": Text("hardware", "硬體"),
    "software_release": Text("software", "軟體"),
    "asset": Text("entry of the register", "清冊項目"),
}
_NOT_BEFORE = Text(
    "not read before this month: nothing to compare with", "本月前未曾讀取，無從比較"
)

COLUMNS = (
    Column("device", Text("Device", "設備"), 20),
    Column("subject", Text("Read for", "讀取項目"), 16),
    Column("change", Text("Change", "異動"), 10),
    Column("fact", Text("Kind", "類別"), 14),
    Column("what", Text("What", "項目"), 36),
    Column("fields", Text("Before → after", "異動前 → 異動後"), 56),
    Column("between", Text("Between", "比較期間"), 36),
    Column("evidence", Text("Exhibits", "佐證"), 16),
)


def changes(readings: Readings, exhibits: Exhibits) -> Table:
    """A row a difference; what could not be compared has one too."""
    rows = tuple(_row(one, exhibits) for one in inventory_changes(readings))
    title = Text("Inventory changes", "本月資產異動")
    return Table(id="changes", title=title, columns=COLUMNS, rows=rows)


def _row(one: Changed, exhibits: Exhibits) -> Row:
    row: dict[str, Any] = {
        "device": one.device.id,
        "subject": word(SUBJECTS, one.subject),
        "between": f"{minute(one.before.at) if one.before else '?'} → {minute(one.after.at)}",
        "evidence": exhibits.cite({read.digest for read in (one.before, one.after) if read}),
    }
    if one.change is None:
        return {**row, "fields": _NOT_BEFORE}
    return {
        **row,
        "change": _KINDS.get(one.change.kind, Text(one.change.kind, one.change.kind)),
        "fact": _FACTS[one.change.fact],
        "what": one.change.title,
        "fields": joined(list(_fields(one))),
    }


def _fields(one: Changed) -> Iterator[str]:
    for name, before, after in one.change.fields if one.change else ():
        yield f"{name}: {_plain(before)} → {_plain(after)}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    return "-" if value is None else str(value)
