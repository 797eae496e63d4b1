"""FortiGate (FortiOS 6.0 to 7.6) by its REST API with a read-only token.

A policy's hits count sessions when they begin; they start at zero with each boot and when an
administrator clears them, of which no time is told. Counters of one VDOM are always zeroed
together by a boot, and by `clear` without a number. The console can also clear single
policies: nothing shows that, and the proof names it as an assumption. A session that began
long ago goes on without a hit, so open sessions are read beside.

From the documentation and public recordings; not confirmed on a device of our own: which
fields `web-ui/state` (boot time) and `ha-checksums` (who leads) hold in each release.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace

from collectors._neighbours import inside
from collectors.fortios import (
    _access,
    _cli,
    _crypto,
    _policy,
    _rogue,
    _script,
    _sessions,
    _tables,
    _text,
    _unit,
    _vap,
)
from collectors.fortios._account import privilege
from collectors.fortios._answer import parts
from collectors.fortios._central_nat import central_nat
from collectors.fortios._neighbours import by_arp, by_lldp
from collectors.fortios._objects import Objects, named_rows, objects
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import AlgorithmOffer, Fact, FirewallRule, Neighbour, RuleUsage, Unit

VENDOR = "Fortinet"
ALIASES = ("fortinet", "fortigate", "fortinet_fortios")
TRANSPORTS = ("https",)
HTTP_AUTH = "bearer"

Flow = Generator[Ask, Capture, Iterable[Fact]]
Maybe = Generator[Ask, Capture, Capture | None]

_SECRETS = tuple(
    Secret("json", f"**.{name}")
    for name in (
        *("password", "passwd", "passphrase", "sae-password", "sae-private-key", "key", "psk"),
        *("mpsk-key", "secret", "psksecret", "auth-key", "group-password", "radius-secret"),
        *("auth-pwd", "priv-pwd", "ppk-secret", "group-authentication-secret"),
        *(
            "api-key",
            "login-passwd",
            "captive-portal-radius-secret",
            "captive-portal-macauth-radius-secret",
        ),
    )
)


def _get(name: str, *targets: str, secrets: tuple[Secret, ...] = ()) -> Ask:
    """A GET of the first target. The others, and each as people note it down, are never sent."""
    also = [
        f"{verb}{target}"
        for full in targets
        for verb in ("GET ", "")
        for target in _spellings(full)
    ]
    return Ask(name, f"GET {targets[0]}", "http", secrets=(*_SECRETS, *secrets), also=tuple(also))


def _spellings(target: str) -> Iterable[str]:
    forms = [target, target.replace("?vdom=*", "?vdom=root")]
    if target.endswith("?vdom=*"):
        forms.append(target.removesuffix("?vdom=*"))
    return [form[cut:] for form in forms for cut in (0, 1)]


_CMDB, _MONITOR = "/api/v2/cmdb", "/api/v2/monitor"

POLICY = _get("policies", f"{_CMDB}/firewall/policy?vdom=*")
POLICY6 = _get("policies_ip6", f"{_CMDB}/firewall/policy6?vdom=*")
HITS = _get(
    "policy_hits", f"{_MONITOR}/firewall/policy?vdom=*", f"{_MONITOR}/firewall/policy/select?vdom=*"
)
HITS_IP, HITS_IP6 = (
    _get(
        f"policy_hits_{name}",
        f"{_MONITOR}/firewall/policy/select?vdom=*&ip_version={version}",
        f"{_MONITOR}/firewall/policy?vdom=*&ip_version={version}",
    )
    for name, version in (("ip", "ipv4"), ("ip6", "ipv6"))
)
HITS_POLICY6 = _get(
    "policy6_hits",
    f"{_MONITOR}/firewall/policy6?vdom=*",
    f"{_MONITOR}/firewall/policy6/select?vdom=*",
)
SETTINGS = _get("vdom_settings", f"{_CMDB}/system/settings?vdom=*")
TABLES = tuple(
    _get(name.replace("-", "_"), f"{_CMDB}/firewall/{name}?vdom=*") for name in _tables.OTHERS
)
SECURITY_HITS = _get(
    "security_policy_hits",
    f"{_MONITOR}/firewall/security-policy?vdom=*",
    f"{_MONITOR}/firewall/security-policy/select?vdom=*",
)
CONSOLIDATED = _get("consolidated_policies", f"{_CMDB}/firewall.consolidated/policy?vdom=*")
CENTRAL_NAT = _get("central_nat", f"{_CMDB}/firewall/central-snat-map?vdom=*")
CONSOLIDATED_HITS = _get(
    "consolidated_policy_hits",
    f"{_MONITOR}/firewall/consolidated-policy?vdom=*",
    f"{_MONITOR}/firewall/consolidated-policy/select?vdom=*",
)
ADDRESSES = (
    _get("addresses", f"{_CMDB}/firewall/address?vdom=*"),
    _get("addresses_ip6", f"{_CMDB}/firewall/address6?vdom=*"),
)
SERVICES = (_get("services", f"{_CMDB}/firewall.service/custom?vdom=*"),)
GROUPS = (
    _get("address_groups", f"{_CMDB}/firewall/addrgrp?vdom=*"),
    _get("address_groups_ip6", f"{_CMDB}/firewall/addrgrp6?vdom=*"),
    _get("service_groups", f"{_CMDB}/firewall.service/group?vdom=*"),
)
VIPS = (_get("virtual_ips", f"{_CMDB}/firewall/vip?vdom=*"),)
SCHEDULES = tuple(
    _get(f"{kind}_schedules", f"{_CMDB}/firewall.schedule/{kind}?vdom=*")
    for kind in ("onetime", "recurring")
)
VIP_GROUPS = (_get("virtual_ip_groups", f"{_CMDB}/firewall/vipgrp?vdom=*"),)
STATUS = _get("status", f"{_MONITOR}/system/status", f"{_MONITOR}/system/status?vdom=*")
STATE = _get("state", f"{_MONITOR}/web-ui/state", f"{_MONITOR}/web-ui/state?vdom=*")
TIME = _get("time", f"{_MONITOR}/system/time", f"{_MONITOR}/system/time?vdom=*")
HA = _get("ha", f"{_CMDB}/system/ha", f"{_CMDB}/system/ha?vdom=*")
HA_MEMBERS = _get(
    "ha_members", f"{_MONITOR}/system/ha-statistics", f"{_MONITOR}/system/ha-statistics?vdom=*"
)
HA_ROLES = _get(
    "ha_roles", f"{_MONITOR}/system/ha-checksums", f"{_MONITOR}/system/ha-checksums?vdom=*"
)
VAP = _get("wireless_networks", f"{_CMDB}/wireless-controller/vap?vdom=*")
VAP_GROUPS = _get("wireless_groups", f"{_CMDB}/wireless-controller/vap-group?vdom=*")
AP_PROFILES = _get("access_point_profiles", f"{_CMDB}/wireless-controller/wtp-profile?vdom=*")
ACCESS_POINTS = _get("access_points", f"{_CMDB}/wireless-controller/wtp?vdom=*")
MANAGED = _get("managed_access_points", f"{_MONITOR}/wifi/managed_ap?vdom=*")
ROGUES = _get("rogue_access_points", f"{_MONITOR}/wifi/rogue_ap?vdom=*")
API_USERS = _get("api_users", f"{_CMDB}/system/api-user", f"{_CMDB}/system/api-user?vdom=*")
PROFILES = _get("profiles", f"{_CMDB}/system/accprofile", f"{_CMDB}/system/accprofile?vdom=*")

TUNNELS = (
    _get("tunnels", f"{_CMDB}/vpn.ipsec/phase1-interface?vdom=*"),
    _get("policy_tunnels", f"{_CMDB}/vpn.ipsec/phase1?vdom=*"),
)
SECOND_PHASES = (
    _get("tunnel_phases", f"{_CMDB}/vpn.ipsec/phase2-interface?vdom=*"),
    _get("policy_tunnel_phases", f"{_CMDB}/vpn.ipsec/phase2?vdom=*"),
)
# A community is named by its own secret.
SNMP_COMMUNITIES = _get(
    "snmp_communities",
    f"{_CMDB}/system.snmp/community",
    secrets=(Secret("json", "results[].name"), Secret("json", "[].results[].name")),
)
SNMP_USERS = _get("snmp_users", f"{_CMDB}/system.snmp/user")
NTP = _get("ntp", f"{_CMDB}/system/ntp")
GLOBAL = _get("system_global", f"{_CMDB}/system/global")
SSL_VPN = _get("ssl_vpn", f"{_CMDB}/vpn.ssl/settings?vdom=*")
USERS = _get("users", f"{_CMDB}/user/local?vdom=*")
USER_GROUPS = _get("user_groups", f"{_CMDB}/user/group?vdom=*")
USER_PEERS = _get("user_peers", f"{_CMDB}/user/peer?vdom=*")
SERVERS = tuple(
    _get(f"{kind}_servers", f"{_CMDB}/user/{kind}?vdom=*")
    for kind in ("radius", "ldap", "tacacs+", "saml")
)
ADMIN_INTERFACES = _get("admin_interfaces", f"{_CMDB}/system/interface?vdom=*")
SESSIONS = _get("ssl_vpn_sessions", f"{_MONITOR}/vpn/ssl?vdom=*")
VPN_LOGS = _sessions.PLACES
LLDP = _get("lldp_neighbours", f"{_MONITOR}/network/lldp/neighbors?vdom=*")
ARP = _get("arp_table", f"{_MONITOR}/network/arp?vdom=*")

# Read from what somebody delivers; the REST API takes no command.
CLI_CONFIGURATION = Ask(
    "configuration",
    "show full-configuration",
    secrets=(
        Secret("regex", r"\bENC[ \t]+\"?(?P<secret>[A-Za-z0-9+/=_-]{8,})"),
        Secret(
            "regex",
            r"(?m)^[ \t]*set[ \t]+(?:passwd|password|passphrase|psksecret|secret|key|community"
            r"|sae-password|auth-pwd|priv-pwd|ppk-secret)\d?[ \t]+\"?(?P<secret>(?!ENC\b)[^\s\"]+)",
        ),
        Secret("regex", r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<secret>.*?)-----END"),
    ),
    also=("show", "show configuration"),
)
CLI_STATUS = Ask("get_system_status", "get system status")
CLI_HA = Ask("get_system_ha_status", "get system ha status")
CLI_PERFORMANCE = Ask("get_system_performance", "get system performance status")


def firewall(device: Device) -> Flow:
    """Every policy with its counters. A list the account may not read fails the reading."""
    policy = yield from _delivered(POLICY)
    old = policy is None or not all(part.consolidated for part in parts(policy))
    policy6 = (yield from _delivered(POLICY6)) if old else None
    others: dict[str, Capture | None] = {}
    for name, ask in zip(_tables.OTHERS, TABLES, strict=True):
        others[name] = yield from _delivered(ask)
    others[_tables.CONSOLIDATED] = (yield from _delivered(CONSOLIDATED)) if old else None
    hits = yield from _hits(old)
    listed = _tables.tables(others)
    resolved = (yield from _objects()) if policy or policy6 or listed else Objects()
    captures = (policy, policy6, *others.values(), *(one.capture for one in hits))
    answered = [one for one in captures if one]
    units = yield from _units(device, answered)
    if not answered:
        configuration = yield from _delivered(CLI_CONFIGURATION)
        if configuration:
            return [*units, *_text.facts(configuration)]
    if not answered and not units:
        raise _silence(device)
    settings = _tables.settings((yield from _optional(SETTINGS)) if answered else None)
    if settings.central_nat and (table := (yield from _optional(CENTRAL_NAT))):
        settings = replace(settings, sources=central_nat(named_rows(table), resolved))
    if others[_tables.SECURITY] is None:
        _tables.needed(settings, policy, device.id)
    beside = _tables.rules(listed, resolved, settings, device.id)
    counted = yield from _counted(beside)
    ordinary = _policy.facts(policy, policy6, hits, resolved)
    rules = [*_tables.in_mode(ordinary, beside, settings, resolved), *beside, *counted]
    if (policy or policy6) and not any(
        isinstance(r, FirewallRule) and not r.implicit for r in rules
    ):
        raise Unexpected(
            f"{device.id}: no policy in any VDOM",
            code="result_empty_suspicious",
            next_step="check that the account's profile and its VDOM list let it see policies",
        )
    return [*units, *rules]


def firmware(device: Device) -> Flow:
    """Release, chassis and cluster members. Any answer's envelope tells the release."""
    answers = yield from _answers()
    envelope = _unit.envelope_of(answers)
    if envelope is None:
        typed = yield from _typed(device)
        if not typed:
            raise _silence(device)
        return typed
    units = _unit.units(answers)
    own, *others = units
    return [
        _unit.release(envelope),
        _unit.hardware(own.model, own.serial),
        *(replace(_unit.hardware(None, one.serial), subject_unit=one.serial) for one in others),
        *units,
    ]


