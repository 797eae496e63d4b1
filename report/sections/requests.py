"""The list an auditor asks for each month under CC-17010, and where in the pack each item lies."""

from __future__ import annotations

from dataclasses import dataclass

from evidence.control import ControlResult, Verdict
from evidence.text import Text
from report.month import Month
from report.section import Column, Kind, Row, Section, Table
from report.words import joined


@dataclass(frozen=True, slots=True)
class _Item:
    """Something asked for. `clauses` are ids, or beginnings of ids that end with a dot."""

    title: Text
    clauses: tuple[str, ...]
    place: Text


_WORK = Text("working paper", "稽核工作底稿")
_FINDINGS = Text("findings", "查核發現明細")
_REVIEWS = Text("review register", "檢視紀錄登記簿")

_ITEMS = (
    _Item(
        Text(
            "Firewall and edge configuration, the month's changes and their approvals",
            "防火牆及邊界設備設定快照、本月差異與核准紀錄",
        ),
        ("CC-17010.b.a", "CC-17010.b.b", "CC-17010.b.c", "CC-17010.b.d", "CC-17010.b.e"),
        Text("captures; evidence index", "captures 資料夾、佐證索引"),
    ),
    _Item(
        Text(
            "Register of rule reviews: yearly, DMZ half-yearly, last and next date; decisions on "
            "rules without traffic and with high risk",
            "規則檢視登記簿（年度、DMZ 半年、上次與下次日期）；無流量與高風險規則之決定",
        ),
        ("CC-17010.b.f", "CC-17010.b.g", "CC-17010.b.h"),
        Text("review register; rules needing decisions", "檢視紀錄登記簿、待決定之防火牆規則"),
    ),
    _Item(
        Text("Decommissioned systems against rules", "已下線資通系統與規則對照"),
        ("CC-17010.b.f",),
        Text("rules needing decisions; inventory", "待決定之防火牆規則、資產盤點"),
    ),
    _Item(
        Text(
            "Remote-access accounts, multi-factor state, sessions, supervisor's review",
            "遠端連線帳號、多因子身分認證狀態、連線紀錄與主管覆核",
        ),
        ("CC-17010.a.h", "CC-21100.rw."),
        joined([_FINDINGS, _REVIEWS], ", "),
    ),
    _Item(
        Text(
            "Versions and ends of support, with plans and compensations",
            "版本與終止支援清單、汰除計畫與補償性措施",
        ),
        ("CC-17010.a.j",),
        Text("findings; inventory", "查核發現明細、資產盤點"),
    ),
    _Item(
        Text("Anti-virus coverage and scan times", "防毒涵蓋率與掃描時間"),
        ("CC-17010.f.a", "CC-17010.f.b"),
        _WORK,
    ),
    _Item(
        Text("Software allow-list state and exceptions", "軟體白名單狀態與例外"),
        ("CC-17010.f.f",),
        _WORK,
    ),
    _Item(
        Text("Wireless settings, users, supplier approvals", "無線網路設定、使用者、供應商核准"),
        ("CC-17010.m.",),
        _FINDINGS,
    ),
    _Item(
        Text("Ciphers and certificates", "加密演算法與憑證清單"),
        ("CC-17010.c.",),
        _WORK,
    ),
    _Item(
        Text(
            "IPS, WAF and SOC state; tests that the tier requires, with dates",
            "入侵防禦、網站應用程式防火牆、監控中心狀態；依資安分級應辦測試與日期",
        ),
        ("CC-17010.j.",),
        joined([_WORK, _REVIEWS], ", "),
    ),
    _Item(
        Text("Open deficiencies and quarterly follow-up", "未結缺失與每季追蹤"),
        (),
        _WORK,
    ),
    _Item(
        Text("Failures to collect, disclosed", "蒐集失敗情形之揭露"),
        ("CC-17010",),
        Text("devices not read and why; coverage", "未能讀取之設備與原因、讀取涵蓋情形"),
    ),
)

COLUMNS = (
    Column("number", Text("No.", "項次"), 8, Kind.number),
    Column("item", Text("Item asked for", "調閱項目"), 60),
    Column("clauses", Text("Control IDs", "控制編號"), 30),
    Column("verdict", Text("Worst result", "最差查核結果"), 16, Kind.verdict),
    Column("place", Text("Where in this pack", "本包位置"), 44),
    Column("remark", Text("Remark of the audited unit", "受查單位備註"), 30, Kind.person),
)


def section(month: Month) -> Section:
    title = Text("Monthly request list", "每月調閱清單")
    rows = tuple(_row(month, number, item) for number, item in enumerate(_ITEMS, start=1))
    table = Table(id="requests", title=title, columns=COLUMNS, rows=rows)
    return Section(id="requests", title=title, tables=(table,))


def _row(month: Month, number: int, item: _Item) -> Row:
    mine = [result for result in month.results if _asked(item, result)]
    verdicts: set[Verdict] = {result.verdict for result in mine}
    return {
        "number": number,
        "item": item.title,
        "clauses": "、".join(result.control.id for result in mine),
        "verdict": month.assessed.policy.worst(verdicts) if verdicts else None,
        "place": item.place,
    }


def _asked(item: _Item, result: ControlResult) -> bool:
    id = result.control.id
    return any(id == one or (one.endswith(".") and id.startswith(one)) for one in item.clauses)
