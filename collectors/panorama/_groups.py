"""Device groups: their order, their firewalls, and the rules that reach each firewall.

Before a firewall's own rules stand those of the shared group, then of each group from the top
down; behind them the same the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from xml.etree.ElementTree import Element

from collectors.panos._answer import text, yes
from collectors.panos._objects import objects
from collectors.panos._rules import (
    DEFAULTS,
    Rulebase,
    Translated,
    Translation,
    default,
    translations,
)
from evidence.facts import FirewallRule, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Palo Alto Networks"
SHARED = "shared"
BASES = ("pre", "post")
_ROLES = {"active": "active", "passive": "standby"}


@dataclass(frozen=True, slots=True)
class Firewall:
    """A firewall's vsys in a group. `in_sync`: it has what Panorama holds; None: not told."""

    serial: str
    vsys: str
    alone: bool
    hostname: str | None
    version: str | None
    role: str | None
    peer: str | None
    in_sync: bool | None

    @property
    def unit(self) -> str:
        """How the unit is spoken of: its serial number, with the vsys where it has several."""
        return self.serial if self.alone else f"{self.serial}/{self.vsys}"


@dataclass(frozen=True, slots=True)
class Place:
    """The shared group or a device group: its two rule bases, and where its objects stand."""

    name: str
    rulebases: Mapping[str, Element] = field(default_factory=dict)
    objects: tuple[Element, ...] = ()


def groups(found: Element) -> dict[str, list[Firewall]]:
    """The firewalls of each device group, in the order told."""
    return {
        group.get("name", ""): [
            one for entry in group.findall("devices/entry") for one in _firewalls(entry)
        ]
        for group in found.findall("devicegroups/entry")
    }


def parents(found: Element | None) -> dict[str, str]:
    """The group above each group that stands below one."""
    above: dict[str, str] = {}
    for outer in () if found is None else found.iter("dg"):
        for inner in outer.findall("dg"):
            above[inner.get("name", "")] = outer.get("name", "")
    return above


def place(name: str, found: Element | None) -> Place:
    """A device group's own part of the configuration."""
    entry = None if found is None else found.find("entry")
    if entry is None:
        return Place(name)
    bases = {base: node for base in BASES if (node := entry.find(f"{base}-rulebase")) is not None}
    return Place(name, bases, (entry,))


def chain(name: str, above: Mapping[str, str], places: Mapping[str, Place]) -> list[Place]:
    """The places whose rules reach a group: shared first, the group itself last."""
    names = [name]
    while (parent := above.get(names[0])) is not None and parent not in names:
        names.insert(0, parent)
    known = [places[one] for one in names if one in places and one != SHARED]
    return [places[SHARED], *known]


def rules(of: list[Place], one: Firewall | None) -> Iterator[FirewallRule]:
    """The rules of a chain in the order of evaluation, as one firewall has them; None: as nobody
    in particular has."""
    position = 0
    nodes: list[Element] = []
    bases: dict[str, list[FirewallRule]] = {base: [] for base in BASES}
    nat: dict[str, list[Translation]] = {base: [] for base in BASES}
    for place_ in of:
        nodes += place_.objects
        known = objects(nodes)
        rulebase = Rulebase(place_.name, None, None, known)
        for base in BASES:
            mine = [
                rulebase.rule(entry, f"{base}-rulebase", 0)
                for entry in _entries(place_, base, "security", one)
            ]
            bases[base] = bases[base] + mine if base == "pre" else mine + bases[base]
            of_nat = list(translations(_entries(place_, base, "nat", one), known))
            nat[base] = nat[base] + of_nat if base == "pre" else of_nat + nat[base]
    translated = Translated((*nat["pre"], *nat["post"]))
    for rule in (*bases["pre"], *bases["post"]):
        position += 1
        told = translated.with_nat(rule)
        yield replace(told, position=position, subject_unit=one.unit if one else None)
    for name, action in DEFAULTS.items():
        position += 1
        changed = next(filter(None, (_changed(place_, name) for place_ in reversed(of))), None)
        rule = default(of[-1].name, position, name, changed, action)
        yield replace(rule, subject_unit=one.unit if one else None)


def _entries(of: Place, base: str, kind: str, one: Firewall | None) -> list[Element]:
    """The rules of a place's rule base that reach a firewall."""
    node = of.rulebases.get(base)
    found = [] if node is None else node.findall(f"{kind}/rules/entry")
    return [entry for entry in found if one is None or _reaches(entry, one)]


def names(of: Place, base: str) -> list[str]:
    return [one.get("name", "") for one in of.rulebases[base].findall("security/rules/entry")]


def units(found: Mapping[str, Iterable[Firewall]]) -> Iterator[Unit]:
    """Every firewall once, by what Panorama knows of it."""
    for one in _each(found):
        yield Unit(
            subject_unit=one.unit,
            vendor=VENDOR,
            serial=one.serial,
            hostname=one.hostname,
            ha_mode=None if one.role is None else "high availability",
            ha_role=one.role,
            ha_peer=one.peer,
        )


def releases(found: Mapping[str, Iterable[Firewall]]) -> Iterator[SoftwareRelease]:
    for one in _each(found):
        if one.version and one.vsys == "vsys1":
            yield SoftwareRelease(
                subject_unit=one.unit,
                vendor=VENDOR,
                product="panos",
                name="PAN-OS",
                version=one.version,
                train=train("panos", one.version),
            )


def _each(found: Mapping[str, Iterable[Firewall]]) -> Iterator[Firewall]:
    yield from {one.unit: one for some in found.values() for one in some}.values()


def _firewalls(entry: Element) -> Iterator[Firewall]:
    serial = text(entry, "serial") or str(entry.get("name", ""))
    systems = entry.findall("vsys/entry")
    listed: list[Element | None] = [*systems] or [None]
    for vsys in listed:
        status = text(vsys, "shared-policy-status") or text(entry, "shared-policy-status")
        yield Firewall(
            serial=serial,
            vsys="vsys1" if vsys is None else vsys.get("name", "vsys1"),
            alone=not yes(entry, "multi-vsys") and len(systems) < 2,
            hostname=text(entry, "hostname"),
            version=text(entry, "sw-version"),
            role=_ROLES.get(text(entry, "ha/state") or ""),
            peer=text(entry, "ha/peer/serial"),
            in_sync=None if status is None else status.lower() == "in sync",
        )


def _reaches(entry: Element, one: Firewall) -> bool:
    """Whether a rule's target names the firewall; a rule without targets is for all."""
    targets = entry.findall("target/devices/entry")
    if not targets:
        return True
    named = any(
        target.get("name") == one.serial
        and (
            not target.findall("vsys/entry")
            or any(vsys.get("name") == one.vsys for vsys in target.findall("vsys/entry"))
        )
        for target in targets
    )
    return named != yes(entry, "target/negate")


def _changed(of: Place, name: str) -> Element | None:
    """A default rule as somebody changed it there."""
    node = of.rulebases.get("post")
    for entry in () if node is None else node.findall("default-security-rules/rules/entry"):
        if entry.get("name") == name:
            return entry
    return None