def wireless(device: Device) -> Flow:
    """The SSIDs this FortiGate's wireless controller holds, on the air or not; what its access
    points hear of others."""
    vap = yield from _delivered(VAP)
    if vap is None:
        return (yield from _configured(device))
    told = _vap.answered(
        vap,
        (yield from _optional(AP_PROFILES)),
        (yield from _optional(ACCESS_POINTS)),
        (yield from _optional(VAP_GROUPS)),
    )
    managed = yield from _optional(MANAGED)
    rogues = yield from _optional(ROGUES)
    return [
        *_vap.networks(told, device.id),
        *(_rogue.owned(managed) if managed else ()),
        *(_rogue.heard(rogues) if rogues else ()),
    ]


def _configured(device: Device) -> Flow:
    """The SSIDs of a configuration that somebody delivered."""
    configuration = yield from _delivered(CLI_CONFIGURATION)
    if configuration is None:
        raise _silence(device)
    told = _vap.configured(_script.read(configuration.text(), device.id).rows)
    if not told.vap:
        raise Unexpected(
            f"{device.id}: no SSID in this configuration",
            code="result_empty_suspicious",
            next_step="deliver the whole configuration; a FortiGate without wireless has no "
            "`wireless` subject",
        )
    return list(_vap.networks(told, device.id))


