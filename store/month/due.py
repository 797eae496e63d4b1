"""What is due of a month, by every clock the clauses have: for page, calendar and notices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, func, select

from evidence.clock import taipei_day
from evidence.control import Disposition, Kind, Verdict
from evidence.follow_up import Deficiency, deficiencies, open_since
from evidence.text import Text
from store.month import look
from store.month.tables import disposition, finding, month_control


class What(StrEnum):
    """Which clock it is. `review`: an activity that recurs; `decision`: findings with a day;
    `follow_up`: an open deficiency; `ends`: a plan, measure or exception that somebody approved."""

    review = "review"
    decision = "decision"
    follow_up = "follow_up"
    ends = "ends"

    @property
    def text(self) -> Text:
        return _WORDS[self]


_WORDS = {
    What.review: Text("review", "定期作業"),
    What.decision: Text("decide or carry out", "決定或完成"),
    What.follow_up: Text("quarterly follow-up", "缺失每季追蹤"),
    What.ends: Text("ends", "到期"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`key` names it among those of its kind, from one month to the next."""

    on: date
    what: What
    control: str
    title: Text
    key: str
    count: int = 1


def due(rows: Connection, agent: str, period: str, at: datetime) -> list[Due]:
    """Everything of a month that has a day, the earliest first."""
    clauses = look.clauses(rows, agent, period)
    titles = {one.control: Text(**json.loads(one.record)["title"]) for one in clauses}
    found = [
        *_reviews(clauses),
        *_decisions(rows, agent, period),
        *_follow_ups(register(rows, agent, period, at), titles),
        *_ends(rows, agent, at),
    ]
    return sorted(found, key=lambda one: (one.on, one.control, one.key))


def unrecorded(rows: Connection, agent: str, period: str) -> list[tuple[str, Text]]:
    """Activities that recur and of which nobody said when they were last done, by clause."""
    found = []
    for one in look.clauses(rows, agent, period):
        record = json.loads(one.record)
        since = {each["id"]: each["since"] for each in record["clause"]["activities"]}
        found += [
            (one.control, Text(**clock["title"]))
            for clock in record["clocks"]
            if clock["last_done_on"] is None and since[clock["activity"]] == "last_done"
        ]
    return found


def register(rows: Connection, agent: str, period: str, at: datetime) -> list[Deficiency]:
    """The open deficiencies of a month with their follow-ups."""
    clauses = look.clauses(rows, agent, period)
    verdicts = {one.control: Verdict(one.verdict) for one in clauses}
    return deficiencies(verdicts, since(rows, agent, period), _said(rows, agent), at)


def since(rows: Connection, agent: str, period: str) -> dict[str, str]:
    """Each deficient clause of a month with the month it is open since."""
    of = month_control.c
    history: dict[str, dict[str, Verdict]] = {}
    wanted = select(of.period, of.control, of.verdict).where(of.agent == agent, of.period <= period)
    for one in rows.execute(wanted.order_by(of.period)):
        history.setdefault(one.period, {})[one.control] = Verdict(one.verdict)
    return open_since(list(history.items()))


def _said(rows: Connection, agent: str) -> Iterator[Disposition]:
    of = disposition.c
    wanted = select(of.record).where(of.agent == agent, of.kind == Kind.follow_up.value)
    for record in rows.scalars(wanted.order_by(of.position)):
        yield Disposition.of_record(json.loads(record))


def _reviews(clauses: Iterable[Any]) -> Iterator[Due]:
    for one in clauses:
        for clock in json.loads(one.record)["clocks"]:
            if clock["next_due_on"]:
                yield Due(
                    on=date.fromisoformat(clock["next_due_on"]),
                    what=What.review,
                    control=one.control,
                    title=Text(**clock["title"]),
                    key=clock["activity"],
                )


def _decisions(rows: Connection, agent: str, period: str) -> Iterator[Due]:
    of = finding.c
    wanted = (
        select(of.due_on, of.control, func.count().label("findings"))
        .where(of.agent == agent, of.period == period, of.due_on.is_not(None))
        .group_by(of.due_on, of.control)
    )
    for one in rows.execute(wanted):
        yield Due(
            on=date.fromisoformat(one.due_on),
            what=What.decision,
            control=one.control,
            title=Text("findings that need a decision or its carrying out", "須決定或完成之項目"),
            key=one.due_on,
            count=one.findings,
        )


def _follow_ups(found: Iterable[Deficiency], titles: dict[str, Text]) -> Iterator[Due]:
    for one in found:
        yield Due(
            on=one.next_due_on,
            what=What.follow_up,
            control=one.control,
            title=titles[one.control],
            key=one.since,
        )


def _ends(rows: Connection, agent: str, at: datetime) -> Iterator[Due]:
    """What was approved and has an end to come."""
    of = disposition.c
    kinds = (Kind.plan.value, Kind.exception.value)
    wanted = select(of.id, of.record).where(of.agent == agent, of.kind.in_(kinds))
    for one in rows.execute(wanted.order_by(of.position)):
        said = Disposition.of_record(json.loads(one.record))
        if said.until is not None and said.until >= taipei_day(at):
            yield Due(
                on=said.until,
                what=What.ends,
                control=said.control,
                title=Text(said.subject, said.subject),
                key=one.id,
            )
