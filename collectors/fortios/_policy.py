"""Policies as rules, and what their counters said.

A policy's identity is its UUID; one of zeros, as old configurations carry, is none, and then
the policy's number stands in. A number repeats from VDOM to VDOM.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from collectors._managed.apart import twice
from collectors.fortios._answer import Part, rows, said, whole, words
from collectors.fortios._attributes import APPLICATIONS, CONDITIONS, UNSET, strange
from collectors.fortios._objects import Objects
from evidence.capture import Capture
from evidence.facts import Fact, FirewallRule, RuleUsage

Place = tuple[str, str, int]  # VDOM, family, policy number

# What makes a policy match, beside zones, addresses and services: any change begins anew.
_MATCH = (
    *("users", "groups", "fsso-groups", "schedule", "application", "internet-service"),
    *("internet-service-src", "internet-service-name", "internet-service-src-name"),
    *("geoip-match", *CONDITIONS),
)
_PERMITS = {"accept": True, "ipsec": True, "ssl-vpn": True, "deny": False}
_NO_ADDRESS6 = ("srcaddr6", "dstaddr6", "internet-service6-name", "internet-service6-src-name")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as configured, with the rule it is; `only_ip` when it can match no IPv6."""

    place: Place
    rule: FirewallRule
    only_ip: bool


