"""People of an identity provider: the way there and back, what is refused, and whose account it is.

The provider is authlib's own provider side (tests.openid_provider.py); the store is served, and
the requests are made as a browser makes them.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from evidence.errors import ConfigurationError
from store.app import make_app
from store.people.roles import EVERYWHERE, Grant, Role
from store.people.settings import Directory, Oidc, Vouchers
from store.people.ways import make_ways
from store.serve import serving
from tests.conftest import ADMIN_PATH, ROOT
from tests.fixtures_bundle import AT
from tests.fixtures_office import PASSWORD, code_of
from tests.oidc_site import (
    ALICE,
    ENGINEER,
    GROUPS,
    Site,
    Visitor,
    site_in,
    with_claims,
)
from tests.openid_provider import CLIENT, TestProvider
from tests.ports import free_port

pytestmark = pytest.mark.whole


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A store of this test's own."""
    with site_in(tmp_path) as made:
        yield made


def test_a_person_of_the_provider_comes_in_with_what_their_groups_give(site: Site) -> None:
    visitor = Visitor(site)
    assert "/login/oidc" in visitor.get("/login").text
    answer = visitor.log_in("u-1", "/login/oidc?next=/account")
    assert answer.status_code == 200
    assert 'content="0;url=/account"' in answer.text
    assert visitor.account() == "alice@oidc"
    known = site.console.people.known("alice@oidc")
    assert known is not None
    assert (known.name, known.identity) == ("王愛麗", f"{site.provider.url} u-1")
    assert frozenset(known.grants) == ENGINEER
    (asked,) = site.provider.asked
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 32 and len(asked["nonce"]) >= 32
    assert "prompt" not in asked
    assert site.trail()[-1] == ("alice@oidc", "login", "done")
    assert ("groups:oidc", "granted", "done") in site.trail()


def test_who_is_in_no_group_of_the_settings_stays_out(site: Site) -> None:
    visitor = Visitor(site)
    answer = visitor.log_in("u-2")
    assert (answer.status_code, code_of(answer)) == (403, "group_unmapped")
    assert "群組" in answer.text
    assert visitor.account() == ""
    assert site.console.people.all() == []
    assert site.trail()[-1] == ("oidc:alice", "login", "group_unmapped")


def test_the_same_name_and_mail_of_another_subject_is_another_account(site: Site) -> None:
    site.console.people.add("alice", "本機", PASSWORD, "host:test", with_code=False)
    Visitor(site).log_in("u-1")
    site.provider.people["u-3"] = dict(ALICE)
    other = Visitor(site)
    other.log_in("u-3")
    assert other.account() == "alice-2@oidc"
    accounts = {one.account: one.identity for one in site.console.people.all()}
    assert accounts == {
        "alice": None,
        "alice@oidc": f"{site.provider.url} u-1",
        "alice-2@oidc": f"{site.provider.url} u-3",
    }


def test_who_was_moved_loses_the_old_role_and_who_left_every_group_gets_out(site: Site) -> None:
    visitor, another = Visitor(site), Visitor(site)
    visitor.log_in("u-1")
    another.log_in("u-1")
    site.provider.people["u-1"]["groups"] = ["EVIDENCE-supervisors"]
    visitor.log_in("u-1")
    known = site.console.people.known("alice@oidc")
    assert known is not None and known.grants == (Grant(EVERYWHERE, Role.supervisor),)
    site.provider.people["u-1"]["groups"] = []
    assert code_of(visitor.log_in("u-1")) == "group_unmapped"
    known = site.console.people.known("alice@oidc")
    assert known is not None and known.grants == ()
    assert another.account() == "", "every session that the provider vouched for ends"


def test_a_session_that_a_provider_vouches_for_lasts_an_hour(site: Site) -> None:
    visitor = Visitor(site)
    visitor.log_in("u-1")
    for _ in range(5):
        site.now[0] += timedelta(minutes=12)
        assert visitor.account() == "alice@oidc"
    site.now[0] += timedelta(minutes=1)
    assert visitor.account() == ""
    visitor.log_in("u-1")
    assert visitor.account() == "alice@oidc"


def test_a_disabled_account_stays_out_whatever_the_provider_says(site: Site) -> None:
    visitor = Visitor(site)
    visitor.log_in("u-1")
    site.console.people.disable("alice@oidc", "host:test")
    assert visitor.account() == ""
    assert code_of(visitor.log_in("u-1")) == "account_disabled"
    assert site.trail()[-1] == ("alice@oidc", "login", "account_disabled")


def test_an_extra_that_is_missing_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    oidc = Oidc(issuer="https://login.example", client_id=CLIENT, address="https://s.example")
    directory = Directory(hosts=("dc1.corp.example",), domain="corp.example")
    for vouchers, module, extra in (
        (Vouchers(oidc=oidc), "authlib.oidc.core", "oidc"),
        (Vouchers(directory=directory), "ldap3", "ldap"),
    ):
        with monkeypatch.context() as without:
            without.setitem(sys.modules, module, None)
            for ours in ("store.people.oidc", "store.people.directory"):
                without.delitem(sys.modules, ours, raising=False)
            with pytest.raises(ConfigurationError) as caught:
                make_ways(vouchers, lambda: AT)
        assert caught.value.code == "library_missing"
        assert f"evidence-agent[{extra}]" in caught.value.next_step


