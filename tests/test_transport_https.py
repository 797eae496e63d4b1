"""Reading devices over HTTPS: a judged certificate, declared requests, whole bodies."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from agent.secret import Credential, Secret
from agent.transports.https import Https, open_https
from agent.transports.tls import trust
from evidence.ask import Ask
from evidence.errors import (
    ConfigurationError,
    IdentityRefused,
    Incomplete,
    LoginRefused,
    NotAnswered,
    TooMuch,
    Unreachable,
    VisitError,
)
from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief
from lab.devices.https import LabHttps
from tests import toy
from tests.ports import closed_port


@contextmanager
def reading(
    lab: LabHttps,
    options: dict[str, str] | None = None,
    credential: Credential = toy.CREDENTIAL,
    http_auth: str = "bearer",
    **changes: Any,
) -> Iterator[Https]:
    """An open way to a lab device, its certificate pinned unless said otherwise."""
    pinned = {"tls_fingerprint": lab.fingerprint} if options is None else options
    with lab:
        way = open_https(
            toy.device(lab.port, options=pinned, **changes),
            credential,
            toy.platform(http_auth=http_auth),
        )
        try:
            yield way
        finally:
            way.close()


def answering(error: str) -> Tape:
    return Tape("toy", (TapeAnswer(toy.STATUS.text, error=error),))


def failure(way: Https, ask: Ask = toy.STATUS) -> VisitError:
    with pytest.raises(VisitError) as refused:
        way.ask(ask)
    assert toy.TOKEN not in str(refused.value)
    return refused.value


def test_declared_requests_bring_their_bodies() -> None:
    lab = LabHttps(toy.TAPE, toy.TOKEN)
    with reading(lab) as way:
        answer = way.ask(toy.POLICIES)
        assert answer.body == b'{"results": []}'
        assert answer.media_type == "application/json"
        assert answer.peer == lab.fingerprint
        assert way.ask(toy.SEARCH).body == b'{"found": 1}'
    assert lab.lines == [toy.POLICIES.text, toy.SEARCH.text]


@pytest.mark.parametrize("header", ["X-API-Key", "X-PAN-KEY"])
def test_the_platform_names_its_token_header(header: str) -> None:
    with reading(LabHttps(toy.TAPE, toy.TOKEN, header), http_auth=header) as way:
        assert way.ask(toy.STATUS).body


def test_a_name_and_password_are_sent_where_the_platform_wants_them() -> None:
    lab = LabHttps(toy.TAPE, "Basic YXVkaXRvcjpwYXNz", "authorization")
    credential = Credential("auditor", password=Secret("pass"))
    with reading(lab, http_auth="basic", credential=credential) as way:
        assert way.ask(toy.STATUS).body


# --- whom to trust ---


@pytest.mark.parametrize("form", ["{}", "sha256:{}", "SHA256:{}"])
def test_a_pin_may_be_written_as_openssl_writes_it(form: str) -> None:
    lab = LabHttps(toy.TAPE, toy.TOKEN)
    digits = lab.fingerprint.removeprefix("SHA256:").upper()
    spaced = ":".join(digits[i : i + 2] for i in range(0, 64, 2))
    with reading(lab, {"tls_fingerprint": form.format(spaced)}) as way:
        assert way.ask(toy.STATUS).body


def test_another_certificate_than_the_pinned_hears_nothing() -> None:
    lab = LabHttps(toy.TAPE, toy.TOKEN)
    with reading(lab, {"tls_fingerprint": "ab" * 32}) as way:
        error = failure(way)
        assert isinstance(error, IdentityRefused)
        assert error.code == "tls_untrusted"
        assert lab.fingerprint in error.message
        assert failure(way) is error
    assert lab.lines == []


def test_an_unknown_certificate_is_named_with_its_fingerprint() -> None:
    lab = LabHttps(toy.TAPE, toy.TOKEN)
    with reading(lab, {}) as way:
        error = failure(way)
        assert error.code == "tls_untrusted"
        assert lab.fingerprint in error.message
        assert "self-signed" in error.message
    assert lab.lines == []


def test_a_ca_file_vouches_for_the_device(tmp_path: Path) -> None:
    lab = LabHttps(toy.TAPE, toy.TOKEN)
    file = tmp_path / "ca.pem"
    file.write_bytes(lab.certificate)
    with reading(lab, {"tls_ca": str(file)}) as way:
        assert way.ask(toy.STATUS).peer == lab.fingerprint


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    lab = LabHttps(toy.TAPE, toy.TOKEN, name="fw.example")
    file = tmp_path / "ca.pem"
    file.write_bytes(lab.certificate)
    with reading(lab, {"tls_ca": str(file)}) as way:
        error = failure(way)
        assert error.code == "tls_untrusted"
        assert "mismatch" in error.message
    assert lab.lines == []


@pytest.mark.parametrize(
    "options",
    [
        {"tls_fingerprint": "abcd"},
        {"tls_fingerprint": "ab" * 20},  # SHA-1
        {"tls_fingerprint": ""},
        {"tls_ca": "/nonexistent"},
    ],
)
def test_a_pin_that_pins_nothing_is_a_mistake_of_the_file(options: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        trust(toy.device(443, options=options))


# --- what a status means ---


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        ("auth_failed", LoginRefused, "auth_failed"),
        ("privilege_missing", NotAnswered, "privilege_missing"),
        ("ask_not_answered", NotAnswered, "ask_not_answered"),
        ("device_busy", Unreachable, "device_busy"),
    ],
)
def test_a_status_is_said_in_words(answer: str, error: type[VisitError], code: str) -> None:
    with reading(LabHttps(answering(answer), toy.TOKEN)) as way:
        refused = failure(way)
    assert isinstance(refused, error)
    assert refused.code == code


def test_one_refused_request_does_not_end_the_others() -> None:
    tape = Tape("toy", (*toy.TAPE.answers[3:4], *answering("privilege_missing").answers))
    with reading(LabHttps(tape, toy.TOKEN)) as way:
        failure(way)
        assert way.ask(toy.POLICIES).body


def test_a_refused_token_is_sent_once() -> None:
    lab = LabHttps(toy.TAPE, "another")
    with reading(lab) as way:
        first = failure(way)
        assert failure(way, toy.POLICIES) is first
    assert lab.lines == [toy.STATUS.text]


def test_a_redirection_is_not_followed() -> None:
    elsewhere = Mischief(redirect_to="https://127.0.0.1/api/v2/cmdb/firewall/policy?vdom=*")
    lab = LabHttps(toy.TAPE, toy.TOKEN, mischief=elsewhere)
    with reading(lab) as way:
        assert isinstance(failure(way), NotAnswered)
    assert lab.lines == [toy.STATUS.text]


@pytest.mark.parametrize("token", ["", "two\nlines", "密碼", " "])
def test_a_token_no_header_can_carry_is_not_quoted(token: str) -> None:
    with pytest.raises(LoginRefused, match="printable") as refused:
        open_https(toy.device(443), Credential(token=Secret(token)), toy.platform())
    assert not token.strip() or token not in str(refused.value)


def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    with reading(LabHttps(toy.TAPE, toy.TOKEN)) as way:
        assert way.ask(toy.STATUS).body


# --- limits ---


def test_a_device_that_drops_in_the_middle_leaves_no_answer() -> None:
    with reading(LabHttps(toy.TAPE, toy.TOKEN, mischief=Mischief(drop_after_bytes=5))) as way:
        assert failure(way).code == "device_disconnected"


@pytest.mark.parametrize("mischief", [Mischief(bytes_per_s=2), Mischief(silent=True)])
def test_a_slow_device_ends_at_the_time_limit(mischief: Mischief) -> None:
    with reading(LabHttps(toy.TAPE, toy.TOKEN, mischief=mischief)) as way:
        assert isinstance(failure(way, replace(toy.STATUS, limit_s=0.5)), Incomplete)


def test_an_endless_device_ends_at_the_byte_limit() -> None:
    with reading(LabHttps(toy.TAPE, toy.TOKEN, mischief=Mischief(endless=True))) as way:
        assert isinstance(failure(way, replace(toy.STATUS, limit_bytes=100_000)), TooMuch)


def test_headers_that_never_end_are_cut_off() -> None:
    """Each byte would start a read time-out anew."""
    lab = LabHttps(toy.TAPE, toy.TOKEN, mischief=Mischief(slow_headers=True))
    with reading(lab) as way:
        assert isinstance(failure(way, replace(toy.STATUS, limit_s=0.5)), Incomplete)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    way = open_https(toy.device(closed_port()), toy.CREDENTIAL, toy.platform())
    error = failure(way)
    assert (error.code, "refused" in error.message) == ("device_unreachable", True)


def test_a_port_without_tls_is_named_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = Thread(target=answer)
        thread.start()
        one = toy.device(server.getsockname()[1], options={"tls_fingerprint": "ab" * 32})
        assert failure(open_https(one, toy.CREDENTIAL, toy.platform())).code == "tls_failed"
        thread.join()


def test_no_secret_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3.connectionpool")
    with reading(LabHttps(toy.TAPE, toy.TOKEN)) as way:
        way.ask(toy.STATUS)
        assert toy.TOKEN not in repr(vars(way)["_device"])
    assert caplog.records
    assert toy.TOKEN not in caplog.text
