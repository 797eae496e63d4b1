"""The rule review: rules with what is decided about them, filtered and sorted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, true

from evidence.control.decided import Row
from store.month.tables import finding, month_control, rule

PAGE_RULES = 200
# As a clause's record in canonical JSON says it.
_BY_TABLE = '"join":"rule_is_decided"'
SORTS = ("order", "due", "traffic", "risks")


@dataclass(frozen=True)
class Which:
    """Which rules. `pack`: `dmz`, `outside` or all; `state`: a row of the table, or `undecided`."""

    pack: str = ""
    state: str = ""
    traffic: str = ""
    firewall: str = ""
    word: str = ""
    risky: bool = False
    sort: str = "order"
    first: int = 0


def review_control(rows: Connection, agent: str, period: str) -> str | None:
    """The clause under which rules are reviewed: the first that judges by what is decided."""
    one = month_control.c
    found: str | None = rows.scalar(
        select(one.control)
        .where(one.agent == agent, one.period == period, one.findings > 0)
        .where(one.record.contains(_BY_TABLE, autoescape=True))
        .order_by(one.place)
        .limit(1)
    )
    return found


def rules(rows: Connection, agent: str, period: str, control: str, which: Which) -> Sequence[Any]:
    """A page of rules, each with its finding."""
    chosen = _joined(agent, period, control).where(*_conditions(which))
    return rows.execute(chosen.order_by(*_order(which)).limit(PAGE_RULES).offset(which.first)).all()


def every(rows: Connection, agent: str, period: str, control: str, which: Which) -> Sequence[Any]:
    """All rules that fit, for a decision about all of them."""
    return rows.execute(_joined(agent, period, control).where(*_conditions(which))).all()


def named(
    rows: Connection, agent: str, period: str, control: str, subjects: Sequence[str]
) -> dict[str, Any]:
    """Rules by subject, of those that were named."""
    found: dict[str, Any] = {}
    for first in range(0, len(subjects), 500):
        some = subjects[first : first + 500]
        chosen = _joined(agent, period, control).where(rule.c.subject.in_(some))
        found |= {row.subject: row for row in rows.execute(chosen)}
    return found


def counts(
    rows: Connection, agent: str, period: str, control: str, which: Which
) -> tuple[int, dict[str, int]]:
    """How many rules fit, and how many of all stand in each row of the table: one look at both."""
    fits = case((and_(true(), *_conditions(which)), 1), else_=0)
    found = rows.execute(
        _joined(agent, period, control)
        .with_only_columns(finding.c.state, func.count(), func.sum(fits))
        .group_by(finding.c.state)
        .order_by(finding.c.state)
    ).all()
    return sum(row[2] for row in found), {row[0]: row[1] for row in found if row[0] is not None}


def firewalls(rows: Connection, agent: str, period: str) -> Sequence[str]:
    return rows.scalars(
        select(rule.c.firewall)
        .where(rule.c.agent == agent, rule.c.period == period)
        .distinct()
        .order_by(rule.c.firewall)
    ).all()


def _joined(agent: str, period: str, control: str) -> Select[Any]:
    return (
        select(
            rule,
            finding.c.id.label("finding"),
            finding.c.state,
            finding.c.verdict,
            finding.c.due_on,
            finding.c.overdue,
            finding.c.record.label("found"),
        )
        .outerjoin(
            finding,
            (finding.c.agent == rule.c.agent)
            & (finding.c.period == rule.c.period)
            & (finding.c.subject == rule.c.subject)
            # Not by an index of clauses: each rule would be sought among all of its clause's.
            & (func.coalesce(finding.c.control, "") == control)
            & finding.c.state.in_([row.value for row in Row]),
        )
        .where(rule.c.agent == agent, rule.c.period == period)
    )


def _conditions(which: Which) -> list[ColumnElement[bool]]:
    one = rule.c
    wanted: list[ColumnElement[bool]] = []
    if which.pack == "dmz":
        wanted.append(one.dmz == 1)
    elif which.pack == "outside":
        wanted.append(one.outside == 1)
    if which.state == "undecided":
        wanted.append(finding.c.state.in_((Row.must_decide.value, Row.not_measurable.value)))
        wanted.append(finding.c.verdict != "satisfied")
    elif which.state:
        wanted.append(finding.c.state == which.state)
    if which.traffic:
        wanted.append(one.traffic == which.traffic)
    if which.firewall:
        wanted.append(one.firewall == which.firewall)
    if which.risky:
        wanted.append(one.risks > 0)
    if which.word:
        wanted.append(
            or_(
                one.label.contains(which.word, autoescape=True),
                one.subject.contains(which.word, autoescape=True),
                one.record.contains(which.word, autoescape=True),
            )
        )
    return wanted


def _order(which: Which) -> tuple[Any, ...]:
    in_order = (rule.c.firewall, rule.c.number)
    if which.sort == "due":
        return (finding.c.due_on.is_(None), finding.c.due_on, *in_order)
    if which.sort == "traffic":
        return (rule.c.last_traffic_at.is_not(None), rule.c.last_traffic_at, *in_order)
    if which.sort == "risks":
        return (rule.c.risks.desc(), *in_order)
    return in_order
