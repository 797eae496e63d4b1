"""The devices of the lab's broker, and what each answers at a moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors import asa as asa_platform
from collectors import linux as linux_platform
from lab.world import asa, linux, switches
from lab.world.rules import core_rules, edge_rules

_NOT_INSTALLED = (
    linux_platform.IPTABLES,
    linux_platform.IP6TABLES,
    linux_platform.IPTABLES_LEGACY,
    linux_platform.IP6TABLES_LEGACY,
)
Answers = Callable[[datetime], Mapping[str, bytes]]


@dataclass(frozen=True)
class LabDevice:
    """One device: how it is read, and its answers by ask.

    `daily`: its history is read every day; `replayed`: it has a history at all; `absent`:
    nothing listens there, as with a device that is switched off.
    """

    id: str
    platform: str
    subjects: tuple[str, ...]
    transport: str
    answers: Answers = lambda at: {}
    files: Answers = lambda at: {}
    ha_group: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    daily: bool = False
    replayed: bool = True
    absent: bool = False


class Network:
    """The devices as they are around `now`; nothing here reads a clock."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        # Up since long before the history, and one unit that was restarted in the middle of it.
        self.long_ago = now - timedelta(days=400)
        self.restarted_at = now - timedelta(days=95, hours=3)
        found = (
            self._asa(),
            self._gateway(),
            self._switch("sw-core-1", "WS-C2960X-48TS-L", "FOC1735Y2BK"),
            self._aruba("sw-floor-3", "SG05KZ2001"),
            LabDevice("this-host", "linux", ("firmware",), "local", replayed=False),
            LabDevice("fw-branch", "linux", ("firewall",), "ssh", replayed=False, absent=True),
        )
        self.devices = {device.id: device for device in found}

    def _asa(self) -> LabDevice:
        rules = core_rules(self.now)

        def answers(at: datetime) -> Mapping[str, bytes]:
            boot = self.restarted_at if at > self.restarted_at else self.long_ago
            texts = {
                asa_platform.VERSION.text: asa.version(boot, at),
                asa_platform.INVENTORY.text: asa.INVENTORY,
                asa_platform.CLOCK.text: asa.clock(at),
                asa_platform.FAILOVER.text: asa.FAILOVER,
                asa_platform.NAMEIF.text: asa.NAMEIF,
                asa_platform.ACCESS_GROUP.text: asa.ACCESS_GROUP,
                asa_platform.ACCESS_LIST.text: asa.access_list(rules, boot, at),
                asa_platform.BRIEF(name=asa.ACL).text: asa.brief(rules, boot, at),
                asa_platform.CONFIGURED.text: asa.running_access_list(rules, at),
            }
            return {ask: text.encode() for ask, text in texts.items()}

        return LabDevice("fw-core", "asa", ("firewall", "firmware"), "ssh", answers, daily=True)

    def _gateway(self) -> LabDevice:
        rules = edge_rules(self.now)

        def answers(at: datetime) -> Mapping[str, bytes]:
            texts = {
                linux_platform.NFT.text: linux.ruleset(rules, self.long_ago, at),
                **{ask.text: linux.absent(ask.text) for ask in _NOT_INSTALLED},
                linux_platform.OS_RELEASE.text: linux.OS_RELEASE,
                linux_platform.UNAME.text: "Linux gw-dmz 5.10.0-28-amd64 x86_64\n",
                linux_platform.UPTIME.text: linux.uptime(self.long_ago, at),
                linux_platform.CLOCK.text: f"{at.timestamp():.9f}\n",
                linux_platform.DPKG.text: linux.PACKAGES,
            }
            return {ask: text.encode() for ask, text in texts.items()}

        return LabDevice("gw-dmz", "linux", ("firewall", "firmware"), "ssh", answers, daily=True)

    def _switch(self, name: str, model: str, serial: str) -> LabDevice:
        return LabDevice(
            name,
            "snmp",
            ("firmware",),
            "snmp",
            lambda at: {"walk": switches.catalyst(name, model, serial, self.long_ago, at)},
        )

    def _aruba(self, name: str, serial: str) -> LabDevice:
        return LabDevice(
            name,
            "snmp",
            ("firmware",),
            "snmp",
            lambda at: {"walk": switches.arubacx(name, serial, self.long_ago, at)},
        )


ZONES: Mapping[str, Any] = {
    "devices": {
        "fw-core": {"inside": "internal", "outside": "external"},
        "gw-dmz": {},
    },
    "networks": {
        "10.10.0.0/16": "internal",
        "10.20.0.0/16": "internal",
        "10.30.0.0/16": "internal",
        "10.99.0.0/24": "management",
        "203.0.113.0/24": "dmz",
        "0.0.0.0/0": "external",
    },
}
PROFILE: Mapping[str, Any] = {
    "name": "示範證券股份有限公司",
    "net_order": "yes",
    "colo": "no",
    "tier": "unknown",
}


def agent_file(store_url: str, language: str) -> Mapping[str, Any]:
    """`agent.yaml` of the demo."""
    return {
        "id": "demo-agent",
        "site": "taipei",
        "state": "state",
        "language": "en" if language == "en" else "zh-TW",
        "zones": "zones.yaml",
        "store": {"url": store_url, "public_key": "store/store.pub"},
    }
