"""Palo Alto Networks Panorama (9.1 and later) by the XML API with a read-only key.

Panorama is the map: which rules stand before and behind each firewall's own, by device group,
and which firewalls have them. It knows of hits what firewalls sent it, and does not tell when;
so its counts show traffic, and the firewalls' own (platform `panos`) prove silence.

From the documentation and public code; not confirmed on a Panorama of our own: the form of
`show dg-hierarchy`, and `show rule-hit-count` for rules of the shared group.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from collectors._managed.apart import apart
from collectors.panorama import _groups, _hits, _kept
from collectors.panorama._groups import BASES, SHARED, Firewall, Place
from collectors.panos import _unit
from collectors.panos._answer import result
from collectors.panos._asks import CLI_CONFIGURATION, encoded, op, show
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule, RuleUsage, SoftwareRelease
from evidence.trains import train

VENDOR = "Palo Alto Networks"
ALIASES = ("paloalto_panorama",)
TRANSPORTS = ("https",)
HTTP_AUTH = "X-PAN-KEY"
# With status 403 or 200, by release.
HTTP_KEY_REFUSED = rb"(?i)<response[^>]*\bcode\s*=\s*['\"]403['\"][^>]*>.{0,80}invalid credential"

Flow = Generator[Ask, Capture, Iterable[Fact]]

# A name as it travels: letters, digits, and everything else as `%XX`. One with a quote, an
# ampersand or a pointed bracket in it could end the place where it stands, and is never sent.
_NAME = r"(?:[A-Za-z0-9._-]|%(?!2[267]|3[CE])[0-9A-F]{2}){1,400}"
_HOLES = {"group": _NAME, "rule": _NAME, "base": "pre|post"}
_GROUP = "/config/devices/entry/device-group/entry[@name='{group}']"
_WHERE = "<device-group><entry name='{group}'>"
_RULES = "<{base}-rulebase><entry name='security'><rules>"
_END = "</rules></entry></{base}-rulebase>"
_ONE = "<rule-name><entry name='{rule}'/></rule-name>"


def _counted(name: str, where: str, rules: str, behind: str) -> Ask:
    asked = f"{where}{_RULES}{rules}{_END}{behind}"
    return op(name, f"<show><rule-hit-count>{asked}</rule-hit-count></show>", _HOLES)


SYSTEM = op("system_info", "<show><system><info></info></system></show>")
GROUPS = op("device_groups", "<show><devicegroups></devicegroups></show>")
HIERARCHY = op("hierarchy", "<show><dg-hierarchy></dg-hierarchy></show>")
GROUP = show("device_group", _GROUP, _HOLES)
SHARED_RULES = tuple(
    show(f"shared_{base}_rulebase", f"/config/shared/{base}-rulebase") for base in BASES
)
SHARED_OBJECTS = tuple(
    show(f"shared_{kind}", f"/config/shared/{kind}")
    for kind in ("address", "address-group", "service", "service-group")
)
HITS = _counted("hits", _WHERE, "<all/>", "</entry></device-group>")
HITS_SHARED = _counted("shared_hits", "<shared>", "<all/>", "</shared>")
RULE_HITS = _counted("rule_hits", _WHERE, _ONE, "</entry></device-group>")
RULE_HITS_SHARED = _counted("shared_rule_hits", "<shared>", _ONE, "</shared>")


@dataclass(frozen=True, slots=True)
class Told:
    """What the hit counts said of a place: entries by base and rule, and of which unit what."""

    entries: dict[tuple[str, str], Element]


def firewall(device: Device) -> Flow:
    """The rules that Panorama holds, for each firewall that has them, with the hits it sent."""
    try:
        groups = _groups.groups((yield from _needed(device, GROUPS)))
    except NotAnswered as silence:
        return (yield from _delivered(device, silence))
    parents = _groups.parents((yield from _optional(HIERARCHY)))
    places = {SHARED: (yield from _shared())}
    for name in groups:
        # A group that is refused fails the reading: its rules would be missing unseen.
        places[name] = _groups.place(name, result((yield GROUP(group=_sent(name)))))
    told: dict[str, Told] = {}
    for name, place in places.items():
        told[name] = yield from _hits_of(place, device.options.get("rule_hits") == "each")
    mend = "check that the key's role may read every device group"
    return _every(device, places, groups, parents, told, mend)


def _delivered(device: Device, silence: NotAnswered) -> Flow:
    """The rules of a configuration that somebody kept, where nothing else is answered."""
    try:
        capture = yield CLI_CONFIGURATION
    except NotAnswered:
        raise silence from None
    kept = _kept.kept(capture)
    told = {name: Told({}) for name in kept.places}
    mend = "deliver the configuration of Panorama itself, its device groups with it"
    return _every(device, kept.places, kept.groups, kept.parents, told, mend)


def _every(
    device: Device,
    places: Mapping[str, Place],
    groups: Mapping[str, list[Firewall]],
    parents: Mapping[str, str],
    told: dict[str, Told],
    mend: str,
) -> list[Fact]:
    """Each firewall with the rules that reach it, then what reaches none. Raises Unexpected with
    this mend where there is no rule at all."""
    found: list[Fact] = [*_groups.units(groups)]
    emitted: set[str] = set()
    for name, firewalls in groups.items():
        chain = _groups.chain(name, parents, places)
        for one in firewalls:
            facts = list(_facts(chain, one, told))
            emitted |= {fact.key for fact in facts if isinstance(fact, FirewallRule)}
            found += facts
    for name in places:
        chain = _groups.chain(name, parents, places)
        nobodys = [rule for rule in _groups.rules(chain, None) if rule.key not in emitted]
        emitted |= {rule.key for rule in nobodys}
        found += nobodys
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no security rule in any device group",
            code="result_empty_suspicious",
            next_step=mend,
        )
    return found


def firmware(device: Device) -> Flow:
    """Release and appliance of Panorama, releases of the firewalls it knows."""
    capture = yield SYSTEM
    told = _unit.system(capture)
    groups = _groups.groups((yield from _needed(device, GROUPS)))
    version = told["sw-version"]
    return [
        SoftwareRelease(
            vendor=VENDOR,
            product="panorama",
            name="Panorama",
            version=version,
            train=train("panos", version),
        ),
        _unit.hardware(told),
        _unit.unit(told, capture.answered_at, device.timezone, None, None),
        *_groups.releases(groups),
        *_groups.units(groups),
    ]


def _facts(chain: list[Place], one: Firewall, told: dict[str, Told]) -> Iterable[Fact]:
    """The rules of a chain of places as one firewall has them, then its hits of them."""
    usages: list[RuleUsage] = []
    for rule in apart(_groups.rules(chain, one), chain[-1].name):
        place = rule.context
        entry = told[place].entries.get((rule.policy, rule.name or ""))
        usage = None if entry is None else _hits.usage(rule, entry, one)
        usages += [usage] if usage else []
        yield _hits.with_state(rule, entry, usage, one)
    yield from usages


def _shared() -> Generator[Ask, Capture, Place]:
    rulebases: dict[str, Element] = {}
    for base, ask in zip(BASES, SHARED_RULES, strict=True):
        node = result((yield ask))
        if node is not None and (inner := node.find(f"{base}-rulebase")) is not None:
            rulebases[base] = inner
    nodes = []
    for ask in SHARED_OBJECTS:
        node = yield from _optional(ask)
        nodes += [node] if node is not None else []
    return Place(SHARED, rulebases, tuple(nodes))


def _hits_of(place: Place, each: bool) -> Generator[Ask, Capture, Told]:
    """The counts of a place's rules: in one answer a base, or rule by rule."""
    entries: dict[tuple[str, str], Element] = {}
    shared = place.name == SHARED
    group = {} if shared else {"group": _sent(place.name)}
    for base in place.rulebases:
        policy = f"{base}-rulebase"
        if not each:
            node = yield from _optional((HITS_SHARED if shared else HITS)(base=base, **group))
            entries |= {(policy, name): entry for name, entry in _hits.entries(node)}
            continue
        ask = RULE_HITS_SHARED if shared else RULE_HITS
        for rule in _groups.names(place, base):
            node = yield from _optional(ask(base=base, rule=_sent(rule), **group))
            entries |= {(policy, name): entry for name, entry in _hits.entries(node)}
    return Told(entries)


def _sent(name: str) -> str:
    return encoded(name, "-._")


def _needed(device: Device, ask: Ask) -> Generator[Ask, Capture, Element]:
    capture = yield ask
    node = result(capture)
    if node is None:
        raise Unexpected(f"{device.id}: {ask.name} is empty")
    return node


def _optional(ask: Ask) -> Generator[Ask, Capture, Element | None]:
    """An answer that can be done without; None when it is refused, or nothing is there."""
    try:
        capture = yield ask
        return result(capture)
    except NotAnswered:
        return None
