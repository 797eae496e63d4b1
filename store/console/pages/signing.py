"""Sign-off: the set, the steps, the difference; and who has to prove anew who they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import RedirectResponse, Response

from evidence.clock import month_bounds
from evidence.sign_off import Step
from report.month import Restated
from store.console.guard import Call, Console
from store.console.pages import deputised_by, in_order, month_of, next_step, proven, shown
from store.month import look
from store.month.look import Wanted
from store.month.restated import restated
from store.month.tables import month_control
from store.people.accounts import Known
from store.people.roles import allowed
from store.problems import Refused
from store.said.answering import proposals_waiting
from store.said.signing import STEPS, Standing, evidence_set, needs

_MOST = 200  # results listed on the page; the pack has them all


def page(console: Console, call: Call) -> Response:
    values = month_of(console, call)
    agent, period = values["agent"], values["period"]
    grants = call.login.known.grants
    sites = values["sites"]
    with console.custody.database.reading() as rows:
        counts = look.counts(rows, agent, period)
        values |= {
            "evidence": evidence_set(rows, agent, period),
            "unanswered": counts["answers"]["none"],
            "changed_clauses": look.changed_clauses(rows, agent, period),
            "changed": look.findings(rows, agent, period, Wanted(changed="1")),
            "clause_counts": in_order(look.verdict_counts(rows, agent, period, month_control)),
            "finding_counts": in_order(counts["verdicts"]),
            "overdue": counts["changes"]["overdue"],
            "proposed": proposals_waiting(rows, agent, period),
        }
        values["tried"], values["failing"] = look.device_counts(rows, agent, period)
    others = deputised_by(console, call)
    state = values["standing"]

    def may_take(step: str) -> bool:
        may = needs(Step(step))
        return allowed(grants, may, sites) or any(allowed(one.grants, may, sites) for one in others)

    return shown(
        console,
        call,
        "sign.html",
        here="sign",
        steps=STEPS,
        step=next_step(console, values),
        deputised=others,
        may_myself=lambda step: allowed(grants, needs(Step(step)), sites),
        # Whose step it was cannot take the next one; the rest of four eyes the step itself asks.
        mine=bool(state.steps) and state.steps[-1].step.person.account == call.login.known.account,
        may_take=may_take,
        running=console.clock() < month_bounds(period)[1],
        restated=_restated(console, values),
        most=_MOST,
        **values,
    )


def take(console: Console, call: Call) -> Response:
    """Sign a step, once the person was known anew."""
    agent, period = call.path["agent"], call.path["period"]
    try:
        step = Step(call.form.get("step"))
    except ValueError:
        raise Refused("no such step", code="form_invalid") from None
    deputised = _deputised(console, call)
    grants = call.login.known.grants if deputised is None else deputised.grants
    if not allowed(grants, needs(step), console.sites_of(agent)):
        console.people.note(
            call.login.known.account, str(step), f"{agent} {period}", call.address, "not_allowed"
        )
        raise Refused("your roles do not cover this", code="not_allowed")
    actor = replace(call.actor, proof=proven(console, call))
    comment = call.form.get("comment")[:2000]
    if step is Step.prepared and not comment.strip():
        with console.custody.database.reading() as rows:
            if _unanswered(rows, agent, period):
                raise Refused("deficiencies are not answered", code="reason_missing")
    console.signing.take(
        actor,
        agent,
        period,
        step,
        comment,
        seen_root=call.form.get("root"),
        deputised=deputised,
    )
    return RedirectResponse(console.html.path("/a", agent, period, "sign"), 303)


def _deputised(console: Console, call: Call) -> Known | None:
    wanted = call.form.get("deputises")
    if not wanted:
        return None
    others = deputised_by(console, call)
    found = next((one for one in others if one.account == wanted), None)
    if found is None:
        raise Refused("nobody made you their deputy today", code="not_allowed")
    return found


def _unanswered(rows: Any, agent: str, period: str) -> int:
    """Deficiencies about which nobody has said anything that counts, as the index counted them."""
    return look.counts(rows, agent, period)["answers"]["none"]


def _restated(console: Console, values: dict[str, Any]) -> list[Restated] | None:
    """What was signed, and was or is another result since; None for a month that nobody signed."""
    standing = values["standing"]
    steps = [one.step for one in standing.steps]
    if all(one.step is not Step.reviewed for one in steps):
        return None
    now = None if standing.standing is Standing.signed else values["evidence"]
    agent, period = values["agent"], values["period"]
    with console.custody.database.reading() as rows:
        return list(restated(console.custody.index.folder, rows, agent, period, steps, now))