def crypto(device: Device) -> Flow:
    """What tunnels, SNMP, time and administration allow. A part that is refused fails all."""
    found: list[AlgorithmOffer] = []
    answered = False
    for asks, read in (
        (TUNNELS, _crypto.phase1),
        (SECOND_PHASES, _crypto.phase2),
        ((SNMP_COMMUNITIES,), _crypto.snmp_communities),
        ((SNMP_USERS,), _crypto.snmp_users),
        ((NTP,), _crypto.ntp),
        ((GLOBAL,), _crypto.administration),
        ((SSL_VPN,), _crypto.portal),
    ):
        for ask in asks:
            capture = yield from _delivered(ask)
            if capture is not None:
                answered = True
                found += read(capture)
    if not answered:
        raise _silence(device)
    return found


def remote_access(device: Device) -> Flow:
    """Who may come in by SSL-VPN and dial-up IPsec, who is in, and where administrators may."""
    people = _access.People(
        users=_access.rows_by_name((yield from _delivered(USERS))),
        groups=_access.rows_by_name((yield from _delivered(USER_GROUPS))),
        peers=_access.rows_by_name((yield from _delivered(USER_PEERS))),
    )
    for ask in SERVERS:
        kind = ask.name.removesuffix("_servers")
        servers = _access.rows_by_name((yield from _delivered(ask)))
        people.servers |= {key: kind for key in servers}
    found: list[Fact] = []
    portal = yield from _delivered(SSL_VPN)
    for part in parts(portal) if portal else ():
        found += _access.ssl_vpn(part, people)
    tunnels = []
    for ask in TUNNELS:
        tunnels += [capture] if (capture := (yield from _delivered(ask))) else []
    for capture in tunnels:
        for part in parts(capture):
            for row in part.results if isinstance(part.results, list) else ():
                found += _access.dial_up(part, row, people)
    if portal is None and not tunnels:
        raise _silence(device)
    interfaces = yield from _optional(ADMIN_INTERFACES)
    found += _access.open_interfaces(interfaces) if interfaces else ()
    answers = [one for one in (portal, *tunnels) if one]
    vdoms = _access.letting_in(found, (part.vdom for one in answers for part in parts(one)))
    members = yield from _optional(HA_MEMBERS)
    alone = members is not None and all(len(one.results or ()) <= 1 for one in parts(members))
    logged = yield from _sessions.logged(vdoms, device.timezone, alone=alone)
    now = yield from _optional(SESSIONS)
    found += _sessions.not_logged(_access.sessions(now) if now else (), logged)
    return [*found, *logged]


