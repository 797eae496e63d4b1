"""Months: where one arrives, the heat map, a month at a glance."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from evidence.clock import month_bounds
from evidence.control import Verdict
from evidence.text import Text
from store.agents import callers
from store.console.guard import Call, Console
from store.console.pages import asked_by, deputised_by, in_order, month_of, next_step, shown
from store.month import look, rules
from store.month.rules import Which
from store.month.tables import month_control
from store.people.roles import May, allowed
from store.problems import Refused
from store.said.answering import proposals_waiting
from store.said.signing import Standing

MAIN = "CC-17010"
_VERDICTS = frozenset(one.value for one in Verdict)
_RULES = Text("rules to decide about", "條規則待決定")
_DEFICIENT = Text("deficiencies that nobody answered", "項缺失未答覆")
_EVIDENCE = Text("clauses that await evidence", "款待人工佐證")
_OVERDUE = Text("overdue", "項逾期")
_PROPOSED = Text("plans and exceptions to approve", "件計畫或例外待核准")


_STEPS_LEFT = (
    (May.review, (Standing.prepared,), Text("To be reviewed", "待覆核月份")),
    (May.prepare, (Standing.open, Standing.stale), Text("To be prepared", "待編製月份")),
)


_ASKED = Text("To be opened again, or not", "申請重新開啟、待第二人核准月份")


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done `count` times, and where below the month's address."""

    count: int
    text: Text
    link: str


def home(console: Console, call: Call) -> Response:
    """The agents one may see; of the only one the newest month at once."""
    grants = call.login.known.grants
    found = []
    with console.custody.database.reading() as rows:
        for one in callers(rows):
            if allowed(grants, May.see, one.sites):
                found.append(_summary(rows, one.agent, one.sites))
    if len(found) == 1:
        newest = found[0]["month"]
        parts = [found[0]["agent"], *([] if newest is None else [newest.period])]
        return RedirectResponse(console.html.path("/a", *parts), 303)
    return shown(console, call, "home.html", agents=found)


def _summary(rows: Any, agent: str, sites: Any) -> dict[str, Any]:
    newest = next(iter(look.months(rows, agent)), None)
    counts = look.verdict_counts(rows, agent, newest.period, month_control) if newest else {}
    return {"agent": agent, "sites": sites, "month": newest, "counts": in_order(counts)}


def heat(console: Console, call: Call) -> Response:
    """Controls × months."""
    agent = call.path["agent"]
    with console.custody.database.reading() as rows:
        months = list(reversed(look.months(rows, agent)))
        cells = look.heat(rows, agent, [one.period for one in months])
        newest = months[-1].period if months else ""
        clauses = look.clauses(rows, agent, newest)
    verdicts: dict[str, dict[str, str]] = {}
    for cell in cells:
        verdicts.setdefault(cell.control, {})[cell.period] = cell.verdict
    titles = {one.control: json.loads(one.record)["title"] for one in clauses}
    places = {cell.control: cell.place for cell in cells}

    def order(control: str) -> tuple[bool, int]:
        """As the rule book has them, what the month is about first."""
        return not _is_main(control), places[control]

    bases = {one.period: console.html.path("/a", agent, one.period) for one in months}
    listed = [
        {
            "control": control,
            "title": titles.get(control, {"en": "", "zh": ""}),
            "family": "." not in control,
            "cells": [(base, by_month.get(period)) for period, base in bases.items()],
        }
        for control, by_month in sorted(verdicts.items(), key=lambda one: order(one[0]))
    ]
    found = console.signing.states(agent, [one.period for one in months])
    standings = {period: state.standing.text for period, state in found.items()}
    return shown(
        console,
        call,
        "heat.html",
        agent=agent,
        period=newest,
        here="heat",
        sites=sorted(console.sites_of(agent)),
        months=months,
        month=months[-1] if months else None,
        clauses=listed,
        standings=standings,
    )


