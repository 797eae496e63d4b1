"""Access lists as facts: each entry with its use, and what stands behind the last one unwritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

from collectors._cisco.access_list import AccessList, Entry
from collectors._managed.match import with_digest
from evidence.facts import Fact, FirewallRule, RuleUsage


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list is applied: `in` or `out` of an interface, or on the device's own logins.

    `passing`: to traffic that passes through; a list on logins decides nothing of that.
    """

    way: str
    name: str
    passing: bool = True


# By family and name of the list; a family whose places nobody told is left out.
Bound = Mapping[str, Mapping[str, Sequence[Place]]]
NOT_READ: tuple[Place, ...] = (Place("not read", ""),)


def facts(
    found: Iterable[AccessList], bound: Bound, counts: bool | None, read_at: datetime
) -> Iterator[Fact]:
    """Each entry as a rule under its key, and what its counter says.

    The key is family, list and a digest of what the entry says without its number and logging:
    it stays when entries are renumbered. `counts`: every packet is counted, and no counter is
    printed for none (True); the list must say so (None); a counter can show traffic only (False).
    """
    for one in found:
        seen: Counter[str] = Counter()
        told = bound.get(one.family)
        where = NOT_READ if told is None else tuple(told.get(one.name, ()))
        for position, entry in enumerate(one.entries, 1):
            rule = _rule(one, entry, position, where)
            seen[rule.key] += 1
            if seen[rule.key] > 1:
                rule = replace(rule, key=f"{rule.key}#{seen[rule.key]}")
            usage = _usage(rule, one, entry, counts, read_at)
            counted = False if usage.counting == "off" else usage.count is not None or None
            yield replace(rule, counted=counted)
            yield usage


def _rule(of: AccessList, entry: Entry, position: int, where: tuple[Place, ...]) -> FirewallRule:
    one = entry.ace
    passing = any(place.passing for place in where)
    rule = with_digest(
        FirewallRule(
            key="",
            family=of.family,
            policy=of.name,
            position=position,
            comment=entry.remark,
            action=one.action,
            sources=one.sources,
            destinations=one.destinations,
            services=one.services,
            logged=one.logged,
            schedule=one.schedule,
            owner=of.owner,
            text=entry.text,
            conditions=tuple(one.conditions),
            not_understood=one.not_understood,
        )
    )
    said = [word for word in entry.text.split() if word not in ("log", "log-input")]
    said = said[1:] if said[0].isdigit() else said
    digest = sha256(" ".join(said).encode()).hexdigest()[:16]
    key = f"-/{of.family}/{of.name}/{digest}"
    return _applied(replace(rule, key=key, permits=one.permits if passing else None), where)


def _usage(
    rule: FirewallRule, of: AccessList, entry: Entry, counts: bool | None, read_at: datetime
) -> RuleUsage:
    return RuleUsage(
        key=rule.key,
        reset_domain=f"-/{of.family}/{of.name}",
        count=0 if counts and entry.count is None else entry.count,
        count_unit="packets",
        last_hit_at=read_at - timedelta(seconds=entry.ago_s) if entry.ago_s is not None else None,
        persistent=False,
        counting=_counting(of, entry, counts),
        read_at=read_at,
    )


def _counting(of: AccessList, entry: Entry, counts: bool | None) -> Literal["on", "off", "unknown"]:
    if counts is None and not of.counts and entry.count is None:
        return "off"
    if counts is None and of.counts and entry.count is not None:
        return "on"
    return "on" if counts else "unknown"


def _applied(rule: FirewallRule, where: Sequence[Place]) -> FirewallRule:
    """The rule with the interfaces by which its traffic enters and leaves."""
    ways: dict[str, list[str]] = {"in": [], "out": []}
    for place in where:
        if place.passing and place.way in ways:
            ways[place.way].append(place.name)
    return replace(
        rule,
        source_zones=tuple(dict.fromkeys(ways["in"])),
        destination_zones=tuple(dict.fromkeys(ways["out"])),
        installed_on=tuple(dict.fromkeys(f"{place.way} {place.name}".strip() for place in where)),
    )


def unwritten(
    found: Iterable[AccessList],
    bound: Bound,
    *,
    discovery: Sequence[str],
    empty_permits: bool | None,
) -> Iterator[Fact]:
    """What decides behind the last entry of each list that is applied to passing traffic.

    `discovery`: the ICMPv6 types that an IPv6 list lets pass before it denies, without which no
    IPv6 would pass at all. `empty_permits`: a list without entries, or one that does not exist,
    lets everything pass; None: nobody told what such a one does.
    """
    listed = {(one.family, one.name): one for one in found}
    applied = [(family, *told) for family, lists in bound.items() for told in lists.items()]
    for family, name, places in applied:
        where = [place for place in places if place.passing]
        if not where:
            continue
        one = listed.get((family, name))
        length = len(one.entries) if one else 0
        ends = [("no entries", "any", empty_permits)] if length == 0 else []
        if length and family == "ip6":
            ends += [(f"implicit {kind}", f"icmp6/{kind}", True) for kind in discovery]
        ends += [("implicit deny", "any", False)] if length else []
        for position, (title, service, permits) in enumerate(ends, length + 1):
            yield _applied(
                with_digest(
                    FirewallRule(
                        key=f"-/{family}/{name}/{title.replace(' ', '-')}",
                        family=family,
                        policy=name,
                        position=position,
                        name=title,
                        action=_ACTIONS[permits],
                        permits=permits,
                        services=(service,),
                        logged=False,
                        counted=False,
                        implicit=True,
                        not_understood=(title,) if permits is None else (),
                    )
                ),
                where,
            )


_ACTIONS = {True: "permit", False: "deny", None: ""}
