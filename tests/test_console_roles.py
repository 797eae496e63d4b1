"""Who gets in where: every page × every role × own and other site, and nobody."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from argon2 import PasswordHasher
from sqlalchemy import select

from store.app import make_app
from store.console.guard import Page
from store.console.routes import PAGES, console_routes
from store.people.roles import May, Role
from store.people.secrets import SHORTEST
from store.people.settings import Oidc, Vouchers
from store.people.tables import audit_event
from store.problems import Refused
from store.quota import LOG_INS
from store.serve import serving
from tests.fixtures_bundle import AT
from tests.fixtures_month import Kept
from tests.fixtures_office import PASSWORD, Office, Person, code_of

# What was agreed, written down a second time: who changes one has to change both.
AGREED = {
    Role.engineer: {"own", "see", "read", "answer", "reply", "prepare", "reopen", "retain"},
    Role.supervisor: {
        *("own", "see", "read", "reply", "review", "approve", "reopen", "retain", "dispose"),
    },
    Role.auditor: {"own", "see", "read", "audit"},
    Role.administrator: {"own", "people", "audit"},
}
SITES = {"every": "*", "own": "taipei", "other": "kaohsiung"}


@pytest.fixture
def one(filled_store: Kept) -> Person:
    kept = filled_store
    kept.console.people.add("one", "某人", PASSWORD, "host:test", with_code=False)
    return Person(kept.console, kept.url, "one", "")


def filled(page: Page, agent: str) -> str:
    values = {"agent": agent, "period:period": "2026-11", "digest": "0" * 64}
    return re.sub(r"\{([^}]+)\}", lambda hole: values.get(hole[1], "x"), page.path)


def ask(person: Person, page: Page, agent: str) -> requests.Response:
    path = filled(page, agent)
    if page.method == "GET":
        return person.get(path)
    return person.post(path, {"csrf": "wrong"}, csrf=False)


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("site", SITES)
def test_every_page_lets_in_who_is_granted_it_and_nobody_else(
    filled_store: Kept, one: Person, role: Role | None, site: str
) -> None:
    kept = filled_store
    if role is not None:
        kept.console.people.grant("one", SITES[site], role, "host:test")
    agent = kept.month.agent.id
    one.enter()
    wrong = []
    for page in PAGES:
        if page.path == "/logout":
            continue
        granted = role is not None and page.may.value in AGREED[role]
        # What concerns the whole store takes a grant for every site.
        reaches = site == "every" or (site == "own" and page.of_agent)
        wanted = page.may is May.own or (granted and reaches)
        answer = ask(one, page, agent)
        refused = answer.status_code == 403 and code_of(answer) == "not_allowed"
        if refused == wanted:
            wrong.append((page.method, page.path, answer.status_code, code_of(answer)))
        if wanted and page.method == "POST":
            assert code_of(answer) == "csrf", page.path
        assert answer.status_code < 500, page.path
    assert not wrong


def test_nobody_sees_anything_without_a_session(filled_store: Kept, one: Person) -> None:
    for page in PAGES:
        answer = ask(one, page, filled_store.month.agent.id)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/login")


# What is served to people who are not logged in, and what asks agents and machines who they are.
OPEN = {("GET", "/login"), ("POST", "/login"), ("GET", "/static/{name}")} | {
    ("GET", "/login/oidc"),
    ("GET", "/login/oidc/back"),
}


def test_no_address_is_served_that_the_table_of_pages_does_not_know(filled_store: Kept) -> None:
    served = {
        (method, route.path)
        for route in console_routes(filled_store.console)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert served == OPEN | {(page.method, page.path) for page in PAGES}
    assert ("POST", "/people/join") in served


def test_without_a_provider_its_addresses_lead_nowhere(one: Person) -> None:
    for path in ("/login/oidc", "/login/oidc?again=1", "/login/oidc/back?state=x&code=y"):
        answer = one.get(path)
        assert code_of(answer) in ("not_found", "oidc_state"), path
    fields = {"account": "one", "password": PASSWORD, "where": "directory"}
    assert one.post("/login", fields, csrf=False).status_code == 401


def test_the_roles_are_what_was_agreed() -> None:
    from store.people.roles import ROLES

    for role, may in ROLES.items():
        assert {one.value for one in may} | {"own"} == AGREED[role]
    assert set(ROLES) == set(Role)


def test_every_page_forbids_what_it_does_not_serve(office: Office) -> None:
    answer = office.people["wang"].get(office.base)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)
    assert not re.search(r"<[^>]+ (?:style|on[a-z]+)=", answer.text)


# Sessions and log-in


def test_a_log_in_takes_password_and_code_and_a_code_works_once(office: Office) -> None:
    wang = Person(office.console, office.kept.url, "wang", office.people["wang"].secret)
    code = wang.code()
    assert wang.log_in("wrong password 123", code).status_code == 401
    assert wang.log_in(PASSWORD, "000000").status_code == 401
    answer = wang.log_in(PASSWORD, code)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert wang.get("/account").status_code == 200
    again = Person(office.console, office.kept.url, "wang", office.people["wang"].secret)
    assert again.log_in(PASSWORD, code).status_code == 401


def test_a_session_ends_idle_at_its_end_and_at_log_out(office: Office) -> None:
    wang, now = office.people["wang"], office.kept.now
    assert wang.get("/account").status_code == 200
    now[0] += timedelta(minutes=14)
    assert wang.get("/account").status_code == 200
    now[0] += timedelta(minutes=16)
    assert wang.get("/account").status_code == 303
    wang.enter()
    for _ in range(41):
        now[0] += timedelta(minutes=12)
        wang.get("/account")
    assert wang.get("/account").status_code == 303
    wang.enter()
    cookie = wang.session.cookies["session"]
    assert wang.post("/logout", {}).status_code == 303
    wang.session.cookies.set("session", cookie)
    assert wang.get("/account").status_code == 303


def test_tries_that_fail_cost_time_for_known_and_unknown_alike(office: Office) -> None:
    for account in ("wang", "nobody"):
        person = Person(office.console, office.kept.url, account, office.people["wang"].secret)
        answers = [person.log_in("wrong password 123", "000000") for _ in range(6)]
        assert [one.status_code for one in answers] == [401] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) <= 31
    wang = Person(office.console, office.kept.url, "wang", office.people["wang"].secret)
    assert wang.log_in().status_code == 429
    office.later()
    assert wang.log_in().status_code == 303


def test_log_ins_of_one_address_are_so_many_a_minute(tmp_path: Path) -> None:
    """Whoever they say they are: each costs the work of a password, or a question to a provider."""
    now = [AT]
    away = Oidc(issuer="http://localhost:9", client_id="c", address="http://127.0.0.1:1")
    app = make_app(tmp_path / "store", clock=lambda: now[0], vouchers=Vouchers(oidc=away))
    with serving(app) as url:
        person = Person(app.state.console, url, "nobody", "")

        def noted() -> int:
            with app.state.custody.database.reading() as rows:
                return len(rows.execute(select(audit_event)).all())

        codes = [code_of(person.get("/login/oidc")) for _ in range(LOG_INS // 2)]
        codes += [code_of(person.get("/login/oidc/back")) for _ in range(LOG_INS // 2)]
        assert set(codes) == {"oidc_away", "oidc_state"} and noted() == LOG_INS
        for answer in (person.get("/login/oidc"), person.get("/login/oidc/back")):
            assert (answer.status_code, code_of(answer)) == (429, "login_delayed")
            assert answer.headers["Retry-After"] == "1"
        assert person.log_in("wrong password 123", "000000").status_code == 429
        assert noted() == LOG_INS, "and nobody fills the trail"
        assert person.get("/login").status_code == 200
        now[0] += timedelta(seconds=1)
        assert person.log_in("wrong password 123", "000000").status_code == 401


def test_a_password_costs_whoever_guesses_what_rfc_9106_recommends(
    real_hasher: PasswordHasher,
) -> None:
    """The second recommended option of its section 4: 64 MiB, three passes, four lanes."""
    assert real_hasher.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_a_disabled_account_is_out_at_once(office: Office) -> None:
    root = office.people["root"]
    assert root.post("/people/disable", {"account": "wang"}).status_code == 303
    assert office.people["wang"].get("/account").status_code == 303
    wang = Person(office.console, office.kept.url, "wang", office.people["wang"].secret)
    assert wang.log_in().status_code == 401


def test_a_form_of_another_session_or_site_does_nothing(office: Office) -> None:
    root = office.people["root"]
    fields = {"account": "wang", "role": "auditor", "site": "*"}
    other = office.people["wang"].csrf()
    assert code_of(root.post("/people/grant", {**fields, "csrf": other}, csrf=False)) == "csrf"
    root.session.headers["Sec-Fetch-Site"] = "cross-site"
    assert code_of(root.post("/people/grant", fields)) == "csrf"
    assert len(office.console.people.known("wang").grants) == 1  # type: ignore[union-attr]


def test_nobody_grants_to_themselves_and_each_grant_is_in_the_log(office: Office) -> None:
    root = office.people["root"]
    fields = {"account": "root", "role": "supervisor", "site": "*"}
    assert code_of(root.post("/people/grant", fields)) == "four_eyes"
    before = office.kept.custody.checkpoint().splitlines()[1]
    assert root.post("/people/grant", {**fields, "account": "wu"}).status_code == 303
    assert int(office.kept.custody.checkpoint().splitlines()[1]) == int(before) + 1


def test_a_weak_password_is_not_taken(office: Office) -> None:
    from evidence.errors import ConfigurationError

    for password in ("x" * (SHORTEST - 1), "the-account-new1-in-it"):
        with pytest.raises(ConfigurationError, match="password"):
            office.console.people.add("new1", "新人", password, "host:test")


def test_the_store_gives_no_code_twice_even_at_once(office: Office) -> None:
    wang = office.people["wang"]
    code = wang.code()
    office.console.people.admit("wang", PASSWORD, code, "")
    with pytest.raises(Refused, match="wrong"):
        office.console.people.admit("wang", PASSWORD, code, "")


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "https://evil.example"])
def test_after_the_log_in_one_stays_here(office: Office, wanted: str) -> None:
    person = Person(office.console, office.kept.url, "wang", office.people["wang"].secret)
    fields = {"account": "wang", "password": PASSWORD, "code": person.code(), "next": wanted}
    assert person.post("/login", fields, csrf=False).headers["Location"] == "/"
