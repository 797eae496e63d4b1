"""Every address of the console, with what it takes to be let in. Nothing else is served."""

from __future__ import annotations

from starlette.convertors import Convertor, register_url_convertor
from starlette.routing import Route

from store.console.guard import Console, Guard, Page
from store.console.pages import (
    answering,
    bytes,
    devices,
    due,
    findings,
    months,
    packs,
    people,
    retention,
    rules,
    runs,
    signing,
)
from store.console.pages.elsewhere import Elsewhere
from store.console.pages.entering import Entrance, static
from store.people.roles import May
from store.people.settings import BACK


class _Period(Convertor[str]):
    """A month in an address: 2026-11."""

    regex = r"[0-9]{4}-[0-9]{2}"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("period", _Period())
_MONTH = "/a/{agent}/{period:period}"

PAGES = (
    Page(path="/", handler=months.home, may=May.own),
    Page(path="/a/{agent}", handler=months.heat, may=May.see),
    Page(path=_MONTH, handler=months.glance, may=May.see),
    Page(path=f"{_MONTH}/due", handler=due.page, may=May.see),
    Page(path=f"{_MONTH}/due.ics", handler=due.calendar, may=May.see),
    Page(path=f"{_MONTH}/deficiencies", handler=due.deficiencies, may=May.see),
    Page(path=f"{_MONTH}/deficiencies", handler=due.enter, may=May.answer, method="POST"),
    Page(path=f"{_MONTH}/sections/{{section}}", handler=months.section, may=May.see),
    Page(path=f"{_MONTH}/controls/{{control}}", handler=findings.clause, may=May.see),
    Page(
        path=f"{_MONTH}/controls/{{control}}/evidence",
        handler=answering.clause_evidence,
        may=May.answer,
        method="POST",
    ),
    Page(
        path=f"{_MONTH}/controls/{{control}}/review",
        handler=answering.review,
        may=May.answer,
        method="POST",
    ),
    Page(path=f"{_MONTH}/findings", handler=findings.findings, may=May.see),
    Page(path=f"{_MONTH}/findings/{{finding}}", handler=findings.finding, may=May.see),
    Page(
        path=f"{_MONTH}/findings/{{finding}}/decide",
        handler=answering.decide,
        may=May.answer,
        method="POST",
    ),
    Page(
        path=f"{_MONTH}/findings/{{finding}}/propose",
        handler=answering.propose,
        may=May.answer,
        method="POST",
    ),
    Page(
        path=f"{_MONTH}/findings/{{finding}}/evidence",
        handler=answering.finding_evidence,
        may=May.answer,
        method="POST",
    ),
    Page(
        path=f"{_MONTH}/findings/{{finding}}/reply",
        handler=answering.reply,
        may=May.reply,
        method="POST",
    ),
    Page(path=f"{_MONTH}/proposals", handler=answering.proposals, may=May.see),
    Page(path=f"{_MONTH}/proposals", handler=answering.settle, may=May.approve, method="POST"),
    Page(path=f"{_MONTH}/rules", handler=rules.review, may=May.see),
    Page(path=f"{_MONTH}/rules", handler=rules.decide, may=May.answer, method="POST"),
    Page(path=f"{_MONTH}/rule", handler=rules.rule, may=May.see),
    Page(path=f"{_MONTH}/rule.svg", handler=rules.picture, may=May.see),
    Page(path=f"{_MONTH}/devices", handler=devices.devices, may=May.see),
    Page(path=f"{_MONTH}/devices/{{device:path}}", handler=devices.device, may=May.see),
    Page(path=f"{_MONTH}/lifecycle", handler=devices.lifecycle, may=May.see),
    Page(path=f"{_MONTH}/topics/{{topic}}", handler=findings.topic, may=May.see),
    Page(path=f"{_MONTH}/sign", handler=signing.page, may=May.see, deputy=True),
    # Which step it is decides what it takes; the handler asks for that, this is the least.
    Page(path=f"{_MONTH}/sign", handler=signing.take, may=May.reopen, method="POST", deputy=True),
    Page(path="/a/{agent}/runs", handler=runs.page, may=May.see),
    Page(path="/a/{agent}/runs", handler=runs.ask, may=May.answer, method="POST"),
    Page(path="/a/{agent}/retention", handler=retention.months, may=May.see),
    Page(path=f"{_MONTH}/retention", handler=retention.month, may=May.see),
    # As above: agreeing takes more than asking.
    Page(path=f"{_MONTH}/retention", handler=retention.take, may=May.retain, method="POST"),
    Page(path=f"{_MONTH}/pack", handler=packs.pack, may=May.read, method="POST"),
    Page(path="/a/{agent}/readings/{digest}", handler=bytes.reading, may=May.see),
    Page(path="/a/{agent}/captures/{digest}", handler=bytes.capture, may=May.read),
    Page(path="/a/{agent}/statements/{digest}", handler=bytes.statement, may=May.see),
    Page(path="/a/{agent}/attachments/{digest}", handler=bytes.attachment, may=May.read),
    Page(path="/account", handler=people.account, may=May.own),
    Page(path="/account/language", handler=people.language, may=May.own, method="POST"),
    Page(path="/account/password", handler=people.password, may=May.own, method="POST"),
    Page(path="/account/join", handler=people.agree, may=May.own, method="POST"),
    Page(path="/account/sessions", handler=people.end_sessions, may=May.own, method="POST"),
    Page(path="/logout", handler=people.logout, may=May.own, method="POST"),
    Page(path="/people", handler=people.people, may=May.people),
    Page(path="/people/grant", handler=people.grant, may=May.people, method="POST"),
    Page(path="/people/withdraw", handler=people.withdraw, may=May.people, method="POST"),
    Page(path="/people/disable", handler=people.disable, may=May.people, method="POST"),
    Page(path="/people/join", handler=people.join, may=May.people, method="POST"),
    Page(path="/people/deputy", handler=people.deputise, may=May.people, method="POST"),
    Page(path="/audit", handler=people.trail, may=May.audit),
)


def console_routes(console: Console) -> list[Route]:
    """The routes of the console."""
    guard = Guard(console)
    entrance, elsewhere = Entrance(console, guard), Elsewhere(console, guard)
    routes = [
        Route("/login", entrance.show, methods=["GET"]),
        Route("/login", entrance.log_in, methods=["POST"]),
        Route("/login/oidc", elsewhere.begin, methods=["GET"]),
        Route(BACK, elsewhere.back, methods=["GET"]),
        Route("/static/{name}", static, methods=["GET"]),
    ]
    routes += [Route(page.path, guard.endpoint(page), methods=[page.method]) for page in PAGES]
    return routes
