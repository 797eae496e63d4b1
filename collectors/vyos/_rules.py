"""Rules by list: those of names, applied to interfaces or between zones, and the base chains.

Up to 1.3 `firewall name X rule N`, since 1.4 `firewall ipv4 name X rule N` and `firewall ipv4
forward filter rule N`. A list of a name denies what it does not name, a base chain lets it pass.
What comes between zones without a list is denied unless the zone says otherwise, and what stays
within one passes. `return` from a list that only zones use passes too: the zone's chain lets go
what a list gave back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from collectors.vyos._config import Statement
from collectors.vyos._match import (
    PERMITS,
    Numbered,
    conditions,
    end_of,
    interfaces,
    services,
    strange,
)
from collectors.vyos._zones import between_zones, zone_of
from evidence.facts import FirewallRule

_NAMES = {"name": "ip", "ipv6-name": "ip6"}
_FAMILIES = {"ipv4": "ip", "ipv6": "ip6"}
# The word before a list's name wherever it is put in force.
_APPLIES = (("name",), ("ipv6-name",), ("jump-target",), ("default-jump-target",))
_BASE = ("forward", "input", "output", "prerouting")


@dataclass(slots=True)
class _List:
    family: str
    name: str
    base: bool
    default: str | None = None
    logged: bool = False
    rules: dict[int, Numbered] = field(default_factory=dict)
    entering: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)
    applied: bool = True
    of_zones: bool = False

    def permits(self, action: str) -> bool | None:
        """An accept before the routing only ends that chain."""
        early = self.base and self.name.startswith("prerouting")
        if self.of_zones and action == "return":
            return True
        return None if early and action == "accept" else PERMITS.get(action)


def rules(told: Iterable[Statement], known: Objects) -> Iterator[FirewallRule]:
    """The rules of every list by their numbers, and what each list does with the rest."""
    found: dict[tuple[str, str], _List] = {}
    told = list(told)
    for one in told:
        _line(found, one)
    for one in told:
        _applied(found, one)
    used = [one for one in told if _puts_in_force(one)]
    names = {one[-1] for one in used}
    elsewhere = {one[-1] for one in used if zone_of(one) is None}
    for held in found.values():
        held.applied = held.base or held.name in names
        held.of_zones = held.name in names and held.name not in elsewhere
    for held in found.values():
        order = sorted(held.rules)
        for position, number in enumerate(order, 1):
            yield _rule(held, held.rules[number], position, known)
        yield _default(held, len(order) + 1)
    yield from between_zones(told)


def _line(found: dict[tuple[str, str], _List], one: Statement) -> None:
    match one:
        case ("firewall", "name" | "ipv6-name" as kind, name, *rest):
            held = found.setdefault((_NAMES[kind], name), _List(_NAMES[kind], name, False))
        case ("firewall", "ipv4" | "ipv6" as version, "name", name, *rest):
            family = _FAMILIES[version]
            held = found.setdefault((family, name), _List(family, name, False))
        case ("firewall", "ipv4" | "ipv6" as version, hook, priority, *rest) if hook in _BASE:
            family, name = _FAMILIES[version], f"{hook} {priority}"
            held = found.setdefault((family, name), _List(family, name, True))
        case _:
            return
    match rest:
        case ["default-action", action]:
            held.default = action
        case ["enable-default-log" | "default-log", *_]:
            held.logged = True
        case ["rule", number, *words] if number.isdigit():
            rule = held.rules.setdefault(int(number), Numbered(int(number)))
            if words:
                rule.words.append(tuple(words))


def _puts_in_force(one: Statement) -> bool:
    """Whether a statement names a list where it is used: not where it is made, nor an interface."""
    made = one[:1] == ("firewall",) and len(one) in (3, 4) and one[-2] != "default-jump-target"
    interface = one[-3:-2] in (("inbound-interface",), ("outbound-interface",))
    return one[-2:-1] in _APPLIES and not made and not interface


def _applied(found: dict[tuple[str, str], _List], one: Statement) -> None:
    """Where a list is applied, in each generation's words."""
    match one:
        case ("interfaces", *place, "firewall", way, "name" | "ipv6-name" as kind, name):
            where = ".".join(word for word in place[1:] if word not in ("vif", "vif-s", "vif-c"))
        case ("firewall", "interface", where, way, "name" | "ipv6-name" as kind, name):
            pass
        case (
            ("firewall" | "zone-policy"),
            "zone",
            to,
            "from",
            where,
            "firewall",
            "name" | "ipv6-name" as kind,
            name,
        ):
            if (held := found.get((_NAMES[kind], name))) is not None:
                held.leaving.append(to)
            way = "in"
        case ("firewall" | "zone-policy", "zone", where, "default-firewall", kind, name):
            way = "out"
        case (
            "firewall" | "zone-policy",
            "zone",
            where,
            "intra-zone-filtering",
            "firewall",
            kind,
            name,
        ):
            way = "in"
        case _:
            return
    if (held := found.get((_NAMES.get(kind, ""), name))) is not None:
        (held.leaving if way == "out" else held.entering).append(where)


def _rule(held: _List, rule: Numbered, position: int, known: Objects) -> FirewallRule:
    action = rule.one("action") or ""
    source, target = (
        end_of(rule, "source", held.family, known),
        end_of(rule, "destination", held.family, known),
    )
    entering, leaving = interfaces(rule, "inbound", known), interfaces(rule, "outbound", known)
    return with_digest(
        FirewallRule(
            key=f"{held.family}/{held.name}/{rule.number}",
            family=held.family,
            policy=held.name,
            position=position,
            vendor_id=str(rule.number),
            comment=rule.one("description"),
            enabled=held.applied and ("disable",) not in rule.words,
            action=f"jump {rule.one('jump-target')}" if action == "jump" else action,
            permits=held.permits(action),
            source_zones=entering or tuple(dict.fromkeys(held.entering)),
            destination_zones=leaving or tuple(dict.fromkeys(held.leaving)),
            sources=source[0],
            sources_negated=source[1],
            destinations=target[0],
            destinations_negated=target[1],
            services=tuple(dict.fromkeys(services(rule, known))),
            logged=("log",) in rule.words or rule.one("log") == "enable",
            schedule=", ".join(" ".join(one[1:]) for one in rule.words if one[0] == "time") or None,
            conditions=(*conditions(rule), *_nowhere(held)),
            not_understood=tuple(strange(rule, action)),
        )
    )


def _nowhere(held: _List) -> tuple[str, ...]:
    """A list that is put in force nowhere is off."""
    return () if held.applied else ("applied nowhere",)


def _default(held: _List, position: int) -> FirewallRule:
    action = held.default or ("accept" if held.base else "drop")
    return with_digest(
        FirewallRule(
            key=f"{held.family}/{held.name}/default",
            family=held.family,
            policy=held.name,
            position=position,
            name="default-action",
            action=action,
            permits=held.permits(action),
            source_zones=tuple(dict.fromkeys(held.entering)),
            destination_zones=tuple(dict.fromkeys(held.leaving)),
            logged=held.logged,
            implicit=True,
            enabled=held.applied,
            conditions=_nowhere(held),
        )
    )
