"""HTTPS with a log-in: sent once, its token carried as declared, left again, and seen nowhere."""

import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.gate import Gate
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.signs import filled
from agent.transports.https import Https, open_https
from agent.visit import Visitor
from evidence.ask import Ask, HttpSession
from evidence.errors import Denied, LoginRefused, Unreachable, VisitError
from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief
from lab.devices.https import LabHttps, LabLogin
from tests import toy

SESSION_TOKEN = "canary-session-51d0"
HOSTS = Ask(
    "hosts",
    'POST /web_api/show-hosts {"limit":500,"offset":{offset}}',
    "http",
    holes={"offset": "[0-9]{1,6}"},
)
PACKAGES = Ask("packages", "POST /web_api/show-packages {}", "http")
TAPE = Tape(
    "toy",
    (
        TapeAnswer(HOSTS(offset="0").text, b'{"total": 501}'),
        TapeAnswer(HOSTS(offset="500").text, b'{"total": 501, "from": 501}'),
        TapeAnswer(PACKAGES.text, b'{"packages": []}'),
        TapeAnswer("POST /web_api/logout {}", b'{"message": "OK"}'),
    ),
)
BY_KEY = Ask("login_by_key", 'POST /web_api/login {"api-key":"{$token}"}', "http")
BY_PASSWORD = Ask(
    "login", 'POST /web_api/login {"user":"{$username}","password":"{$password}"}', "http"
)
SESSION = HttpSession(
    login=(BY_KEY, BY_PASSWORD),
    token="json sid",
    carried=("header X-chkp-sid",),
    logout=Ask("logout", "POST /web_api/logout {}", "http"),
)
SENT = f'POST /web_api/login {{"user":"auditor","password":"{toy.PASSWORD}"}}'
LOGIN = LabLogin(SENT, json.dumps({"sid": SESSION_TOKEN}).encode())
ACCOUNT = Credential("auditor", password=Secret(toy.PASSWORD))


def lab(
    login: LabLogin = LOGIN, header: str = "X-chkp-sid", tape: Tape = TAPE, token: str = ""
) -> LabHttps:
    return LabHttps(tape, token or SESSION_TOKEN, header, login=login)


@contextmanager
def reading(
    device: LabHttps,
    session: HttpSession = SESSION,
    credential: Credential = ACCOUNT,
    asks: tuple[Ask, ...] = (HOSTS, PACKAGES),
    **options: str,
) -> Iterator[Https]:
    """An open way to a lab device that waits for a log-in."""
    with device:
        one = toy.device(device.port, options={"tls_fingerprint": device.fingerprint, **options})
        way = open_https(one, credential, toy.platform(*asks, http_session=session))
        try:
            yield way
        finally:
            way.close()


def failure(way: Https, ask: Ask = PACKAGES) -> VisitError:
    with pytest.raises(VisitError) as refused:
        way.ask(ask)
    assert toy.PASSWORD not in str(refused.value)
    assert SESSION_TOKEN not in str(refused.value)
    return refused.value


def test_a_log_in_comes_first_and_a_log_out_last() -> None:
    device = lab()
    with reading(device) as way:
        assert device.lines == []
        assert way.ask(HOSTS(offset="0")).body == b'{"total": 501}'
        assert way.ask(HOSTS(offset="500")).body == b'{"total": 501, "from": 501}'
        assert way.ask(PACKAGES).account == "auditor"
    assert device.lines == [
        SENT,
        HOSTS(offset="0").text,
        HOSTS(offset="500").text,
        PACKAGES.text,
        "POST /web_api/logout {}",
    ]


def test_a_device_of_which_nothing_is_asked_hears_no_log_in() -> None:
    device = lab()
    with reading(device):
        pass
    assert device.lines == []


def test_the_form_is_taken_that_the_credential_can_fill() -> None:
    sent = f'POST /web_api/login {{"api-key":"{toy.TOKEN}"}}'
    device = lab(LabLogin(sent, LOGIN.answer))
    with reading(device, credential=toy.CREDENTIAL) as way:
        assert way.ask(PACKAGES).body
    assert device.lines[0] == sent


def test_a_credential_that_fits_no_form_sends_nothing() -> None:
    device = lab()
    with reading(device, credential=Credential("auditor")) as way:
        refused = failure(way)
        assert isinstance(refused, LoginRefused)
        assert "token, or username and password" in refused.message
        assert failure(way) is refused
    assert device.lines == []


