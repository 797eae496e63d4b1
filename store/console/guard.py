"""The door of every page: who asks, whether they may, and what is noted of it.

A page is declared with what it takes (`Page`); nothing is served that was not declared. The order
is: session, then permission at the sites the address speaks of, then the CSRF token.
"""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from evidence.clock import Clock, taipei_day
from store.alarms import Alarms
from store.asked_runs import AskedRuns
from store.console.forms import Form, pairs_of, read_form
from store.console.html import Html
from store.custody import Custody
from store.failures import known_of
from store.people.accounts import People
from store.people.flows import Flows
from store.people.outside import Members, Vouched
from store.people.roles import Grant, May, allowed
from store.people.secrets import Codes
from store.people.sessions import Login, Sessions
from store.people.settings import Vouchers
from store.people.ways import Ways, make_ways
from store.problems import PROBLEMS, Refused
from store.proxies import address_of
from store.quota import LogIns
from store.retention.steps import Retention
from store.said.keep import Actor, Desk
from store.said.signing import Signing
from store.schema import agent_site

# What a form does, below the address of the page it stands on.
_DEEDS = frozenset(
    {
        *("evidence", "review", "decide", "propose", "reply", "pack"),
        *("language", "password", "join", "sessions", "grant", "withdraw", "disable", "deputy"),
    }
)
log = logging.getLogger("evidence.store.console")

PROVEN_FOR = timedelta(minutes=5)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Console:
    """What the pages work with."""

    custody: Custody
    people: People
    sessions: Sessions
    members: Members
    flows: Flows
    ways: Ways
    desk: Desk
    signing: Signing
    retention: Retention
    runs: AskedRuns
    log_ins: LogIns
    html: Html
    clock: Clock
    secure: bool

    @property
    def cookie(self) -> str:
        """A `__Host-` cookie is taken over TLS only, from this host only."""
        return "__Host-session" if self.secure else "session"

    @property
    def flow_cookie(self) -> str:
        """The same for a log-in that is under way elsewhere."""
        return "__Host-login" if self.secure else "login"

    def vouched(self, name: str, password: str, address: str) -> Vouched:
        """Whom the directory knows by this password. Tries that fail cost time here, too, before
        the directory locks the account. Raises Refused as `Directory.check`; `login_delayed`."""
        directory, name = self.ways.directory, name.strip()
        local = name.rpartition("\\")[2].partition("@")[0]
        tried = f"ldaps:{local.casefold()[:64]}"
        self.people.tries.check(tried)
        try:
            if directory is None:
                raise Refused("there is no directory", code="login_failed")
            found = directory.check(name, password)
        except Refused as error:
            if error.code == "directory_away":
                self.people.note(tried, "login", "ldaps", address, error.code)
            else:
                self.people.failed(tried, address, error.code)
            raise
        self.people.tries.forget(tried)
        return found

    def sites_of(self, agent: str) -> frozenset[str]:
        with self.custody.database.reading() as rows:
            return frozenset(
                rows.scalars(select(agent_site.c.site).where(agent_site.c.agent == agent))
            )


@dataclass(frozen=True)
class Call:
    """One request by somebody who was let in."""

    login: Login
    path: Mapping[str, str]
    query: Mapping[str, list[str]]
    form: Form
    address: str
    partial: bool
    at: str
    """The page as the browser has it: path and query."""

    @property
    def language(self) -> str:
        return self.login.known.language

    @property
    def actor(self) -> Actor:
        return Actor(known=self.login.known, address=self.address, proof=self.login.proof)

    def asked(self, name: str, default: str = "") -> str:
        """The first value of a field of the address."""
        return self.query.get(name, [default])[0]


Handler = Callable[[Console, Call], Response]


@dataclass(frozen=True, kw_only=True)
class Page:
    """An address and what it takes. `deputy`: what one may do in another's place counts, too;
    the handler then says in whose."""

    path: str
    handler: Handler
    may: May
    method: str = "GET"
    deputy: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def of_agent(self) -> bool:
        return "{agent}" in self.path


