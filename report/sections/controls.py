"""The working paper (稽核工作底稿): one row a clause, in the order of the rule book."""

from __future__ import annotations

from evidence.clock import taipei_day
from evidence.control import Answer, ClockState, ControlResult, Verdict
from evidence.control import Kind as Said
from evidence.text import Text
from report.check_words import check_words
from report.codes import APPLIES, AUDITS, BINDS, SOURCES, spoken
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.sections.sign_offs import told
from report.words import joined, month_words, shortened

_MOST_ASKS = 8
_MOST_FINDINGS = 5
_MOST_SAID = 5
_DEFICIENT = (Verdict.not_satisfied, Verdict.partly, Verdict.not_assessed)

COLUMNS = (
    Column("month", Text("Month audited", "查核年月"), 10),
    Column("control", Text("Control ID", "控制編號"), 14),
    Column("book", Text("Version of the rules", "法規版本"), 16),
    Column("clause", Text("Item audited (point of control)", "查核項目（控制重點）"), 34),
    Column("applies", Text("Applicability and why", "適用性與理由"), 14),
    Column("period", Text("Audit frequency / activity period", "查核頻率／作業週期"), 24),
    Column("procedure", Text("Procedure (method, commands)", "查核程序（方法、指令）"), 28),
    Column("population", Text("Population and sampling", "母體與抽樣"), 14),
    Column(
        "evidence",
        Text(
            "Evidence (index, source device, time of capture, digest, taken by)",
            "佐證清單（索引編號、來源設備、擷取時間、雜湊值、擷取者）",
        ),
        46,
    ),
    Column(
        "verdict",
        Text("Result", "查核結果（符合／不符合／部分符合／不適用／無法查核）"),
        10,
        Kind.verdict,
    ),
    Column("deficiency", Text("Deficiency and risk level", "缺失說明與風險等級"), 32),
    Column("reply", Text("Reply of the audited unit", "受查單位說明"), 16, Kind.person),
    Column(
        "action",
        Text("Corrective action, owner, due date", "改善措施、負責人、預計完成日"),
        18,
        Kind.person,
    ),
    Column("follow_up", Text("Follow-up (quarterly)", "追蹤情形（季）"), 11, Kind.person),
    Column("auditor", Text("Auditor's signature", "查核人員簽章"), 10, Kind.person),
    Column("reviewer", Text("Reviewing supervisor's signature", "覆核主管簽章"), 10, Kind.person),
    Column("history", Text("Sign-off history", "簽核歷程"), 14, Kind.person),
)


def section(month: Month) -> Section:
    title = Text("Working paper", "稽核工作底稿")
    history = told(month)
    rows = tuple({**_row(month, result), "history": history} for result in month.results)
    table = Table(id="controls", title=title, columns=COLUMNS, rows=rows, pinned=2)
    return Section(id="controls", title=title, tables=(table,))


def _row(month: Month, result: ControlResult) -> Row:
    book = month.assessed.book
    return {
        "month": month_words(month.period),
        "control": result.control.id,
        "book": book.id,
        "clause": _clause(result),
        "applies": _applies(result),
        "period": joined([AUDITS[result.control.audit], *map(_clock, result.clocks)]),
        "procedure": _procedure(month, result),
        "population": _population(result),
        "evidence": month.exhibits.listed(month.evidence(result.findings)),
        "verdict": result.verdict,
        "deficiency": _deficiency(month, result),
        "reply": _said(month, result, Said.reply),
        "follow_up": _said(month, result, Said.follow_up),
    }


def _said(month: Month, result: ControlResult, kind: Said) -> Text | None:
    """What people said of a clause, the newest first; nothing leaves room to write."""
    found = [
        Text(*[f"{taipei_day(one.at)} {month.called(one.by)}: {one.reason}"] * 2)
        for one in month.assessed.dispositions
        if one.kind is kind and one.control == result.control.id
    ]
    return shortened(found[::-1], _MOST_SAID) if found else None


def _clause(result: ControlResult) -> Text:
    control = result.control
    parts = [control.title]
    if control.caveat is not None:
        parts.append(Text(f"[{control.caveat.en}]", f"【{control.caveat.zh}】"))
    source = SOURCES[control.source]
    parts.append(Text(f"(known from: {source.en})", f"（依據：{source.zh}）"))
    return joined(parts)


def _applies(result: ControlResult) -> Text:
    binds, whom = BINDS[result.binds], APPLIES[result.control.applies]
    why = Text(f"binds {whom.en}", f"對象：{whom.zh}")
    if result.binds is Answer.unknown:
        why = joined([why, Text("the company's profile does not say", "公司基本資料未載明")], "；")
    return joined([binds, why])


def _clock(clock: ClockState) -> Text:
    """An activity with its own period: last done, next due, overdue."""
    title = clock.activity.title
    months = clock.months
    every = Text(f"every {months} months", f"每 {months} 個月") if months else Text("", "週期未定")
    return Text(
        f"{title.en} ({every.en or 'period not set'}): {clock.reason.en}",
        f"{title.zh}（{every.zh}）：{clock.reason.zh}",
    )


def _procedure(month: Month, result: ControlResult) -> Text:
    """The checks that ran and the very commands whose answers they judged."""
    control = result.control
    parts: list[Text | str] = []
    if control.checks:
        asked = dict.fromkeys(check_words(use.check) for use in control.checks)
        asks_en, asks_zh = "; ".join(one.en for one in asked), "、".join(one.zh for one in asked)
        parts.append(Text(f"checked by program: {asks_en}", f"自動檢核：{asks_zh}"))
        exhibits = month.exhibits.of(month.evidence(result.findings))
        asks = dict.fromkeys(one.asked.text for one in exhibits)
        if asks:
            parts.append(Text("read-only commands:", "唯讀指令："))
            parts.append(shortened([Text(ask, ask) for ask in asks], _MOST_ASKS))
    if control.manual:
        said = control.evidence
        parts.append(Text(f"given by people: {said.en}", f"人工佐證：{said.zh}"))
    return joined(parts)


def _population(result: ControlResult) -> Text | None:
    if result.binds is Answer.no or not result.control.checks:
        return None
    count = len(result.findings)
    devices = len({one.device for one in result.findings if one.device != "*"})
    return Text(
        f"all of {count} items on {devices} devices; no sampling",
        f"全數查核 {count} 項，涉及設備 {devices} 台，未抽樣",
    )


def _deficiency(month: Month, result: ControlResult) -> Text | None:
    """Why the result is not good, the worst findings first. How grave it is, people say."""
    if result.verdict not in _DEFICIENT:
        return None
    order = month.assessed.policy.order
    bad = [one for one in result.findings if one.verdict in _DEFICIENT]
    bad.sort(key=lambda one: order.index(one.verdict))
    found = [
        Text(
            f"{one.verdict.text.en}: {one.reason.en}",
            f"{one.verdict.text.zh}：{spoken(one.reason.zh)}",
        )
        for one in bad
    ]
    rating = Text("Risk level: (to be rated)", "風險等級：（待評定）")
    return joined([result.reason, *([shortened(found, _MOST_FINDINGS)] if found else []), rating])
