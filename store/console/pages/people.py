"""One's own account, and for administrators everybody's; the audit trail."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from evidence.clock import taipei_day
from evidence.text import Text
from store.console.guard import Call, Console
from store.console.pages import next_page, number, proven, shown
from store.people import audit
from store.people.roles import EVERYWHERE, Role
from store.people.secrets import SHORTEST
from store.problems import Refused
from store.schema import agent_site

_EVENTS = 200
LANGUAGES = ("zh-TW", "en")


def account(console: Console, call: Call) -> Response:
    known = call.login.known
    return shown(
        console,
        call,
        "account.html",
        shortest=SHORTEST,
        sessions=console.sessions.of(known.account),
        waiting=console.members.waiting(known.account),
        deputised=console.people.deputised_by(known.account, taipei_day(console.clock())),
    )


def language(console: Console, call: Call) -> Response:
    wanted = call.form.get("language")
    if wanted not in LANGUAGES:
        raise Refused("no such language", code="form_invalid")
    console.people.set_language(call.login.known.account, wanted)
    return RedirectResponse(next_page(call.form.get("next", "/")), 303)


def password(console: Console, call: Call) -> Response:
    """Another password for oneself, known by the old one and a code. Every session ends with it,
    this one too: whoever else knew the old one is out."""
    account = call.login.known.account
    if call.login.way != "password":
        # Or whoever the provider lets in no more would have another way.
        raise Refused("a provider or directory knows you", code="not_allowed")
    wanted = call.form.get("new")
    if wanted != call.form.get("again"):
        raise Refused(
            "the two passwords are not the same",
            code="form_invalid",
            said=Text("The two new passwords are not the same.", "兩次輸入之新密碼不同。"),
        )
    proven(console, call)
    console.people.set_password(account, wanted, account)
    return RedirectResponse("/login", 303)


def agree(console: Console, call: Call) -> Response:
    """That an account an administrator joined to one's own lets one in, too."""
    proven(console, call)
    console.members.agree(call.form.get("other"), call.login.known.account)
    return RedirectResponse("/account", 303)


def end_sessions(console: Console, call: Call) -> Response:
    console.sessions.end_others(call.login)
    return RedirectResponse("/account", 303)


def logout(console: Console, call: Call) -> Response:
    console.sessions.end(call.login.token_digest)
    console.people.note(call.login.known.account, "logout", "", call.address)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(console.cookie, path="/", secure=console.secure, httponly=True)
    return response


def people(console: Console, call: Call) -> Response:
    with console.custody.database.reading() as rows:
        sites = rows.scalars(select(agent_site.c.site).distinct().order_by(agent_site.c.site)).all()
    known = console.people.all()
    joinable = [one for one in known if one.identity and not (one.has_password or one.same_as)]
    return shown(
        console,
        call,
        "people.html",
        known=known,
        joinable=joinable,
        roles=list(Role),
        sites=sites,
        deputies=console.people.deputies(taipei_day(console.clock())),
    )


def grant(console: Console, call: Call) -> Response:
    account, site, role = _grant(call)
    if account == call.login.known.account:
        # Nobody makes themselves a supervisor.
        raise Refused("nobody grants to themselves", code="four_eyes")
    console.people.grant(account, site, role, call.login.known.account)
    return RedirectResponse("/people", 303)


def withdraw(console: Console, call: Call) -> Response:
    account, site, role = _grant(call)
    console.people.withdraw(account, site, role, call.login.known.account)
    return RedirectResponse("/people", 303)


def disable(console: Console, call: Call) -> Response:
    wanted = call.form.get("account")
    if wanted == call.login.known.account:
        raise Refused("nobody disables themselves", code="form_invalid")
    console.people.disable(wanted, call.login.known.account)
    return RedirectResponse("/people", 303)


def join(console: Console, call: Call) -> Response:
    other, account = call.form.get("other"), call.form.get("account")
    by = call.login.known.account
    try:
        console.members.join(other, account, by)
    except Refused as error:
        console.people.note(by, "joined", f"{other} to {account}"[:200], call.address, error.code)
        raise
    return RedirectResponse("/people", 303)


def deputise(console: Console, call: Call) -> Response:
    try:
        first = date.fromisoformat(call.form.get("first"))
        last = date.fromisoformat(call.form.get("last"))
    except ValueError:
        raise Refused("a day is not a day", code="form_invalid") from None
    console.people.deputise(
        call.form.get("account"), call.form.get("for"), first, last, call.login.known.account
    )
    return RedirectResponse("/people", 303)


def trail(console: Console, call: Call) -> Response:
    before = number(call, "before") or None
    with console.custody.database.reading() as rows:
        found = list(audit.events(rows, before, _EVENTS))
    older = found[-1].seq if len(found) == _EVENTS and found[-1].seq else None
    return shown(console, call, "audit.html", rows=found, older=older)


def _grant(call: Call) -> tuple[str, str, Role]:
    site = call.form.get("site") or EVERYWHERE
    try:
        return call.form.get("account"), site, Role(call.form.get("role"))
    except ValueError:
        raise Refused("no such role", code="form_invalid") from None
