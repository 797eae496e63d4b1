"""The ASA's asks through a real SSH session with a lab ASA: nothing else is ever typed."""

import json
from datetime import UTC, datetime
from pathlib import Path

from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports.ssh import open_ssh
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import FirewallRule, RuleUsage
from evidence.tape import read_tape
from lab.devices.ssh import LabSsh
from lab.devices.terminal import Terminal
from tests import toy

PAIR = Path(__file__).parent / "cases" / "asa" / "firewall.pair.tape"


def test_over_a_terminal_the_facts_are_the_tapes_and_only_asks_are_typed() -> None:
    asa = platform("asa")
    terminal = Terminal(prompt="edge-fw# ", user_prompt="edge-fw> ")
    with LabSsh(read_tape(PAIR), toy.ACCOUNT, terminal) as lab:
        device = Device(id="fw", platform="asa", address="127.0.0.1", port=lab.port)
        visitor = Visitor(
            device=device,
            platform=asa,
            open_transport=lambda: open_ssh(device, toy.CREDENTIAL, asa, {lab.fingerprint}),
            clock=lambda: datetime.now(UTC),
            key=SiteKey(b"terminal"),
        )
        reading = visitor.visit(["firewall"]).readings[0]
        typed = list(lab.lines)
    assert reading.failure is None, reading.failure
    expected = json.loads(PAIR.with_suffix(".facts.json").read_text("utf-8"))
    rules = {one["key"]: one["text"] for one in expected if one["fact"] == "firewall_rule"}
    counts = {one["key"]: one["count"] for one in expected if one["fact"] == "rule_usage"}
    assert {rule.key: rule.text for rule in reading.of(FirewallRule)} == rules
    assert {usage.key: usage.count for usage in reading.of(RuleUsage)} == counts
    assert typed[:2] == ["enable", "terminal pager 0"]
    assert typed[-1] == "exit"
    assert asa.session is not None and asa.session.nonce_ask is not None
    lawful = (*asa.all_asks, asa.session.nonce_ask)
    assert [line for line in typed if not any(ask.admits(line) for ask in lawful)] == []
