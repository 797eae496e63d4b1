"""People at a console: accounts with roles, and a browser's side of it without a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import requests

from store.console.guard import Console
from store.people.roles import EVERYWHERE, Role
from tests.fixtures_month import Kept

PASSWORD = "correct horse battery staple"
PEOPLE = {
    "wang": ("王工程", Role.engineer),
    "chen": ("陳工程", Role.engineer),
    "lin": ("林主管", Role.supervisor),
    "huang": ("黃主管", Role.supervisor),
    "wu": ("吳稽核", Role.auditor),
    "root": ("系統管理", Role.administrator),
}


@dataclass
class Person:
    """Somebody with a browser. `code()` is what their telephone shows."""

    console: Console
    url: str
    account: str
    secret: str
    session: requests.Session = field(default_factory=requests.Session)
    steps: int = 0

    def code(self) -> str:
        """A code that was not used yet: the clock of the store stands still in tests."""
        self.steps += 1
        return pyotp.TOTP(self.secret).at(self.console.clock(), counter_offset=self.steps - 2)

    def log_in(self, password: str = PASSWORD, code: str | None = None) -> requests.Response:
        fields = {"account": self.account, "password": password, "code": code or self.code()}
        return self.post("/login", fields, csrf=False)

    def enter(self) -> Person:
        """Be logged in, without the form."""
        token = self.console.sessions.begin(self.account, "password+totp", "127.0.0.1")
        self.session.cookies.set("session", token)
        return self

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(self.url + path, headers=headers, allow_redirects=False, timeout=20)

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/account").text)
        assert found is not None
        return found[1]

    def post(
        self,
        path: str,
        fields: Mapping[str, Any] | list[tuple[str, str]],
        csrf: bool = True,
        files: Mapping[str, Any] | None = None,
    ) -> requests.Response:
        pairs = list(fields.items()) if isinstance(fields, Mapping) else list(fields)
        pairs += [("csrf", self.csrf())] if csrf else []
        return self.session.post(
            self.url + path, data=pairs, files=files, allow_redirects=False, timeout=60
        )

    def proof(self) -> dict[str, str]:
        return {"password": PASSWORD, "code": self.code()}


@dataclass
class Office:
    """The month in the store, and the people who work on it."""

    kept: Kept
    console: Console
    people: dict[str, Person]

    @property
    def base(self) -> str:
        return f"/a/{self.kept.month.agent.id}/2026-11"

    def later(self) -> None:
        """A minute passes: codes that were used are of the past."""
        self.kept.now[0] += timedelta(minutes=5)
        for one in self.people.values():
            one.steps = 0

    def root(self) -> str:
        """The root of the set as the sign-off page shows it."""
        page = self.people["wu"].get(f"{self.base}/sign").text
        found = re.search(r"佐證集合根</dt><dd><code>([0-9a-f]{64})", page)
        assert found is not None
        return found[1]

    def sign(self, who: str, step: str, comment: str = "", **more: str) -> requests.Response:
        fields = {"step": step, "root": self.root(), "comment": comment}
        person = self.people[who]
        self.later()
        person.enter()
        return person.post(f"{self.base}/sign", {**fields, **person.proof(), **more})


def code_of(answer: requests.Response) -> str:
    """The code of a refusal's page."""
    found = re.search(r'<p class="quiet"><code>([a-z_]+)</code>', answer.text)
    return found[1] if found else ""


@pytest.fixture
def office(filled_store: Kept) -> Office:
    return make_office(filled_store)


def make_office(kept: Kept) -> Office:
    """The people at a store that has the month."""
    console = kept.console
    people = {}
    for account, (name, role) in PEOPLE.items():
        secret = console.people.add(account, name, PASSWORD, "host:test")
        assert secret is not None
        console.people.grant(account, EVERYWHERE, role, "host:test")
        people[account] = Person(console, kept.url, account, secret).enter()
    return Office(kept, console, people)
