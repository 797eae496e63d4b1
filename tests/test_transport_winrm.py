"""Windows over WinRM: a judged certificate, one log-in, declared commands, whole answers.

The host is canned (`tests/winrm_host.py`): no WinRM server exists for Linux, so that nothing
here shows how a real Windows behaves. TLS, NTLM and encryption of messages are real.
"""

from __future__ import annotations

import json
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports import Transport
from agent.transports.winrm import open_winrm
from agent.visit import Visitor
from collectors.windows.asks import LISTENER, NAME, POLICY, VERSION
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import (
    ConfigurationError,
    Denied,
    EnvironmentProblem,
    IdentityRefused,
    Incomplete,
    LoginRefused,
    NotAnswered,
    TooMuch,
    Unexpected,
    VisitError,
)
from evidence.facts import to_record
from evidence.tape import read_tape
from lab.devices.certificates import make_certificate, server_context
from tests.winrm_host import WinrmHost

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

PASSWORD = "canary-winrm-5f3c"
CASES = Path(__file__).parent / "cases" / "windows"
HOST = Device(id="pc-01", platform="windows")
WHO = Credential("BROKER\\auditor", password=Secret(PASSWORD))
KEY = "\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\X\r\n    ComputerName    REG_SZ    交易-07\r\n".encode()
MISSING = "錯誤: 系統找不到指定的登錄機碼或值。\r\n".encode()
ANSWERS: dict[str, tuple[int | None, bytes, bytes]] = {
    NAME.text: (0, KEY, b""),
    POLICY.text: (1, b"", MISSING),
    LISTENER.text: (5, b"", b"out of order"),
    VERSION.text: (None, KEY, b""),
}