def test_a_log_in_takes_what_the_device_is_configured_with() -> None:
    domain = Ask("login_domain", BY_PASSWORD.text[:-1] + ',"domain":"{domain}"}', "http")
    sent = SENT[:-1] + ',"domain":"DMZ-1"}'
    session = HttpSession((domain, BY_PASSWORD), "json sid", ("header X-chkp-sid",))
    device = lab(LabLogin(sent, LOGIN.answer))
    with reading(device, session, domain="DMZ-1") as way:
        assert way.ask(PACKAGES).body
    with pytest.raises(Denied), reading(lab(), session, domain='x","read-only":false') as way:
        way.ask(PACKAGES)


# --- where the token comes from, and how it goes back ---

COOKIE = Ask("login", 'POST /api/login {"username":"{$username}","password":"{$password}"}', "http")
COOKIE_SENT = f'POST /api/login {{"username":"auditor","password":"{toy.PASSWORD}"}}'


def test_a_token_may_come_in_a_cookie_and_go_back_in_one() -> None:
    login = LabLogin(COOKIE_SENT, headers={"Set-Cookie": f"TOKEN={SESSION_TOKEN}; path=/; secure"})
    session = HttpSession((COOKIE,), "cookie TOKEN", ("cookie TOKEN",))
    with reading(lab(login, "Cookie", token=f"TOKEN={SESSION_TOKEN}"), session) as way:
        assert way.ask(PACKAGES).body


def test_a_name_and_password_in_the_header_travel_with_the_log_in_alone() -> None:
    """Basic for one request; its answer's header goes back with each later one."""
    token = Ask("login", "POST /api/fmc_platform/v1/auth/generatetoken", "http")
    login = LabLogin(token.text, headers={"X-auth-access-token": SESSION_TOKEN}, status=204)
    session = HttpSession(
        (token,), "header X-auth-access-token", ("header X-auth-access-token",), login_by="basic"
    )
    device = lab(login, "X-auth-access-token")
    with reading(device, session) as way:
        assert way.ask(PACKAGES).body
    pair = b64encode(f"auditor:{toy.PASSWORD}".encode()).decode()
    assert [one["Authorization"] for one in device.headers] == [f"Basic {pair}", None]


def test_a_token_may_be_a_bearer() -> None:
    grant = Ask(
        "login", 'POST /fdm/token {"grant_type":"password","password":"{$password}"}', "http"
    )
    sent = f'POST /fdm/token {{"grant_type":"password","password":"{toy.PASSWORD}"}}'
    answer = json.dumps({"access_token": SESSION_TOKEN, "expires_in": 1800}).encode()
    session = HttpSession((grant,), "json access_token", ("bearer",))
    with reading(lab(LabLogin(sent, answer), "Authorization"), session) as way:
        assert way.ask(PACKAGES).body


@pytest.mark.parametrize(
    "text",
    [
        'POST /jsonrpc {"method":"get","params":[{"url":"/x"}],"session":"{$session}"}',
        "GET /wsg/api/public/v9_1/rkszones?serviceTicket={$session}",
    ],
)
def test_a_token_may_stand_in_a_body_or_an_address(text: str) -> None:
    ask = Ask("one", text, "http")
    sent = text.replace("{$session}", SESSION_TOKEN)
    tape = Tape("toy", (TapeAnswer(sent, b"{}"),))
    device = lab(header="", tape=tape)
    with reading(device, HttpSession((BY_PASSWORD,), "json sid"), asks=(ask,)) as way:
        assert way.ask(ask).body == b"{}"
    assert device.lines == [SENT, sent]


def test_a_log_in_may_be_a_form() -> None:
    form = Ask("login", "POST /v1/api/login username={$username}&password={$password}", "http")
    account = Credential("auditor", password=Secret("p&ss=wörd {x}"))
    device = lab(
        LabLogin(
            "POST /v1/api/login username=auditor&password=p%26ss%3Dw%C3%B6rd%20%7Bx%7D",
            LOGIN.answer,
        )
    )
    with reading(device, HttpSession((form,), "json sid", ("header X-chkp-sid",)), account) as way:
        assert way.ask(PACKAGES).body


# --- refused ---


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_a_refused_log_in_is_tried_once(status: int) -> None:
    device = lab(LabLogin(SENT, b'{"code": "err_login_failed"}', status=status))
    with reading(device) as way:
        refused = failure(way)
        assert isinstance(refused, LoginRefused)
        assert failure(way, HOSTS(offset="0")) is refused
    assert device.lines == [SENT]


def test_a_busy_device_is_no_refusal_and_hears_no_second_log_in() -> None:
    device = lab(LabLogin(SENT, status=503))
    with reading(device) as way:
        assert isinstance(failure(way), Unreachable)
        assert isinstance(failure(way), Unreachable)
    assert device.lines == [SENT]


