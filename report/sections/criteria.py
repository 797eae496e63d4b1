"""Company criteria (公司判定準則): the limits that the rules leave open, with their dates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evidence.control import Verdict
from evidence.text import Text
from report.check_words import setting_words
from report.codes import STATES, SUBJECTS
from report.month import Month
from report.section import Column, Row, Section, Table
from report.timeline import MARKS
from report.words import NO, UNKNOWN, YES, both_calendars, joined

# Codes that a setting may hold. What else it holds are the company's or a vendor's own words.
_CODES = {**MARKS, **{one.value: one.text for one in Verdict}}
_OWN = Text("company criterion", "公司判定準則")
_SUSPECT = Text("suspected, for a person to confirm", "疑似，待人工確認")

COLUMNS = (
    Column("kind", Text("Kind", "類別"), 24),
    Column("item", Text("Criterion", "項目"), 50),
    Column("value", Text("Value", "內容"), 50),
    Column("basis", Text("Source and basis", "來源與依據"), 50),
    Column("dated", Text("Dated", "生效日期"), 22),
    Column("approved", Text("Approved by", "核准"), 18),
    Column("key", Text("Key in the policy", "設定鍵"), 40),
)


def section(month: Month) -> Section:
    title = Text("Company criteria", "公司判定準則")
    rows = tuple(_rows(month))
    table = Table(id="criteria", title=title, columns=COLUMNS, rows=rows)
    return Section(id="criteria", title=title, tables=(table,))


def _rows(month: Month) -> Iterator[Row]:
    policy = month.assessed.policy
    approved = policy.approved_by or Text("not approved", "未經核准")
    shared: Row = {
        "kind": _OWN,
        "basis": joined([policy.title, policy.id]),
        "dated": both_calendars(policy.dated),
        "approved": approved,
    }
    for row in _limits(month):
        yield {**shared, **row}
    for part in policy.parts:
        for row in _settings(part.checks):
            yield {
                "kind": _OWN,
                "basis": joined([part.title, part.id]),
                "dated": both_calendars(part.dated),
                "approved": part.approved_by or Text("not approved", "未經核准"),
                **row,
            }
    for one in policy.suspects:
        yield {
            "kind": _SUSPECT,
            "item": one.vendor,
            "value": "、".join(one.names),
            "basis": joined([one.source, one.basis]),
            "dated": both_calendars(one.entered_on),
            "approved": approved,
        }


def _limits(month: Month) -> Iterator[Row]:
    policy = month.assessed.policy
    yield {
        "item": Text("order of verdicts, worst first", "查核結果由劣至優之順序"),
        "value": joined([verdict.text for verdict in policy.order], " > "),
        "key": "order",
    }
    yield {
        "item": Text(
            "days to decide about a rule, from first found", "規則自首次發現起應決定之日數"
        ),
        "value": str(policy.decide_within_days),
        "key": "decide_within_days",
    }
    yield {
        "item": Text("days to carry out adjusting or disabling", "調整或停用自決定起應完成之日數"),
        "value": str(policy.carry_out_within_days),
        "key": "carry_out_within_days",
    }
    yield from _settings(policy.checks)
    for activity, months in sorted(policy.activity_months.items()):
        yield {
            "item": Text(f"{activity}: every so many months", f"{activity}：週期（月）"),
            "value": UNKNOWN if months is None else _said(months),
            "key": f"activity_months.{activity}",
        }


def _settings(checks: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    for check, settings in sorted(checks.items()):
        for name, value in sorted(settings.items()):
            yield {
                "item": setting_words(check, name),
                "value": _said(value),
                "key": f"checks.{check}.{name}",
            }


def _said(value: Any) -> Text:
    """A setting as people read it: a code by its word, the rest as in the policy's file, without
    its brackets."""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Mapping):
        return joined([joined([_named(name), _said(one)], ": ") for name, one in value.items()])
    if isinstance(value, list | tuple):
        return joined([_said(one) for one in value] or ["-"], "、")
    return _CODES.get(str(value), Text(str(value), str(value)))


def _named(key: str) -> Text:
    """What a setting is set for: a subject or a state by its word."""
    return SUBJECTS.get(key) or STATES.get(key) or Text(key, key)
