"""A device of the inventory (OSCAL: inventory-item): one unit, or a manager of units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SUBJECTS = (
    "firewall",
    "firmware",
    "wireless",
    "remote_desktop",
    "remote_access",
    "crypto",
    "host",
    "assets",
    "tickets",
    "account",
    "neighbours",
    "weaknesses",
    "traffic_log",
    "session_log",
    "logon_hours",
    "endpoints",
    "mail_scans",
)
# Read only where the configuration names them: what they tell reaches beyond the device itself.
BY_NAME_ONLY = frozenset({"neighbours"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What the configuration says of a device. Holds a credential's reference, never a credential.

    `expected` names what the device should say of itself (`serial`, `model`, `hostname`);
    `exceptions` are recorded deviations (`ssh_legacy`, `snmp_v2c` …) by exception id;
    `options` are the platform's own settings, each documented on the platform's page.
    """

    id: str
    platform: str
    subjects: tuple[str, ...] = ()
    transport: str = ""
    address: str = ""
    port: int | None = None
    via: str | None = None
    credential: str | None = None
    ha_group: str | None = None
    site: str = "main"
    owner: str = ""
    timezone: str = "Asia/Taipei"
    expected: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
