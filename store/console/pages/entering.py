"""Logging in, and the files every page needs. Served without a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from store.console.forms import Form, pairs_of, read_form
from store.console.guard import Console, Guard, check_same_origin, secured
from store.console.pages import next_page
from store.people.sessions import LONGEST
from store.problems import PROBLEMS, Refused
from store.proxies import address_of

_STATIC = Path(__file__).parent.parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".js": "text/javascript; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}
# Read once: their names never come from a request.
_FILES = {
    path.name: (path.read_bytes(), _TYPES[path.suffix])
    for path in sorted(_STATIC.iterdir())
    if path.suffix in _TYPES
}


class Entrance:
    """The pages for whoever is not logged in yet."""

    def __init__(self, console: Console, guard: Guard) -> None:
        self._console = console
        self._guard = guard

    async def show(self, request: Request) -> Response:
        query = pairs_of(request.scope["query_string"].decode("latin-1"))
        return await run_in_threadpool(self._form, next_page(query.get("next", ["/"])[0]))

    async def log_in(self, request: Request) -> Response:
        try:
            check_same_origin(request)
            form = await read_form(request)
        except Refused as error:
            return self._guard.refusal(request, error, None)
        return await run_in_threadpool(self._admit, request, form)

    def _admit(self, request: Request, form: Form) -> Response:
        address, wanted = address_of(request), next_page(form.get("next", "/"))
        console, asked = self._console, (form.get("account"), form.get("password"))
        by: dict[str, str] = {}
        try:
            console.log_ins.count(address)
            if form.get("where") == "directory":
                vouched = console.vouched(*asked, address)
                known, proof = console.members.admit(vouched, address), str(vouched.way)
                by = {"identity": vouched.identity, "login_name": vouched.login_name}
            else:
                known, proof = console.people.admit(*asked, form.get("code"), address)
        except Refused as error:
            return self._form(wanted, error, form)
        except Exception as error:
            return self._guard.refusal(request, error, None)
        # A session that this browser may have had ends: the new one is of another log-in.
        before = self._guard.login_of(request)
        if before is not None:
            console.sessions.end(before.token_digest)
        token = console.sessions.begin(known.account, proof, address, **by)
        console.people.note(known.account, "login", proof, address)
        response = RedirectResponse(wanted, 303)
        set_session(console, response, token)
        return secured(response)

    def _form(
        self, wanted: str, error: Refused | None = None, form: Form | None = None
    ) -> Response:
        problem = None if error is None else PROBLEMS[error.code]
        wait = None if error is None else error.more.get("retry_after_s")
        body = self._console.html.page(
            "login.html",
            None,
            next=wanted,
            problem=problem,
            wait=wait,
            account="" if form is None else form.get("account")[:64],
            where="" if form is None else form.get("where"),
            ways=self._console.ways,
        )
        response = HTMLResponse(body, 200 if problem is None else problem.status)
        if wait is not None:
            response.headers["Retry-After"] = str(wait)
        return secured(response)


def set_session(console: Console, response: Response, token: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        console.cookie,
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=console.secure,
        httponly=True,
        samesite="strict",
    )


async def static(request: Request) -> Response:
    found = _FILES.get(str(request.path_params["name"]))
    if found is None:
        return secured(Response(status_code=404))
    body, media_type = found
    response = secured(Response(body, media_type=media_type))
    response.headers["Cache-Control"] = "max-age=3600"
    return response


Endpoint = Callable[[Request], Any]
