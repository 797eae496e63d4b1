"""People at a console: accounts with roles, and a browser's side of it without a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyotp
import pytest
import requests
from argon2 import PasswordHasher
from sqlalchemy import select

from store.console.guard import Console
from store.month.tables import finding
from store.people import secrets
from store.people.roles import EVERYWHERE, Role
from store.people.tables import audit_event
from store.said.tables import said
from tests.fixtures_month import Kept, kept_in
from tests.lab_month import Month

# A busy machine is slow, which is no finding; what hangs is ended by pytest.
_PATIENCE_S = 600
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
        return self.session.get(
            self.url + path, headers=headers, allow_redirects=False, timeout=_PATIENCE_S
        )

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
            self.url + path, data=pairs, files=files, allow_redirects=False, timeout=_PATIENCE_S
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


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """What hashes passwords outside of tests. In them it is argon2id all the same, with the
    least work that it can have: work is for whoever guesses, and was a tenth of a second a time."""
    real = secrets._HASHER
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        patch.setattr(secrets, "_NOBODY", secrets._of_no_password())
        yield real


@pytest.fixture(scope="session")
def staffed(
    pushed_month: Month, full_state: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """The folder of a store that has the month and the people, and their secrets.

    Copied: to hash a password takes what it takes an attacker, times six.
    """
    state = tmp_path_factory.mktemp("staffed") / "store"
    shutil.copytree(full_state, state)
    with kept_in(state, pushed_month, full=True) as kept:
        return state, hire(kept.console)


@pytest.fixture
def office(
    staffed: tuple[Path, dict[str, str]], pushed_month: Month, tmp_path: Path
) -> Iterator[Office]:
    """The month and the people in a store of this test's own, on SQLite."""
    folder, secrets = staffed
    state = tmp_path / "store"
    shutil.copytree(folder, state)
    with kept_in(state, pushed_month, full=True) as kept:
        yield seat(kept, secrets)


def make_office(kept: Kept) -> Office:
    """The people at a store that has the month."""
    return seat(kept, hire(kept.console))


def hire(console: Console) -> dict[str, str]:
    """Accounts and roles for everybody; the secret of each one's codes, by account."""
    secrets = {}
    for account, (name, role) in PEOPLE.items():
        secret = console.people.add(account, name, PASSWORD, "host:test")
        assert secret is not None
        console.people.grant(account, EVERYWHERE, role, "host:test")
        secrets[account] = secret
    return secrets


def seat(kept: Kept, secrets: Mapping[str, str]) -> Office:
    """Everybody logged in at a store that knows them."""
    console = kept.console
    people = {
        account: Person(console, kept.url, account, secret).enter()
        for account, secret in secrets.items()
    }
    return Office(kept, console, people)


def findings(office: Office, **wanted: str) -> list[Any]:
    chosen = select(finding).where(*(finding.c[key] == value for key, value in wanted.items()))
    with office.kept.custody.database.reading() as rows:
        return list(rows.execute(chosen.order_by(finding.c.number)))


def statements(office: Office, kind: str) -> list[Any]:
    with office.kept.custody.database.reading() as rows:
        found = rows.scalars(select(said.c.digest).where(said.c.kind == kind))
        return [office.kept.custody.shelf.statement(digest) for digest in found]


def refusals(office: Office, code: str) -> list[str]:
    with office.kept.custody.database.reading() as rows:
        return list(rows.scalars(select(audit_event.c.action).where(audit_event.c.result == code)))
