"""Cisco ASA by its command line: access lists with hits, the unit, failover, software, hardware.

A hit is a connection's first packet. Counters are each unit's own, begin at zero with every
boot, and are zeroed together for one list (`clear access-list NAME counters`). A list that is
bound to no interface filters nothing (`installed_on` is empty): it selects traffic for NAT,
VPN or inspection. `installed_on` says `not read` when nobody told the bindings. An interface's
list ends with a denial that nobody wrote and the ASA does not count; where a global list
exists, only that one ends so.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from dataclasses import replace
from datetime import datetime

from collectors._cisco import privilege
from collectors._cisco.crypto import offers, settings
from collectors._neighbours import inside
from collectors._neighbours.table import entries
from collectors.asa import _access_list as acl
from collectors.asa import _levels, _nat, _remote, _rules, _system, _times
from collectors.asa import _unit as unit_of
from collectors.asa._answer import captured_at, told, who
from collectors.asa._objects import Names, configured
from evidence.ask import Ask, Secret, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Denied, NotAnswered, Unexpected, shown
from evidence.facts import Fact, FirewallRule, Interface, Unit

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("cisco_asa", "cisco_asa_ssh")

Flow = Generator[Ask, Capture, Iterable[Fact]]

TERMINAL_PAGER = Ask("terminal_pager", "terminal pager 0")
ENABLE = Ask("enable", "enable")
EXIT = Ask("exit", "exit")
SESSION = Session(
    prompt=r"[\w.\-/]+[>#] ?",
    login=(TERMINAL_PAGER,),
    elevate=ENABLE,
    logout=(EXIT,),
    pager=r"<--- More --->",
    nonce="!",
)

# What a whole configuration, delivered by hand, holds beside access lists.
_SECRETS = tuple(
    Secret("regex", pattern)
    for pattern in (
        r"\b(?:password|passwd|pre-shared-key|secret)[ \t]+(?P<secret>[^\s*]\S*)",
        r"(?m)^[ \t]+(?:\S+ )*key[ \t]+(?P<secret>[^\s*]\S*)",
        r"(?m)^snmp-server (?:community|host .*? community)[ \t]+(?:\d[ \t]+)?(?P<secret>\S+)",
        r"(?m)^snmp-server user .*? auth[ \t]+\S+[ \t]+(?P<secret>\S+)",
        r"(?m)^snmp-server user .*? priv[ \t]+(?:aes[ \t]+)?\S+[ \t]+(?P<secret>\S+)",
        r"(?m)^ntp authentication-key[ \t]+\d+[ \t]+\S+[ \t]+(?P<secret>\S+)",
        r"\bldap-login-password[ \t]+(?P<secret>[^\s*]\S*)",
    )
)
VERSION = Ask("version", "show version", also=("sh version", "show ver"))
INVENTORY = Ask("inventory", "show inventory", also=("show inventory all",))
MODULE = Ask("module", "show module", also=("show module all",))
LICENCE = Ask("licence", "show license all")
CLOCK = Ask("clock", "show clock", also=("show clock detail",))
FAILOVER = Ask("failover", "show failover")
NAMEIF = Ask("nameif", "show nameif")
CONTEXT = Ask("context", "show context", also=("show context detail",))
CLUSTER = Ask("cluster", "show cluster info")
ACCESS_LIST = Ask(
    "access_list", "show access-list", also=("show access-lists", "show access-list numeric")
)
BRIEF = Ask("access_list_brief", "show access-list {name} brief")
BRIEF_ALONE = Ask("access_lists_brief", "show access-list brief")
ACCESS_GROUP = Ask(
    "access_group", "show running-config access-group", also=("show run access-group",)
)
CONFIGURED = Ask(
    "configured_access_list",
    "show running-config access-list",
    also=("show run access-list", "show running-config", "show run"),
    secrets=_SECRETS,
)
ARP = Ask("arp_table", "show arp", also=("show_arp",))
_ARP_LINE = re.compile(r"(?m)^[ \t]*\S+ \d+(?:\.\d+){3} [0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4} ")
CURPRIV = Ask("curpriv", "show curpriv")
PRIVILEGES = Ask(
    "configured_privileges", "show running-config privilege", also=("show run privilege",)
)


def _running(name: str, part: str) -> Ask:
    return Ask(name, f"show running-config {part}", also=(f"show run {part}",), secrets=_SECRETS)


CRYPTO = _running("configured_crypto", "crypto")
SNMP = _running("configured_snmp", "snmp-server")
NTP = _running("configured_ntp", "ntp")
USERS = _running("configured_users", "username")
NAT = tuple(
    _running(f"configured_{name}", part)
    for name, part in (("nat", "nat"), ("objects", "object"), ("object_groups", "object-group"))
)
SAME_SECURITY = _running("configured_same_security", "same-security-traffic")
TIME_RANGES = _running("configured_time_ranges", "time-range")
TUNNEL_GROUPS = _running("configured_tunnel_groups", "tunnel-group")
WEBVPN = _running("configured_webvpn", "webvpn")
ADMINISTRATION = tuple(_running(f"configured_{name}", name) for name in ("ssh", "http", "telnet"))
SESSIONS = Ask("anyconnect_sessions", "show vpn-sessiondb anyconnect")


def crypto(device: Device) -> Flow:
    """What tunnels, SNMP, time and kept passwords allow, as configured."""
    said: list[str] = []
    for ask in (CRYPTO, SNMP, NTP, USERS):
        word = ask.text.rpartition(" ")[2]
        said += [settings(one, word)] if (one := (yield from _delivered(ask))) else []
    found = offers("\n".join(said))
    if not found:
        raise Unexpected(
            f"{device.id}: no tunnel, protocol or user is configured",
            code="result_empty_suspicious",
            next_step="check the account's privilege",
        )
    return found


def remote_access(device: Device) -> Flow:
    """Who may come in by AnyConnect and IPsec, who is in, and where administrators may."""
    groups = yield from _delivered(TUNNEL_GROUPS)
    webvpn = yield from _delivered(WEBVPN)
    if groups is None and webvpn is None:
        raise NotAnswered(
            f"{device.id}: nobody delivered its tunnel groups",
            next_step=f"deliver {TUNNEL_GROUPS.text!r} and {WEBVPN.text!r}",
        )
    users = yield from _delivered(USERS)
    asked = ((groups, "tunnel-group"), (webvpn, "webvpn"), (users, "username"))
    texts = [settings(one, word) if one else "" for one, word in asked]
    open_ = []
    for ask in ADMINISTRATION:
        capture = yield from _optional(ask)
        open_.append(settings(capture, ask.text.rpartition(" ")[2]) if capture else "")
    if not any(text.strip() for text in (*texts, *open_)):
        raise Unexpected(
            f"{device.id}: no user, no tunnel group and no way to administer it is told",
            code="result_empty_suspicious",
            next_step="check the account's privilege",
        )
    found: list[Fact] = list(_remote.portal(texts[1], _remote.groups(texts[0]), texts[2]))
    found += [one for text in open_ for one in _remote.administration(text)]
    now = yield from _optional(SESSIONS)
    if now is not None:
        found += _remote.sessions(told(now), captured_at(now), device.timezone)
    return found


def firewall(device: Device) -> Flow:
    """Every configured line with its hits, and what the unit says of itself."""
    listing = yield from _delivered(ACCESS_LIST)
    written = yield from _delivered(CONFIGURED)
    source = listing or written
    if source is None:
        brief = yield BRIEF_ALONE
        return list(acl.brief_usages(told(brief), captured_at(brief), who(brief)))
    lines = acl.lines(told(source), who(source), whole=source is written)
    if not lines:
        raise Unexpected(
            f"{who(source)} lists no rule",
            code="result_empty_suspicious",
            next_step="check the account's privilege, and in multiple mode the context",
        )
    if listing is not None and written is not None:
        acl.check_whole(lines, acl.lines(told(written), who(written), whole=True), who(listing))
    bound = _bound((yield from _delivered(ACCESS_GROUP)), written)
    last_hits: dict[tuple[str, str], datetime] = {}
    for name in dict.fromkeys(line.acl for line in lines if listing is not None):
        last_hits |= yield from _last_hits(name)
    text = told(written) if written else ""
    interfaces, levels = yield from _interfaces(text)
    everywhere = tuple(one.zone for one in interfaces if one.zone)
    context = yield from _context(device)
    objects = configured([text, *(yield from _texts(NAT))])
    translated = _nat.Translated(objects)
    ends = _times.time_ranges([text, *(yield from _texts((TIME_RANGES,)))])
    same = text if _levels.is_whole(text) else None
    if levels and same is None:
        asked = yield from _optional(SAME_SECURITY)
        same = told(asked) if asked else None
    at, names = captured_at(source), Names(objects)
    found = [
        *_rules.facts(lines, context, bound, everywhere, last_hits, at, names),
        *_rules.unwritten(lines, context, bound or {}, everywhere),
        *_levels.by_level(levels, context, bound, _levels.same(same)),
    ]
    return [
        *(yield from _unit(device)),
        *interfaces,
        *(
            _times.with_end(translated.with_nat(one), ends)
            if isinstance(one, FirewallRule)
            else one
            for one in found
        ),
    ]


def firmware(device: Device) -> Flow:
    """Software and hardware, from whichever answers tell them."""
    version = yield from _optional(VERSION)
    inventory = yield from _optional(INVENTORY)
    module = yield from _optional(MODULE)
    software = list(_system.releases(told(version))) if version else []
    parts = list(_system.inventory(told(inventory))) if inventory else []
    machine = _system.system(told(version)) if version else None
    cards, running = _system.modules(told(module)) if module else ([], [])
    known = {one.product for one in software}
    software += [one for one in running if one.product not in known]
    hardware = _system.one_of_each(parts, machine, cards)
    if not software and not hardware:
        failover = yield from _optional(FAILOVER)
        licence = yield from _optional(LICENCE)
        software, hardware = _system.of_failover(told(failover)) if failover else ([], [])
        hardware += _system.of_licence(told(licence)) if licence else []
    if not software and not hardware:
        raise Unexpected(
            f"{device.id}: no answer tells an ASA's version or parts",
            next_step=f"deliver {VERSION.text!r} or {INVENTORY.text!r} of an ASA",
        )
    return [*software, *hardware]


def neighbours(device: Device) -> Flow:
    """Who spoke to each interface lately; an ASA neither speaks LLDP nor CDP."""
    capture = yield ARP
    return list(inside(device, entries(told(capture), who(capture), _ARP_LINE), ("arp",)))


def account(device: Device) -> Flow:
    """The session's level, and what was lowered to it."""
    current = yield CURPRIV
    lowered = yield from _optional(PRIVILEGES)
    text = told(current)
    return [
        privilege.at_level(
            privilege.user(text) or current.account,
            privilege.level(text, who(current)),
            told(lowered) if lowered else None,
        )
    ]


