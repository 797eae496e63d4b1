"""The evidence index: every exhibit with where it came from, when, its digests, and who took it."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.clock import stamp
from evidence.text import Text
from report.codes import SUBJECTS, failure_texts, word
from report.exhibits import Exhibit
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.words import UNTOLD, joined, taipei

SOURCES = {
    "device": Text("device", "設備"),
    "hand-delivered": Text("hand-delivered", "人工交付"),
    "imported": Text("kept by another tool", "他工具留存之過去設定"),
    "replayed": Text("replayed", "重播"),
}

COLUMNS = (
    Column("number", Text("Index no.", "索引編號"), 9),
    Column("device", Text("Source device", "來源設備"), 12),
    Column("site", Text("Site", "據點"), 8),
    Column("subject", Text("What", "讀取項目"), 12),
    Column("ask", Text("Ask (command)", "查詢（指令）"), 32),
    Column("taipei", Text("Captured at (Taipei)", "擷取時間（臺北）"), 14),
    Column("utc", Text("Captured at (UTC)", "擷取時間（UTC）"), 14),
    Column("capture", Text("Capture (SHA-256)", "擷取檔雜湊值（SHA-256）"), 36, Kind.digest),
    Column("reading", Text("Reading (SHA-256)", "讀取紀錄雜湊值"), 36, Kind.digest),
    Column("bundle", Text("Bundle (SHA-256)", "證據包雜湊值"), 36, Kind.digest),
    Column("account", Text("Account on the device", "設備帳號"), 12),
    Column("requester", Text("Requested by", "發起人"), 10),
    Column("agent", Text("Taken by (agent)", "擷取者（代理程式）"), 12),
    Column("origin", Text("Origin", "資料來源"), 12),
    Column("peer", Text("Identity seen", "設備身分指紋"), 20),
    Column("remark", Text("Remark", "備註"), 22),
)


def section(month: Month) -> Section:
    title = Text("Evidence index", "佐證索引")
    rows = tuple(map(_row, month.exhibits.all)) + tuple(_absent(month))
    table = Table(id="index", title=title, columns=COLUMNS, rows=rows, pinned=2)
    return Section(id="index", title=title, tables=(table,))


def _row(one: Exhibit) -> Row:
    asked = one.asked
    return {
        "number": one.label,
        "device": one.device,
        "site": one.site,
        "subject": word(SUBJECTS, asked.subject),
        "ask": asked.text,
        "taipei": taipei(one.captured_at),
        "utc": stamp(one.captured_at),
        "capture": asked.capture or Text("no answer", "無回應內容"),
        "reading": one.reading,
        "bundle": one.bundle,
        "account": asked.account or UNTOLD,
        "requester": one.requester,
        "agent": one.agent,
        "origin": _origin(one),
        "peer": asked.peer or UNTOLD,
        "remark": None if asked.failure is None else failure_texts(asked.failure)[0],
    }


def _origin(one: Exhibit) -> Text:
    """The device itself, or who delivered it by hand, why, and who vouched for it."""
    provenance = one.asked.provenance
    parts: list[Text | str] = [word(SOURCES, provenance.kind)]
    if provenance.delivered_by:
        parts.append(provenance.delivered_by)
    if provenance.reason:
        parts.append(provenance.reason)
    if provenance.confirmed_by:
        by = provenance.confirmed_by
        parts.append(Text(f"confirmed by {by}", f"確認人：{by}"))
    return joined(parts)


def _absent(month: Month) -> Iterator[Row]:
    """Readings the assessment names whose bundles are not in this pack: said, not left out."""
    for digest, why in month.exhibits.absent.items():
        yield {"number": Text("absent", "未收入"), "reading": digest, "remark": why}