def _is_main(control: str) -> bool:
    return control == MAIN or control.startswith(f"{MAIN}.")


def glance(console: Console, call: Call) -> Response:
    """The month at a glance."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        clauses = look.clauses(rows, agent, period)
        counts = look.counts(rows, agent, period)
        only = call.asked("verdict") if call.asked("verdict") in _VERDICTS else ""
        listed = [one for one in clauses if only in ("", one.verdict)]
        values |= {
            "only": only,
            "step": next_step(console, values),
            "deputised": deputised_by(console, call),
            "tasks": _tasks(rows, call, values, clauses, counts),
            "elsewhere": _elsewhere(console, rows, call, values),
            "clause_counts": in_order(Counter(one.verdict for one in clauses)),
            "finding_counts": in_order(counts["verdicts"]),
            "changes": counts["changes"],
            "changed": look.changed_clauses(rows, agent, period),
            "unread": look.unread(rows, agent, period),
            "main": [one for one in listed if _is_main(one.control)],
            "others": [one for one in listed if not _is_main(one.control)],
        }
        values["tried"], values["failing"] = look.device_counts(rows, agent, period)
    return shown(console, call, "month.html", here="month", **values)


def _tasks(
    rows: Connection,
    call: Call,
    values: Mapping[str, Any],
    clauses: Iterable[Any],
    counts: Mapping[str, Mapping[str, int]],
) -> list[Task]:
    """What this person can do for the month now, by how many there are of each."""
    agent, period = values["agent"], values["period"]

    def may(what: May) -> bool:
        return values["open"] and allowed(call.login.known.grants, what, values["sites"])

    found = []
    if may(May.answer):
        control = rules.review_control(rows, agent, period) or ""
        undecided, _ = rules.counts(rows, agent, period, control, Which(state="undecided"))
        waiting = sum(one.verdict == Verdict.awaiting_evidence.value for one in clauses)
        found += [
            Task(undecided, _RULES, "/rules?state=undecided"),
            Task(counts["answers"]["none"], _DEFICIENT, "/findings?unanswered=1"),
            Task(waiting, _EVIDENCE, f"?verdict={Verdict.awaiting_evidence.value}#clauses"),
            Task(counts["changes"]["overdue"], _OVERDUE, "/findings?overdue=1"),
        ]
    if may(May.approve):
        found.append(Task(proposals_waiting(rows, agent, period), _PROPOSED, "/proposals"))
    return [one for one in found if one.count]


def _elsewhere(
    console: Console, rows: Connection, call: Call, values: Mapping[str, Any]
) -> list[tuple[Text, list[str]]]:
    """Other months that wait for a step this person may take, the newest first, by what they wait
    for."""
    agent, now = values["agent"], console.clock()
    over = [
        one.period
        for one in look.months(rows, agent)
        if one.period != values["period"] and month_bounds(one.period)[1] <= now
    ]
    states = console.signing.states(agent, over)
    found = []
    for may, wanted, text in _STEPS_LEFT:
        waiting = [period for period in over if states[period].standing in wanted]
        if waiting and allowed(call.login.known.grants, may, values["sites"]):
            found.append((text, waiting))
    asked = [period for period, one in states.items() if one.asked and not asked_by(call, one)]
    if asked and allowed(call.login.known.grants, May.reopen, values["sites"]):
        found.append((_ASKED, asked))
    return found


def section(console: Console, call: Call) -> Response:
    """A section of the report, as the pack has it."""
    values = month_of(console, call)
    with console.custody.database.reading() as rows:
        found = look.section(rows, values["agent"], values["period"], call.path["section"])
    record = None if found is None else json.loads(found)
    # What the index keeps for itself lies beside them, and has no title.
    if record is None or "title" not in record:
        raise Refused("no such section", code="not_found")
    return shown(
        console,
        call,
        "section.html",
        here=call.path["section"],
        section=record,
        **values,
    )
