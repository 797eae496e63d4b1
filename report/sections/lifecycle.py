"""What ends when, thing by thing: every milestone in both calendars, its source, and the plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from evidence.control import Disposition, Kind
from evidence.observation import Observation
from evidence.text import Text
from report.codes import STATES, word
from report.month import Month
from report.section import Cell, Column, Row, Section, Table
from report.section import Kind as Held
from report.timeline import MARKS
from report.words import UNTOLD, both_calendars, joined

CHECK = "release_is_supported"
_PARTS = {"software": Text("software", "軟體"), "hardware": Text("hardware", "硬體")}
_CONFIDENCE = {
    "vendor": Text("vendor", "原廠"),
    "secondary": Text("secondary, to be confirmed", "轉載，待確認"),
    "reseller": Text("reseller, to be confirmed", "經銷商，待確認"),
}
_NOT_READ = Text("not read", "未能讀取")

COLUMNS = (
    Column("site", Text("Site", "據點"), 12),
    Column("device", Text("Device", "設備"), 18),
    Column("part", Text("Kind", "類別"), 10),
    Column("name", Text("Model or product", "型號或產品"), 26),
    Column("version", Text("Version or serial", "版本或序號"), 20),
    Column("state", Text("State", "狀態"), 20),
    *(Column(key, heading, 24) for key, heading in MARKS.items()),
    Column("days", Text("Days left", "尚餘日數"), 10, Held.number),
    Column("plan", Text("Plan and measures", "汰除計畫與補償措施"), 44),
    Column("source", Text("Source of the dates", "日期來源"), 40),
    Column("retrieved", Text("Retrieved", "取得日期"), 14),
    Column("confidence", Text("Confidence", "可信度"), 18),
)


def section(month: Month) -> Section:
    """Everything that the check of lifecycles spoke of, the sooner end first."""
    assessed = month.assessed
    sites = {device.id: device.site for device in month.devices.values()}
    table = lifecycle_table(assessed.observations, sites, assessed.dispositions, month.called)
    return Section(id="lifecycle", title=table.title, tables=(table,))


def lifecycle_table(
    observations: Iterable[Observation],
    sites: Mapping[str, str],
    dispositions: Iterable[Disposition],
    called: Callable[[str], str] = str,
) -> Table:
    """A row a thing. `sites` by device; `called` tells a person."""
    said: dict[str, list[Disposition]] = {}
    for one in dispositions:
        if one.kind in (Kind.plan, Kind.exception):
            said.setdefault(one.subject, []).append(one)
    mine = [one for one in observations if one.check.partition("{")[0] == CHECK]
    mine.sort(key=lambda one: (_days(one), one.subject))
    rows = tuple(_row(one, sites, _plans(said.get(one.subject, ()), called)) for one in mine)
    title = Text("What ends when", "支援終止時程")
    return Table(id="lifecycle", title=title, columns=COLUMNS, rows=rows, pinned=2)


def _days(one: Observation) -> int:
    days_left = one.measures.get("days_left")
    return days_left if isinstance(days_left, int) else date.max.toordinal()


def _row(one: Observation, sites: Mapping[str, str], plans: Iterable[Text]) -> Row:
    measures = one.measures
    part = "software" if "version" in measures else "hardware" if "model" in measures else ""
    days = measures.get("milestones", {})
    row: dict[str, Cell] = {
        "site": sites.get(one.device, ""),
        "device": one.device,
        "part": _PARTS.get(part, _NOT_READ),
        "name": measures.get("model") or measures.get("product") or UNTOLD,
        "version": measures.get("version") or measures.get("serial"),
        "state": word(STATES, one.state),
        "days": measures.get("days_left"),
        "plan": joined(list(plans)),
        "source": measures.get("source_url"),
        "retrieved": measures.get("retrieved_on"),
        "confidence": _CONFIDENCE.get(str(measures.get("confidence"))),
    }
    for key in MARKS:
        day = days.get(key)
        row[key] = both_calendars(date.fromisoformat(day)) if day else None
    return row


def _plans(said: Iterable[Disposition], called: Callable[[str], str]) -> Iterator[Text]:
    for one in said:
        what = Text("plan", "計畫") if one.kind is Kind.plan else Text("measure", "措施")
        until = both_calendars(one.until) or UNTOLD
        by, approver = called(one.by), "-" if one.approver is None else called(one.approver)
        yield Text(
            f"{what.en} until {until}: {one.reason} ({by}, approved by {approver})",
            f"{what.zh}（至 {until}）：{one.reason}（{by}；核准：{approver}）",
        )
