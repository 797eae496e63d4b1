"""Answering: decisions, evidence by hand, reviews, proposals and their approval."""

from __future__ import annotations

import json

from starlette.responses import RedirectResponse, Response

from store.console.guard import Call, Console
from store.console.pages import month_of, shown
from store.console.pages.findings import KINDS, found_finding
from store.month import look, rules
from store.problems import Refused
from store.said import answering
from store.said.upload import checked


def decide(console: Console, call: Call) -> Response:
    """A decision about the rule a finding speaks of."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        found = found_finding(rows, agent, period, call.path["finding"])
        chosen = rules.named(rows, agent, period, found.control, [found.subject])
    answering.decide_rules(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        list(chosen.values()),
        decision=call.form.get("decision"),
        reason=call.form.get("reason"),
        until=call.form.get("until"),
    )
    return _back(console, call, "findings", found.id)


def propose(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        found = found_finding(rows, agent, period, call.path["finding"])
    answering.propose(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        found,
        kind=call.form.get("kind"),
        reason=call.form.get("reason"),
        until=call.form.get("until"),
    )
    return _back(console, call, "findings", found.id)


def reply(console: Console, call: Call) -> Response:
    """A reply to what somebody said of a finding, or a word about the finding itself."""
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        found = found_finding(rows, agent, period, call.path["finding"])
        known = [one.id for one in look.dispositions_about(rows, agent, found.subject)]
    answering.reply(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        found,
        known,
        to=call.form.get("to"),
        reason=call.form.get("reason"),
    )
    return _back(console, call, "findings", found.id)


def proposals(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    listed = answering.proposals(console.desk, values["agent"], values["period"])
    return shown(
        console, call, "proposals.html", here="proposals", rows=listed, kinds=KINDS, **values
    )


def settle(console: Console, call: Call) -> Response:
    """Approve or refuse what somebody else proposed."""
    values = month_of(console, call)
    answering.settle(
        console.desk,
        console.signing,
        call.actor,
        values["agent"],
        values["period"],
        call.form.get("id"),
        approve=call.form.get("approve") == "1",
        comment=call.form.get("comment"),
    )
    return _back(console, call, "proposals")


def finding_evidence(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        found = found_finding(rows, agent, period, call.path["finding"])
    _give(console, call, agent, period, found.control, found.subject)
    return _back(console, call, "findings", found.id)


def clause_evidence(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period, control = values["agent"], values["period"], call.path["control"]
    with console.custody.database.reading() as rows:
        if look.clause(rows, agent, period, control) is None:
            raise Refused(f"no clause {control}", code="not_found")
    _give(console, call, agent, period, control, "")
    return _back(console, call, "controls", control)


def review(console: Console, call: Call) -> Response:
    """Record that an activity of a clause was done."""
    values = month_of(console, call)
    agent, period, control = values["agent"], values["period"], call.path["control"]
    with console.custody.database.reading() as rows:
        found = look.clause(rows, agent, period, control)
    if found is None:
        raise Refused(f"no clause {control}", code="not_found")
    activities = json.loads(found.record)["clause"]["activities"]
    known = [one["id"] for one in activities if one["since"] == "last_done"]
    answering.record_review(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        control,
        known,
        activity=call.form.get("activity"),
        done_on=call.form.get("done_on"),
        reason=call.form.get("reason"),
    )
    return _back(console, call, "controls", control)


def _give(
    console: Console, call: Call, agent: str, period: str, control: str, subject: str
) -> None:
    file = call.form.files.get("file")
    uploads = [checked(file.name, file.body)] if file is not None and file.body else []
    answering.give_evidence(
        console.desk,
        console.signing,
        call.actor,
        agent,
        period,
        control,
        subject,
        verdict=call.form.get("verdict"),
        reason=call.form.get("reason"),
        until=call.form.get("until"),
        uploads=uploads,
    )


def _back(console: Console, call: Call, *parts: str) -> Response:
    address = console.html.path("/a", call.path["agent"], call.path["period"], *parts)
    return RedirectResponse(address, 303)
