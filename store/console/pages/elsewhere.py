"""Logging in at an identity provider: to it and back. Served without a session.

The browser comes back from another site, so no session cookie comes with it (`SameSite=Strict`):
a cookie of its own says that it is the browser that left, and the last step is a page of ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from store.console.forms import pairs_of
from store.console.guard import Console, Guard, secured
from store.console.pages import next_page
from store.console.pages.entering import set_session
from store.people.flows import LONGEST, Flow
from store.people.outside import NOTED as NOTED_THERE
from store.people.sessions import Login
from store.problems import Refused
from store.proxies import address_of

Query = Mapping[str, str]
_LONGEST_WHY = 200


class Elsewhere:
    """The two addresses between this console and a provider."""

    def __init__(self, console: Console, guard: Guard) -> None:
        self._console = console
        self._guard = guard

    async def begin(self, request: Request) -> Response:
        return await run_in_threadpool(self._answered, request, self._begin)

    async def back(self, request: Request) -> Response:
        return await run_in_threadpool(self._answered, request, self._back)

    def _answered(self, request: Request, do: Callable[[Request, Query], Response]) -> Response:
        try:
            self._console.log_ins.count(address_of(request))
            pairs = pairs_of(request.scope["query_string"].decode("latin-1"))
            return secured(do(request, {name: values[0] for name, values in pairs.items()}))
        except Exception as error:
            return self._guard.refusal(request, error, None)

    def _begin(self, request: Request, query: Query) -> Response:
        """To the provider. `again`: whoever is logged in here proves anew who they are."""
        console, provider = self._console, self._console.ways.provider
        if provider is None:
            raise Refused("there is no provider", code="not_found")
        login = self._guard.login_of(request) if query.get("again") else None
        if query.get("again") and (login is None or login.way != "oidc"):
            raise Refused("no session of the provider's", code="reauth_required")
        try:
            begun = provider.begin(again=login is not None)
        except Refused as error:
            self._note(error, address_of(request))
            raise
        browser = secrets.token_urlsafe(32)
        console.flows.begin(
            begun.state,
            browser,
            nonce=begun.nonce,
            verifier=begun.verifier,
            wanted=next_page(query.get("next", "/")),
            session=None if login is None else login.token_digest,
        )
        response = RedirectResponse(begun.url, 303)
        # Lax: it has to come along from the provider's site.
        response.set_cookie(
            console.flow_cookie,
            browser,
            max_age=int(LONGEST.total_seconds()),
            path="/",
            secure=console.secure,
            httponly=True,
            samesite="lax",
        )
        return response

    def _back(self, request: Request, query: Query) -> Response:
        address = address_of(request)
        try:
            flow = self._console.flows.take(
                query.get("state", ""), request.cookies.get(self._console.flow_cookie, "")
            )
            return self._vouched(query, flow, address)
        except Refused as error:
            if error.code not in NOTED_THERE:
                self._note(error, address)
            raise

    def _note(self, error: Refused, address: str) -> None:
        why = error.message[:_LONGEST_WHY]
        self._console.people.note("oidc", "login", why, address, error.code)

    def _vouched(self, query: Query, flow: Flow, address: str) -> Response:
        console, provider = self._console, self._console.ways.provider
        if provider is None:
            raise Refused("there is no provider", code="not_found")
        if "error" in query:
            raise Refused("the provider let nobody in", code="oidc_denied")
        # Where the provider says who it is, another's answer is noticed (RFC 9207).
        if query.get("iss", provider.settings.issuer) != provider.settings.issuer:
            raise Refused("the answer is another provider's", code="oidc_token")
        again = flow.session is not None
        vouched = provider.finish(
            query.get("code", ""),
            flow.nonce,
            flow.verifier,
            proven_since=flow.begun_at if again else None,
        )
        login = console.sessions.find_kept(flow.session) if flow.session else None
        if again and (login is None or login.known.identity != vouched.identity):
            raise Refused("this is not who was logged in", code="reauth_required")
        known = console.members.admit(vouched, address)
        if login is not None:
            console.sessions.prove(login.token_digest, "oidc+again")
            console.people.note(known.account, "login", "oidc+again", address)
            return self._on(flow.wanted, login)
        token = console.sessions.begin(
            known.account, "oidc", address, identity=vouched.identity, login_name=vouched.login_name
        )
        console.people.note(known.account, "login", "oidc", address)
        response = self._on(flow.wanted, console.sessions.find(token))
        set_session(console, response, token)
        return response

    def _on(self, wanted: str, login: Login | None) -> Response:
        """A page of this site that goes on: a redirect would still come from the provider's, and
        the session's cookie would not come along."""
        response = HTMLResponse(self._console.html.page("entered.html", login, wanted=wanted))
        response.delete_cookie(
            self._console.flow_cookie, path="/", secure=self._console.secure, httponly=True
        )
        return response
