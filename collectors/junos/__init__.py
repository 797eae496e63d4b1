"""Juniper SRX and other Junos devices by SSH: security policies, firewall filters, the unit.

A policy's hits count sessions, without a time of any hit; a boot zeroes them, and `clear`. In a
chassis cluster they are the sum over both nodes, so the cluster is one unit. What a commit does
to them is not documented: a fall shows as one. A filter's term counts packets where it says so.

From public recordings, and documentation; not confirmed on a device of our own: that
`display inheritance` prints what groups bring in, and what stands under `groups junos-defaults`.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from dataclasses import replace

from collectors._neighbours import inside
from collectors._neighbours.table import entries
from collectors.junos import _counters, _crypto, _filters, _policies, _unit, _whole
from collectors.junos._lines import Statement, answered, statements
from collectors.junos._lldp import neighbours as by_lldp
from collectors.junos._objects import address_books, applications, interfaces
from collectors.junos._unit import VENDOR
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import AlgorithmOffer, Fact, FirewallRule, HardwareItem, Neighbour

__all__ = ["VENDOR"]
ALIASES = ("juniper_junos", "juniper", "juniper_srx", "srx")
TRANSPORTS = ("ssh",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

# Nothing asked for here should hold one; zones and interfaces are asked whole.
_SECRETS = (
    Secret("regex", r"(?P<secret>\$9\$[A-Za-z0-9./_-]+)"),
    Secret("regex", r"(?P<secret>\$[156]\$[A-Za-z0-9./$]{8,})"),
    Secret(
        "regex",
        r"\b(?:password|secret|key|community|ascii-text|hexadecimal) "
        r"\"?(?P<secret>[^\s\";$][^\s\";]*)",
    ),
    # The same in XML and JSON, in which somebody may have kept a configuration.
    Secret(
        "regex",
        r"<(?:[a-z-]*(?:password|secret|key)|ascii-text|hexadecimal|community>\s*<name)>"
        r"(?P<secret>[^<\s$][^<]*)<",
    ),
    Secret(
        "regex",
        r"\"(?:[a-z-]*(?:password|secret|key)|ascii-text|hexadecimal"
        r"|community\"\s*:\s*\[\s*\{\s*\"name)\"\s*:\s*\"(?P<secret>[^\"$][^\"]*)\"",
    ),
    Secret(
        "regex",
        r"\"name\"\s*:\s*\"(?P<secret>[^\"]+)\"\s*,\s*"
        r"\"(?:authorization|clients|client-list-name|view)\"",
    ),
)


def _show(name: str, line: str, rpc: str | None = None) -> Ask:
    """`rpc`: the same answer as XML has this name by NETCONF."""
    as_xml = (f"{line} | display xml", f"{line} | display xml | no-more", rpc) if rpc else ()
    return Ask(name, line, also=(f"{line} | no-more", *as_xml))


def _configured(name: str, path: str) -> Ask:
    plain = f"show configuration {path} | display set"
    return Ask(
        name,
        f"show configuration {path} | display inheritance | display set",
        secrets=_SECRETS,
        also=(plain, f"{plain} | no-more"),
    )


POLICIES = replace(
    _configured("policies", "security policies"),
    # A whole configuration, which somebody delivers, is never asked for.
    also=(
        "show configuration security policies | display set",
        "show configuration security policies | display set | no-more",
        "show configuration | display set",
        "show configuration | display inheritance | display set",
        # In braces, as it is mostly kept: a part alone would not say of what it is one.
        *(
            f"show configuration{more}"
            for more in (
                *("", " | no-more", " | display inheritance", " | display omit"),
                *(" | display xml", " | display json", " | display xml | no-more"),
                " | display json | no-more",
            )
        ),
    ),
)
BOOKS = _configured("address_book", "security address-book")
ZONES = _configured("zones", "security zones")
APPLICATIONS = (
    _configured("applications", "applications"),
    Ask(
        "predefined_applications",
        "show configuration groups junos-defaults applications | display set",
    ),
)
FILTERS = _configured("filters", "firewall")
INTERFACES = _configured("interfaces", "interfaces")
PREFIXES = _configured("policy_options", "policy-options")
IKE = _configured("ike", "security ike")
IPSEC = _configured("ipsec", "security ipsec")
SNMP = _configured("snmp", "snmp")
NTP = _configured("ntp", "system ntp")
HITS = _show("hit_count", "show security policies hit-count")
COUNTERS = _show("filter_counters", "show firewall")
VERSION = _show("version", "show version", "get-software-information")
HARDWARE = _show("chassis_hardware", "show chassis hardware", "get-chassis-inventory")
UPTIME = _show("uptime", "show system uptime")
SYSTEM = _show("system_information", "show system information")
MEMBERS = _show("virtual_chassis", "show virtual-chassis", "get-virtual-chassis-information")
ARP = _show("arp_table", "show arp no-resolve")
LLDP = _show("lldp_neighbours", "show lldp neighbors")
_ARP_HEAD = re.compile(r"MAC Address +Address +")
CLUSTER = _show("cluster", "show chassis cluster status")


def firewall(device: Device) -> Flow:
    """Policies with their hits, filters with their counters, interfaces, the unit and its nodes."""
    policies = _configuration((yield from _needed(POLICIES)))
    if policies and _whole.is_whole(policies):
        return _whole.facts(policies, device.id)
    hits = yield from _needed(HITS)
    filters = _configuration((yield from _needed(FILTERS)))
    counters = yield from _optional(COUNTERS)
    zones = yield from _statements(ZONES)
    told = _configuration((yield from _optional(INTERFACES)))
    if filters and told == []:
        raise Unexpected(
            f"{device.id}: filters, and not one interface they could be applied to",
            code="result_empty_suspicious",
            next_step="check that the login class has the permission view-configuration",
        )
    places = [*zones, *(told or ())]
    found: list[Fact] = []
    if policies:
        books = address_books([*(yield from _statements(BOOKS)), *zones])
        known: list[Statement] = []
        for ask in APPLICATIONS:
            known += yield from _statements(ask)
        rules = _policies.policies(policies, books, applications(known))
        found += _counters.with_hits(rules, hits) if hits else rules
    elif hits:
        found += _counters.with_hits(None if policies is None else [], hits)
    if filters == [] and counters:
        _counters.refuse_counted(counters)
    if filters:
        prefixes = _filters.prefix_lists((yield from _statements(PREFIXES)))
        counted = _counters.filter_counters(counters) if counters else {}
        found += _filters.facts(_filters.filters([*filters, *places]), prefixes, counted, counters)
    unit = yield from _units(device)
    if policies is None and filters is None and not hits:
        raise NotAnswered(
            f"{device.id}: neither policies nor filters were answered",
            next_step="check the login class; `evidence-agent asks junos` lists what is asked",
        )
    if (policies or filters) and not any(
        isinstance(one, FirewallRule) and not one.implicit for one in found
    ):
        raise Unexpected(
            f"{device.id}: no policy and no term of a filter",
            code="result_empty_suspicious",
            next_step="check that the login class has the permission view-configuration",
        )
    return [*unit, *interfaces(places), *found]


def crypto(device: Device) -> Flow:
    """What tunnels, SNMP and time allow, as far as it is written."""
    found: list[AlgorithmOffer] = []
    answered = False
    for ask, read in (
        (IKE, _crypto.ike),
        (IPSEC, _crypto.ipsec),
        (SNMP, _crypto.snmp),
        (NTP, _crypto.ntp),
    ):
        said = _configuration((yield from _needed(ask)))
        if said is not None:
            answered = True
            found += read(said)
    if not answered:
        raise NotAnswered(
            f"{device.id}: no part of its configuration was answered",
            next_step=f"deliver {IKE.text!r}, {SNMP.text!r} and {NTP.text!r}",
        )
    return found


def firmware(device: Device) -> Flow:
    """The release and chassis of every node, the switches of a virtual chassis.

    Whichever answers tell them: raises Unexpected where none does.
    """
    version = yield from _optional(VERSION)
    if version is None:
        version = yield from _optional(SYSTEM)
    releases = _unit.releases(version) if version else []
    units = yield from _units(device, version)
    items = [one for one in units if isinstance(one, HardwareItem)]
    members = yield from _optional(MEMBERS)
    switches = list(_unit.members(members)) if members else []
    if switches:
        serials = {one.serial for one in switches}
        units = [
            one
            for one in units
            if not (isinstance(one, HardwareItem) and (one.serial in serials or not one.serial))
        ]
    elif not items and version:
        switches = list(_unit.named(version))
    if not releases and not items and not switches:
        raise Unexpected(
            f"{device.id}: no answer tells a Junos release or a chassis",
            next_step=f"deliver {VERSION.text!r} or {HARDWARE.text!r} of a Junos device",
        )
    return [*releases, *switches, *units]


def _units(device: Device, version: Capture | None = None) -> Generator[Ask, Capture, list[Fact]]:
    version = version or (yield from _optional(VERSION))
    hardware = yield from _optional(HARDWARE)
    uptime = yield from _optional(UPTIME)
    cluster = yield from _optional(CLUSTER)
    items = list(_unit.chassis(hardware)) if hardware else []
    if not any((version, uptime, cluster, items)):
        return []
    found: list[Fact] = [*items, *_unit.units(version, uptime, cluster, items, device.timezone)]
    found += _unit.modules(hardware) if hardware else ()
    return [*found, *(_unit.commits(uptime, device.timezone) if uptime else ())]


def _configuration(capture: Capture | None) -> list[Statement] | None:
    """A part of the configuration; None where it was not answered, empty where there is none."""
    return None if capture is None else statements(capture)


def _statements(ask: Ask) -> Generator[Ask, Capture, list[Statement]]:
    """A part that can be done without; empty also where it was not answered."""
    return _configuration((yield from _optional(ask))) or []


def neighbours(device: Device) -> Flow:
    """What stands beside the device: LLDP where it runs, and who spoke to it lately."""
    found: list[Neighbour] = []
    ways: list[str] = []
    lldp, arp = (yield from _optional(LLDP)), (yield from _optional(ARP))
    if lldp:
        found += by_lldp(lldp.text(), f"{device.id}: {LLDP.text!r}")
        ways.append("lldp")
    if arp:
        found += entries(arp.text(), f"{device.id}: {ARP.text!r}", _ARP_HEAD)
        ways.append("arp")
    if not ways:
        raise NotAnswered(f"{device.id}: neither LLDP nor a table of addresses was answered")
    return list(inside(device, found, ways))


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """What can be done without; None when it is refused, or nobody delivered it."""
    try:
        return (yield from _needed(ask))
    except NotAnswered:
        return None


def _needed(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """An answer; None when the device does not know the command or nobody delivered it.

    Raises NotAnswered (`privilege_missing`): then a list would be missing unseen.
    """
    try:
        capture = yield ask
        answered(capture)  # a refusal comes as an answer
    except NotAnswered as error:
        if error.code == "privilege_missing":
            raise
        return None
    return capture