def test_a_log_in_that_is_cut_off_is_not_made_again() -> None:
    """Nobody knows whether the device counts it as a refusal."""
    device = lab()
    device.mischief = Mischief(drop_after_bytes=0)
    with reading(device) as way:
        assert [failure(way).code for _ in range(2)] == ["auth_cut_off"] * 2
    assert device.lines == [SENT]


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"sid": ""}', b'{"sid": 7}', b'{"sid": "a\\nb"}', b"[]", b"<html>", b""]
)
def test_an_answer_without_a_token_is_a_refusal(answer: bytes) -> None:
    """FortiManager refuses with status 200, and a log-in page is no token either."""
    device = lab(LabLogin(SENT, answer))
    with reading(device) as way:
        assert isinstance(failure(way), LoginRefused)
        failure(way)
    assert device.lines == [SENT]


def test_a_token_that_is_no_longer_taken_ends_the_session() -> None:
    device = lab(token="another")
    with reading(device) as way:
        assert isinstance(failure(way), LoginRefused)
        failure(way)
    assert device.lines == [SENT, PACKAGES.text]


# --- the gate ---


def gate(credential: Credential = ACCOUNT) -> Gate:
    return Gate(toy.device(443), toy.platform(HOSTS, PACKAGES, http_session=SESSION), credential)


LOGIN_BODY = SENT.split(" ", 2)[2].encode()


def test_the_gate_lets_one_log_in_through() -> None:
    one = gate()
    one.request("POST", "/web_api/login", LOGIN_BODY)
    with pytest.raises(Denied):
        one.request("POST", "/web_api/login", LOGIN_BODY)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        LOGIN_BODY.replace(b"auditor", b"admin"),
        LOGIN_BODY[:-1] + b',"continue-last-session":true}',
        BY_PASSWORD.request[2].encode(),
        BY_KEY.request[2].encode(),
    ],
)
def test_only_the_accounts_own_log_in_leaves(body: bytes) -> None:
    with pytest.raises(Denied) as refused:
        gate().request("POST", "/web_api/login", body)
    assert toy.PASSWORD not in str(refused.value)


def test_a_session_that_was_not_entered_has_no_sign() -> None:
    ask = Ask("one", "GET /zones?serviceTicket={$session}", "http")
    one = Gate(toy.device(443), toy.platform(ask, http_session=SESSION), ACCOUNT)
    for ticket in ("%7B$session%7D", "{$session}", "", SESSION_TOKEN):
        with pytest.raises(Denied):
            one.request("GET", f"/zones?serviceTicket={ticket}", b"")
    one.entered(Secret(SESSION_TOKEN))
    one.request("GET", f"/zones?serviceTicket={SESSION_TOKEN}", b"")
    with pytest.raises(Denied) as refused:
        one.request("GET", f"/other?serviceTicket={SESSION_TOKEN}", b"")
    assert SESSION_TOKEN not in str(refused.value)


@given(st.text(min_size=1))
def test_a_secret_stays_one_value_wherever_it_stands(secret: str) -> None:
    """Quotes, braces and separators in a password can end no string and open no hole."""
    signs = {"password": Secret(secret)}
    body = filled(BY_PASSWORD.text, signs).split(" ", 2)[2]
    assert json.loads(body) == {"user": "{$username}", "password": secret}
    assert "{" not in body[1:].replace("{$username}", "")
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    form = filled("POST /login password={$password}&x=1", signs).split(" ", 2)[2]
    assert parse_qs(form) == {"password": [secret], "x": ["1"]}


# --- what is kept ---


def test_neither_password_nor_token_is_kept_or_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    ask = Ask("zones", "GET /zones?serviceTicket={$session}", "http")

    def collect(_: Any) -> Any:
        yield ask
        return []

    device = lab(
        header="", tape=Tape("toy", (TapeAnswer(f"GET /zones?serviceTicket={SESSION_TOKEN}"),))
    )
    one = toy.platform(ask, http_session=HttpSession((BY_PASSWORD,), "json sid"))
    one.collectors["firewall"] = collect
    vars(one.module)["__name__"] = __name__  # a file of a package, as a platform is
    with device:
        where = toy.device(device.port, options={"tls_fingerprint": device.fingerprint})
        visit = Visitor(
            device=where,
            platform=one,
            open_transport=lambda: open_https(where, ACCOUNT, one),
            clock=lambda: datetime(2026, 11, 23, tzinfo=UTC),
            key=SiteKey(b"key"),
        ).visit(["firewall"])
    assert [exchange.ask.text for exchange in visit.exchanges] == [ask.text]
    assert visit.exchanges[0].capture is not None
    assert len(device.lines) == 2
    for kept in (repr(visit), caplog.text):
        assert toy.PASSWORD not in kept
        assert SESSION_TOKEN not in kept
