"""The same transports against a real OpenSSH server."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.secret import Credential, Secret
from agent.transports import Transport
from agent.transports.ssh import open_ssh
from evidence.ask import Ask, Session
from evidence.errors import IdentityRefused, LoginRefused, NotAnswered, Unreachable
from tests import toy
from tests.fixtures_sshd import Sshd

pytestmark = [pytest.mark.part("sshd"), pytest.mark.part("ssh-keygen")]
Start = Callable[..., Sshd]

ANSWERS = {
    "show version": "Real Appliance 1.0\nuptime 3 days\n",
    "show access-list": "real-01# is a remark\n" + "permit ip any any\n" * 100_000,
    "show drop": "half of it\n",
}
DROP = Ask("drop", "show drop")
MISSING = Ask("missing", "show nothing")
SESSION = replace(toy.SESSION, elevate=None)
MODES = pytest.mark.parametrize("session", [None, SESSION], ids=["exec", "terminal"])


def way_to(
    server: Sshd, session: Session | None, pins: set[str] | None = None, **changes: Any
) -> Transport:
    return open_ssh(
        toy.device(server.port, **changes),
        server.credential,
        toy.platform(toy.VERSION, toy.RULES, DROP, MISSING, session=session),
        {server.fingerprint} if pins is None else pins,
    )


def test_commands_bring_the_bytes_as_they_are(sshd: Start) -> None:
    server = sshd(ANSWERS)
    way = way_to(server, None)
    answer = way.ask(toy.RULES)
    assert answer.body == ANSWERS["show access-list"].encode()
    assert answer.peer == server.fingerprint
    with pytest.raises(NotAnswered, match="failed with status 127"):
        way.ask(MISSING)
    assert way.ask(toy.VERSION).body == ANSWERS["show version"].encode()
    way.close()


def test_a_terminal_brings_what_stands_between_echo_and_prompt(sshd: Start) -> None:
    server = sshd(ANSWERS)
    way = way_to(server, SESSION)
    for ask in (toy.RULES, toy.VERSION):
        assert way.ask(ask).body == ANSWERS[ask.text].replace("\n", "\r\n").encode()
    way.close()
    plain = [line for line in server.lines() if not line.startswith("!")]
    assert plain == ["terminal pager 0", "show access-list", "show version", "exit"]
    assert server.logged("userauth-request") == 1


@MODES
def test_a_wrong_host_key_ends_it_before_any_log_in(sshd: Start, session: Session | None) -> None:
    server = sshd(ANSWERS)
    for pins, code in ((set(), "host_key_unknown"), ({"SHA256:other"}, "host_key_changed")):
        with pytest.raises(IdentityRefused) as refused:
            way_to(server, session, pins)
        assert refused.value.code == code
    server.wait_for("by 127.0.0.1 port", 2)
    assert server.logged("SSH2_MSG_KEXINIT received") == 2
    assert server.logged("userauth-request") == 0


@MODES
def test_a_refused_log_in_is_one_request(sshd: Start, session: Session | None) -> None:
    server, other = sshd(ANSWERS), sshd(ANSWERS)
    stranger = replace(server, credential=other.credential)
    with pytest.raises(LoginRefused) as refused:
        way_to(stranger, session)
    assert refused.value.code == "auth_failed"
    assert server.logged("userauth-request") == 1


def test_a_password_where_none_is_taken_is_named_so(sshd: Start) -> None:
    server = sshd(ANSWERS)
    plain = Credential(server.credential.username, password=Secret(toy.PASSWORD))
    with pytest.raises(LoginRefused, match="takes publickey only"):
        way_to(replace(server, credential=plain), None)
    assert toy.PASSWORD not in server.log.read_text()


@MODES
def test_a_session_killed_in_the_middle_leaves_no_answer(
    sshd: Start, session: Session | None
) -> None:
    way = way_to(sshd(ANSWERS), session)
    with pytest.raises(Unreachable) as lost:
        way.ask(DROP)
    assert lost.value.code == "device_disconnected"
    way.close()


OLD = (
    "KexAlgorithms diffie-hellman-group14-sha1",
    "HostKeyAlgorithms ssh-rsa",
    "Ciphers aes128-cbc",
    "MACs hmac-sha1",
    "PubkeyAcceptedAlgorithms +ssh-rsa",
)


@MODES
def test_old_algorithms_need_a_recorded_exception(sshd: Start, session: Session | None) -> None:
    server = sshd(ANSWERS, *OLD, host_key="rsa")
    with pytest.raises(Unreachable) as refused:
        way_to(server, session)
    assert refused.value.code == "ssh_legacy_only"
    assert server.logged("userauth-request") == 0
    way = way_to(server, session, exceptions={"ssh_legacy": "EX-1"})
    assert b"Real Appliance" in way.ask(toy.VERSION).body
    way.close()


@pytest.mark.parametrize(
    "kex",
    [
        "curve25519-sha256",
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group16-sha512",
        "diffie-hellman-group-exchange-sha256",
    ],
)
def test_a_key_exchange_of_ours_agrees_with_the_device(sshd: Start, kex: str) -> None:
    way = way_to(sshd(ANSWERS, f"KexAlgorithms {kex}"), None)
    assert way.ask(toy.VERSION).body
    way.close()


def test_algorithms_nobody_here_knows_are_named(sshd: Start) -> None:
    server = sshd(ANSWERS, "Ciphers chacha20-poly1305@openssh.com")
    with pytest.raises(Unreachable, match="chacha20") as refused:
        way_to(server, None)
    assert refused.value.code == "ssh_incompatible"