@dataclass(frozen=True, slots=True)
class Statistics:
    """A statistics answer. `family`: of which list, None: by the release. `half`: asked for
    this IP version alone."""

    capture: Capture
    family: str | None = None
    half: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A row of the statistics. `half`: it counts this IP version of a policy that has both."""

    place: Place
    row: Mapping[str, Any]
    half: str | None = None


def facts(
    policy: Capture | None,
    policy6: Capture | None,
    statistics: Sequence[Statistics],
    objects: Objects,
) -> Iterator[Fact]:
    """The rules, then what was counted of them."""
    known = [
        one
        for capture, family in ((policy, None), (policy6, "ip6"))
        if capture
        for one in policies(capture, family, objects)
    ]
    rows_of = [row for one in statistics for row in counted(one)]
    found = list(usages(known, rows_of, statistics[0].capture.answered_at)) if statistics else []
    having = {usage.key for usage in found if usage.count is not None}
    for rule in (*(one.rule for one in known), *implicit(rows_of, known)):
        yield replace(rule, counted=rule.key in having) if statistics else rule
    yield from found


def policies(capture: Capture, family: str | None, objects: Objects) -> Iterator[Policy]:
    """The policies in the order of evaluation. `family` None: by the release."""
    yield from listed(
        ((part.vdom, family or _family(part), row) for part, row in rows(capture)),
        objects,
        capture.device,
    )


def listed(
    found: Iterable[tuple[str, str, Mapping[str, Any]]], objects: Objects, device: str
) -> Iterator[Policy]:
    """The policies of rows, each with its VDOM and IP version, in the order of evaluation.

    Raises Incomplete for a number that comes twice. A UUID that a copied configuration holds
    twice is no identity of the second.
    """
    position: Counter[tuple[str, str]] = Counter()
    places: set[Place] = set()
    keys: set[str] = set()
    for vdom, family, row in found:
        position[vdom, family] += 1
        number = whole(row.get("policyid"))
        if number is not None:
            place = (vdom, family, number)
            if place in places:
                raise twice(f"{device}: {vdom}", f"policyid {number}")
            one = _policy(place, row, position[vdom, family], objects)
            if one.rule.key in keys:
                one = replace(one, rule=replace(one.rule, key=_key(place, None)))
            places.add(place)
            keys.add(one.rule.key)
            yield one


def _family(part: Part) -> str:
    return "inet" if part.consolidated else "ip"


def _policy(place: Place, row: Mapping[str, Any], position: int, objects: Objects) -> Policy:
    vdom, family, number = place
    uuid = _uuid(row)
    named = {
        end: [one for version in ("", "4", "6") for one in words(row.get(f"{end}addr{version}"))]
        for end in ("src", "dst")
    }
    sources, destinations = (objects.resolve(vdom, names) for names in named.values())
    services = objects.resolve(vdom, words(row.get("service")))
    applications = (
        *words(row.get("application")),
        *(f"{name} {one}" for name in APPLICATIONS for one in words(row.get(name))),
        *words(row.get("internet-service-name")),
    )
    source_zones, destination_zones = words(row.get("srcintf")), words(row.get("dstintf"))
    negated = {name: _on(row.get(f"{name}-negate")) for name in ("srcaddr", "dstaddr", "service")}
    action = str(row.get("action", "")).lower()
    match = [
        *(sorted(part) for part in (source_zones, destination_zones)),
        *(sorted(part) for part in (sources, destinations, services)),
        negated,
        {name: row[name] for name in _MATCH if row.get(name) not in UNSET},
    ]
    unknown = tuple(strange(row, _PERMITS))
    if any(one != "service-negate enable" for one in unknown):
        match.append(unknown)
    rule = FirewallRule(
        key=_key(place, uuid),
        context=vdom,
        family=family,
        policy="policy6" if family == "ip6" else "policy",
        position=position,
        vendor_id=uuid,
        name=said(row.get("name")),
        comment=said(row.get("comments")),
        enabled=row.get("status", "enable") == "enable",
        action=action,
        permits=_PERMITS.get(action),
        source_zones=source_zones,
        destination_zones=destination_zones,
        # A policy by internet service names no addresses; what it matches stands there.
        sources=sources or words(row.get("internet-service-src-name")) or ("any",),
        sources_negated=negated["srcaddr"],
        destinations=destinations or words(row.get("internet-service-name")) or ("any",),
        destinations_negated=negated["dstaddr"],
        services=services or ("any",),
        applications=applications,
        users=(*words(row.get("users")), *words(row.get("groups")), *words(row.get("fsso-groups"))),
        nat=_nat(row, objects.translated.of(vdom, named["dst"])),
        logged=_logged(row.get("logtraffic")),
        schedule=_schedule(row, vdom, objects),
        match_digest=sha256(json.dumps(match, sort_keys=True).encode()).hexdigest(),
        text=f"policyid {number}",
        conditions=tuple(
            f"{name} {', '.join(words(row[name])) or row[name]}"
            for name in (*_of_ip4(row, sources, destinations), *CONDITIONS)
            if name not in APPLICATIONS and row.get(name) not in UNSET
        ),
        not_understood=unknown,
    )
    return Policy(place, rule, not any(row.get(name) for name in _NO_ADDRESS6))


def _of_ip4(
    row: Mapping[str, Any], sources: Sequence[str], destinations: Sequence[str]
) -> Iterator[str]:
    """Internet services beside addresses: of IPv4 the policy takes the service alone, and the
    addresses, `all` mostly, are of IPv6."""
    for name, addresses in (("internet-service-src", sources), ("internet-service", destinations)):
        if _on(row.get(name)) and addresses:
            yield f"{name}-name"


def _nat(row: Mapping[str, Any], translated: Sequence[str]) -> str | None:
    """What the policy translates: the sender's address, and the destinations that are virtual."""
    return "; ".join((*(["source"] if _on(row.get("nat")) else []), *translated)) or None


def _schedule(row: Mapping[str, Any], vdom: str, objects: Objects) -> str | None:
    """The schedule's name with its end, or the end that the policy gives itself (from 7.2 on)."""
    name = said(row.get("schedule"))
    if name is not None and (told := objects.ends.get((vdom, name))):
        name = f"{name} {told}"
    end = said(row.get("policy-expiry-date")) or said(row.get("policy-expiry-date-utc"))
    if not _on(row.get("policy-expiry")) or end is None:
        return name
    return f"{name or 'always'} until {end}"


def counted(one: Statistics) -> Iterator[Counted]:
    """The rows of a statistics answer."""
    for part, row in rows(one.capture):
        number = whole(row.get("policyid"))
        if number is not None:
            family = one.family or _family(part)
            yield Counted((part.vdom, family, number), row, one.half if family == "inet" else None)


