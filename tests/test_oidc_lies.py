"""What a provider says that does not hold: answers, tokens, keys and descriptions not taken."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select

from store.people.oidc import Provider
from store.people.settings import BACK, Oidc
from store.people.tables import audit_event
from store.problems import Refused
from tests.fixtures_bundle import AT
from tests.fixtures_office import code_of
from tests.oidc_site import (
    ALICE,
    Site,
    Visitor,
    site_in,
    with_claims,
)
from tests.openid_provider import CLIENT, SECRET, TestProvider, provided
from tests.test_store_tls import Authority

pytestmark = pytest.mark.whole


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


OWN = ECKey.generate_key("P-256", auto_kid=True)
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
    return site.provider.signed(claims, RSAKey.generate_key(2048))


def by_own_key(site: Site, head: dict[str, Any], claims: dict[str, Any]) -> str:
    return site.provider.signed(
        claims, OWN, alg="ES256", kid=OWN.kid, jwk=OWN.as_dict(private=False)
    )


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