class Guard:
    """Serves declared pages."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def endpoint(self, page: Page) -> Callable[[Request], Any]:
        async def serve(request: Request) -> Response:
            try:
                form = await read_form(request) if page.method == "POST" else Form()
            except ClientDisconnect:
                return Response(status_code=400)
            except Refused as error:
                return await run_in_threadpool(self._unread, page, request, error)
            return await run_in_threadpool(self._serve, page, request, form)

        return serve

    def _unread(self, page: Page, request: Request, error: Refused) -> Response:
        """A form that could not be read, told to whoever sent it."""
        return self.refusal(request, error, self.login_of(request), page)

    def lost(self, request: Request, error: Exception) -> Response:
        """What a browser is shown that came to no page."""
        return self.refusal(request, error, self.login_of(request))

    def login_of(self, request: Request) -> Login | None:
        token = request.cookies.get(self._console.cookie)
        return None if not token else self._console.sessions.find(token)

    def _serve(self, page: Page, request: Request, form: Form) -> Response:
        login = self.login_of(request)
        if login is None:
            return self._to_login(request, page)
        path = {name: str(value) for name, value in request.path_params.items()}
        address = address_of(request)
        try:
            self._admit(page, login, path, address)
            if page.method == "POST":
                _check_same_origin(request)
                if not login.check_csrf(form.get("csrf")):
                    raise Refused("the form is not of this session", code="csrf")
            asked = request.scope["query_string"].decode("latin-1")
            call = Call(
                login=login,
                path=path,
                query=pairs_of(asked),
                form=form,
                address=address,
                partial=request.headers.get("hx-request") == "true",
                at=f"{request.url.path}?{asked}" if asked else request.url.path,
            )
            response = page.handler(self._console, call)
        except Exception as error:
            return self.refusal(request, error, login, page, form)
        return secured(response, page.headers)

    def _admit(self, page: Page, login: Login, path: Mapping[str, str], address: str) -> None:
        """Raises Refused `not_allowed`."""
        sites = self._console.sites_of(path["agent"]) if page.of_agent else None
        grants: Collection[Grant] = login.known.grants
        if page.deputy:
            today = taipei_day(self._console.clock())
            others = self._console.people.deputised_by(login.known.account, today)
            grants = [*grants, *(grant for one in others for grant in one.grants)]
        if allowed(grants, page.may, sites):
            return
        thing = f"{page.method} {page.path} {path.get('agent', '')}".strip()
        self._console.people.note(
            login.known.account, page.may.value, thing, address, "not_allowed"
        )
        raise Refused("your roles do not cover this", code="not_allowed")

    def _to_login(self, request: Request, page: Page) -> Response:
        if request.headers.get("hx-request") == "true":
            return secured(Response(status_code=401, headers={"HX-Redirect": "/login"}))
        wanted = request.scope["path"] if page.method == "GET" else "/"
        query = urlencode({"next": wanted}) if wanted != "/" else ""
        return secured(RedirectResponse(f"/login?{query}" if query else "/login", 303))

    def refusal(
        self,
        request: Request,
        error: Exception,
        login: Login | None,
        page: Page | None = None,
        form: Form | None = None,
    ) -> Response:
        """The page that says what was wrong, and nothing a stranger could use. Of a form of `page`:
        with the way back to it, and what somebody took the time to write."""
        number = secrets.token_hex(8)
        known = known_of(error)
        code = known.code if known.code in PROBLEMS else "internal"
        problem = PROBLEMS[code]
        if problem.status >= 500:
            log.error("%s %s: %s", number, code, error, exc_info=error)
        body = self._console.html.page(
            "refused.html",
            login,
            problem=problem,
            code=code,
            number=number,
            detail=known.message if code != "internal" else "",
            said=known.said if isinstance(known, Refused) else None,
            back="" if page is None or login is None else _form_of(page, request.scope["path"]),
            typed="" if form is None else form.get("reason") or form.get("comment"),
        )
        response = Response(body, problem.status, media_type="text/html")
        if isinstance(known, Refused) and known.retry_after_s is not None:
            response.headers["Retry-After"] = str(known.retry_after_s)
        return secured(response)


def _form_of(page: Page, path: str) -> str:
    """Where the form of a POST stands: at its own address, or above what it does; else nothing."""
    if page.method != "POST":
        return ""
    return path.rpartition("/")[0] if page.path.rpartition("/")[2] in _DEEDS else path


def secured(response: Response, more: Mapping[str, str] | None = None) -> Response:
    """The headers every answer has; a handler's own, which are stricter, stay."""
    for name, value in {**_HEADERS, **(more or {})}.items():
        if name not in response.headers:
            response.headers[name] = value
    return response


def _check_same_origin(request: Request) -> None:
    """A second net beside the token: browsers say where a form stands."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none"):
        raise Refused("the form stands on another site", code="csrf")


def check_same_origin(request: Request) -> None:
    """The same for the log-in form, which has no session yet. Raises Refused `csrf`."""
    _check_same_origin(request)


def make_console(
    custody: Custody, clock: Clock, *, secure: bool, vouchers: Vouchers | None = None
) -> Console:
    """Raises ConfigurationError `library_missing` for a voucher whose library is not there."""
    people = People(custody.database, Codes(custody.state), clock, custody.origin)
    desk = Desk(
        custody.database,
        custody.files,
        custody.blobs,
        custody.key,
        custody.origin,
        custody.index,
        clock,
    )
    return Console(
        custody=custody,
        people=people,
        sessions=Sessions(custody.database, clock),
        members=Members(custody.database, people, clock),
        flows=Flows(custody.database, clock),
        ways=make_ways(vouchers or Vouchers(), clock),
        desk=desk,
        signing=Signing(desk),
        retention=Retention(desk, custody.shelf, custody.blobs),
        runs=AskedRuns(clock),
        log_ins=LogIns(clock),
        html=Html(
            lambda: shutil.disk_usage(custody.state).free,
            Alarms(custody.database, clock).standing,
            people.names,
        ),
        clock=clock,
        secure=secure,
    )