def usages(
    known: Iterable[Policy], found: Iterable[Counted], read_at: datetime
) -> Iterator[RuleUsage]:
    """One usage a policy. Both halves of one policy are added up.

    Half of a policy that may match both IP versions is no count of that policy: without the
    configuration it is told of that IP version alone, with it the count is None.
    """
    policies = {one.place: one for one in known}
    by_place: dict[Place, list[Counted]] = {}
    for one in found:
        by_place.setdefault(one.place, []).append(one)
    for place, ones in by_place.items():
        policy, halves = policies.get(place), {one.half for one in ones}
        lone = next(iter(halves)) if len(halves) == 1 else None
        row = _added([one.row for one in ones])
        partial = lone is not None and not (policy and policy.only_ip and lone == "ip")
        if partial and policy is None:
            place = (place[0], str(lone), place[2])
        key = policy.rule.key if policy else _key(place, _uuid(row))
        told = usage(key, f"{place[0]}/{place[1]}", row, read_at)
        count = None if partial and policy is not None else hits(row, place[2])
        yield replace(told, count=count, counting="unknown" if count is None else "on")


def implicit(found: Iterable[Counted], known: Sequence[Policy]) -> Iterator[FirewallRule]:
    """The denial at the end of each list: number 0 in the statistics, in no configuration.

    None without a configuration: the statistics alone are no rule list.
    """
    if not known:
        return
    last: dict[tuple[str, str], int] = {}
    for policy in known:
        vdom, family, _ = policy.place
        last[vdom, family] = max(last.get((vdom, family), 0), policy.rule.position)
    for place in dict.fromkeys(one.place for one in found if one.place[2] == 0):
        vdom, family, _ = place
        yield FirewallRule(
            key=_key(place, None),
            context=vdom,
            family=family,
            policy="policy6" if family == "ip6" else "policy",
            position=last.get((vdom, family), 0) + 1,
            name="Implicit Deny",
            action="deny",
            permits=False,
            implicit=True,
            match_digest=sha256(b"implicit").hexdigest(),
            text="policyid 0",
        )


def usage(key: str, domain: str, row: Mapping[str, Any], read_at: datetime) -> RuleUsage:
    """What a row of statistics tells beside the count."""
    size_bytes = whole(row.get("bytes"))
    if size_bytes is None:
        shares = [whole(row.get(f"{name}_bytes")) for name in ("software", "asic")]
        size_bytes = sum(one for one in shares if one is not None) if any(shares) else None
    sessions = [
        one
        for one in (whole(row.get("active_sessions")), whole(row.get("session_count")))
        if one is not None
    ]
    return RuleUsage(
        key=key,
        reset_domain=domain,
        count_unit="sessions",
        size_bytes=size_bytes,
        first_hit_at=_epoch(row.get("first_used")),
        last_hit_at=_epoch(row.get("last_used")),
        open_sessions=max(sessions, default=None),
        persistent=False,
        read_at=read_at,
    )


def hits(row: Mapping[str, Any], number: int) -> int | None:
    """Hits since boot. FortiOS leaves `hit_count` out until the first one (7.4 and before).

    Where bytes passed without a hit, hits are not counted (hyperscale policies), and the
    implicit denial has bytes and packets only.
    """
    if "hit_count" in row:
        return whole(row["hit_count"])
    silent = whole(row.get("bytes")) == 0 and whole(row.get("packets")) == 0
    return 0 if number and silent else None


def _added(halves: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The halves of a policy as one row: amounts added, first the earliest, last the latest."""
    if len(halves) == 1:
        return halves[0]
    total: dict[str, Any] = {}
    for name in dict.fromkeys(name for half in halves for name in half):
        values = [half[name] for half in halves if name in half]
        if name in ("uuid", "policyid") or not all(isinstance(one, int) for one in values):
            total[name] = values[0]
        elif name.endswith("first_used"):
            total[name] = min(values)
        else:
            total[name] = max(values) if name.endswith("last_used") else sum(values)
    return total


def _key(place: Place, uuid: str | None) -> str:
    return f"{place[0]}/{place[1]}/{uuid or place[2]}"


def _uuid(row: Mapping[str, Any]) -> str | None:
    uuid = said(row.get("uuid"))
    return None if uuid is None or not uuid.strip("0-") else uuid


def _on(value: Any) -> bool:
    return str(value) == "enable"


def _logged(value: Any) -> bool | None:
    """`utm` logs only what a security profile objects to: not the traffic as such."""
    return None if value is None else value == "all"


def _epoch(value: Any) -> datetime | None:
    seconds = whole(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