def neighbours(device: Device) -> Flow:
    """What stands beside the FortiGate: LLDP where its interfaces listen, and who spoke lately."""
    found: list[Neighbour] = []
    ways: list[str] = []
    for ask, way, read in ((LLDP, "lldp", by_lldp), (ARP, "arp", by_arp)):
        capture = yield from _optional(ask)
        if capture is not None:
            found += read(capture)
            ways.append(way)
    if not ways:
        raise NotAnswered(f"{device.id}: neither LLDP nor a table of addresses was answered")
    return list(inside(device, found, ways))


def account(device: Device) -> Flow:
    """The profile of the token's account."""
    users = yield API_USERS
    profiles = yield from _optional(PROFILES)
    return [privilege(users, profiles, users.account)]


def _hits(old: bool) -> Generator[Ask, Capture, list[_policy.Statistics]]:
    """The statistics: for both IP versions in one answer, else one by one."""
    found = []
    both = yield from _delivered(HITS)
    if both:
        found.append(_policy.Statistics(both))
    for ask, version in () if both else ((HITS_IP, "ip"), (HITS_IP6, "ip6")):
        half = yield from _delivered(ask)
        if half:
            found.append(_policy.Statistics(half, half=version))
    six = (yield from _delivered(HITS_POLICY6)) if old else None
    return [*found, _policy.Statistics(six, family="ip6")] if six else found


