"""Palo Alto Networks firewalls (PAN-OS 8.1 and later) by the XML API with a read-only key.

A rule's hits count sessions. The counter follows the rule's name, outlives reboots and
upgrades, and is not shared by the units of a pair: each is read by itself. Rules that
Panorama pushed are not in the firewall's own configuration and are asked for beside it; that
no rule was missed is shown by the counters, which name them all.

From the documentation and public code; not confirmed on a device of our own.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from collectors._neighbours import inside
from collectors.panos import _cli, _gateway, _kept, _unit, _usage
from collectors.panos._account import privilege
from collectors.panos._answer import result
from collectors.panos._asks import CLI_CONFIGURATION, get, op, show
from collectors.panos._neighbours import by_arp, by_lldp
from collectors.panos._objects import objects
from collectors.panos._rules import Rulebase, pushed_policy
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import AccountPrivilege, AlgorithmOffer, Fact, FirewallRule, Neighbour

VENDOR = "Palo Alto Networks"
ALIASES = ("paloalto_panos", "paloalto", "palo_alto_panos")
TRANSPORTS = ("https",)
HTTP_AUTH = "X-PAN-KEY"
# With status 403 or 200, by release. A role that may not read something gets 403 as well.
HTTP_KEY_REFUSED = rb"(?i)<response[^>]*\bcode\s*=\s*['\"]403['\"][^>]*>.{0,80}invalid credential"

Flow = Generator[Ask, Capture, Iterable[Fact]]

_HERE = "/config/devices/entry/vsys/entry[@name='{vsys}']"

SYSTEM = op("system_info", "<show><system><info></info></system></show>")
CLOCK = op("clock", "<show><clock></clock></show>")
HA = op("high_availability", "<show><high-availability><state></state></high-availability></show>")
# The candidate: what a template adds is in it, and not in what `show` tells.
VSYS = get("vsys", "config", "/config/devices/entry/vsys/entry/@name", "&action=get&xpath=")
RULES = show("rules", f"{_HERE}/rulebase")
PUSHED = op(
    "pushed_policy",
    "<show><config><pushed-shared-policy><vsys>{vsys}</vsys></pushed-shared-policy></config></show>",
)
PUSHED_SHARED = op(
    "pushed_shared",
    "<show><config><pushed-shared-policy></pushed-shared-policy></config></show>",
)
HITS = op(
    "rule_hit_count",
    "<show><rule-hit-count><vsys><vsys-name><entry name='{vsys}'><rule-base>"
    "<entry name='security'><rules><all/></rules></entry></rule-base></entry>"
    "</vsys-name></vsys></rule-hit-count></show>",
)
_KINDS = ("address", "address-group", "service", "service-group")
SHARED = tuple(show(f"shared_{kind}", f"/config/shared/{kind}") for kind in _KINDS)
LOCAL = tuple(show(f"vsys_{kind}", f"{_HERE}/{kind}") for kind in _KINDS)
PERMISSIONS = show(
    "permissions",
    "/config/mgt-config/users/entry[@name='{account}']/permissions",
    {"account": r"[A-Za-z0-9._-]{1,63}"},
)
IKE = show("ike", "/config/devices/entry/network/ike")
TLS_PROFILES = show("tls_profiles", "/config/shared/ssl-tls-service-profile")
SNMP = show("snmp", "/config/devices/entry/deviceconfig/system/snmp-setting")
NTP = show("ntp", "/config/devices/entry/deviceconfig/system/ntp-servers")
GLOBAL_PROTECT = show("global_protect", f"{_HERE}/global-protect")
PROFILES = show("shared_authentication", "/config/shared/authentication-profile")
VSYS_PROFILES = show("vsys_authentication", f"{_HERE}/authentication-profile")
MANAGEMENT = show(
    "management_profiles", "/config/devices/entry/network/profiles/interface-management-profile"
)
INTERFACES = show("network_interfaces", "/config/devices/entry/network/interface")
SESSIONS = op(
    "global_protect_users",
    "<show><global-protect-gateway><current-user></current-user></global-protect-gateway></show>",
)
# The firewall keeps those of some time, not of a whole month.
PAST_SESSIONS = op(
    "global_protect_former_users",
    "<show><global-protect-gateway><previous-user></previous-user></global-protect-gateway></show>",
)
LLDP = op("lldp_neighbours", "<show><lldp><neighbors>all</neighbors></lldp></show>")
ARP = op("arp_table", "<show><arp><entry name='all'/></arp></show>")

# Read from what somebody delivers; the API takes no command line.
CLI_SYSTEM = Ask("show_system_info", "show system info")
CLI_POLICY = Ask("show_running_security_policy", "show running security-policy")


def firewall(device: Device) -> Flow:
    """Every security rule of every vsys with its counter. A list that is refused fails all."""
    told = yield from _system()
    units = (yield from _units(device, told)) if told else []
    names = yield from _vsys(device, told)
    found: list[Fact] = []
    unread = []
    bare = yield from _optional(PUSHED_SHARED)
    common = pushed_policy(bare.node if bare else None)
    shared: list[Element] | None = None
    for vsys in names:
        own = yield from _answer(RULES(vsys=vsys))
        pushed = yield from _answer(PUSHED(vsys=vsys))
        if own is None:
            unread.append(vsys)
            continue
        hits = yield from _answer(HITS(vsys=vsys))
        if shared is None:
            shared = yield from _objects(SHARED)
        mine = yield from _objects(ask(vsys=vsys) for ask in LOCAL)
        # Releases that take no vsys there answer for the first one.
        first = common if pushed is None and vsys == "vsys1" else None
        policy = pushed_policy(pushed.node) if pushed else first
        places = [*shared, *(one for one in (common, policy) if one is not None), *mine]
        rulebase = None if own.node is None else own.node.find("rulebase")
        rules = Rulebase(vsys, rulebase, policy, objects(places)).rules()
        found += _usage.facts(rules, hits.capture if hits else None, vsys)
    if found and unread:
        raise Incomplete(f"{device.id}: the rules of {', '.join(unread)} were not answered")
    if not found:
        found = yield from _typed_rules(names[0])
    if not found and (kept := (yield from _typed(CLI_CONFIGURATION))):
        return [*units, *_kept.rules(kept)]
    if not found and not units:
        raise _silence(device)
    if found and not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no security rule in any vsys",
            code="result_empty_suspicious",
            next_step="check that the key's role may read the configuration of every vsys",
        )
    return [*units, *found]


def firmware(device: Device) -> Flow:
    """Release, content packages and chassis of the unit that answers; each peer tells its own."""
    told = yield from _system()
    if told is None:
        raise _silence(device)
    units = yield from _units(device, told)
    return [*_unit.software(told.system), _unit.hardware(told.system), *units]


def crypto(device: Device) -> Flow:
    """What tunnels, TLS profiles, SNMP and time allow. A part that is refused fails all."""
    found: list[AlgorithmOffer] = []
    answered = False
    for ask, read in (
        (IKE, _gateway.ike),
        (TLS_PROFILES, _gateway.tls),
        (SNMP, _gateway.snmp),
        (NTP, _gateway.ntp),
    ):
        answer = yield from _answer(ask)
        if answer is not None:
            answered = True
            found += read(answer.node)
    if not answered:
        raise _silence(device)
    return found


def remote_access(device: Device) -> Flow:
    """Who may come in by GlobalProtect, who is and was in, and where administrators may log in."""
    names = yield from _vsys(device, None)
    shared = yield from _answer(PROFILES)
    found: list[Fact] = []
    answered = False
    for vsys in names:
        node = yield from _answer(GLOBAL_PROTECT(vsys=vsys))
        if node is None:
            continue
        answered = True
        own = yield from _answer(VSYS_PROFILES(vsys=vsys))
        nodes = [one.node for one in (shared, own) if one and one.node is not None]
        known = _gateway.profiles(nodes)
        found += _gateway.global_protect(node.node, known, vsys)
    if not answered:
        raise _silence(device)
    management = yield from _optional(MANAGEMENT)
    interfaces = yield from _optional(INTERFACES)
    if management and interfaces:
        found += _gateway.administration(management.node, interfaces.node)
    for ask in (SESSIONS, PAST_SESSIONS):
        told = yield from _optional(ask)
        found += _gateway.sessions(told.node) if told else ()
    return found


def neighbours(device: Device) -> Flow:
    """What stands beside the firewall: LLDP where it is on, and who spoke to it lately."""
    found: list[Neighbour] = []
    ways: list[str] = []
    for ask, way, read in ((LLDP, "lldp", by_lldp), (ARP, "arp", by_arp)):
        answer = yield from _optional(ask)
        if answer is not None:
            found += read(answer.node) if answer.node is not None else ()
            ways.append(way)
    if not ways:
        raise NotAnswered(f"{device.id}: neither LLDP nor a table of addresses was answered")
    return list(inside(device, found, ways))


def account(device: Device) -> Flow:
    """The role of the key's account, which the credential names beside the key."""
    system = yield SYSTEM
    result(system)
    if system.account is None:
        detail = "whose key it is is not known: name it in the credential"
        return [AccountPrivilege(detail=detail)]
    told = yield PERMISSIONS(account=system.account)
    return [privilege(system.account, result(told))]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what stands in it; `node` None: the device says that there is nothing."""

    capture: Capture
    node: Element | None


@dataclass(frozen=True, slots=True)
class Told:
    """What the unit said of itself, and when."""

    system: _unit.System
    at: datetime


def _answer(ask: Ask) -> Generator[Ask, Capture, Answer | None]:
    """An answer; None when nobody delivered it, or this release does not know the command."""
    try:
        capture = yield ask
        return Answer(capture, result(capture))
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        return None


def _optional(ask: Ask) -> Generator[Ask, Capture, Answer | None]:
    """An answer that can be done without; None also when the account may not read it."""
    try:
        return (yield from _answer(ask))
    except NotAnswered:
        return None


def _objects(asks: Iterable[Ask]) -> Generator[Ask, Capture, list[Element]]:
    """The nodes under which objects stand, in the order asked; names stay names without them."""
    found = []
    for ask in asks:
        one = yield from _optional(ask)
        if one and one.node is not None:
            found.append(one.node)
    return found


def _vsys(device: Device, told: Told | None) -> Generator[Ask, Capture, list[str]]:
    """The vsys to read: those configured, else all there are. Raises Incomplete: not told."""
    if option := device.options.get("vsys"):
        return [one.strip() for one in option.split(",")]
    listed = yield from _optional(VSYS)
    if listed and listed.node is not None:
        names = [name for one in listed.node.iter("entry") if (name := one.get("name"))]
        if names:
            return names
    if told and told.system.get("multi-vsys") == "on":
        raise Incomplete(
            f"{device.id}: has several vsys and does not tell which",
            next_step="name them in the device's option `vsys`, with commas between",
        )
    return ["vsys1"]


def _system() -> Generator[Ask, Capture, Told | None]:
    """`show system info` over the API, else as somebody typed it."""
    answer = yield from _answer(SYSTEM)
    if answer:
        return Told(_unit.system(answer.capture), answer.capture.answered_at)
    typed = yield from _typed(CLI_SYSTEM)
    return Told(_cli.system(typed), typed.answered_at) if typed else None


def _units(device: Device, told: Told) -> Generator[Ask, Capture, list[Fact]]:
    clock = yield from _optional(CLOCK)
    ha = yield from _optional(HA)
    said = (clock.node.text or "").strip() if clock and clock.node is not None else None
    node = ha.node if ha else None
    return [_unit.unit(told.system, told.at, device.timezone, said, node)]


def _typed_rules(vsys: str) -> Generator[Ask, Capture, list[Fact]]:
    """What is in force, without counters, where somebody delivered it as text."""
    typed = yield from _typed(CLI_POLICY)
    return [*_cli.rules(typed, vsys)] if typed else []


def _typed(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered:
        return None


def _silence(device: Device) -> NotAnswered:
    return NotAnswered(
        f"{device.id}: none of the asks was answered",
        next_step="check the address and the key; `evidence-agent asks panos` lists them",
    )
