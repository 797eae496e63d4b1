"""Rules as the API lists them, of the new pages, the old ones and OPNsense's own, and counters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from collectors._pf.order import in_order
from collectors._pf.words import FAMILIES, PERMITS, services
from collectors.opnsense._answer import Row, is_set, items, words
from evidence.errors import Incomplete
from evidence.facts import Fact, FirewallRule, RuleUsage

_RESOLVED = ("host", "network", "networkgroup", "port")
# What narrows a rule and has no field of its own.
_CONDITIONS = (
    *("os", "tos", "tagged", "prio", "tcpflags1", "tcpflags2", "max", "max-src-nodes"),
    *("max-src-states", "max-src-conn", "max-src-conn-rate", "max-src-conn-rates"),
)
_KNOWN = frozenset(
    (
        *_CONDITIONS,
        *("uuid", "enabled", "sequence", "sort_order", "prio_group", "action", "quick"),
        *("interface", "interfacenot", "direction", "ipprotocol", "protocol", "icmptype"),
        *("icmp6type", "icmp-type", "icmp6-type", "source_net", "source_not", "source_port"),
        *("destination_net", "destination_not", "destination_port", "log", "sched"),
        *("description", "categories", "category", "created", "updated", "ref", "legacy"),
        *("is_automatic", "associated-rule-id", "floating", "seq", "label", "category_colors"),
        # What pf does with what matched: states, ways, marks, speed.
        *("statetype", "state-policy", "gateway", "replyto", "disablereplyto", "reply-to"),
        *("allowopts", "nosync", "nopfsync", "statetimeout", "udp-first", "udp-single"),
        *("udp-multiple", "overload", "adaptivestart", "adaptiveend", "set-prio"),
        *("set-prio-low", "tag", "tcpflags_any", "shaper1", "shaper2", "divert-to"),
        *("pf_rules", "evaluations", "packets", "bytes", "states"),
    )
)


def aliases(told: Iterable[Row]) -> Objects:
    """Aliases of addresses and ports by name.

    One that is off, that takes something out (`!`), or whose content is fetched from elsewhere
    stays a name.
    """
    groups = {}
    for row in told:
        content = [one for one in words(row, "content").replace("\n", ",").split(",") if one]
        plain = words(row, "type") in _RESOLVED and is_set(row, "enabled")
        if plain and not any(one.startswith("!") for one in content):
            groups[words(row, "name")] = tuple(content)
    return Objects(groups=groups)


def interface_groups(told: Iterable[Row]) -> Objects:
    """Groups of interfaces by the name that a rule calls them."""
    groups: dict[str, tuple[str, ...]] = {}
    for row in told:
        members = words(row, "%members") or words(row, "members")
        found = tuple(members.replace(",", " ").split())
        groups |= {words(row, name): found for name in ("ifname", "%ifname") if words(row, name)}
    return Objects(groups=groups)


def rules(
    told: Iterable[Row],
    known: Objects,
    who: str,
    groups: Objects | None = None,
    *,
    whole: bool = False,
) -> list[FirewallRule]:
    """Every rule in the order of deciding. Raises Incomplete where one comes twice, but of a
    `whole` document, which repeats what somebody wrote twice."""
    groups = groups or Objects()
    seen: dict[str, int] = {}
    found = []
    for row in told:
        rule = _rule(row, known, groups)
        times = seen[rule.key] = seen.get(rule.key, 0) + 1
        if times > 1:
            if rule.owner == "policy" and not whole:
                raise Incomplete(
                    f"{who}: rule {rule.vendor_id} comes twice",
                    next_step="read again when nobody is changing rules",
                )
            rule = replace(rule, key=f"{rule.key}#{times}")
        found.append((rule, _is_quick(row, rule)))
    return list(in_order(found))


def counted(found: list[FirewallRule], stats: Row, at: datetime) -> Iterator[Fact]:
    """The rules with whether pf counts them, then the counts.

    A rule that pf does not hold (it is off, or was not applied) has no count, never zero; nor has
    one whose label another rule has too.
    """
    labels = Counter(rule.vendor_id for rule in found)
    usages = []
    for rule in found:
        row = stats.get(rule.vendor_id or "")
        alone = labels[rule.vendor_id] == 1
        count = _whole(row, "packets") if alone else None
        yield replace(rule, counted=count is not None)
        if count is not None:
            usages.append(
                RuleUsage(
                    key=rule.key,
                    reset_domain="pf",
                    count=count,
                    count_unit="packets",
                    size_bytes=_whole(row, "bytes"),
                    open_sessions=_whole(row, "states"),
                    persistent=False,
                    read_at=at,
                )
            )
    yield from usages


def default(found: Iterable[FirewallRule]) -> FirewallRule:
    """OPNsense's own denial of what no rule lets in, which no configuration holds."""
    last = max((one.position for one in found if one.policy == "in"), default=0)
    return with_digest(
        FirewallRule(
            key="pf/default-deny",
            family="inet",
            policy="in",
            position=last + 1,
            name="Default deny / state violation rule",
            action="block",
            permits=False,
            implicit=True,
            owner="opnsense",
        )
    )


