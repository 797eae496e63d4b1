"""Real counters of a real router over months: what had traffic is never proven idle, the rest is.

Packets, rules, flushes and reloads are real; only the dates are replayed, by the injected clock.
Five weeks in each test run, half a year in the drill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.handed import visit_handed
from agent.platforms import platform
from agent.redact import SiteKey
from evidence.capture import Provenance
from evidence.device import Device
from evidence.facts import FirewallRule, Unit
from evidence.reading import Reading
from evidence.tape import TapeAnswer
from evidence.usage import Criteria, State, histories, prove
from tests.fixtures_netns import Load, Net
from tests.test_linux_netns import UNUSED, load_iptables, load_nft

pytestmark = [
    pytest.mark.part("root", "netns", "ip", "sshd", "ssh-keygen", "ping"),
    pytest.mark.part("nft", "iptables", "iptables-nft", "iptables-legacy"),
]

BEGIN = datetime(2026, 1, 5, 2, 30, tzinfo=UTC)
DAY = timedelta(days=1)
LOADS = pytest.mark.parametrize("load", [load_nft, load_iptables], ids=["nftables", "iptables-nft"])


class Replayed:
    """A router that is read once a day, and what really went through it, by rule and time."""

    def __init__(self, net: Net, load: Load) -> None:
        self._net, self._load = net, load
        self.at = BEGIN
        self.readings: list[Reading] = []
        self.traffic: dict[str, list[datetime]] = {}
        self._device = Device(id="router", platform="linux")
        # The kernel's uptime is of today; the router of these dates was up all the time.
        self._unit = Unit(boot_at=BEGIN - 30 * DAY)
        self._ask = "nft -j list ruleset" if load is load_nft else "iptables-save -c"
        load(net)
        net.listen(8080)

    def pinged(self) -> None:
        self._net.ping(1)
        self._passed("ping", "established")

    def browsed(self) -> None:
        assert self._net.connect(8080) == 1
        self._passed("web", "established")

    def telnetted(self) -> None:
        self._net.knock(23)
        self._passed("never telnet")

    def loaded_again(self) -> None:
        """All rules flushed and loaded as they were: every counter begins anew."""
        self._load(self._net)

    def read(self) -> None:
        """Half a day after what happened, by the collector, from what the kernel counted."""
        self.at += DAY / 2
        listing = TapeAnswer(self._ask, self._net.on_router(*self._ask.split()).encode())
        reading = visit_handed(
            platform("linux"),
            "firewall",
            [listing],
            self._device,
            SiteKey(b"netns"),
            Provenance(captured_at=self.at),
        ).readings[0]
        assert reading.failure is None, reading.failure
        self.readings.append(replace(reading, facts=(*reading.facts, self._unit)))
        self.at += DAY / 2

    def keys(self) -> dict[str, str]:
        """Keys of the newest reading's rules by their comments."""
        return {
            rule.comment: rule.key
            for rule in self.readings[-1].of(FirewallRule)
            if rule.comment and rule.policy == "FORWARD"
        }

    def _passed(self, *names: str) -> None:
        for name in names:
            self.traffic.setdefault(name, []).append(self.at)


@LOADS
def test_what_had_traffic_is_never_proven_idle_and_all_else_is(
    net: Net, load: Load, drill_count: Callable[[int, int], int]
) -> None:
    days, months = drill_count(36, 190), drill_count(1, 6)
    router = Replayed(net, load)
    hidden_on = days - 12
    for day in range(days):
        router.pinged()
        if day % 9 == 4:
            router.browsed()
        if day == hidden_on:
            # One hit that nobody will ever see: its counter is gone before it is read.
            router.telnetted()
        if day in (hidden_on, hidden_on + 5):
            router.loaded_again()
            router.pinged()
        router.read()
    criteria = Criteria(months=months, max_gap_s=2 * 24 * 3600)
    found = prove(histories(router.readings), router.readings[-1].at, criteria=criteria)
    keys = router.keys()
    states = {name: found.states()[key] for name, key in keys.items() if key in found}
    assert {states[name] for name in UNUSED} == {State.proven}
    assert {states[name] for name in ("web", "ping", "established")} == {State.has_traffic}
    # Silent as far as anybody could see, and the gap in which it was not is stated.
    assert states["never telnet"] is State.proven
    for name, state in states.items():
        proof = found[keys[name]]
        unstated = [
            at
            for at in router.traffic.get(name, ())
            if proof.window_start < at <= proof.window_end
            and not any(gap.from_at < at <= gap.to_at for gap in proof.gaps)
        ]
        assert state is not State.proven or not unstated, name
    assert found[keys["never telnet"]].blind_gap_s == 2 * 24 * 3600


@LOADS
def test_a_third_reload_leaves_too_much_unseen(net: Net, load: Load) -> None:
    router = Replayed(net, load)
    for day in range(36):
        router.pinged()
        if day in (20, 24, 28):
            router.loaded_again()
            router.pinged()
        router.read()
    criteria = Criteria(months=1, max_gap_s=2 * 24 * 3600)
    found = prove(histories(router.readings), router.readings[-1].at, criteria=criteria)
    keys = router.keys()
    assert {found.states()[keys[name]] for name in UNUSED} == {State.insufficient}
    later = found[keys["unused snmp"]].provable_on
    assert later is not None and later > router.readings[-1].at.date()
