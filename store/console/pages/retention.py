"""What ends when; holds; and deleting by two people what nothing keeps any more."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from evidence.retention import Act
from evidence.sign_off import members_root
from store.console.guard import Call, Console
from store.console.pages import proven, shown
from store.people.roles import allowed
from store.problems import Refused
from store.retention.steps import needs
from store.retention.years import Class, last_day


def months(console: Console, call: Call) -> Response:
    """Every month of an agent, and when its bytes end."""
    agent = call.path["agent"]
    found = console.retention.months(agent)
    return shown(
        console,
        call,
        "retention.html",
        here="retention",
        agent=agent,
        period=found[-1].period if found else "",
        sites=sorted(console.sites_of(agent)),
        months=found,
        classes=list(Class),
        last_day=last_day,
        promise=console.custody.blobs.promise,
    )


def month(console: Console, call: Call) -> Response:
    agent, period = call.path["agent"], call.path["period"]
    kept, able = console.retention.month(agent, period)
    sites = sorted(console.sites_of(agent))

    def may_take(act: str) -> bool:
        return allowed(call.login.known.grants, needs(Act(act)), sites)

    return shown(
        console,
        call,
        "retained.html",
        here="retention",
        agent=agent,
        period=period,
        sites=sites,
        kept=kept,
        able=able,
        root=members_root(able.blobs),
        classes=list(Class),
        last_day=last_day,
        may_take=may_take,
        promise=console.custody.blobs.promise,
    )


def take(console: Console, call: Call) -> Response:
    """Take a step, once the person was known anew."""
    agent, period = call.path["agent"], call.path["period"]
    try:
        act = Act(call.form.get("act"))
    except ValueError:
        raise Refused("no such step", code="form_invalid") from None
    if not allowed(call.login.known.grants, needs(act), console.sites_of(agent)):
        console.people.note(
            call.login.known.account, str(act), f"{agent} {period}", call.address, "not_allowed"
        )
        raise Refused("your roles do not cover this", code="not_allowed")
    actor = replace(call.actor, proof=proven(console, call))
    console.retention.take(
        actor, agent, period, act, call.form.get("reason")[:2000], call.form.get("root")
    )
    return RedirectResponse(console.html.path("/a", agent, period, "retention"), 303)
