"""A device that is slow, endless or silently gone costs its own session, soon, and nobody else's.

The limits are scaled down: seconds stand for a minute. Servers and connections are real.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Queue
from threading import Event
from typing import Any, cast

import paramiko
import pytest

from agent import line
from agent.collect import collect, jobs_for
from agent.connect import Connector
from agent.gate.ssh import Heard
from agent.logins import Logins
from agent.rounds import Effort
from agent.transports import Transport, https
from agent.transports.https import open_https
from agent.transports.snmp import open_snmp
from agent.transports.ssh import heartbeat, link, open_ssh
from agent.transports.ssh.execute import Execute
from agent.transports.wire import _exchange, open_wire
from agent.visit import Budget
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import VisitError
from evidence.tape import Tape, TapeAnswer
from lab.devices import Mischief
from lab.devices.https import LabHttps
from lab.devices.ssh import LabSsh
from tests import toy
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, by_device, failure_of, tape_of
from tests.fixtures_relay import Relay, saying
from tests.fixtures_sshd import Sshd

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

SILENCE_S = 0.9
LIMIT_S = 0.6
SOON_S = 15.0  # before any limit ends that is not scaled down, on a busy machine too
PROBE = Ask("probe", "rdp 3", kind="probe", limit_s=LIMIT_S)
SNMP = Ask("uptime", "get 1.3.6.1.2.1.1.3.0", kind="snmp")
RelayTo = Callable[[int], Relay]


@pytest.fixture
def soon_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line counts as dead within a second; what is said in time is a matter of the device."""
    monkeypatch.setattr(line, "SILENCE_S", SILENCE_S)


