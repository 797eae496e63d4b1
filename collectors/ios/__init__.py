"""Cisco IOS and IOS XE by their command line: software, chassis, stack members, modules, unit.

One platform, because one command line: which of the two runs, the device says itself. On a
stack or a virtual switch every member is a chassis with a serial of its own.

Access lists count packets, all lists' counters being each device's own, zero after a boot and
zeroed by `clear access-list counters`; no time of the last hit is kept. An entry that matched
nothing is printed without a counter: on routers that filter in software that is 0, elsewhere it
is not known, since packets that hardware filters are not counted there (Cisco's configuration
guides of Catalyst switches say so). A list that is applied to no interface filters nothing that
passes. An applied list without entries, or that does not exist, lets everything pass.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence

from collectors._cisco import access_list, acl_rules, parts, privilege
from collectors._cisco.answer import answered, captured_at, delivered, if_known, text_of, told
from collectors._cisco.crypto import offers, settings
from collectors._neighbours.cisco import CDP, LLDP, arp
from collectors._neighbours.cisco import neighbours as seen_beside
from collectors.ios import _applied, _groups, _modules, _remarks, _running, _version
from evidence.ask import Ask, Secret, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact

VENDOR = "Cisco"
TRANSPORTS = ("ssh", "folder")
BY_NAME = ("crypto",)
ALIASES = (
    *("cisco_ios", "cisco_ios_ssh", "iosxe", "cisco_iosxe", "cisco_xe", "cisco_xe_ssh"),
    *("cisco_cat9k",),
)

Flow = Generator[Ask, Capture, Iterable[Fact]]

TERMINAL_LENGTH = Ask("terminal_length", "terminal length 0")
TERMINAL_WIDTH = Ask("terminal_width", "terminal width 511")
ENABLE = Ask("enable", "enable")
EXIT = Ask("exit", "exit")
SESSION = Session(
    prompt=r"[\w.\-/:@()]+[>#] ?",
    login=(TERMINAL_LENGTH, TERMINAL_WIDTH),
    elevate=ENABLE,
    logout=(EXIT,),
    pager=r" ?--More-- ?",
    nonce="!",
)

VERSION = Ask("version", "show version", also=("sh version", "show ver", "show_version"))
INVENTORY = Ask(
    "inventory",
    "show inventory",
    also=("show inventory raw", "show inventory all", "show inventory fru", "show_inventory"),
)
MODULE = Ask("module", "show module", also=("show module all", "show mod", "show_module"))
PLATFORM = Ask("platform", "show platform", also=("show_platform",))
LICENCE_UDI = Ask("licence_udi", "show license udi", also=("show_license_udi",))
INSTALL = Ask("install", "show install summary", also=("show_install_summary",))
PRIVILEGE = Ask("privilege", "show privilege")
_SECRETS = tuple(
    Secret("regex", pattern)
    for pattern in (
        r"\b(?:password|secret)[ \t]+(?:level[ \t]+\d+[ \t]+)?(?:\d{1,2}[ \t]+)?(?P<secret>\S+)",
        r"(?m)^snmp-server host .*? version \S+[ \t]+(?P<secret>\S+)",
        r"\b(?:message-digest-key[ \t]+\d+[ \t]+md5|ospf authentication-key)[ \t]+"
        r"(?:\d[ \t]+)?(?P<secret>\S+)",
        r"(?m)^(?:tacacs|radius)\S* .*?\bkey[ \t]+(?:\d[ \t]+)?(?P<secret>\S+)",
        r"(?m)^snmp-server community[ \t]+(?:\d[ \t]+)?(?P<secret>\S+)",
        r"(?m)^ntp authentication-key[ \t]+\d+[ \t]+\S+[ \t]+(?P<secret>\S+)",
        r"(?m)^crypto isakmp key[ \t]+(?:\d[ \t]+)?(?P<secret>\S+)",
        r"\bpre-shared-key[ \t]+(?:(?:local|remote|hex|\d)[ \t]+)*(?P<secret>\S+)",
        r"(?m)^[ \t]+key(?:-string)?[ \t]+(?:\d[ \t]+)?(?P<secret>\S+)",
    )
)
ACCESS_LISTS = Ask(
    "ip_access_lists",
    "show ip access-lists",
    also=("show ip access-list", "show access-lists", "show access-list", "show_ip_access-lists"),
)
IPV6_ACCESS_LISTS = Ask(
    "ipv6_access_lists",
    "show ipv6 access-list",
    also=("show ipv6 access-lists", "show_ipv6_access-list"),
)
IP_INTERFACE = Ask("ip_interface", "show ip interface", also=("show_ip_interface",))
IPV6_INTERFACE = Ask("ipv6_interface", "show ipv6 interface", also=("show_ipv6_interface",))
OBJECT_GROUP = Ask("object_group", "show object-group", also=("show_object-group",))
ARP = arp("arp_table", "show ip arp", "show arp")
CONFIGURED = Ask(
    "configured_access_lists",
    "show running-config | section access-list",
    secrets=_SECRETS,
    also=("show running-config partition access-list", "show running-config", "show run"),
)

TUNNELS = Ask(
    "tunnels",
    "show running-config | section ^crypto (isakmp|ikev2|ipsec|map|dynamic-map)",
    also=("show running-config", "show run"),
    secrets=_SECRETS,
)
_OF_ACCOUNTS = ("enable ", "username ", "line ", "ntp ", "snmp-server ")
ACCOUNTS = Ask(
    "accounts",
    "show running-config | include ^(enable|username|line|ntp|snmp-server (community|group))"
    "|^ password",
    secrets=_SECRETS,
)


def crypto(device: Device) -> Flow:
    """What tunnels, SNMP, time and kept passwords allow, as configured."""
    tunnels = yield from delivered(TUNNELS)
    accounts = yield from delivered(ACCOUNTS)
    said = [settings(tunnels, "crypto")] if tunnels else []
    said += [settings(accounts, *_OF_ACCOUNTS)] if accounts else []
    found = offers("\n".join(said))
    if not found:
        raise Unexpected(
            f"{device.id}: no account, tunnel or protocol is configured",
            code="result_empty_suspicious",
            next_step="check the account's privilege: every device keeps a password",
        )
    return found


def firmware(device: Device) -> Flow:
    """Software, hardware and the unit, from whichever answers tell them."""
    return (yield from identity(device))


def identity(device: Device, beside: Sequence[Fact] = ()) -> Flow:
    """The same, and what else was told of the device: where there is any, it may be all.

    Raises Unexpected: nothing was told.
    """
    found = yield from answered(VERSION, INVENTORY, MODULE, PLATFORM, LICENCE_UDI, INSTALL)
    version, module, platform = (text_of(found, ask) for ask in (VERSION, MODULE, PLATFORM))
    software = (
        list(_version.releases(version))
        or list(_modules.releases(module + "\n" + platform))
        or list(_modules.installed(text_of(found, INSTALL)))
    )
    hardware = parts.joined(
        parts.inventory(text_of(found, INVENTORY)),
        _version.members(version),
        _modules.items(module),
        _modules.items(platform),
        _modules.identities(text_of(found, LICENCE_UDI)),
    )
    hardware = _version.with_machine(version, hardware)
    if not software and not hardware and not beside:
        raise Unexpected(
            f"{device.id}: no answer tells an IOS or IOS XE version or part",
            next_step=f"deliver {VERSION.text!r} or {INVENTORY.text!r} of such a device",
        )
    units = _version.units(found[VERSION], hardware) if VERSION in found else ()
    return [*software, *hardware, *units, *beside]


def firewall(device: Device) -> Flow:
    """Every entry of the access lists, where they are applied, what was counted, and the unit."""
    version = yield from if_known(VERSION)
    listing: Capture | None = None
    missing: NotAnswered | None = None
    try:
        listing = yield ACCESS_LISTS
    except NotAnswered as error:
        kept = yield from delivered(CONFIGURED)
        if kept is not None and (_running.is_whole(told(kept)) or _running.is_part(told(kept))):
            return _running.facts(told(kept), f"{device.id}: {kept.ask.text!r}", captured_at(kept))
        missing = error
    listing6 = yield from if_known(IPV6_ACCESS_LISTS)
    listed = listing or listing6
    # What somebody delivers may be the lists of IPv6 alone; a refusal is no such choice.
    if listed is None or (missing is not None and missing.code != NotAnswered.code):
        raise missing or NotAnswered(f"{device.id}: no access list was answered")
    places = yield from delivered(IP_INTERFACE)
    places6 = yield from if_known(IPV6_INTERFACE)
    grouped = yield from if_known(OBJECT_GROUP)
    configured = yield from if_known(CONFIGURED)
    groups = _groups.groups(told(grouped) if grouped else "")
    found: dict[tuple[str, str], access_list.AccessList] = {}
    for capture in (listing, listing6):
        who = f"{device.id}: {capture.ask.text!r}" if capture else ""
        for one in access_list.lists(told(capture), who, *groups) if capture else ():
            found.setdefault((one.family, one.name), one)
    bound = {
        family: _applied.bindings(told(capture))
        for family, capture in (("ip", places), ("ip6", places6))
        if capture and _applied.interfaces([told(capture)])
    }
    interfaces = _applied.interfaces([told(one) for one in (places, places6) if one])
    entries = any(one.entries for one in found.values())
    if not entries and (not interfaces or any(bound.values())):
        raise Unexpected(
            f"{device.id}: {ACCESS_LISTS.text!r} lists no entry",
            code="result_empty_suspicious",
            next_step="check the account's privilege",
        )
    about = told(version) if version else ""
    hardware = _version.with_machine(about, list(_version.members(about)))
    written = _remarks.with_remarks(found.values(), told(configured) if configured else "")
    return [
        *(_version.units(version, hardware) if version else ()),
        *interfaces,
        *acl_rules.facts(written, bound, _version.counts_every_packet(about), captured_at(listed)),
        *acl_rules.unwritten(
            found.values(), bound, discovery=("nd-na", "nd-ns"), empty_permits=True
        ),
    ]


def neighbours(device: Device) -> Flow:
    """What stands beside the device and speaks to it: CDP, LLDP, its table of addresses."""
    return (yield from seen_beside(device, CDP, LLDP, ARP))


def account(device: Device) -> Flow:
    """The session's level. What was lowered to one between 1 and 15 only such a one could ask."""
    current = yield PRIVILEGE
    level = privilege.level(told(current), f"{device.id}: {PRIVILEGE.text!r}")
    return [privilege.at_level(current.account, level, None)]
