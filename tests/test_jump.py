"""Jump hosts, with OpenSSH as the hop: one channel onward, each host key pinned."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agent.config import load_config
from agent.secret import Credential, Secret
from agent.transports import Hop, Transport
from agent.transports.ssh import open_ssh
from agent.transports.ssh.jump import JumpGate
from evidence.ask import Session
from evidence.errors import (
    ConfigurationError,
    Denied,
    IdentityRefused,
    LoginRefused,
    Unreachable,
)
from tests import toy
from tests.fixtures_sshd import Sshd

Start = Callable[..., Sshd]
ANSWERS = {"show version": "Real Appliance 1.0\nuptime 3 days\n"}
SESSION = replace(toy.SESSION, elevate=None)


def hop(server: Sshd, name: str, pins: Sequence[str] | None = None) -> Hop:
    known = [server.fingerprint] if pins is None else pins
    device = replace(toy.device(server.port), id=name)
    return Hop(device, server.credential, toy.platform(toy.VERSION), known)


def way_to(server: Sshd, *hops: Hop, session: Session | None = None) -> Transport:
    return open_ssh(
        toy.device(server.port),
        server.credential,
        toy.platform(toy.VERSION, session=session),
        [server.fingerprint],
        hops,
    )


@pytest.mark.part("sshd")
@pytest.mark.part("ssh-keygen")
class TestReal:
    @pytest.mark.parametrize("session", [None, SESSION], ids=["exec", "terminal"])
    def test_one_and_two_jump_hosts_bring_the_target_s_own_words(
        self, sshd: Start, session: Session | None
    ) -> None:
        target, near, far = sshd(ANSWERS), sshd({}), sshd({})
        expected = ANSWERS["show version"].replace("\n", "\r\n" if session else "\n")
        for hops in ([hop(near, "near")], [hop(near, "near"), hop(far, "far")]):
            way = way_to(target, *hops, session=session)
            answer = way.ask(toy.VERSION)
            way.close()
            assert answer.body == expected.encode()
            assert answer.peer == target.fingerprint
        assert near.lines() == far.lines() == []
        assert near.logged("Accepted publickey") == 2
        assert far.logged("Accepted publickey") == 1

    def test_a_jump_host_with_another_key_gets_no_log_in(self, sshd: Start) -> None:
        target, near = sshd(ANSWERS), sshd({})
        with pytest.raises(IdentityRefused, match="near: host key is now"):
            way_to(target, hop(near, "near", ["SHA256:other"]))
        assert near.logged("Accepted") == near.logged("Failed") == target.logged("Connection") == 0

    def test_the_target_s_key_is_pinned_through_the_jump_host(self, sshd: Start) -> None:
        target, near = sshd(ANSWERS), sshd({})
        with pytest.raises(IdentityRefused, match="host key is now"):
            way_to(replace(target, fingerprint="SHA256:other"), hop(near, "near"))
        assert target.logged("Accepted") == 0

    def test_a_jump_host_that_forwards_nothing_is_named(self, sshd: Start) -> None:
        target, near = sshd(ANSWERS), sshd({}, "AllowTcpForwarding no")
        with pytest.raises(Unreachable, match="jump host near opens no channel") as error:
            way_to(target, hop(near, "near"))
        assert error.value.code == "via_unreachable"

    def test_a_jump_host_that_is_away_is_named(self, sshd: Start) -> None:
        target = sshd(ANSWERS)
        away = hop(replace(target, port=1), "near")
        with pytest.raises(Unreachable, match="its jump host near is not reached") as error:
            way_to(target, away)
        assert error.value.code == "via_unreachable"

    def test_a_refused_log_in_names_the_jump_host(self, sshd: Start) -> None:
        target, near = sshd(ANSWERS), sshd({})
        wrong = replace(hop(near, "near"), credential=target.credential)
        with pytest.raises(LoginRefused, match="near: log-in of"):
            way_to(target, wrong)
        assert target.logged("Connection") == 0


def test_the_gate_of_a_jump_host_admits_one_destination_and_no_ask() -> None:
    one = Hop(toy.device(22), Credential("x", Secret("y")), toy.platform(toy.VERSION), [])
    gate = JumpGate(one, ("192.0.2.1", 22))
    gate.forward("192.0.2.1", 22)
    for place in (("192.0.2.1", 23), ("192.0.2.2", 22)):
        with pytest.raises(Denied, match="channel to"):
            gate.forward(*place)
    with pytest.raises(Denied, match="command on a jump host"):
        gate.command(toy.VERSION.text)


def configured(folder: Path, devices: str) -> ConfigurationError:
    (folder / "agent.yaml").write_text("id: a-01\nstate: state\n")
    (folder / "devices.yaml").write_text("devices:\n" + devices)
    with pytest.raises(ConfigurationError) as error:
        load_config(folder / "agent.yaml")
    return error.value


def line(name: str, platform: str, more: str) -> str:
    return f"  - {{id: {name}, platform: {platform}, host: {name}.example, {more}}}\n"


def test_a_circle_of_jump_hosts_is_refused(tmp_path: Path) -> None:
    error = configured(
        tmp_path, line("a", "cisco_asa", "via: b") + line("b", "cisco_asa", "via: a")
    )
    assert error.code == "via_circle"
    assert "a, b, a" in error.message


@pytest.mark.parametrize(("kind", "transport"), [("fortios", "https"), ("windows", "winrm")])
def test_only_ssh_goes_through_a_jump_host(tmp_path: Path, kind: str, transport: str) -> None:
    error = configured(
        tmp_path,
        line("a", kind, f"transport: {transport}, via: b") + line("b", "cisco_asa", "port: 22"),
    )
    assert error.code == "via_invalid"
    assert "only SSH" in error.message