def test_the_example_in_the_shipped_settings_is_right() -> None:
    lines = (ROOT / "config" / "store.yaml").read_text("utf-8").splitlines()
    first = lines.index("# people:")
    block = [line.removeprefix("# ") for line in lines[first : lines.index("", first)]]
    found = Vouchers.model_validate(yaml.safe_load("\n".join(block))["people"])
    assert found.oidc is not None and found.directory is not None
    assert found.directory.root == "DC=corp,DC=example"
    assert found.oidc.grants(frozenset({"Evidence-Engineers"})) == {Grant("taipei", Role.engineer)}


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://login.example"},
        {"address": "http://store.example"},
        {"address": "https://store.example/console"},
        {"groups": [{"group": "", "role": "engineer", "sites": ["taipei"]}]},
        {"groups": [{"group": "g", "role": "root", "sites": ["taipei"]}]},
        {"groups": [{"group": "g", "role": "engineer", "sites": []}]},
        {"client_secret": "in the settings"},
    ],
)
def test_settings_that_would_be_no_safe_way_are_refused(wrong: dict[str, Any]) -> None:
    right = {"issuer": "https://login.example", "client_id": "c", "address": "https://s.example"}
    Oidc.model_validate(right)
    with pytest.raises(ValidationError):
        Oidc.model_validate({**right, **wrong})


def test_a_provider_that_is_away_keeps_local_accounts_in(tmp_path: Path) -> None:
    oidc = Oidc(
        issuer=f"http://localhost:{free_port()}",
        client_id=CLIENT,
        address="http://127.0.0.1:1",
        groups=GROUPS,
    )
    app = make_app(tmp_path / "store", clock=lambda: AT, vouchers=Vouchers(oidc=oidc))
    with serving(app) as url:
        console = app.state.console
        console.people.add("root", "管理", PASSWORD, "host:test", with_code=False)
        visitor = Visitor(Site(console, url, TestProvider(lambda: AT, ""), [AT]))
        answer = visitor.get("/login/oidc")
        assert (answer.status_code, code_of(answer)) == (503, "oidc_away")
        assert "本機帳號" in answer.text and 'href="/login"' in answer.text
        assert visitor.site.trail()[-1] == ("oidc", "login", "oidc_away")
        fields = {"account": "root", "password": PASSWORD}
        visitor.session.post(f"{url}/login", fields, allow_redirects=False, timeout=20)
        assert visitor.account() == "root"


@pytest.mark.part("chromium")
def test_a_browser_goes_there_and_back(site: Site) -> None:
    """The provider is another site, so what a browser does with cookies counts here."""
    from playwright.sync_api import sync_playwright  # half a second that only this one needs

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium", path=ADMIN_PATH), args=["--no-sandbox"]
        )
        page = browser.new_page(locale="zh-TW")
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.goto(site.url + "/account")
        page.click("text=以公司帳號登入")
        page.fill("[name=user]", "u-1")
        page.click("text=in")
        page.wait_for_url(site.url + "/account")
        assert "王愛麗" in page.inner_text("h1")
        cookies = {one["name"]: one for one in page.context.cookies(site.url)}
        assert cookies["session"]["sameSite"] == "Strict" and cookies["session"]["httpOnly"]
        assert "login" not in cookies
        page.click("text=登出")
        page.wait_for_url(site.url + "/login")
        page.goto(site.url + "/account")
        assert "/login" in page.url
        assert said == []
        browser.close()


# Proving anew who one is


def test_whoever_proves_anew_is_asked_by_the_provider_again(site: Site) -> None:
    visitor = Visitor(site)
    assert code_of(visitor.get("/login/oidc?again=1")) == "reauth_required"
    visitor.log_in("u-1")
    site.now[0] += timedelta(minutes=10)
    answer = visitor.log_in("u-1", "/login/oidc?again=1&next=/account")
    assert answer.status_code == 200
    asked = site.provider.asked[-1]
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    login = site.console.sessions.find(visitor.session.cookies["session"])
    assert login is not None and login.again_at == site.now[0]
    assert login.proof == "oidc+again"


def test_a_provider_that_asks_nobody_again_proves_nothing(site: Site) -> None:
    visitor = Visitor(site)
    visitor.log_in("u-1")
    site.provider.ignores_prompt = True
    site.now[0] += timedelta(minutes=10)
    assert code_of(visitor.log_in("u-1", "/login/oidc?again=1")) == "oidc_token"
    site.provider.bend = lambda head, claims: with_claims(auth_time=None)(site, head, claims)
    assert code_of(visitor.log_in("u-1", "/login/oidc?again=1")) == "oidc_token"
    login = site.console.sessions.find(visitor.session.cookies["session"])
    assert login is not None and login.again_at is None


def test_somebody_else_cannot_prove_it_for_one(site: Site) -> None:
    site.provider.people["u-3"] = dict(ALICE)
    visitor = Visitor(site)
    visitor.log_in("u-1")
    assert code_of(visitor.log_in("u-3", "/login/oidc?again=1")) == "reauth_required"
    assert visitor.account() == "alice@oidc"


def test_nobody_whom_a_provider_knows_gives_themselves_a_password(site: Site) -> None:
    visitor = Visitor(site)
    visitor.log_in("u-1")
    csrf = re.search(r'name="csrf" value="([^"]+)"', visitor.get("/account").text)
    assert csrf is not None
    fields = {"csrf": csrf[1], "new": PASSWORD, "again": PASSWORD, "password": PASSWORD}
    answer = visitor.session.post(
        f"{site.url}/account/password", fields, allow_redirects=False, timeout=20
    )
    assert code_of(answer) == "not_allowed"
