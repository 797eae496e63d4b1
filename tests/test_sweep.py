"""The sweep: a declared question to each address of a named network, once, and not in a flood."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from agent.config import load_config
from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.snmp import open_snmp
from agent.transports.sweep import open_sweep
from agent.visit import Visitor
from agent.wired import system_clock
from collectors.sweep import SWEEP, SYSTEM
from evidence.device import Device
from evidence.errors import ConfigurationError, Denied
from evidence.facts import Neighbour, Surroundings
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer
from lab.devices.snmp import LabSnmp, SnmpAccount
from tests.fixtures_program import Run
from tests.fixtures_snmp import CREDENTIAL as REAL
from tests.fixtures_snmp import RealAgent

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

PASSWORD, PRIVACY = "canary-sweep-1a2b", "canary-sweep-3c4d"
ACCOUNT = SnmpAccount("auditor", PASSWORD, PRIVACY)
CREDENTIAL = Credential("auditor", password=Secret(PASSWORD), second=Secret(PRIVACY))
ROWS = b"""1.3.6.1.2.1.1.1.0|4|Aruba JL255A 2930F, revision WC.16.11.0012
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.11.2.3.7.11.181.22
1.3.6.1.2.1.1.5.0|4|sw-unknown
1.3.6.1.2.1.1.6.0|4|a place nobody asked for
"""
HERE = "127.0.0.0/29"  # six addresses


@pytest.fixture
def lab() -> Iterator[LabSnmp]:
    with LabSnmp(Tape("snmp", (TapeAnswer("walk", ROWS),)), ACCOUNT) as one:
        yield one


def entry(port: int, **options: str) -> Device:
    said = {"ranges": HERE, "per_second": "20", **options}
    return Device(
        id="look",
        platform="sweep",
        subjects=("neighbours",),
        transport="sweep",
        port=port,
        options=said,
    )


def swept(device: Device, credential: Credential = CREDENTIAL) -> Reading:
    one = platform("sweep")
    return (
        Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_sweep(device, credential, one),
            clock=system_clock,
            key=SiteKey(b"key"),
        )
        .visit(["neighbours"])
        .readings[0]
    )


def test_who_answers_is_a_neighbour(lab: LabSnmp) -> None:
    reading = swept(entry(lab.port))
    assert reading.failure is None, reading.failure
    assert reading.of(Neighbour) == [
        Neighbour(
            seen_by="snmp",
            name="sw-unknown",
            addresses=("127.0.0.1",),
            description="Aruba JL255A 2930F, revision WC.16.11.0012",
            object_id="1.3.6.1.4.1.11.2.3.7.11.181.22",
        )
    ]
    assert lab.lines == [SYSTEM.text]


@pytest.mark.part("snmpd")
def test_a_real_agent_is_found_by_a_sweep_and_tells_its_table_of_addresses(tmp_path: Path) -> None:
    real = RealAgent(tmp_path)
    real.start()
    try:
        [found] = swept(entry(real.port, ranges="127.0.0.1/32"), REAL).of(Neighbour)
        one = platform("snmp")
        device = replace(entry(real.port), platform="snmp", address="127.0.0.1", options={})
        beside = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_snmp(device, REAL, one),
            clock=system_clock,
            key=SiteKey(b"key"),
        ).visit(["neighbours"])
    finally:
        real.stop()
    assert found.addresses == ("127.0.0.1",)
    assert found.object_id == "1.3.6.1.4.1.12356.101.1.644"
    [reading] = beside.readings
    assert reading.failure is None, reading.failure
    [looked] = reading.of(Surroundings)
    assert looked.ways == ("arp",)  # net-snmp's own tables; it speaks neither LLDP nor CDP


def test_an_account_it_does_not_know_is_an_answer_too(lab: LabSnmp) -> None:
    stranger = Credential("someone", password=Secret(PASSWORD), second=Secret(PRIVACY))
    [found] = swept(entry(lab.port), stranger).of(Neighbour)
    assert (found.addresses, found.refused, found.description) == (("127.0.0.1",), True, None)
    assert lab.lines == []


def test_a_silent_address_is_asked_once_at_the_pace_that_was_named() -> None:
    """Two addresses that hear and say nothing: one question each, and time between them."""
    heard: list[str] = []

    def listen(ear: socket.socket) -> None:
        while True:
            try:
                ear.recv(4096)
            except OSError:
                return
            heard.append(str(ear.getsockname()[0]))

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
        first.bind(("127.0.0.2", 0))
        port = first.getsockname()[1]
        with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as second:
            second.bind(("127.0.0.4", port))
            threads = [Thread(target=listen, args=(ear,), daemon=True) for ear in (first, second)]
            for one in threads:
                one.start()
            began = time.monotonic()
            reading = swept(entry(port, per_second="5"))
            took_s = time.monotonic() - began
            for ear in (first, second):
                ear.close()
    assert reading.failure is None, reading.failure
    assert reading.facts == (Surroundings(networks=(HERE,), ways=("snmp",), asked=6, answered=0),)
    assert heard == ["127.0.0.2", "127.0.0.4"]
    assert took_s > 5 / 5, "a fifth of a second from each of six to the next"


def test_a_network_that_nobody_named_is_denied(lab: LabSnmp) -> None:
    carried = open_sweep(entry(lab.port), CREDENTIAL, platform("sweep"))
    with pytest.raises(Denied):
        carried.ask(SWEEP(range="127.0.0.0/28"))
    with pytest.raises(Denied):
        carried.ask(SWEEP(range="::1/128"))
    assert lab.lines == []


def test_what_would_take_too_long_is_not_begun(lab: LabSnmp) -> None:
    reading = swept(entry(lab.port, ranges="127.0.0.0/20", per_second="1"))
    assert reading.failure is not None
    assert reading.failure.code == "session_over"
    assert lab.lines == []


def test_version_2c_needs_its_exception(lab: LabSnmp) -> None:
    reading = swept(entry(lab.port, snmp_version="2c"), Credential(password=Secret("public")))
    assert reading.failure is not None
    assert reading.failure.code == "snmp_weak"


# --- the configuration ---

AGENT = "id: agent-1\nstate: state\n"


def configured(folder: Path, devices: str) -> Any:
    (folder / "agent.yaml").write_text(AGENT, "utf-8")
    (folder / "devices.yaml").write_text(f"devices:\n{devices}", "utf-8")
    return load_config(folder / "agent.yaml")


def test_neighbours_are_read_only_where_the_configuration_names_them(tmp_path: Path) -> None:
    config = configured(tmp_path, "  - {id: sw-1, platform: ios, host: 192.0.2.1}\n")
    assert "neighbours" not in config.devices["sw-1"].subjects
    named = configured(
        tmp_path,
        "  - id: sw-1\n    platform: ios\n    host: 192.0.2.1\n"
        "    subjects: [firmware, neighbours]\n    options: {ranges: '192.0.2.0/24'}\n",
    )
    assert named.devices["sw-1"].subjects == ("firmware", "neighbours")


@pytest.mark.parametrize(
    ("platform_", "options", "code"),
    [
        ("sweep", "{}", "ranges_missing"),
        ("ios", "{}", "ranges_missing"),
        ("sweep", "{ranges: 192.0.2.1/24}", "range_invalid"),
        ("sweep", "{ranges: 10.0.0.0/8}", "range_too_wide"),
        ("sweep", "{ranges: '192.0.2.0/24', per_second: '0'}", "rate_invalid"),
        ("sweep", "{ranges: '192.0.2.0/24', per_second: '500'}", "rate_invalid"),
        ("sweep", "{ranges: '192.0.2.0/24', per_second: fast}", "rate_invalid"),
    ],
)
def test_a_wide_or_unnamed_range_is_refused_at_the_start(
    tmp_path: Path, platform_: str, options: str, code: str
) -> None:
    said = f"id: look, platform: {platform_}, subjects: [neighbours], options: {options}"
    with pytest.raises(ConfigurationError) as caught:
        configured(tmp_path, f"  - {{{said}}}\n")
    assert caught.value.code == code
    assert "devices.yaml:2" in caught.value.message


def test_the_dry_run_says_which_networks(tmp_path: Path, run: Run) -> None:
    configured(
        tmp_path,
        "  - {id: look, platform: sweep, options: {ranges: '192.0.2.0/28, 198.51.100.0/30'}}\n",
    )
    done = run("collect", "--dry-run", "--json")
    texts = [json.loads(line)["text"] for line in done.stdout.splitlines()]
    assert texts == [SYSTEM.text, "sweep 192.0.2.0/28", "sweep 198.51.100.0/30"]
