"""Asking a site for a run now, and seeing how it goes."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from report.codes import SUBJECTS
from store.console.guard import Call, Console
from store.console.pages import shown
from store.month import look


def page(console: Console, call: Call) -> Response:
    """The runs that were asked for; their rows alone where htmx asks for them."""
    agent = call.path["agent"]
    with console.custody.database.reading() as rows:
        months = look.months(rows, agent)
        devices = look.devices(rows, agent, months[0].period, 0, "") if months else []
    return shown(
        console,
        call,
        "_runs.html" if call.partial else "runs.html",
        here="runs",
        agent=agent,
        period=months[0].period if months else "",
        sites=sorted(console.sites_of(agent)),
        runs=console.runs.of(agent),
        subjects=list(SUBJECTS),
        devices=[one.device for one in devices],
    )


def ask(console: Console, call: Call) -> Response:
    agent = call.path["agent"]
    devices = tuple(dict.fromkeys(call.form.get("devices").replace(",", " ").split()))
    asked = console.runs.ask(agent, devices, call.form.get("subject"), call.login.known.account)
    told = f"{agent} {' '.join(asked.devices) or '*'} {asked.subject or '*'}"
    console.people.note(call.login.known.account, "run_asked", told[:500], call.address)
    return RedirectResponse(console.html.path("/a", agent, "runs"), 303)
