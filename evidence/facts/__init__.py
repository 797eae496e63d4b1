"""Facts: what a collector concludes from captured bytes. Frozen, and `None` means "not said".

Never zero, "" or an empty tuple for "could not read". Times are aware UTC and end in `_at`;
units are in names. `subject_unit` names the unit a fact speaks of (serial number, else host
name, else what the device calls the member); None: the visited device itself.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from functools import cache
from typing import Any, Literal

from evidence.clock import stamp
from evidence.facts.access import AccessGrant as AccessGrant
from evidence.facts.access import LogonHours as LogonHours
from evidence.facts.access import RemoteAccess as RemoteAccess
from evidence.facts.access import RemoteSession as RemoteSession
from evidence.facts.access import SessionsSeen as SessionsSeen
from evidence.facts.base import LATER as LATER
from evidence.facts.base import Fact as Fact
from evidence.facts.beside import Neighbour as Neighbour
from evidence.facts.beside import Surroundings as Surroundings
from evidence.facts.crypto import AlgorithmOffer as AlgorithmOffer
from evidence.facts.crypto import Certificate as Certificate
from evidence.facts.crypto import ProtectionState as ProtectionState
from evidence.facts.delivered import MailScan as MailScan
from evidence.facts.delivered import ManagedEndpoint as ManagedEndpoint
from evidence.facts.logs import LoggedTraffic as LoggedTraffic
from evidence.facts.logs import TrafficLog as TrafficLog
from evidence.facts.record import Reader, readers_of
from evidence.facts.scans import ScannedHost as ScannedHost
from evidence.facts.scans import ScanReport as ScanReport
from evidence.facts.scans import Severity as Severity
from evidence.facts.scans import Weakness as Weakness


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Fact):
    """One enforcing or running unit: what it calls itself, since when, in which role.

    `boot_at` is derived from the uptime and the time of the answer. `clock_at` is what the
    device's own clock said, with `clock_zone` as written; `clock_offset_s` is device minus
    agent, None where the zone is unknown.
    `ha_mode` is the vendor's word; `ha_role` one of active, standby, member, None. `ha_peer` is
    the other's serial number; those of several others stand behind each other (`A, B`).
    """

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    hostname: str | None = None
    ha_mode: str | None = None
    ha_role: str | None = None
    ha_peer: str | None = None
    role_since_at: datetime | None = None
    boot_at: datetime | None = None
    uptime_s: float | None = None
    rules_loaded_at: datetime | None = None
    clock_at: datetime | None = None
    clock_zone: str | None = None
    clock_offset_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FirewallRule(Fact):
    """One rule as the device holds it. The key is unique within a device.

    `key` is context/family/policy/vendor id (or match digest where the vendor has no id).
    `context` is a vdom, vsys, security context or table; `policy` the ACL, chain or package.
    `family` is ip, ip6, inet (both). `action` is the vendor's word in lower case; `permits`
    says whether it lets traffic pass (None: it decides nothing, e.g. a jump or a log).
    Addresses and services are as resolved as the device tells: "any", CIDR, "a-b", or a name.
    `schedule` is a name, with its end where that is told: `NAME until 2026-06-30`, or, where it
    comes again and again, `NAME recurring`.
    `counted`: the unit keeps a counter for it. `implicit`: nobody wrote it (a default rule).
    `owner`: "policy", or the program that made it (docker, firewalld, fail2ban).
    `match_digest`: SHA-256 of the normalised match part; equal over rename, move, comment.
    `conditions` are what else must hold, as written (connection state, rate, URL category …): the
    rule matches no more than its other fields say. `not_understood` are words of it that the
    reader does not know: what it matches, and whether later rules are reached, cannot be told.
    """

    key: str
    context: str = ""
    family: str = "ip"
    policy: str = ""
    position: int = 0
    vendor_id: str | None = None
    name: str | None = None
    comment: str | None = None
    enabled: bool = True
    action: str = ""
    permits: bool | None = None
    source_zones: tuple[str, ...] = ()
    destination_zones: tuple[str, ...] = ()
    sources: tuple[str, ...] = ("any",)
    sources_negated: bool = False
    destinations: tuple[str, ...] = ("any",)
    destinations_negated: bool = False
    services: tuple[str, ...] = ("any",)
    applications: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    nat: str | None = None
    logged: bool | None = None
    schedule: str | None = None
    installed_on: tuple[str, ...] = ()
    created_at: datetime | None = None
    modified_at: datetime | None = None
    match_digest: str = ""
    counted: bool | None = None
    implicit: bool = False
    owner: str = "policy"
    text: str | None = None
    conditions: tuple[str, ...] = field(default=(), metadata=LATER)
    not_understood: tuple[str, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleUsage(Fact):
    """What a unit's counter for one rule said at `read_at`.

    `count`: hits in the vendor's sense (connections or packets, `count_unit`); None: this
    unit does not count this rule. 0: it counts, and saw nothing since its last reset.
    `reset_domain`: counters that are always zeroed together (an ACL, a VDOM, a ruleset); ""
    stands alone; a counter that follows the rule's name has the name in it.
    `counter_reset_at`: since when it counts: the last reset, or the rule's creation where the
    device says there was none. `persistent`: the counter survives a reboot. `counting` is off
    where the vendor says so, unknown where a count is not exact and can show traffic only.
    `kept_months`: hits are dropped from the count after so many months (None: they never are).
    `openers`: of packets, only the first ones of a connection reach the counter.
    """

    key: str
    reset_domain: str = ""
    count: int | None = None
    count_unit: Literal["connections", "packets", "sessions"] = "connections"
    size_bytes: int | None = None
    first_hit_at: datetime | None = None
    last_hit_at: datetime | None = None
    counter_reset_at: datetime | None = None
    open_sessions: int | None = None
    persistent: bool | None = None
    counting: Literal["on", "off", "unknown"] = "on"
    read_at: datetime | None = None
    source: Literal["device", "manager"] = "device"
    manager_fetched_at: datetime | None = None
    kept_months: int | None = field(default=None, metadata=LATER)
    openers: bool = field(default=False, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareRelease(Fact):
    """A running operating system, firmware or installed program, in the device's own words.

    `product` is our lower-case product family (`asa`, `fortios`, `ios`, `linux-debian` …),
    `train` the part a vendor gives one lifecycle to (`9.16`, `7.4`). `updated_on` is the day on
    which the newest of its updates was installed, where it tells that.
    """

    vendor: str | None = None
    product: str | None = None
    name: str | None = None
    version: str | None = None
    build: str | None = None
    train: str | None = None
    part: str = "operating system"
    updated_on: date | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareItem(Fact):
    """A chassis, stack member, module, line card or access point. `virtual`: no hardware dates."""

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    part: str = "chassis"
    position: str | None = None
    description: str | None = None
    revision: str | None = None
    virtual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset(Fact):
    """A row of the asset register: software, hardware, premises or data, and when it left.

    `category` is one of the four, documents, people or virtual (a machine), else as written.
    `location` is the room or rack as people call it, `site` the site of the configuration that it
    stands at, `status` the register's own word (`active`, `planned`, 備品).
    """

    asset_id: str
    name: str = ""
    category: str = "hardware"
    addresses: tuple[str, ...] = ()
    owner: str | None = None
    location: str | None = None
    core: bool | None = None
    decommissioned_on: date | None = None
    site: str | None = field(default=None, metadata=LATER)
    vendor: str | None = field(default=None, metadata=LATER)
    model: str | None = field(default=None, metadata=LATER)
    serial: str | None = field(default=None, metadata=LATER)
    version: str | None = field(default=None, metadata=LATER)
    status: str | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Fact):
    """A change ticket or approval: what it allows, who approved it, until when."""

    ticket_id: str
    kind: str = "change"
    target: str | None = None
    decision: str | None = None
    reason: str | None = None
    requested_by: str | None = None
    approved_by: str | None = None
    approved_on: date | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface(Fact):
    name: str
    zone: str | None = None
    addresses: tuple[str, ...] = ()
    enabled: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WirelessNetwork(Fact):
    """One SSID as configured: what a client could negotiate, and whether it is on the air.

    `akm`, `pairwise`, `group` use IEEE names in lower case (psk, sae, 802.1x, owe, ft-psk …;
    ccmp, tkip, gcmp-256, wep). `pmf` is disabled, optional or required.
    `passphrase_digest` is the keyed digest that stands in the capture, never the passphrase.
    `bound_to` names access points, or groups or profiles of them, that carry it (`all`: each one).
    `user_keys` are what the device calls the keys of single users or machines; () where everyone
    has the same. `sae_pwe` is hunting-and-pecking, hash-to-element or both. `guest`: the device
    itself calls it a network for guests. `isolated`: its clients cannot reach each other.
    """

    ssid: str | None
    profile: str | None = None
    enabled: bool | None = None
    broadcast: bool | None = None
    bound_to: tuple[str, ...] | None = None
    bands: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    akm: tuple[str, ...] = ()
    pairwise: tuple[str, ...] = ()
    group: str | None = None
    pmf: str | None = None
    wps: bool | None = None
    transition: str | None = None
    portal: bool | None = None
    vlan: str | None = None
    passphrase_digest: str | None = None
    user_keys: tuple[str, ...] | None = field(default=None, metadata=LATER)
    sae_pwe: str | None = field(default=None, metadata=LATER)
    guest: bool | None = field(default=None, metadata=LATER)
    isolated: bool | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicServiceSet(Fact):
    """One SSID on one radio of one of our access points, by the address it sends from.

    `bssid` in lower case with colons. `band` in GHz (2.4, 5, 6). `on_air`: the device says that
    this radio sends it now.
    """

    bssid: str
    ssid: str | None = None
    access_point: str | None = None
    band: str | None = None
    channel: str | None = None
    on_air: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AirObservation(Fact):
    """One access point's network as heard on the air, whoever runs it. Names as WirelessNetwork's.

    `akm` is empty where the observation does not tell it; `open` where it tells that nothing is
    asked. What is not heard is not there to be told: silence is no proof of absence.
    `hidden`: its beacons leave the name out. Where a controller's own access points heard it:
    `heard_by` names one, `classified_as` is the controller's word in lower case (rogue,
    neighbor, friendly …), `on_wire`: it saw that access point on our own cables.
    """

    bssid: str
    ssid: str | None = None
    frequency_mhz: float | None = None
    signal_dbm: float | None = None
    versions: tuple[str, ...] = ()
    akm: tuple[str, ...] = ()
    pairwise: tuple[str, ...] = ()
    group: str | None = None
    pmf: str | None = None
    wps: bool | None = None
    transition: str | None = None
    hidden: bool | None = field(default=None, metadata=LATER)
    sae_pwe: str | None = field(default=None, metadata=LATER)
    heard_by: str | None = field(default=None, metadata=LATER)
    classified_as: str | None = field(default=None, metadata=LATER)
    on_wire: bool | None = field(default=None, metadata=LATER)
    last_heard_at: datetime | None = field(default=None, metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteDesktopPolicy(Fact):
    """What limits a remote desktop. Times in seconds; 0 s is never used: None is "no limit said".

    `source` says where the values come from: `policy`, `listener`, `effective` (what is in force
    of both), `user` (one user's policy: `user` names them), `domain` (what a group policy object
    orders: intent, not that it arrived), `xrdp`.
    `unlimited` lists the limits that are expressly switched off (`idle`, `disconnected` …),
    `unknown` those that were not read, `unreadable` the values of a type or number that means
    nothing. `decided_by` pairs an effective value with its source (`accounts`: left to each
    user's account, which was not read). `ends_at_limit`: a session at its limit ends, else it is
    disconnected. A redirection is True when it is allowed, and so is what follows the smart card:
    saving passwords, Remote Assistance as it is offered and asked for, and that its helper may
    take over. `temp_per_session`: each session has temporary folders of its own; `temp_deleted`:
    they go with it. `single_session`: a user has one session. xrdp's own: whether root may log
    in, how many attempts a connection has, whether only a group's members may log in, and the
    versions of TLS that it takes.
    """

    source: str
    user: str | None = None
    enabled: bool | None = None
    port: int | None = None
    nla_required: bool | None = None
    security_layer: str | None = None
    encryption_level: str | None = None
    asks_password: bool | None = None
    secure_rpc: bool | None = None
    idle_limit_s: float | None = None
    disconnected_limit_s: float | None = None
    session_limit_s: float | None = None
    ends_at_limit: bool | None = None
    unlimited: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    screen_lock_s: float | None = None
    drive: bool | None = None
    clipboard: bool | None = None
    printer: bool | None = None
    com_port: bool | None = None
    lpt_port: bool | None = None
    pnp_device: bool | None = None
    smart_card: bool | None = None
    certificate: str | None = None
    decided_by: tuple[tuple[str, str], ...] = ()
    password_saving: bool | None = field(default=None, metadata=LATER)
    help_offered: bool | None = field(default=None, metadata=LATER)
    help_offered_control: bool | None = field(default=None, metadata=LATER)
    help_requested: bool | None = field(default=None, metadata=LATER)
    help_requested_control: bool | None = field(default=None, metadata=LATER)
    single_session: bool | None = field(default=None, metadata=LATER)
    temp_per_session: bool | None = field(default=None, metadata=LATER)
    temp_deleted: bool | None = field(default=None, metadata=LATER)
    root_login: bool | None = field(default=None, metadata=LATER)
    login_attempts: int | None = field(default=None, metadata=LATER)
    only_a_group: bool | None = field(default=None, metadata=LATER)
    tls_versions: tuple[str, ...] = field(default=(), metadata=LATER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RdpNegotiation(Fact):
    """What a remote-desktop listener said to each `requestedProtocols` value, without log-in.

    `answers` pairs the requested value ("none", "0", "1", "3", "8", "11") with the answer:
    "selected N", "failure N", "no negotiation", "closed".
    """

    address: str
    port: int
    answers: tuple[tuple[str, str], ...] = ()
    nla_required: bool | None = None
    nla_supported: bool | None = None
    tls_supported: bool | None = None
    standard_rdp_accepted: bool | None = None
    tls_version: str | None = None
    certificate_sha256: str | None = None
    certificate_subject: str | None = None
    certificate_expires_at: datetime | None = None
    product_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramsSeen(Fact):
    """How much of a host was looked through for programs. None: that was not read."""

    programs: int | None = None
    services: int | None = None
    listeners: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPrivilege(Fact):
    """What the account that reads may do on the device, as the device says.

    `level` is the vendor's word (`level 15`, `superreader`, `uid 0`). `can_write`: it could
    change something there, whether or not the agent ever would; None: the device did not say.
    """

    account: str | None = None
    level: str | None = None
    can_write: bool | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdministrativeEvent(Fact):
    """Something a device's own log says an administrator did (cleared counters, committed).

    `counters_cleared`: `detail` is the rule key or reset domain, None: all or unsaid; a rule
    deleted and made again counts as cleared. `log_begins`: from `at` to the reading the log
    that was read is complete, so that what it does not show did not happen.
    """

    kind: str
    at: datetime | None = None
    account: str | None = None
    detail: str | None = None


FACTS: dict[str, type[Fact]] = {
    re.sub(r"(?<!^)([A-Z])", r"_\1", kind.__name__).lower(): kind for kind in Fact.__subclasses__()
}
_NAMES = {kind: name for name, kind in FACTS.items()}


_AS_THEY_ARE = (str, int, bool, type(None), float)


def to_record(fact: Fact) -> dict[str, Any]:
    """The fact as a JSON-ready record, its name under `fact`; times as ISO 8601 UTC."""
    record: dict[str, Any] = {"fact": _NAMES[type(fact)]}
    for name, left_out in _field_names(record["fact"]):
        value = getattr(fact, name)
        if value != left_out:
            record[name] = _plain(value)
    return record


def from_record(record: dict[str, Any]) -> Fact:
    """The fact a record was made from. Raises KeyError (unknown fact) or TypeError (field)."""
    kind = FACTS[record["fact"]]
    readers = _readers(record["fact"])
    values = {}
    for name, value in record.items():
        if name != "fact":
            read = readers[name]
            values[name] = value if read is None else read(value)
    return kind(**values)


def _plain(value: Any) -> Any:
    if type(value) in _AS_THEY_ARE:  # nearly all are; a list of rules has a hundred thousand
        return value
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


@cache
def _field_names(name: str) -> tuple[tuple[str, Any], ...]:
    """Each field's name, with the value that is left out of a record; MISSING: none is."""
    return tuple(
        (one.name, one.default if "later" in one.metadata else MISSING)
        for one in fields(FACTS[name])
    )


@cache
def _readers(name: str) -> dict[str, Reader | None]:
    return readers_of(FACTS[name])
