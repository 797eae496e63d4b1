"""People of an identity provider: the way there and back, what is refused, and whose account it is.

The provider is authlib's own provider side (tests.openid_provider.py); the store is served, and
the requests are made as a browser makes them.
"""

from __future__ import annotations

import hmac
import json
import re
import shutil
import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import yaml
from joserfc.jwk import ECKey, RSAKey
from playwright.sync_api import sync_playwright
from pydantic import ValidationError
from sqlalchemy import select

from evidence.errors import ConfigurationError
from store.app import make_app
from store.console.guard import Console
from store.people.oidc import Provider
from store.people.roles import EVERYWHERE, Grant, Role
from store.people.settings import BACK, Directory, GroupRole, Oidc, Vouchers
from store.people.tables import audit_event
from store.people.ways import make_ways
from store.problems import Refused
from store.serve import serving
from tests.conftest import ADMIN_PATH, ROOT
from tests.fixtures_bundle import AT
from tests.fixtures_office import PASSWORD, code_of
from tests.openid_provider import CLIENT, SECRET, TestProvider, provided
from tests.ports import free_port
from tests.test_store_tls import Authority

pytestmark = pytest.mark.whole

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


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A store of this test's own."""
    with site_in(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def lasting_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site_in(tmp_path_factory.mktemp("one")) as made:
        yield made


@pytest.fixture
def one_site(lasting_site: Site) -> Site:
    """A store for all tests that leave it as it was. An address has so many log-ins a minute."""
    lasting_site.now[0] += timedelta(seconds=10)
    return lasting_site


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


# What does not hold


def test_an_answer_counts_once_and_in_the_browser_that_left(site: Site) -> None:
    visitor = Visitor(site)
    back = visitor.come_back("u-1")
    thief = Visitor(site)
    stolen = visitor.come_back("u-1")
    assert code_of(thief.get(stolen)) == "oidc_state"
    assert code_of(visitor.get(stolen)) == "oidc_state", "nor does it count afterwards"
    assert code_of(visitor.get(back)) == "oidc_state", "the browser began another one since"
    again = visitor.come_back("u-1")
    assert visitor.get(again).status_code == 200
    assert code_of(visitor.get(again)) == "oidc_state"
    late = visitor.come_back("u-1")
    site.now[0] += timedelta(minutes=11)
    assert code_of(visitor.get(late)) == "oidc_state"
    made_up = visitor.get(f"{BACK}?code=x&state=y")
    assert (made_up.status_code, code_of(made_up)) == (401, "oidc_state")
    assert site.trail()[-1] == ("oidc", "login", "oidc_state")


def test_a_code_of_another_log_in_does_not_fit(site: Site) -> None:
    attacker, victim = Visitor(site), Visitor(site)
    site.provider.people["u-9"] = {**ALICE, "preferred_username": "mallory"}
    code = parse_qs(urlsplit(attacker.come_back("u-9")).query)["code"][0]
    state = parse_qs(urlsplit(victim.begin()).query)["state"][0]
    answer = victim.get(f"{BACK}?code={code}&state={state}")
    assert code_of(answer) == "oidc_token", "the verifier is another one's"
    assert victim.account() == ""


def test_who_is_refused_there_is_told(site: Site) -> None:
    visitor = Visitor(site)
    answer = visitor.get(visitor.come_back("u-1", go="no"))
    assert (answer.status_code, code_of(answer)) == (401, "oidc_denied")
    other = parse_qs(urlsplit(visitor.begin()).query)["state"][0]
    mixed = visitor.get(f"{BACK}?code=x&state={other}&iss=https%3A%2F%2Fother.example")
    assert code_of(mixed) == "oidc_token"


STRANGER, OWN = RSAKey.generate_key(2048), ECKey.generate_key("P-256", auto_kid=True)
EARLIER, LATER = (int((AT + timedelta(minutes=far)).timestamp()) for far in (-5, 24 * 60))


def by_hand(head: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as no library makes it: HMAC-SHA-256 by any secret, or no signature."""
    parts = [urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in (head, claims)]
    signed = b".".join(parts)
    tag = b"" if secret is None else hmac.digest(secret, signed, "sha256")
    return b".".join((signed, urlsafe_b64encode(tag).rstrip(b"="))).decode()


def unsigned(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return by_hand({"alg": "none"}, claims)


def by_public_key(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
    """HMAC with what everybody knows of the provider: its public key."""
    return by_hand({**head, "alg": "HS256"}, claims, site.provider.key.as_pem(private=False))


def by_secret(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return by_hand({**head, "alg": "HS256"}, claims, SECRET.encode())


def by_stranger(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return site.provider.signed(claims, STRANGER)


def by_own_key(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return site.provider.signed(
        claims, OWN, alg="ES256", kid=OWN.kid, jwk=OWN.as_dict(private=False)
    )


def with_claims(**changed: Any) -> Callable[[Site, dict[str, Any], dict[str, Any]], str]:
    def bend(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
        new = {**claims, **changed}
        for name in [name for name, value in changed.items() if value is None]:
            del new[name]
        return site.provider.signed(new)

    return bend


# What a provider says, and why it is not taken.
LIES: dict[str, tuple[Callable[[Site, dict[str, Any], dict[str, Any]], str], str]] = {
    "without a signature": (unsigned, "unsupported_algorithm"),
    "signed with the public key as a secret": (by_public_key, "unsupported_algorithm"),
    "signed with the client's secret": (by_secret, "unsupported_algorithm"),
    "signed by a stranger's key": (by_stranger, "bad_signature"),
    "signed by a key it brings along": (by_own_key, "invalid_key_id"),
    "of another nonce": (with_claims(nonce="another"), "invalid_claim nonce"),
    "without a nonce": (with_claims(nonce=None), "missing_claim nonce"),
    "for another audience": (with_claims(aud=["another-client"]), "invalid_claim aud"),
    "for others, too": (with_claims(aud=[CLIENT, "another"], azp=CLIENT), "it is for others, too"),
    "without an audience": (with_claims(aud=None), "missing_claim aud"),
    "of another issuer": (with_claims(iss="https://other.example"), "invalid_claim iss"),
    "over": (with_claims(exp=EARLIER), "expired_token exp"),
    "without an end": (with_claims(exp=None), "missing_claim exp"),
    "of the future": (with_claims(iat=LATER), "invalid_claim iat"),
    "whose end is no number": (with_claims(exp="tomorrow"), "invalid_claim exp"),
    "without a subject": (with_claims(sub=None), "missing_claim sub"),
    "whose subject is no text": (with_claims(sub=["u-1"]), "invalid_claim sub"),
    "whose subject is two": (with_claims(sub="u-1 u-2"), "sub is no name"),
    "whose subject has no end": (with_claims(sub="u" * 256), "sub is no name"),
    "of another access token": (with_claims(at_hash="A" * 22), "invalid_claim at_hash"),
    "that is none": (lambda site, head, claims: "a.b.c", "decode_error"),
}


@pytest.mark.parametrize("name", LIES)
def test_a_token_is_not_taken(one_site: Site, name: str) -> None:
    lie, why = LIES[name]
    visitor, accounts = Visitor(one_site), one_site.console.people.all()
    one_site.provider.bend = lambda head, claims: lie(one_site, head, claims)
    answer = visitor.log_in("u-2")
    assert (answer.status_code, code_of(answer)) == (401, "oidc_token"), answer.text
    assert f"token was not taken: {why}<" in answer.text
    with one_site.console.custody.database.reading() as rows:
        newest = select(audit_event.c.object).order_by(audit_event.c.seq.desc()).limit(1)
        assert str(rows.scalar(newest)).endswith(f"token was not taken: {why}")
    assert visitor.account() == "" and one_site.console.people.all() == accounts
    one_site.provider.bend = lambda head, claims: one_site.provider.signed(claims)
    assert code_of(visitor.log_in("u-2")) == "group_unmapped", "unbent, it is believed"


def test_groups_that_are_no_list_of_names_give_nothing(site: Site) -> None:
    for held in ({"evidence-engineers": True}, [["evidence-engineers"]], 7, None):
        site.provider.people["u-1"]["groups"] = held
        assert code_of(Visitor(site).log_in("u-1")) == "group_unmapped"
    site.provider.people["u-1"]["groups"] = "evidence-engineers"
    assert Visitor(site).log_in("u-1").status_code == 200


def test_keys_may_change_and_an_old_one_is_not_believed(site: Site) -> None:
    old, visitor = site.provider.key, Visitor(site)
    visitor.log_in("u-1")
    site.provider.rotate()
    assert visitor.log_in("u-1").status_code == 200
    site.provider.bend = lambda head, claims: site.provider.signed(claims, old, kid=old.kid)
    assert code_of(visitor.log_in("u-1")) == "oidc_token"


def test_a_provider_is_believed_by_its_certificate(tmp_path: Path) -> None:
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    made = TestProvider(lambda: AT, f"http://127.0.0.1:1{BACK}")
    with provided(made, ours.certificate(-1, 30)) as provider:
        known = Oidc(issuer=provider.url, client_id=CLIENT, address="http://127.0.0.1:1")
        trusting = Provider(known.model_copy(update={"ca": ours.pem}), lambda: AT)
        assert trusting.begin(again=False).url.startswith(f"{provider.url}/authorize?")
        for settings in (known, known.model_copy(update={"ca": other.pem})):
            with pytest.raises(Refused) as caught:
                Provider(settings, lambda: AT).begin(again=False)
            assert caught.value.code == "oidc_away"


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "https://other.example/token"},
        {"jwks_uri": None},
    ],
)
def test_who_describes_another_provider_is_not_asked(
    one_site: Site, changed: dict[str, Any]
) -> None:
    one_site.provider.described = changed
    answer = Visitor(one_site).get("/login/oidc")
    one_site.provider.described = {}
    assert code_of(answer) == "oidc_away"


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
