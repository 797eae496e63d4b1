"""What is due when, as a page and as a calendar; open deficiencies, followed up each quarter."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from evidence.clock import taipei_day
from evidence.text import Text
from evidence.workdays import WorkDays
from report.words import both_calendars
from store.console.guard import Call, Console
from store.console.pages import month_of, shown
from store.ics import Entry, to_ics
from store.month import look
from store.month.due import Due, What, due, register, unrecorded
from store.said.answering import follow_up
from store.workdays import work_days

_NEXT_DAYS_OFF = timedelta(days=92)


def page(console: Console, call: Call) -> Response:
    """What is due when: decisions, reviews, follow-ups, what has an end."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    days = work_days(console.custody.state)
    with console.custody.database.reading() as rows:
        found = due(rows, agent, period, console.clock())
        values["unrecorded"] = unrecorded(rows, agent, period)
    base = console.html.path("/a", agent, period)
    return shown(
        console,
        call,
        "due.html",
        here="due",
        rows=[_row(one, days, base) for one in found],
        years=sorted(days.years),
        off=_off(console, days),
        **values,
    )


def calendar(console: Console, call: Call) -> Response:
    """The same for a calendar program: each thing on the last day of work before it is due."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    days = work_days(console.custody.state)
    with console.custody.database.reading() as rows:
        found = due(rows, agent, period, console.clock())
    entries = [_entry(one, days, agent, console.custody.origin, call.language) for one in found]
    name = Text(f"Due: {agent}", f"資安查核期限 {agent}").in_(call.language)
    return Response(
        to_ics(name, entries, console.clock()),
        media_type="text/calendar",
        headers={"Content-Disposition": f'attachment; filename="due-{period}.ics"'},
    )


def deficiencies(console: Console, call: Call) -> Response:
    """The register of open deficiencies."""
    values = month_of(console, call)
    days = work_days(console.custody.state)
    with console.custody.database.reading() as rows:
        found = register(rows, values["agent"], values["period"], console.clock())
        clauses = look.clauses(rows, values["agent"], values["period"])
    titles = {one.control: json.loads(one.record)["title"] for one in clauses}
    listed = [
        {"one": one, "title": titles[one.control], "by": days.act_by(one.next_due_on)}
        for one in found
    ]
    return shown(console, call, "deficiencies.html", here="deficiencies", rows=listed, **values)


def enter(console: Console, call: Call) -> Response:
    """A follow-up of one or several deficiencies."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        known = [one.control for one in register(rows, agent, period, console.clock())]
    follow_up(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        [one for one in known if one in call.form.all("control")],
        reason=call.form.get("reason"),
    )
    return RedirectResponse(console.html.path("/a", agent, period, "deficiencies"), 303)


def _row(one: Due, days: WorkDays, base: str) -> dict[str, Any]:
    links = {
        What.decision: f"{base}/rules?state=undecided&sort=due",
        What.follow_up: f"{base}/deficiencies",
        What.ends: f"{base}/proposals",
    }
    below = f"{base}/controls/{quote(one.control, safe='')}" if one.control else ""
    return {"one": one, "by": days.act_by(one.on), "link": links.get(one.what) or below}


def _entry(one: Due, days: WorkDays, agent: str, origin: str, language: str) -> Entry:
    by, kind = days.act_by(one.on), one.what.text.in_(language)
    unknown = Text(" (holidays of that year are not known)", "（該年度假日資料未備）")
    said = Text(
        f"due on {both_calendars(one.on)}{'' if by.known else unknown.en}",
        f"期限 {both_calendars(one.on)}{'' if by.known else unknown.zh}",
    )
    return Entry(
        uid=f"{one.what}-{one.control}-{one.key}-{agent}@{origin}".replace(" ", "-"),
        day=by.day,
        title=f"{kind} {one.control} {one.title.in_(language)}".strip(),
        text=said.in_(language),
    )


def _off(console: Console, days: WorkDays) -> list[Any]:
    """The named days off of the next three months."""
    today = taipei_day(console.clock())
    return sorted(
        (day, name)
        for year in days.years.values()
        for day, name in year.items()
        if name and today <= day <= today + _NEXT_DAYS_OFF
    )
