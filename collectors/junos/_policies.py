"""Security policies in the order of evaluation: zone pairs, then global ones, then the default.

A policy has no id: its zone pair and name are all there is, and a rename is another policy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from collectors.junos._lines import Statement, Words
from collectors.junos._objects import book_of
from evidence.facts import FirewallRule

ROOT = "root-logical-system"
GLOBAL, ALL = "junos-global", "all-zone"
DEFAULT = "default-policy"
_PERMITS = {"permit": True, "deny": False, "reject": False}
_LISTS = (
    *("source-address", "destination-address", "application", "source-identity"),
    *("dynamic-application", "from-zone", "to-zone", "url-category"),
)
_EXCLUDED = ("source-address-excluded", "destination-address-excluded")
# Beside the action: what is done with what matches, and changes nothing of what matches.
_THEN = (
    "count",
    "log",
    "application-services",
    "tcp-options",
    "services-offload",
    "firewall-authentication",
)


@dataclass(slots=True)
class Draft:
    """A policy while its lines are read. `inactive`: it, or all its zone pair, is deactivated."""

    source: str
    destination: str
    name: str
    inactive: bool = False
    lists: dict[str, list[str]] = field(default_factory=dict)
    excluded: set[str] = field(default_factory=set)
    action: str = ""
    logged: bool = False
    comment: str | None = None
    schedule: str | None = None
    conditions: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)


def key_of(source: str, destination: str, name: str, context: str = ROOT) -> str:
    return f"{context}/inet/{source}/{destination}/{name}"


def policies(
    found: Iterable[Statement], books: Mapping[str, Objects], applications: Objects
) -> list[FirewallRule]:
    """Every policy, and the default behind them."""
    drafts: dict[tuple[str, str, str], Draft] = {}
    default = "deny-all"
    for one in found:
        rest = one.below("security", "policies")
        match rest:
            case ("default-policy", action) if not one.inactive:
                default = action
            case ("from-zone", source, "to-zone", destination, "policy", name, *words):
                _line(drafts, (source, destination, name), tuple(words), one, level=8)
            case ("global", "policy", name, *words):
                _line(drafts, (GLOBAL, GLOBAL, name), tuple(words), one, level=5)
    # A global policy comes after those of all zone pairs, wherever it stands.
    ordered = sorted(drafts.values(), key=lambda draft: draft.source == GLOBAL)
    rules = [
        _rule(draft, position, books, applications) for position, draft in enumerate(ordered, 1)
    ]
    return [*rules, _default(default, len(rules) + 1)]


def built_in(name: str, action: str, position: int) -> FirewallRule:
    """A policy that no configuration holds and the counters name."""
    return FirewallRule(
        key=key_of(ALL, ALL, name),
        context=ROOT,
        family="inet",
        policy="built-in",
        position=position,
        name=name,
        action=action,
        permits=_PERMITS.get(action),
        logged=None,
        implicit=True,
        match_digest=sha256(name.encode()).hexdigest(),
    )


def _default(action: str, position: int) -> FirewallRule:
    return built_in(DEFAULT, "permit" if action == "permit-all" else "deny", position)


def _line(
    drafts: dict[tuple[str, str, str], Draft],
    place: tuple[str, str, str],
    words: Words,
    statement: Statement,
    level: int,
) -> None:
    draft = drafts.setdefault(place, Draft(*place))
    if 0 < statement.inactive <= level:
        draft.inactive = True
    elif statement.inactive:
        return
    match words:
        case ("match", name) if name in _EXCLUDED:
            draft.excluded.add(name)
        case ("match", name, value) if name in _LISTS:
            draft.lists.setdefault(name, []).append(value)
        case ("match", *more):
            draft.strange.append(" ".join(("match", *more)))
        case ("then", "permit" | "deny" | "reject" as action, *more):
            draft.action = action
            if more[:1] == ["tunnel"]:
                draft.conditions.append(" ".join(more))
            elif more and more[0] not in _THEN:
                draft.strange.append(" ".join(words))
        case ("then", "log", *_):
            draft.logged = True
        case ("then", name, *_) if name in _THEN:
            pass
        case ("description", *text):
            draft.comment = " ".join(text)
        case ("scheduler-name", name):
            draft.schedule = name
        case ():
            pass
        case _:
            draft.strange.append(" ".join(words))


def _rule(
    draft: Draft, position: int, books: Mapping[str, Objects], applications: Objects
) -> FirewallRule:
    lists = draft.lists
    everywhere = draft.source == GLOBAL
    from_zones = lists.get("from-zone", ["any"]) if everywhere else [draft.source]
    to_zones = lists.get("to-zone", ["any"]) if everywhere else [draft.destination]
    users = [one for one in lists.get("source-identity", ()) if one != "any"]
    dynamic = [one for one in lists.get("dynamic-application", ()) if one not in ("any", "none")]
    return with_digest(
        FirewallRule(
            key=key_of(draft.source, draft.destination, draft.name),
            context=ROOT,
            family="inet",
            policy="global" if everywhere else f"{draft.source} to {draft.destination}",
            position=position,
            name=draft.name,
            comment=draft.comment,
            enabled=not draft.inactive,
            action=draft.action,
            permits=_PERMITS.get(draft.action),
            source_zones=tuple(from_zones),
            destination_zones=tuple(to_zones),
            sources=_addresses(lists.get("source-address", ()), draft.source, books),
            sources_negated="source-address-excluded" in draft.excluded,
            destinations=_addresses(lists.get("destination-address", ()), draft.destination, books),
            destinations_negated="destination-address-excluded" in draft.excluded,
            services=applications.resolve(lists.get("application", ())) or ("any",),
            applications=tuple(dynamic),
            users=tuple(users),
            logged=draft.logged,
            schedule=draft.schedule,
            conditions=(
                *draft.conditions,
                *(f"url-category {one}" for one in lists.get("url-category", ())),
            ),
            not_understood=tuple(draft.strange) + (() if draft.action else ("no action",)),
        )
    )


def _addresses(names: Iterable[str], zone: str, books: Mapping[str, Objects]) -> tuple[str, ...]:
    return book_of(books, zone).resolve(names) or ("any",)
