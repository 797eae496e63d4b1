"""Reading devices over SSH: whole answers, the device's own bytes, or an error that says why."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from agent.transports import Transport
from agent.transports.ssh import open_ssh
from evidence.ask import Ask, Session
from evidence.errors import Incomplete, NotAnswered, TooMuch, Unreachable, VisitError
from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief
from lab.devices.ssh import LabSsh
from lab.devices.terminal import Terminal
from tests import toy
from tests.ports import closed_port

pytestmark = pytest.mark.whole  # sockets, and devices that take their time


@contextmanager
def reading(
    session: Session | None = toy.SESSION,
    tape: Tape = toy.TAPE,
    terminal: Terminal = toy.TERMINAL,
    mischief: Mischief | None = None,
    log: Path | None = None,
) -> Iterator[tuple[Transport, LabSsh]]:
    """A lab device and an open way to it."""
    with LabSsh(tape, toy.ACCOUNT, terminal, mischief, log=log) as lab:
        asks = {Ask(one.ask, one.ask) for one in tape.answers if " " in one.ask}
        way = open_ssh(
            toy.device(lab.port),
            toy.CREDENTIAL,
            toy.platform(*asks, session=session),
            {lab.fingerprint},
        )
        try:
            yield way, lab
        finally:
            way.close()


def taped(body: bytes) -> Tape:
    return Tape("toy", (*toy.TAPE.answers[:1], TapeAnswer("show access-list", body)))


def terminal_bytes(body: bytes) -> bytes:
    """How a terminal sends a text."""
    return body.replace(b"\n", b"\r\n")


def test_commands_bring_the_bytes_as_they_are() -> None:
    body = b"\x00\x1b[31m\xa4\xa4\xa4\xe5\r\nlast line without end"
    with reading(session=None, tape=taped(body)) as (way, lab):
        answer = way.ask(toy.RULES)
    assert answer.body == body
    assert answer.peer == lab.fingerprint
    assert answer.account == "auditor"


def test_a_terminal_brings_what_stands_between_echo_and_prompt() -> None:
    with reading() as (way, lab):
        assert way.ask(toy.VERSION).body == terminal_bytes(toy.TAPE.answers[0].body)
        assert way.ask(toy.RULES).body == terminal_bytes(toy.ACL)
    assert lab.attempts == 1


def test_every_line_received_is_an_ask(tmp_path: Path) -> None:
    log = tmp_path / "heard"
    with reading(log=log) as (way, lab):
        way.ask(toy.VERSION)
        way.ask(toy.RULES)
    known = toy.platform(session=toy.SESSION).all_asks
    assert all(any(ask.admits(line) for ask in known) for line in lab.lines)
    plain = [line for line in lab.lines if not line.startswith("!")]
    assert plain == ["enable", "terminal pager 0", "show version", "show access-list", "exit"]
    assert log.read_text().splitlines() == lab.lines


def test_pagers_are_answered_and_removed_with_what_wiped_them() -> None:
    with reading(session=replace(toy.SESSION, login=())) as (way, lab):
        assert way.ask(toy.RULES).body == terminal_bytes(toy.ACL)
        assert way.ask(toy.VERSION).body == terminal_bytes(toy.TAPE.answers[0].body)
    assert "terminal pager 0" not in lab.lines


def test_a_line_that_only_looks_like_a_pager_is_text() -> None:
    body = b"before\n<--- More --->\nafter\n" * 20
    with reading(tape=taped(body), mischief=Mischief(split_bytes=9)) as (way, _):
        assert way.ask(toy.RULES).body == terminal_bytes(body)


@pytest.mark.parametrize("split", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("nonce", ["!", None])
def test_line_ends_split_between_reads_change_nothing(split: int, nonce: str | None) -> None:
    body = b"".join(toy.ACL.splitlines(keepends=True)[:20])
    session = replace(toy.SESSION, nonce=nonce)
    with reading(session, taped(body), mischief=Mischief(split_bytes=split)) as (way, _):
        assert way.ask(toy.RULES).body == terminal_bytes(body)
        assert way.ask(toy.RULES).body == terminal_bytes(body)


def test_an_answer_that_holds_the_prompt_is_read_to_its_end() -> None:
    body = b"remark asa-lab-01# is our prompt\nasa-lab-01# \nasa-lab-01# !0123\nend\n" * 30
    with reading(tape=taped(body), mischief=Mischief(split_bytes=13)) as (way, _):
        assert way.ask(toy.RULES).body == terminal_bytes(body)


def test_an_answer_that_pauses_at_a_prompt_is_read_to_its_end() -> None:
    """The pieces of the first line end where a prompt stands, and the next come later."""
    body = b"asa-lab-01# \nend\n"
    with reading(tape=taped(body), mischief=Mischief(bytes_per_s=30)) as (way, _):
        assert way.ask(toy.RULES).body == terminal_bytes(body)


def test_control_and_null_bytes_are_kept() -> None:
    body = b"a\x00b\x1b[1mc\x1b[0m\n\xa4\xa4\xa4\xe5\n\x08\x08\n"
    with reading(tape=taped(body)) as (way, _):
        assert way.ask(toy.RULES).body == terminal_bytes(body)


def test_an_empty_answer_is_empty() -> None:
    with reading(tape=taped(b"")) as (way, _):
        assert way.ask(toy.RULES).body == b""


def test_a_banner_with_something_like_a_prompt_does_not_confuse() -> None:
    terminal = replace(toy.TERMINAL, banner="Keep out\nadmin# \nof here\n")
    with reading(terminal=terminal) as (way, _):
        assert way.ask(toy.VERSION).body.startswith(b"Toy Appliance")


@pytest.mark.parametrize("session", [None, toy.SESSION])
def test_a_device_that_drops_in_the_middle_leaves_no_answer(session: Session | None) -> None:
    with reading(session, mischief=Mischief(drop_after_bytes=40)) as (way, _):
        for _ in range(2):
            with pytest.raises(Unreachable) as lost:
                way.ask(toy.RULES)
            assert lost.value.code == "device_disconnected"


@pytest.mark.parametrize("session", [None, toy.SESSION])
@pytest.mark.parametrize("mischief", [Mischief(bytes_per_s=1), Mischief(silent=True)])
def test_a_slow_device_ends_at_the_time_limit(session: Session | None, mischief: Mischief) -> None:
    with reading(session, mischief=mischief) as (way, _):
        with pytest.raises(Incomplete):
            way.ask(replace(toy.RULES, limit_s=0.5))
        with pytest.raises(VisitError):
            way.ask(toy.VERSION)


@pytest.mark.parametrize("session", [None, toy.SESSION])
def test_an_endless_device_ends_at_the_byte_limit(session: Session | None) -> None:
    with reading(session, mischief=Mischief(endless=True)) as (way, _):
        with pytest.raises(TooMuch):
            way.ask(replace(toy.RULES, limit_bytes=100_000))
        with pytest.raises(VisitError):
            way.ask(toy.VERSION)


def test_an_exit_status_that_is_no_answer_says_what_was_said() -> None:
    with reading(session=None, tape=toy.TAPE) as (way, _):
        way.ask(toy.VERSION)
        gone = Tape("toy", (TapeAnswer("show access-list", error="command_failed"),))
    with reading(session=None, tape=gone) as (way, _):
        with pytest.raises(NotAnswered, match="status 127: 'sh: 1: not found'") as refused:
            way.ask(toy.RULES)
        assert refused.value.code == "command_failed"
        declared = replace(toy.RULES, exits=(0, 127))
        assert way.ask(declared).body == b"sh: 1: not found\n"


def test_a_prompt_nobody_expects_is_incomplete_not_guessed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agent.transports.ssh.shell.ENTER_S", 0.5)
    with pytest.raises(Incomplete, match="first prompt"), reading(terminal=Terminal("login: ")):
        pass


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="Connection refused"):
        open_ssh(toy.device(closed_port()), toy.CREDENTIAL, toy.platform(), {"SHA256:x"})


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-1.5-old\r\n"])
def test_a_port_where_something_else_listens_is_unreachable(words: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(words)

        Thread(target=answer, daemon=True).start()
        with pytest.raises(Unreachable, match="SSH failed"):
            open_ssh(
                toy.device(server.getsockname()[1]), toy.CREDENTIAL, toy.platform(), {"SHA256:x"}
            )


def test_no_secret_in_any_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with reading() as (way, lab):
        way.ask(toy.VERSION)
    assert caplog.records
    assert not any(secret in caplog.text for secret in (toy.PASSWORD, toy.SECOND))
    assert toy.SECOND not in lab.lines