def _whole(row: Any, name: str) -> int | None:
    value = row.get(name) if isinstance(row, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _rule(row: Row, known: Objects, groups: Objects) -> FirewallRule:
    action, family = words(row, "action").lower(), words(row, "ipprotocol").lower()
    way = words(row, "direction").lower() or "in"
    interfaces = groups.resolve(items(row, "%interface") or items(row, "interface"))
    placed = () if is_set(row, "interfacenot") else interfaces
    rule = with_digest(
        FirewallRule(
            key="",
            family=FAMILIES.get(family, "inet"),
            policy=way,
            vendor_id=words(row, "uuid") or None,
            name=words(row, "description") or None,
            comment=words(row, "categories") or words(row, "category") or None,
            enabled=is_set(row, "enabled"),
            action=action,
            permits=PERMITS.get(action),
            source_zones=placed if way == "in" else (),
            destination_zones=placed if way == "out" else (),
            sources=known.resolve(items(row, "source_net")) or ("any",),
            sources_negated=is_set(row, "source_not"),
            destinations=known.resolve(items(row, "destination_net")) or ("any",),
            destinations_negated=is_set(row, "destination_not"),
            services=_services(row, known),
            logged=is_set(row, "log"),
            schedule=words(row, "sched") or None,
            created_at=_when(row.get("created")),
            modified_at=_when(row.get("updated")),
            owner=_owner(row),
            conditions=tuple(_conditions(row, way, interfaces)),
            not_understood=tuple(_strange(row, action, family)),
            text=words(row, "ref") or None,
        )
    )
    rule = replace(rule, implicit=_is_default(rule, _is_quick(row, rule)))
    return replace(rule, key=f"pf/{rule.vendor_id or rule.match_digest[:16]}")


def _is_quick(row: Row, rule: FirewallRule) -> bool:
    """Rules of the old pages for one interface are quick without saying so."""
    unsaid = "quick" not in row and rule.owner == "policy" and not is_set(row, "floating")
    return is_set(row, "quick") or unsaid


def _owner(row: Row) -> str:
    """What was never edited counts as OPNsense's own there; where it is edited tells better."""
    written = words(row, "ref").startswith("firewall_rules")
    return "opnsense" if row.get("is_automatic") and not written else "policy"


def _is_default(rule: FirewallRule, quick: bool) -> bool:
    """OPNsense's own denial of what no rule names: it stands first and is not quick: the last."""
    everything = rule.sources == rule.destinations == rule.services == ("any",)
    bare = everything and not rule.source_zones and not rule.conditions
    return rule.owner != "policy" and rule.permits is False and bare and not quick


def _services(row: Row, known: Objects) -> tuple[str, ...]:
    control = [
        one
        for name in ("icmptype", "icmp-type", "icmp6type", "icmp6-type")
        for one in items(row, name)
    ]
    ports, senders = items(row, "destination_port"), items(row, "source_port")
    protocol = words(row, "protocol")
    return tuple(services(protocol, known.resolve(ports), known.resolve(senders), control))


def _conditions(row: Row, way: str, interfaces: tuple[str, ...]) -> Iterator[str]:
    if is_set(row, "interfacenot"):
        yield f"interface not {', '.join(interfaces)}"
    elif way not in ("in", "out") and interfaces:
        yield f"interface {', '.join(interfaces)}"
    for name in _CONDITIONS:
        if value := words(row, name):
            yield f"{name} {value}"


def _strange(row: Row, action: str, family: str) -> Iterator[str]:
    if action not in PERMITS:
        yield f"action {action}"
    if family not in FAMILIES:
        yield f"ipprotocol {family}"
    for name, value in row.items():
        aside = name in _KNOWN or name.startswith(("%", "#", "alias_meta_"))
        if not aside and value not in (None, "", "0", 0, False, [], {}):
            yield f"{name} {value!r}"[:120]


def _when(told: Any) -> datetime | None:
    """The time of `{"username": …, "time": "1763862000.12"}`, which the old pages keep."""
    try:
        return datetime.fromtimestamp(int(float(told["time"])), UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None
