"""A store whose people an identity provider knows, and a browser without script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import select

from store.app import make_app
from store.console.guard import Console
from store.people.roles import EVERYWHERE, Grant, Role
from store.people.settings import BACK, GroupRole, Oidc, Vouchers
from store.people.tables import audit_event
from store.serve import serving
from tests.fixtures_bundle import AT
from tests.openid_provider import CLIENT, SECRET, TestProvider, provided
from tests.ports import free_port

GROUPS = (
    GroupRole(group="evidence-engineers", role=Role.engineer, sites=("taipei", "kaohsiung")),
    GroupRole(group="evidence-supervisors", role=Role.supervisor, sites=(EVERYWHERE,)),
)
ENGINEER = frozenset({Grant("taipei", Role.engineer), Grant("kaohsiung", Role.engineer)})
ALICE: dict[str, Any] = {
    "preferred_username": "alice",
    "name": "王愛麗",
    "email": "alice@corp.example",
    "groups": ["Everyone", "evidence-engineers"],
}


@dataclass
class Site:
    """A store whose people a provider knows, and its address."""

    console: Console
    url: str
    provider: TestProvider
    now: list[Any]

    def trail(self) -> list[tuple[str, str, str]]:
        """Who did what with which result."""
        wanted = select(audit_event.c.actor, audit_event.c.action, audit_event.c.result)
        with self.console.custody.database.reading() as rows:
            found = rows.execute(wanted.order_by(audit_event.c.seq))
            return [(one.actor, one.action, one.result) for one in found]


@dataclass
class Visitor:
    """A browser without script."""

    site: Site
    session: requests.Session = field(default_factory=requests.Session)

    def get(self, url: str) -> requests.Response:
        whole = url if url.startswith("http") else self.site.url + url
        return self.session.get(whole, allow_redirects=False, timeout=20)

    def begin(self, path: str = "/login/oidc") -> str:
        """To the provider; its page's address."""
        answer = self.get(path)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def come_back(self, user: str, path: str = "/login/oidc", go: str = "in") -> str:
        """There and in; the address that the provider sends back to."""
        place = self.begin(path)
        answer = self.get(place)
        if answer.status_code == 200:
            answer = self.session.post(
                place, {"user": user, "go": go}, allow_redirects=False, timeout=20
            )
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def log_in(self, user: str, path: str = "/login/oidc") -> requests.Response:
        return self.get(self.come_back(user, path))

    def account(self) -> str:
        """Whom the console greets; empty: nobody."""
        found = re.search(r"<h1>[^<]*<small>([^ <]+)", self.get("/account").text)
        return found[1] if found else ""


def vouchers_of(
    provider: TestProvider, address: str, folder: Path, groups: tuple[GroupRole, ...]
) -> Vouchers:
    """The settings of a store whose people this provider knows."""
    (folder / "secret").write_text(SECRET + "\n")
    return Vouchers(
        oidc=Oidc(
            issuer=provider.url,
            client_id=CLIENT,
            client_secret_file=folder / "secret",
            address=address,
            groups=groups,
        )
    )


@contextmanager
def site_in(folder: Path) -> Iterator[Site]:
    port, now = free_port(), [AT]
    address = f"http://127.0.0.1:{port}"
    made = TestProvider(lambda: now[0], address + BACK)
    made.people |= {"u-1": dict(ALICE), "u-2": {**ALICE, "groups": ["Everyone"]}}
    with provided(made) as provider:
        vouchers = vouchers_of(provider, address, folder, GROUPS)
        app = make_app(folder / "store", clock=lambda: now[0], vouchers=vouchers)
        with serving(app, port=port) as url:
            yield Site(app.state.console, url, provider, now)


def with_claims(**changed: Any) -> Callable[[Site, dict[str, Any], dict[str, Any]], str]:
    def bend(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
        new = {**claims, **changed}
        for name in [name for name, value in changed.items() if value is None]:
            del new[name]
        return site.provider.signed(new)

    return bend
