"""Every command line that is told by `collectors/_cli`, through a real SSH session and a pager."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.platforms import platform, platforms
from agent.redact import SiteKey
from agent.transports.ssh import open_ssh
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import to_record
from evidence.tape import read_tape
from lab.devices.ssh import LabSsh
from lab.devices.terminal import Terminal
from tests import toy
from tests.test_cases import CASES

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

# What stands before the cursor, where it is not `sw-1#`.
PROMPTS = {
    "apic": "apic-1# ",
    "cisco_ap": "ap-3f-1#",
    "comware": "<sw-1>",
    "edgerouter": "auditor@gw-1:~$ ",
    "exos": "* Slot-1 acc-4f.1 # ",
    "ftd": "> ",
    "netscaler": "> ",
    "omniswitch": "acc-5f-> ",
    "saos": "cpe-1> ",
    "screenos": "ssg-1-> ",
    "sonic": "auditor@leaf-1:~$ ",
    "sros": "A:pe-tpe-1# ",
    "vrp": "<acc-1>",
}
SHARED = [
    one.name
    for one in platforms().values()
    if one.session and "collectors._cli import Maker" in inspect.getsource(one.module)
]
TAPES = [
    path
    for name in SHARED
    for path in sorted((CASES / name).glob("firmware.*.tape"))
    if ".failure" not in path.name
]


@pytest.mark.parametrize("path", TAPES, ids=lambda path: str(path.relative_to(CASES)))
def test_only_asks_are_typed_and_the_pager_takes_nothing_away(path: Path) -> None:
    one = platform(path.parent.name)
    assert one.session is not None
    first = one.session.login[0].text if one.session.login else "none of its lines"
    terminal = Terminal(
        prompt=PROMPTS.get(one.name, "sw-1#"),
        pager="--More--",
        page_lines=8,
        pager_off=first,
        quiet=tuple(line.text for line in one.session.login[1:]),
    )
    tape = read_tape(path)
    answers = tuple(replace(one, body=one.body.replace(b"\t", b"    ")) for one in tape.answers)
    with LabSsh(replace(tape, answers=answers), toy.ACCOUNT, terminal) as lab:
        device = Device(
            id="lab", platform=one.name, transport="ssh", address="127.0.0.1", port=lab.port
        )
        visitor = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_ssh(device, toy.CREDENTIAL, one, {lab.fingerprint}),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"terminals"),
        )
        reading = visitor.visit(["firmware"]).readings[0]
        typed = list(lab.lines)
    assert reading.failure is None, reading.failure
    expected = json.loads(path.with_suffix(".facts.json").read_text("utf-8"))
    kinds = ("software_release", "hardware_item")
    assert [found for fact in reading.facts if (found := to_record(fact))["fact"] in kinds] == [
        fact for fact in expected if fact["fact"] in kinds
    ]
    assert [line for line in typed if not any(ask.admits(line) for ask in one.all_asks)] == []
    assert typed[-1] == one.session.logout[0].text