def _counted(beside: Sequence[FirewallRule]) -> Generator[Ask, Capture, list[RuleUsage]]:
    """What was counted of policies in tables of their own, where there are any."""
    found: list[RuleUsage] = []
    for table, ask in (
        (_tables.SECURITY, SECURITY_HITS),
        (_tables.CONSOLIDATED, CONSOLIDATED_HITS),
    ):
        if any(one.policy == table and not one.implicit for one in beside):
            statistics = yield from _delivered(ask)
            found += _tables.usages(beside, statistics, table) if statistics else ()
    return found


def _objects() -> Generator[Ask, Capture, Objects]:
    """What names stand for. An account that may not read objects leaves the names as they are."""
    values: list[list[Capture]] = []
    for asks in (ADDRESSES, SERVICES, GROUPS, VIPS, VIP_GROUPS, SCHEDULES):
        found: list[Capture] = []
        for ask in asks:
            capture = yield from _optional(ask)
            found += [capture] if capture else []
        values.append(found)
    return objects(*values)


def _units(device: Device, others: Sequence[Capture]) -> Generator[Ask, Capture, list[Unit]]:
    answers = yield from _answers()
    units = _unit.units(replace(answers, other=others[0] if others else None))
    if units:
        return units
    return [fact for fact in (yield from _typed(device)) if isinstance(fact, Unit)]


def _answers() -> Generator[Ask, Capture, _unit.Answers]:
    status = yield from _optional(STATUS)
    state = yield from _optional(STATE)
    time = None if state else (yield from _optional(TIME))
    ha = yield from _optional(HA)
    members = yield from _optional(HA_MEMBERS)
    roles = (yield from _optional(HA_ROLES)) if members else None
    return _unit.Answers(status=status, state=state, time=time, ha=ha, members=members, roles=roles)


def _typed(device: Device) -> Generator[Ask, Capture, list[Fact]]:
    """From the command line's answers, where somebody delivered them."""
    status = yield from _delivered(CLI_STATUS)
    performance = (yield from _delivered(CLI_PERFORMANCE)) if status else None
    ha = yield from _delivered(CLI_HA)
    return _cli.facts(status, performance, ha, device.timezone)


def _delivered(ask: Ask) -> Maybe:
    """An answer; None when nobody delivered it, or this release does not know it (404)."""
    try:
        return (yield ask)
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        return None


def _optional(ask: Ask) -> Maybe:
    """An answer that can be done without; None also when the account may not read it."""
    try:
        capture = yield ask
        parts(capture)  # a refusal may also come as an answer with a status in it
    except NotAnswered:
        return None
    return capture


def _silence(device: Device) -> NotAnswered:
    return NotAnswered(
        f"{device.id}: none of the asks was answered",
        next_step="check the address and the token; `evidence-agent asks fortios` lists them",
    )
