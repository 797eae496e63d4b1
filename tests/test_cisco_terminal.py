"""Cisco's switches and routers through a real SSH session: only what they ask is typed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from netmiko.ssh_dispatcher import CLASS_MAPPER

from agent.platforms import platform, platforms
from agent.redact import SiteKey
from agent.transports.ssh import open_ssh
from agent.transports.ssh.terminal import ANY_TERMINAL, driver_of
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import to_record
from evidence.tape import read_tape
from lab.devices.ssh import LabSsh
from lab.devices.terminal import Terminal
from tests import toy

CASES = Path(__file__).parent / "cases"


def terminal(prompt: str, user_prompt: str | None = None) -> Terminal:
    return Terminal(
        prompt=prompt,
        user_prompt=user_prompt,
        pager=" --More-- ",
        pager_off="terminal length 0",
        quiet=("terminal width 511", "terminal width 32767"),
    )


TERMINALS = {
    "ios/firmware.stack": terminal("core-sw#", "core-sw>"),
    "ios/firewall.router": terminal("branch-rt#", "branch-rt>"),
    "c9800/wireless.eight_networks": terminal("ky-wlc#", "ky-wlc>"),
    "nxos/firmware.fixed": terminal("leaf-1# "),
    "nxos/firewall.applied": terminal("leaf-1# "),
    "eos/firewall.border": terminal("leaf-1#", "leaf-1>"),
    "iosxr/firmware.fixed": terminal("RP/0/RP0/CPU0:edge-xr#"),
}
# Facts in which no time of reading stands.
TIMELESS = (
    *("software_release", "hardware_item", "firewall_rule", "interface"),
    "wireless_network",
)


@pytest.mark.parametrize("case", TERMINALS)
def test_over_a_terminal_the_facts_are_the_tapes_and_only_asks_are_typed(case: str) -> None:
    path = CASES / f"{case}.tape"
    one = platform(case.split("/")[0])
    with LabSsh(read_tape(path), toy.ACCOUNT, TERMINALS[case]) as lab:
        device = Device(id="lab", platform=one.name, address="127.0.0.1", port=lab.port)
        visitor = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_ssh(device, toy.CREDENTIAL, one, {lab.fingerprint}),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"terminal"),
        )
        subject = path.name.split(".")[0]
        reading = visitor.visit([subject]).readings[0]
        typed = list(lab.lines)
    assert reading.failure is None, reading.failure
    expected = json.loads(path.with_suffix(".facts.json").read_text("utf-8"))
    found = [to_record(fact) for fact in reading.facts]
    assert [one for one in found if one["fact"] in TIMELESS] == [
        one for one in expected if one["fact"] in TIMELESS
    ]
    assert one.session is not None and one.session.nonce_ask is not None
    lawful = (*one.all_asks, one.session.nonce_ask)
    assert [line for line in typed if not any(ask.admits(line) for ask in lawful)] == []
    assert typed[-1] == "exit"


# Command lines of which netmiko has no driver, and needs none: it only connects.
WITHOUT_DRIVER = {"aironet", "edgecore", "fxos", "nfvis", "staros"}


@pytest.mark.parametrize("name", [one.name for one in platforms().values() if one.session])
def test_a_command_line_has_a_driver_that_can_carry_it(name: str) -> None:
    driver = driver_of(platforms()[name])
    assert driver in CLASS_MAPPER
    assert (driver == ANY_TERMINAL) == (name in WITHOUT_DRIVER)