@pytest.fixture
def short_limits(soon_silent: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody comes in within these on a busy machine: for ports where nobody should."""
    monkeypatch.setattr(link, "CONNECT_S", LIMIT_S)
    monkeypatch.setattr(link, "OPEN_S", LIMIT_S)
    monkeypatch.setattr(https, "CONNECT_S", LIMIT_S)
    # Longer than an ask's own limit: a listener that falls silent is an answer, and here the limit
    # is what is looked at.
    monkeypatch.setattr(_exchange, "TIMEOUT_S", 3 * LIMIT_S)


def given_up(what: Callable[[], object]) -> VisitError:
    """The error this ends with, soon."""
    began = time.monotonic()
    with pytest.raises(VisitError) as error:
        what()
    assert time.monotonic() - began < SOON_S
    return error.value


@contextmanager
def over_ssh(
    relay: RelayTo, tape: Tape, terminal: bool, mischief: Mischief | None = None
) -> Iterator[tuple[Transport, Relay]]:
    with LabSsh(tape, toy.ACCOUNT, toy.TERMINAL, mischief) as lab:
        between = relay(lab.port)
        session = toy.SESSION if terminal else None
        way = open_ssh(
            toy.device(between.port),
            toy.CREDENTIAL,
            toy.platform(session=session),
            {lab.fingerprint},
        )
        try:
            yield way, between
        finally:
            way.close()


TERMINAL = pytest.mark.parametrize("terminal", [False, True], ids=["exec", "terminal"])


# --- half open: the connection stands, and nothing passes any more ---


@TERMINAL
@pytest.mark.usefixtures("soon_silent")
def test_an_ssh_line_that_went_dead_is_found_out(relay: RelayTo, terminal: bool) -> None:
    with over_ssh(relay, toy.TAPE, terminal) as (way, between):
        assert way.ask(toy.VERSION).body
        between.freeze()
        assert given_up(lambda: way.ask(toy.VERSION)).code == "device_silent"
        # What is left of the session ends at once.
        assert given_up(lambda: way.ask(toy.VERSION))


def test_an_https_line_that_went_dead_is_found_out(
    relay: RelayTo, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LabHttps(toy.TAPE, toy.TOKEN) as lab:
        between = relay(lab.port)
        device = toy.device(between.port, options={"tls_fingerprint": lab.fingerprint})
        way = open_https(device, toy.CREDENTIAL, toy.platform())
        assert way.ask(toy.STATUS).body
        between.freeze()
        monkeypatch.setattr(line, "SILENCE_S", SILENCE_S)
        assert given_up(lambda: way.ask(toy.STATUS)).code == "device_silent"
        way.close()


@TERMINAL
@pytest.mark.usefixtures("soon_silent")
def test_a_device_that_thinks_in_silence_is_not_given_up(relay: RelayTo, terminal: bool) -> None:
    """It answers the question of the protocol, so it is there."""
    slow = replace(toy.TAPE.answers[0], took_s=2 * SILENCE_S)
    with over_ssh(relay, Tape("toy", (slow,)), terminal) as (way, _):
        assert b"Toy Appliance" in way.ask(toy.VERSION).body


@TERMINAL
@pytest.mark.part("sshd")
@pytest.mark.part("ssh-keygen")
@pytest.mark.usefixtures("soon_silent")
def test_openssh_that_thinks_in_silence_is_not_given_up(
    sshd: Callable[..., Sshd], terminal: bool
) -> None:
    ask = Ask("think", "think")
    server = sshd({ask.text: "thought\n"})
    session = replace(toy.SESSION, elevate=None) if terminal else None
    way = open_ssh(
        toy.device(server.port),
        server.credential,
        toy.platform(ask, session=session),
        {server.fingerprint},
    )
    assert b"thought" in way.ask(ask).body
    way.close()


@TERMINAL
@pytest.mark.usefixtures("soon_silent")
def test_a_slow_answer_is_no_silence(relay: RelayTo, terminal: bool) -> None:
    body = TapeAnswer("show version", b"a line of it\n" * 8)
    mischief = Mischief(bytes_per_s=100)
    with over_ssh(relay, Tape("toy", (body,)), terminal, mischief) as (way, _):
        assert way.ask(toy.VERSION).body.count(b"a line of it") == 8


def test_the_kernel_watches_each_line_as_well() -> None:
    with LabSsh(toy.TAPE, toy.ACCOUNT) as lab, LabHttps(toy.TAPE, toy.TOKEN) as web:
        ssh = open_ssh(toy.device(lab.port), toy.CREDENTIAL, toy.platform(), {lab.fingerprint})
        device = toy.device(web.port, options={"tls_fingerprint": web.fingerprint})
        way = open_https(device, toy.CREDENTIAL, toy.platform())
        way.ask(toy.STATUS)
        held = way._line._held
        assert isinstance(ssh, Execute) and held is not None
        carrier = ssh._client.get_transport()
        assert carrier is not None
        for one in (carrier.sock, held):
            assert isinstance(one, socket.socket)
            for level, option, value in line.ALIVE:
                assert one.getsockopt(level, option) == value
        ssh.close()
        way.close()


class Looks(Event):
    """When the heartbeat looks: as often as `take` says, however long that takes."""

    def __init__(self) -> None:
        super().__init__()
        self._wanted: Queue[None] = Queue()
        self._looked = False

    def wait(self, timeout: float | None = None) -> bool:
        if self._looked:
            self._wanted.task_done()
        self._wanted.get()
        self._looked = True
        return self.is_set()

    def begin(self, count: int) -> None:
        for _ in range(count):
            self._wanted.put(None)

    def take(self, count: int) -> None:
        """So many, the last to its end."""
        self.begin(count)
        self._wanted.join()


class Quiet:
    """A connection on which nothing comes; what it is asked is kept, and answered by nobody."""

    def __init__(self) -> None:
        self.asked: Queue[str] = Queue()

    def is_active(self) -> bool:
        return True

    def global_request(self, kind: str, wait: bool) -> None:
        self.asked.put(kind)


def test_an_agent_that_stood_still_itself_blames_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine is paused, or gives it no time: that is one look, however long it was."""
    monkeypatch.setattr(heartbeat, "Event", Looks)
    wire, heard, cut = Quiet(), Heard(), Event()
    beat = heartbeat.Heartbeat(cast(paramiko.Transport, wire), heard, cut.set)
    looks = cast(Looks, beat._over)
    looks.take(2)
    assert wire.asked.empty()
    looks.take(1)
    assert wire.asked.get() == "keepalive@lag.net"
    looks.take(5)
    assert not beat.gone, "it stays so for as long as the last look takes"
    heard.last_s += 1  # the answer is there when the agent wakes
    looks.take(9)
    assert wire.asked.get() == "keepalive@lag.net"
    assert not beat.gone
    looks.begin(1)
    assert cut.wait()
    assert beat.gone and wire.asked.empty()


# --- nobody behind the port, or a trickle ---


def ways_to(port: int) -> dict[str, Callable[[], object]]:
    """How each transport comes to a server that says whatever it likes."""
    device = toy.device(port)
    status = replace(toy.STATUS, limit_s=LIMIT_S)
    pinned = replace(device, options={"tls_fingerprint": "SHA256:" + "0" * 64})
    return {
        "ssh": lambda: open_ssh(device, toy.CREDENTIAL, toy.platform(), {"SHA256:x"}),
        "https": lambda: open_https(pinned, toy.CREDENTIAL, toy.platform()).ask(status),
        "wire": lambda: open_wire(device, toy.platform(PROBE)).ask(PROBE),
    }


NO_USE: dict[str, tuple[Any, ...]] = {
    "ssh says nothing": ("ssh", b"", b""),
    "ssh banner without end": ("ssh", b"", b"x"),
    "ssh trickles after its banner": ("ssh", b"SSH-2.0-trickle\r\n", b"\0"),
    "https says nothing": ("https", b"", b""),
    # A TLS record of 16 KB is announced, and comes a byte at a time.
    "https trickles in the handshake": ("https", b"\x16\x03\x03\x40\x00", b"\x02"),
    # An X.224 confirm that selects TLS, then the same.
    "wire trickles in the handshake": (
        "wire",
        bytes.fromhex("03000013 0ed00000123400 02000800 02000000"),
        b"\x16\x03\x03\x40\x00\x02",
        2,
    ),
}


@pytest.mark.parametrize("what", NO_USE)
@pytest.mark.usefixtures("short_limits")
def test_a_port_without_use_is_left_soon(what: str) -> None:
    by, *said = NO_USE[what]
    with saying(*said) as port:
        error = given_up(ways_to(port)[by])
    assert error.code in ("device_unreachable", "device_silent", "output_incomplete")


@pytest.mark.usefixtures("short_limits")
def test_a_listener_that_says_nothing_to_a_probe_is_an_answer_and_soon() -> None:
    began = time.monotonic()
    with saying(b"") as port:
        answer = open_wire(toy.device(port), toy.platform(PROBE)).ask(replace(PROBE, limit_s=5.0))
    assert time.monotonic() - began < SOON_S
    assert b'"reply_hex": ""' in answer.body


def test_an_snmp_agent_that_says_nothing_is_left_soon() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        device = toy.device(port, options={"snmp_wait_s": "0.1"})
        way = open_snmp(device, toy.CREDENTIAL, toy.platform(SNMP))
        assert given_up(lambda: way.ask(SNMP)).code == "device_unreachable"


# --- a run: others go on ---


@pytest.mark.usefixtures("soon_silent")
def test_a_run_with_each_of_them_reads_the_others_in_time(
    lab_site: Site, relay: RelayTo, drill_count: Callable[[int, int], int]
) -> None:
    tape = tape_of("linux/firewall.nftables")
    good = [f"gw-{number}" for number in range(drill_count(3, 30))]
    bad = {"slow": Mischief(bytes_per_s=2), "silent": Mischief(silent=True)}
    for name, mischief in {**bad, "endless": Mischief(endless=True)}.items():
        lab_site.ssh(name, tape, "firewall", mischief=mischief)
    lab = lab_site.ssh("half-open", ASA, "firewall", terminal=ASA_TERMINAL)
    between = relay(lab.port)
    for name in good:
        lab_site.ssh(name, tape, "firewall")
    config = lab_site.write()
    devices = {
        **config.devices,
        "half-open": replace(config.devices["half-open"], port=between.port),
    }

    def opened(device: Device) -> Transport:
        way = connector(devices[device.id])
        if device.id == "half-open":
            between.freeze()
        return way

    with lab_site.agent(config) as agent:
        connector = Connector(Logins(agent, "lin"), config.credentials, devices)
        began = time.monotonic()
        alone = collect(agent, jobs_for(devices[name] for name in good), opened, "lin")
        assert all(reading.failure is None for reading in by_device(alone).values())
        # Of this machine as it is now: the others take a tenth of it where they are alone.
        limit_s = max(drill_count(6, 40), 10 * (time.monotonic() - began))
        # A megabyte without end is there before that, at any speed.
        budget = Budget(limit_s=limit_s, limit_bytes=2**20)
        effort = Effort(workers=5, retry_after_s=(), budget=budget)
        run = collect(agent, jobs_for(devices.values()), opened, "lin", effort=effort)
    readings = by_device(run)
    for name in good:
        assert readings[name, "firewall"].failure is None
    assert failure_of(readings["half-open", "firewall"]) == "device_silent"
    assert failure_of(readings["endless", "firewall"]) == "input_too_large"
    for name in bad:
        assert failure_of(readings[name, "firewall"]) == "output_incomplete"
    ended = {visit.device.id: visit.ended_at for visit in run.visits}
    assert max(ended[name] for name in good) < min(ended[name] for name in bad)
