"""Firewall filters: the ACLs of Junos, stateless, one term after another, and a denial behind.

A term counts only where it says so (`then count`); what has no counter is not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from collectors._managed.match import with_digest
from collectors.junos._counters import filter_usage
from collectors.junos._lines import Statement, Words, active, pick
from evidence.capture import Capture
from evidence.facts import Fact, FirewallRule, RuleUsage

_FAMILIES = {"inet": "ip", "inet6": "ip6", "any": "inet"}
_ANY_FAMILY = ("interfaces", "*", "unit", "*", "filter")
_PERMITS = {"accept": True, "discard": False, "reject": False}
_PLACES = {
    "source-address": "sources",
    "destination-address": "destinations",
    "source-prefix-list": "sources",
    "destination-prefix-list": "destinations",
}
_LISTS = {
    **dict.fromkeys(("protocol", "next-header", "payload-protocol", "ip-protocol"), "protocol"),
    **{"source-port": "source-port", "destination-port": "destination-port"},
}
# What a term does beside deciding.
_DONE = (
    *("count", "log", "syslog", "policer", "three-color-policer", "loss-priority"),
    *("forwarding-class", "dscp", "sample", "port-mirror", "traffic-class", "next-ip"),
)
# What narrows a term and has no field of its own.
_CONDITIONS = (
    *("address", "prefix-list", "tcp-established", "tcp-initial", "tcp-flags", "icmp-type"),
    *("icmp-code", "icmp-type-except", "is-fragment", "first-fragment", "fragment-flags"),
    *("fragment-offset", "ttl", "ttl-except", "hop-limit", "hop-limit-except", "dscp"),
    *("dscp-except", "packet-length", "packet-length-except", "interface", "interface-set"),
    *("ip-options", "ip-options-except", "precedence", "protocol-except", "port", "port-except"),
    *("source-port-except", "destination-port-except", "traffic-class", "forwarding-class"),
    *("source-class", "destination-class", "loss-priority", "next-header-except", "tcp-ack"),
)


@dataclass(slots=True)
class Term:
    """A term while its lines are read."""

    lists: dict[str, list[str]] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    conditions: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    counter: str | None = None
    action: str = "accept"  # a term that says nothing else lets pass
    decides: bool = True
    logged: bool = False
    inactive: bool = False


@dataclass(slots=True)
class Filter:
    family: str
    name: str
    specific: bool = False
    terms: dict[str, Term] = field(default_factory=dict)
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)


def filters(configured: Iterable[Statement]) -> dict[tuple[str, str], Filter]:
    """Every filter of IPv4, IPv6 or both by family and name, with where it is applied."""
    configured = list(configured)
    found: dict[tuple[str, str], Filter] = {}
    for one in configured:
        rest = one.below("firewall")
        match rest:
            case ("family", family, "filter", name, *words) if family in _FAMILIES:
                _line(found, (family, name), tuple(words), one, level=7)
            case ("filter", name, *words):
                _line(found, ("inet", name), tuple(words), one, level=5)
    lines = active(configured)
    placed = [
        *pick(lines, "interfaces", "*", "unit", "*", "family", "*", "filter"),
        *(((*where, "any"), rest, one) for where, rest, one in pick(lines, *_ANY_FAMILY)),
    ]
    for (interface, unit, family), rest, _ in placed:
        match rest:
            case ("input" | "input-list" | "output" | "output-list" as way, name, *_):
                if (family, name) in found:
                    applied = found[family, name]
                    places = applied.inputs if way.startswith("input") else applied.outputs
                    places.append(f"{interface}.{unit}")
    return found


def facts(
    found: Mapping[tuple[str, str], Filter],
    prefixes: Mapping[str, tuple[str, ...]],
    counted: Mapping[tuple[str, str], tuple[int, int]],
    capture: Capture | None,
) -> Iterator[Fact]:
    """The terms of every filter with the denial behind them, then what was counted."""
    usages: list[RuleUsage] = []
    for one in found.values():
        shared = [term.counter for term in one.terms.values() if term.counter]
        for position, (name, term) in enumerate(one.terms.items(), 1):
            rule = _rule(one, name, term, position, prefixes)
            lone = term.counter if term.counter and shared.count(term.counter) == 1 else None
            usage = (
                filter_usage(rule, lone, one.specific, counted, capture.answered_at)
                if lone and capture
                else None
            )
            usages += [usage] if usage else []
            yield replace(rule, counted=usage is not None) if capture else rule
        yield _end(one, len(one.terms) + 1)
    yield from usages


def _line(
    found: dict[tuple[str, str], Filter],
    place: tuple[str, str],
    words: Words,
    statement: Statement,
    level: int,
) -> None:
    if 0 < statement.inactive < level - 1:
        return
    one = found.setdefault(place, Filter(*place))
    if words[:1] == ("interface-specific",):
        one.specific = True
    if words[:1] != ("term",) or len(words) < 2:
        return
    term = one.terms.setdefault(words[1], Term())
    if 0 < statement.inactive <= level:
        term.inactive = True
    elif statement.inactive:
        return
    match words[2:]:
        case ("from", name, *values):
            _from(term, name, values)
        case ("then", action, *values):
            _then(term, action, values)
        case ():
            pass
        case more:
            term.strange.append(" ".join(more))


def _from(term: Term, name: str, values: list[str]) -> None:
    if name in _PLACES and values[1:] == ["except"]:
        term.conditions.append(f"{name} {values[0]} except")
    elif name in _PLACES and len(values) == 1:
        term.places.setdefault(name, []).append(values[0])
    elif name in _LISTS and len(values) == 1:
        term.lists.setdefault(_LISTS[name], []).append(values[0])
    elif name.endswith("-range-optimize"):
        pass  # how the hardware holds the ports, not which
    elif name in _CONDITIONS:
        term.conditions.append(" ".join((name, *values)))
    else:
        term.strange.append(" ".join(("from", name, *values)))


def _then(term: Term, action: str, values: list[str]) -> None:
    match action:
        case "accept" | "discard" | "reject":
            term.action = action
        case "next" | "routing-instance" | "filter":
            term.action, term.decides = " ".join((action, *values)), action != "next"
        case "count":
            term.counter = values[0] if values else None
        case "log" | "syslog":
            term.logged = True
        case _ if action not in _DONE:
            term.strange.append(" ".join(("then", action, *values)))


def _rule(
    of: Filter, name: str, term: Term, position: int, prefixes: Mapping[str, tuple[str, ...]]
) -> FirewallRule:
    places: dict[str, list[str]] = {"sources": [], "destinations": []}
    for kind, values in term.places.items():
        for value in values:
            # A list that is not told stays a name.
            listed = prefixes.get(value, (value,)) if kind.endswith("list") else (value,)
            places[_PLACES[kind]] += listed
    return with_digest(
        FirewallRule(
            key=f"filter/{_FAMILIES[of.family]}/{of.name}/{name}",
            context="filter",
            family=_FAMILIES[of.family],
            policy=of.name,
            position=position,
            name=name,
            enabled=not term.inactive,
            action=term.action,
            permits=_PERMITS.get(term.action, True) if term.decides else None,
            source_zones=tuple(of.inputs),
            destination_zones=tuple(of.outputs),
            sources=tuple(places["sources"]) or ("any",),
            destinations=tuple(places["destinations"]) or ("any",),
            services=tuple(dict.fromkeys(_services(term))),
            logged=term.logged,
            conditions=tuple(term.conditions),
            not_understood=tuple(term.strange),
        )
    )


def _services(term: Term) -> Iterator[str]:
    protocols, ports = term.lists.get("protocol", [""]), term.lists.get("destination-port", [""])
    senders = term.lists.get("source-port", [""])
    for protocol in protocols:
        for port in ports:
            service = f"{protocol or 'tcp-udp'}/{port}" if port else protocol or "any"
            for sender in senders:
                yield f"{service} from {sender}" if sender else service


def _end(of: Filter, position: int) -> FirewallRule:
    """What no term names is discarded, uncounted."""
    return with_digest(
        FirewallRule(
            key=f"filter/{_FAMILIES[of.family]}/{of.name}/(implicit)",
            context="filter",
            family=_FAMILIES[of.family],
            policy=of.name,
            position=position,
            name="implicit discard",
            action="discard",
            permits=False,
            source_zones=tuple(of.inputs),
            destination_zones=tuple(of.outputs),
            logged=False,
            counted=False,
            implicit=True,
        )
    )


def prefix_lists(configured: Iterable[Statement]) -> dict[str, tuple[str, ...]]:
    """Prefixes by list. An empty list matches nothing, and stays a name; so does one that takes
    prefixes from elsewhere in the configuration (`apply-path`)."""
    found: dict[str, tuple[str, ...]] = {}
    open_: set[str] = set()
    for (name,), rest, _ in pick(active(configured), "policy-options", "prefix-list", "*"):
        if rest[:1] == ("apply-path",):
            open_.add(name)
        elif rest:
            found[name] = (*found.get(name, ()), rest[0])
    return {name: prefixes for name, prefixes in found.items() if name not in open_}
