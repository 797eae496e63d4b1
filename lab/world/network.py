"""The devices of the lab's broker, and what each answers at a moment."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from collectors import asa as asa_platform
from collectors import fortios as fortios_platform
from collectors import hostapd as hostapd_platform
from collectors import linux as linux_platform
from collectors.windows import asks as windows_asks
from lab.world import asa, fortios, hosts, linux, logs, register, switches, vpn
from lab.world.rules import core_rules, edge_rules
from lab.world.traffic import Flow

_NOT_INSTALLED = (
    linux_platform.IPTABLES,
    linux_platform.IP6TABLES,
    linux_platform.IPTABLES_LEGACY,
    linux_platform.IP6TABLES_LEGACY,
)
PAIR = {"fw-edge-a": "FG100FTK22001234", "fw-edge-b": "FG100FTK22001235"}
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
        # A canary of its own: it stands inside an answer, and must not be found anywhere else.
        self.passphrase = f"canary-{secrets.token_hex(12)}"
        # Up since long before the history, and one unit that was restarted in the middle of it.
        self.long_ago = now - timedelta(days=400)
        self.restarted_at = now - timedelta(days=95, hours=3)
        found = (
            *(self._fortigate(name) for name in PAIR),
            self._asa(),
            self._gateway(),
            self._switch("sw-core-1", "WS-C2960X-48TS-L", "FOC1735Y2BK", "10.20.0.0/24"),
            self._aruba("sw-floor-3", "SG05KZ2001"),
            self._windows(),
            LabDevice("rdp-jump-01", "rdp_wire", ("remote_desktop",), "wire", replayed=False),
            self._access_point(),
            LabDevice(
                "vpn-hq",
                "fortios",
                ("remote_access", "crypto"),
                "https",
                vpn.answers,
                replayed=False,
            ),
            LabDevice(
                "register",
                "folder",
                ("assets", "tickets"),
                "folder",
                files=register.files,
                replayed=False,
            ),
            LabDevice(
                "edge-logs",
                "traffic_log",
                ("traffic_log",),
                "folder",
                files=logs.files,
                ha_group="edge",
                options={"logs": logs.FILE},
                replayed=False,
            ),
            LabDevice("this-host", "linux", ("firmware",), "local", replayed=False),
            LabDevice("fw-branch", "linux", ("firewall",), "ssh", replayed=False, absent=True),
        )
        self.devices = {device.id: device for device in found}

    def _fortigate(self, name: str) -> LabDevice:
        """One unit of the active-passive pair at the edge; the passive one carries nothing."""
        rules, serial = edge_rules(self.now), PAIR[name]
        if name != next(iter(PAIR)):
            rules = tuple(replace(rule, flow=Flow()) for rule in rules)

        def answers(at: datetime) -> Mapping[str, bytes]:
            texts = {
                fortios_platform.POLICY.text: fortios.policies(rules, serial, at),
                fortios_platform.HITS.text: fortios.statistics(rules, serial, self.long_ago, at),
                fortios_platform.SERVICES[0].text: fortios.services(rules, serial),
                fortios_platform.STATUS.text: fortios.status(serial, name),
                fortios_platform.STATE.text: fortios.state(serial, name, self.long_ago, at),
                fortios_platform.HA.text: fortios.ha_mode(serial),
                fortios_platform.HA_MEMBERS.text: fortios.ha_members(PAIR, serial),
                fortios_platform.HA_ROLES.text: fortios.ha_roles(PAIR, serial),
            }
            return {ask: text.encode() for ask, text in texts.items()}

        subjects = ("firewall", "firmware")
        return LabDevice(name, "fortios", subjects, "https", answers, ha_group="edge", daily=True)

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

    def _windows(self) -> LabDevice:
        texts = {
            windows_asks.POLICY.text: hosts.POLICY,
            windows_asks.LISTENER.text: hosts.LISTENER,
            windows_asks.MACHINE.text: hosts.MACHINE,
            windows_asks.SYSTEM.text: hosts.SYSTEM,
            windows_asks.VERSION.text: hosts.VERSION,
            windows_asks.NAME.text: hosts.NAME,
            windows_asks.BIOS.text: hosts.BIOS,
        }
        answers = {ask: text.encode() for ask, text in texts.items()}
        subjects = ("remote_desktop", "firmware")
        return LabDevice("jump-01", "windows", subjects, "ssh", lambda at: answers)

    def _access_point(self) -> LabDevice:
        config = hostapd_platform.CONFIG(path="/etc/hostapd/hostapd.conf").text
        answer = {config: hosts.access_point(self.passphrase).encode()}
        return LabDevice("ap-hq", "hostapd", ("wireless",), "ssh", lambda at: answer)

    def _switch(self, name: str, model: str, serial: str, ranges: str) -> LabDevice:
        """A switch that is also asked for what stands beside it, in the networks named."""

        def walk(at: datetime) -> bytes:
            return switches.catalyst(name, model, serial, self.long_ago, at) + switches.beside()

        return LabDevice(
            name,
            "snmp",
            ("firmware", "neighbours"),
            "snmp",
            lambda at: {"walk": walk(at)},
            options={"ranges": ranges},
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
        **{unit: {"wan1": "external", "internal": "internal", "dmz": "dmz"} for unit in PAIR},
        "vpn-hq": {"wan1": "external", "internal": "internal"},
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