def _context(device: Device) -> Generator[Ask, Capture, str]:
    """The context's name as the device is configured; Unexpected where another one answered."""
    name = device.options.get("context", "")
    capture = (yield from _optional(CONTEXT)) if name else None
    names = unit_of.contexts(told(capture)) if capture else []
    if names and name not in names:
        raise Unexpected(
            f"{device.id}: context {shown(names[0])!r} answers, and not {shown(name)!r}",
            next_step="give the address of the context that the device's options name",
        )
    return name


def _interfaces(
    configured: str,
) -> Generator[Ask, Capture, tuple[list[Interface], dict[str, int]]]:
    """Interfaces and their security levels: of `show nameif`, else of a whole configuration."""
    nameif = yield from _optional(NAMEIF)
    if nameif is not None:
        return list(unit_of.interfaces(told(nameif))), unit_of.levels(told(nameif))
    return (
        list(_levels.configured_interfaces(configured)),
        _levels.configured_levels(configured),
    )


def _texts(asks: Iterable[Ask]) -> Generator[Ask, Capture, list[str]]:
    """The settings that these asks were answered with."""
    found = []
    for ask in asks:
        capture = yield from _optional(ask)
        found += [told(capture)] if capture else []
    return found


def _unit(device: Device) -> Generator[Ask, Capture, list[Fact]]:
    version = yield from _optional(VERSION)
    clock = yield from _optional(CLOCK)
    failover = yield from _optional(FAILOVER)
    cluster = yield from _optional(CLUSTER)
    unit = unit_of.unit(device, version, clock, failover)
    others = unit_of.cluster(told(cluster)) if cluster else None
    if others is None:
        return [unit] if unit else []
    serial, *peers = others
    own = unit or Unit(vendor=VENDOR, serial=serial)
    return [replace(own, ha_mode="cluster", ha_role="member", ha_peer=", ".join(peers) or None)]


def _delivered(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """The capture; None when nobody delivered it. What the device refuses goes on as an error."""
    try:
        capture = yield ask
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        return None
    told(capture)
    return capture


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """A capture that can be done without; None when the device refused it."""
    try:
        capture = yield ask
        told(capture)
    except (NotAnswered, Unexpected):
        return None
    return capture


def _last_hits(name: str) -> Generator[Ask, Capture, dict[tuple[str, str], datetime]]:
    """When the entries of one list were last hit, by list and hash; {} from before ASA 8.3."""
    try:
        ask = BRIEF(name=name)
    except Denied:
        return {}  # a name with signs we never send
    brief = yield from _optional(ask)
    if brief is None:
        return {}
    found = acl.last_hits(acl.brief(told(brief), who(brief)))
    return {(name, hash_): at for hash_, at in found.items()}


def _bound(groups: Capture | None, configured: Capture | None) -> _rules.Bound | None:
    """Where lists are applied; None when nobody told."""
    if groups is not None:
        return unit_of.bindings(told(groups))
    bound = unit_of.bindings(told(configured)) if configured else {}
    return bound or None
