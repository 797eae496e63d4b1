"""The cover: whose pack, of which month, by which rules, signed how, and how to verify it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evidence.clock import add_months, month_bounds, stamp, taipei_day
from evidence.control import Verdict
from evidence.text import Text
from report.month import Month
from report.section import Cell, Column, Section, Table
from report.words import (
    UNKNOWN,
    both_calendars,
    joined,
    month_words,
    taipei,
)

# 證券暨期貨市場各服務事業建立內部控制制度處理準則 §14: working papers are kept five years.
_KEPT_MONTHS = 60

COLUMNS = (
    Column("item", Text("Item", "項目"), 34),
    Column("value", Text("Content", "內容"), 96),
)
_Rows = Iterator[tuple[Text, Cell]]


def section(month: Month, others: Sequence[Section]) -> Section:
    title = Text("Cover", "封面")
    parts = (
        _whose(month),
        _marks(month),
        _counts(month),
        _signed(month),
        _contents(others),
        _how(),
    )
    rows = tuple({"item": item, "value": value} for part in parts for item, value in part)
    table = Table(id="cover", title=title, columns=COLUMNS, rows=rows)
    return Section(id="cover", title=title, tables=(table,))


def _whose(month: Month) -> _Rows:
    assessed, book = month.assessed, month.assessed.book
    ends_on = taipei_day(month_bounds(month.period)[1])
    yield Text("Securities firm", "證券商"), assessed.profile.name or Text("(not set)", "（未填）")
    yield Text("Month audited", "查核年月"), month_words(month.period)
    yield (
        Text("Version of the rules", "法規版本"),
        joined([book.title, book.id, str(both_calendars(book.dated))], "／"),
    )
    yield (
        Text("Assessed at", "評估時間"),
        f"{taipei(assessed.at)} = {stamp(assessed.at)}",
    )
    yield Text("Security tier", "資安分級"), assessed.profile.tier or UNKNOWN
    yield (
        Text("Sites", "據點"),
        "、".join(sorted({device.site for device in month.devices.values()})),
    )
    kept_until = both_calendars(add_months(ends_on, _KEPT_MONTHS))
    yield (
        Text("Keep at least until", "最短保存期限"),
        Text(f"{kept_until} (five years)", f"{kept_until}（五年）"),
    )


def _marks(month: Month) -> _Rows:
    for mark in month.marks:
        yield Text("State of this pack", "本包性質"), mark
    if month.exhibits.absent:
        count = len(month.exhibits.absent)
        yield (
            Text("Not in this pack", "未收入本包"),
            Text(f"{count} readings; see the evidence index", f"讀取紀錄 {count} 筆，詳佐證索引"),
        )


def _counts(month: Month) -> _Rows:
    counts = month.assessed.judgement.counts
    total = len(month.results)
    yield Text("Clauses", "查核項目數"), total
    for verdict in Verdict:
        yield verdict.text, counts.get(verdict, 0)
    unverified = sum(not result.control.verified for result in month.results)
    yield Text("Clauses whose text is to be verified", "條文內容待核對之項目數"), unverified
    yield Text("Exhibits", "佐證件數"), len(month.exhibits.all)
    yield Text("Runs in the month", "本月執行次數"), len(month.runs)


def _signed(month: Month) -> _Rows:
    assessed = month.assessed
    yield Text("Agent", "代理程式"), f"{month.agent} {month.record.agent_version}"
    yield (
        Text("Signing key (keyid)", "簽章金鑰識別碼"),
        f"Ed25519 {month.keyid}",
    )
    yield (
        Text("Assessment (SHA-256 of the payload)", "評估紀錄雜湊值"),
        Text(
            f"{assessed.envelope.digest}, revision {assessed.revision}",
            f"{assessed.envelope.digest}，第 {assessed.revision} 版",
        ),
    )
    if month.record.previous is not None:
        yield Text("Revision before it", "前一版雜湊值"), month.record.previous
    for name, digest in sorted(month.record.inputs.items()):
        yield Text(f"Input: {name} (SHA-256)", f"依據檔：{name}（SHA-256）"), digest


def _contents(others: Sequence[Section]) -> _Rows:
    for one in others:
        rows = sum(len(table.rows) for table in one.all_tables)
        yield (
            Text(f"Section: {one.title.en}", f"章節：{one.title.zh}"),
            Text(
                f"{rows} rows; sections/{one.id}.csv, .json",
                f"{rows} 列；sections/{one.id}.csv、.json",
            ),
        )


def _how() -> _Rows:
    yield (
        Text("How to verify", "驗證方式"),
        Text(
            "evidence-verify PACK.zip --keys agent.pem; the public key comes from its owner, "
            "not with this file. By hand: README.txt.",
            "evidence-verify PACK.zip --keys agent.pem；公鑰應向金鑰保管人索取，"
            "不可採用隨檔案附送者。人工驗證步驟見 README.txt。",
        ),
    )
