"""Logging in at a provider that others wrote (Glewlwyd), over TLS: what `test_login_oidc.py` shows
by our own is not only so between two of a kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from store.app import make_app
from store.clock import system_clock
from store.console.guard import Console
from store.people.roles import Grant, Role
from store.people.settings import BACK, GroupRole, Oidc, Vouchers
from store.serve import serving
from tests.fixtures_office import code_of
from tests.glewlwyd import CLIENT, SECRET, Glewlwyd, glewlwyd
from tests.ports import free_port

pytestmark = [pytest.mark.part("glewlwyd"), pytest.mark.whole]


@dataclass
class Site:
    """A store whose people that provider knows."""

    console: Console
    url: str
    provider: Glewlwyd

    def get(self, browser: requests.Session, path: str) -> requests.Response:
        whole = path if path.startswith("http") else self.url + path
        return browser.get(whole, allow_redirects=False, timeout=20)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder, port = tmp_path_factory.mktemp("glewlwyd"), free_port()
    address = f"http://127.0.0.1:{port}"
    (folder / "secret").write_text(SECRET)
    with glewlwyd(folder / "provider") as provider:
        provider.fill(address + BACK)
        provider.add("alice", "王愛麗", ["auditors", "everybody"])
        provider.add("bob", "林寶", ["everybody"])
        oidc = Oidc(
            issuer=provider.issuer,
            client_id=CLIENT,
            client_secret_file=folder / "secret",
            ca=provider.ca,
            address=address,
            scope="openid",
            groups=(GroupRole(group="auditors", role=Role.auditor, sites=("taipei",)),),
        )
        app = make_app(folder / "store", clock=system_clock, vouchers=Vouchers(oidc=oidc))
        with serving(app, port=port) as url:
            yield Site(app.state.console, url, provider)


def test_who_is_in_a_group_of_the_settings_comes_in_and_nobody_else(site: Site) -> None:
    alice, bob = requests.Session(), requests.Session()
    for browser, user in ((alice, "alice"), (bob, "bob")):
        site.provider.log_in(browser, user)
    back = site.provider.go_on(alice, site.get(alice, "/login/oidc").headers["Location"])
    assert back.startswith(site.url + BACK)
    answer = site.get(alice, back)
    assert answer.status_code == 200, answer.text
    (known,) = site.console.people.all()
    assert known.name == "王愛麗" and known.identity is not None
    assert known.identity.startswith(f"{site.provider.issuer} ")
    assert frozenset(known.grants) == {Grant("taipei", Role.auditor)}
    assert site.get(alice, "/account").status_code == 200
    assert code_of(site.get(alice, back)) == "oidc_state", "an answer counts once"

    back = site.provider.go_on(bob, site.get(bob, "/login/oidc").headers["Location"])
    assert code_of(site.get(bob, back)) == "group_unmapped"
    assert site.get(bob, "/account").status_code == 303
    assert len(site.console.people.all()) == 1


def test_a_code_of_another_s_log_in_is_refused_by_the_provider(site: Site) -> None:
    alice, bob = requests.Session(), requests.Session()
    backs = []
    for browser, user in ((alice, "alice"), (bob, "bob")):
        site.provider.log_in(browser, user)
        backs.append(
            site.provider.go_on(browser, site.get(browser, "/login/oidc").headers["Location"])
        )
    codes = [dict(one.split("=", 1) for one in back.partition("?")[2].split("&")) for back in backs]
    mixed = backs[1].replace(codes[1]["code"], codes[0]["code"])
    assert code_of(site.get(bob, mixed)) == "oidc_token"