@pytest.fixture(autouse=True)
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one account of the canned host."""
    file = tmp_path / "accounts"
    file.write_text(f"BROKER:auditor:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(file))


@pytest.fixture(scope="module")
def pem() -> tuple[bytes, Any]:
    return make_certificate("127.0.0.1")


@pytest.fixture
def tls(pem: tuple[bytes, Any]) -> ssl.SSLContext:
    return server_context(*pem)


def fingerprint(pem: bytes) -> str:
    return x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()


@contextmanager
def reading(host: WinrmHost, credential: Credential = WHO, **changes: Any) -> Iterator[Transport]:
    """An open way to a canned host."""
    with host:
        device = Device(
            id="pc-01",
            platform="windows",
            address="127.0.0.1",
            port=host.port,
            credential="cred:pc",
        )
        way = open_winrm(replace(device, **changes), credential, platform("windows"))
        try:
            yield way
        finally:
            way.close()


@pytest.fixture
def pinned(pem: tuple[bytes, Any]) -> dict[str, str]:
    return {"tls_fingerprint": fingerprint(pem[0])}


def failure(way: Transport, ask: Ask = NAME) -> VisitError:
    with pytest.raises(VisitError) as caught:
        way.ask(ask)
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_declared_commands_bring_their_output(tls: ssl.SSLContext, pinned: dict[str, str]) -> None:
    host = WinrmHost(ANSWERS, tls)
    with reading(host, options=pinned) as way:
        answer = way.ask(NAME)
        assert answer.body == KEY
        assert answer.account == WHO.username
        assert answer.peer == f"SHA256:{pinned['tls_fingerprint']}"
        assert way.ask(POLICY).body == MISSING
    one = ["Receive", "Receive", "Signal"]
    assert host.heard == [
        "Create",
        f"Command {NAME.text}",
        *one,
        f"Command {POLICY.text}",
        *one,
        "Delete",
    ]
    assert (host.logins, host.connections) == (1, 1)


@pytest.mark.parametrize("shell", [{}, {"winrm_endpoint": "EvidenceRead"}])
def test_a_host_is_read_as_over_ssh(
    shell: dict[str, str], tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    tape = CASES / "remote_desktop.policy.tape"
    said = {answer.ask: (0, answer.body, b"") for answer in read_tape(tape).answers}
    with reading(WinrmHost(ANSWERS | said, tls), options=pinned | shell) as way:
        visit = Visitor(
            device=HOST,
            platform=platform("windows"),
            open_transport=lambda: way,
            clock=lambda: datetime(2026, 11, 23, tzinfo=UTC),
            key=SiteKey(b"a key"),
        ).visit(["remote_desktop"])
    [read] = visit.readings
    assert read.failure is None, read.failure
    expected = json.loads(tape.with_suffix(".facts.json").read_text("utf-8"))
    assert [to_record(fact) for fact in read.facts] == expected


def test_http_carries_encrypted_messages_only(caplog: pytest.LogCaptureFixture) -> None:
    host = WinrmHost(ANSWERS)
    with reading(host, exceptions={"winrm_http": "no certificate before 2027"}) as way:
        assert way.ask(NAME).body == KEY
        assert way.ask(POLICY).body == MISSING
    assert host.logins == 1


def test_an_answer_in_plain_words_is_refused_where_messages_are_encrypted() -> None:
    with reading(WinrmHost(ANSWERS, sealed=False), exceptions={"winrm_http": "x"}) as way:
        assert failure(way).code == "winrm_not_encrypted"


def test_an_exit_status_is_an_answer_only_where_it_is_declared(
    tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    with reading(WinrmHost(ANSWERS, tls), options=pinned) as way:
        error = failure(way, LISTENER)
        assert (type(error), error.code) == (NotAnswered, "command_failed")
        assert "status 5" in error.message
        assert way.ask(NAME).body == KEY


def test_a_command_that_ends_without_a_status_was_cut_off(
    tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    with reading(WinrmHost(ANSWERS, tls), options=pinned) as way:
        assert isinstance(failure(way, VERSION), Incomplete)


# --- whom to trust ---


def test_another_certificate_than_the_pinned_hears_nothing(tls: ssl.SSLContext) -> None:
    host = WinrmHost(ANSWERS, tls)
    with reading(host, options={"tls_fingerprint": "ab" * 32}) as way:
        error = failure(way)
        assert (type(error), error.code) == (IdentityRefused, "tls_untrusted")
        assert failure(way, POLICY) is error
    assert (host.heard, host.logins) == ([], 0)


def test_an_expired_certificate_hears_nothing(tmp_path: Path) -> None:
    pem, key = make_certificate("127.0.0.1", until=datetime(2021, 1, 1, tzinfo=UTC))
    (tmp_path / "ca.pem").write_bytes(pem)
    host = WinrmHost(ANSWERS, server_context(pem, key))
    with reading(host, options={"tls_ca": str(tmp_path / "ca.pem")}) as way:
        error = failure(way)
    assert (type(error), error.code) == (IdentityRefused, "tls_untrusted")
    assert "expired" in error.message
    assert (host.heard, host.logins) == ([], 0)


def test_a_port_without_tls_is_named_so() -> None:
    with reading(WinrmHost(ANSWERS), options={"tls_fingerprint": "ab" * 32}) as way:
        assert failure(way).code == "tls_failed"


# --- logging in ---


def test_a_wrong_password_leaves_once(tls: ssl.SSLContext, pinned: dict[str, str]) -> None:
    host = WinrmHost(ANSWERS, tls)
    wrong = replace(WHO, password=Secret("canary-wrong"))
    with reading(host, wrong, options=pinned) as way:
        first = failure(way)
        assert isinstance(first, LoginRefused)
        assert failure(way, POLICY) is first
    assert (host.logins, host.heard) == (1, [])


def test_a_session_that_the_host_ends_is_no_wrong_password(
    tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    host = WinrmHost(ANSWERS, tls, forgets_after=3)
    with reading(host, options=pinned) as way:
        assert failure(way).code == "device_disconnected"
    assert host.logins == 1


def test_without_a_log_in_nothing_is_sent_on_http() -> None:
    host = WinrmHost(ANSWERS, takes="")
    with reading(host, exceptions={"winrm_http": "x"}) as way:
        assert failure(way).code == "winrm_not_encrypted"
    assert host.heard == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_takes_basic_only_gets_no_password(
    scheme: str, tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    host = WinrmHost(ANSWERS, tls if scheme == "https" else None, takes='Basic realm="WSMAN"')
    with reading(
        host, options=pinned, exceptions={"winrm_http": "x"} if scheme == "http" else {}
    ) as way:
        error = failure(way)
    assert error.code == "auth_not_offered"
    assert "Basic" in error.message
    assert host.logins == 0


def test_a_certificate_logs_in_without_a_password(
    pem: tuple[bytes, Any], pinned: dict[str, str], tmp_path: Path
) -> None:
    client, key = make_certificate("auditor")
    (tmp_path / "client.pem").write_bytes(client)
    (tmp_path / "trusted.pem").write_bytes(client)
    context = server_context(*pem)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(tmp_path / "trusted.pem")
    options = pinned | {
        "winrm_auth": "certificate",
        "winrm_certificate": str(tmp_path / "client.pem"),
    }
    mine = Credential(private_key=Secret(key.decode()))
    with reading(WinrmHost(ANSWERS, context, by_certificate=True), mine, options=options) as way:
        assert way.ask(NAME).body == KEY


def test_a_key_of_another_certificate_is_a_refused_log_in(
    pinned: dict[str, str], tmp_path: Path, pem: tuple[bytes, Any]
) -> None:
    (tmp_path / "client.pem").write_bytes(make_certificate("auditor")[0])
    options = pinned | {
        "winrm_auth": "certificate",
        "winrm_certificate": str(tmp_path / "client.pem"),
    }
    mine = Credential(private_key=Secret(make_certificate("other")[1].decode()))
    with pytest.raises(LoginRefused) as caught, reading(WinrmHost(ANSWERS), mine, options=options):
        pass
    assert caught.value.code == "key_unusable"


def test_kerberos_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gssapi", None)
    with (
        pytest.raises(EnvironmentProblem, match="gssapi") as caught,
        reading(WinrmHost(ANSWERS), options={"winrm_auth": "kerberos"}),
    ):
        pass
    assert "libkrb5" in caught.value.next_step


@pytest.mark.parametrize(
    "changes",
    [
        {"options": {"winrm_auth": "basic"}},
        {"options": {"winrm_auth": "certificate"}},
        {"options": {"winrm_auth": "certificate"}, "exceptions": {"winrm_http": "x"}},
    ],
)
def test_what_cannot_be_is_a_mistake_of_the_file(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError), reading(WinrmHost(ANSWERS), **changes):
        pass


# --- bad answers ---


@pytest.mark.parametrize(
    ("fault", "number", "code"),
    [
        ("Create", 5, "privilege_missing"),
        ("Command", 5, "privilege_missing"),
        ("Create", 2150859173, "device_busy"),
        ("Command", 2150858778, "command_failed"),
    ],
)
def test_a_fault_is_said_in_words(
    fault: str, number: int, code: str, tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    host = WinrmHost(ANSWERS, tls, faults={fault: number})
    with reading(host, options=pinned) as way:
        error = failure(way)
    assert error.code == code
    assert str(number) in error.message


@pytest.mark.parametrize("action", ["Create", "Command", "Receive"])
@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda whole: whole[: len(whole) // 2], Incomplete),
        (lambda whole: b"<html>hello</html>", Unexpected),
        (lambda whole: b"\x00\x01\x02", Unexpected),
        (lambda whole: whole.replace(b"CommandId", b"Other").replace(b"State=", b"S="), VisitError),
        (lambda whole: b'<!DOCTYPE x [<!ENTITY a "b">]>' + whole, Unexpected),
        (lambda whole: whole + b" " * 5_000_000, TooMuch),
    ],
)
def test_a_spoilt_answer_is_none(
    action: str,
    spoil: Callable[[bytes], bytes],
    kind: type[VisitError],
    tls: ssl.SSLContext,
    pinned: dict[str, str],
) -> None:
    with reading(WinrmHost(ANSWERS, tls, spoil={action: spoil}), options=pinned) as way:
        if action == "Create" and kind is VisitError:
            return  # nothing of these is in it
        assert isinstance(failure(way), kind)


def test_an_endless_answer_ends_at_the_byte_limit(
    tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    long = {NAME.text: (0, b"x" * 300_000, b"")}
    with reading(WinrmHost(long, tls), options=pinned) as way:
        assert isinstance(failure(way, replace(NAME, limit_bytes=100_000)), TooMuch)


def test_a_command_without_end_ends_at_the_time_limit(
    tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    def still(whole: bytes) -> bytes:
        return whole.replace(b"CommandState/Done", b"CommandState/Running")

    with reading(WinrmHost(ANSWERS, tls, spoil={"Receive": still}), options=pinned) as way:
        error = failure(way, replace(NAME, limit_s=0.5))
    assert (type(error), "took over" in error.message) == (Incomplete, True)


# --- an endpoint of PowerShell ---


def test_an_endpoint_answers_the_same_commands(tls: ssl.SSLContext, pinned: dict[str, str]) -> None:
    host = WinrmHost(ANSWERS, tls)
    with reading(host, options=pinned | {"winrm_endpoint": "EvidenceRead"}) as way:
        assert way.ask(NAME).body == KEY
        assert way.ask(POLICY).body == MISSING
    assert [one for one in host.heard if "reg" in one] == [
        f"Command {NAME.text}",
        f"Command {POLICY.text}",
    ]
    assert (host.heard[0], host.heard[-1], host.logins) == ("Create", "Delete", 1)


@pytest.mark.parametrize(("status", "kind"), [(2, NotAnswered), (7, Unexpected)])
def test_an_endpoint_that_fails_or_gives_no_text_is_no_answer(
    status: int, kind: type[VisitError], tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    host = WinrmHost({NAME.text: (status, KEY, b"")}, tls)
    with reading(host, options=pinned | {"winrm_endpoint": "EvidenceRead"}) as way:
        assert isinstance(failure(way), kind)


def test_in_an_endpoint_too_only_declared_commands_leave(
    tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    host = WinrmHost(ANSWERS, tls)
    with reading(host, options=pinned | {"winrm_endpoint": "EvidenceRead"}) as way:
        assert isinstance(failure(way, Ask("own", "Remove-Item C:\\x")), Denied)
    assert not any("Command" in one for one in host.heard)


# --- the gate ---


def test_what_is_not_declared_does_not_leave(tls: ssl.SSLContext, pinned: dict[str, str]) -> None:
    host = WinrmHost(ANSWERS, tls)
    with reading(host, options=pinned) as way:
        assert isinstance(failure(way, Ask("own", "reg add HKLM\\X")), Denied)
    assert not any("reg add" in one for one in host.heard)


def test_no_secret_in_any_log(
    caplog: pytest.LogCaptureFixture, tls: ssl.SSLContext, pinned: dict[str, str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with reading(WinrmHost(ANSWERS, tls), options=pinned) as way:
        way.ask(NAME)
    assert caplog.records
    assert PASSWORD not in caplog.text
