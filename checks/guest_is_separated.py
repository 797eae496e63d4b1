"""Are guests on the air kept apart from the internal network?

A guest network needs a VLAN that no internal network shares, and no firewall rule may lead from
where it ends to the inside. `zones.yaml` says which of a firewall's interfaces and networks are
`guest`; where it says nothing of the guests' VLAN, nobody can tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from checks._wireless import Answer, network_observed
from evidence.facts import FirewallRule, Interface
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import EVERYWHERE, UNKNOWN, HeldRule, held_rules
from evidence.text import Text, visible
from evidence.wireless import Held, held_networks, unread_networks

CHECK = "guest_is_separated"
CLOSED = ("internal", "management", "dmz")
GUEST = "guest"
MOST_NAMED = 5


class Place(NamedTuple):
    """A firewall's interface that carries a VLAN, and the zone that the site maps it to."""

    device: str
    name: str
    zone: str | None
    evidence: str


def check(
    readings: Readings,
    *,
    guest_ssids: Sequence[str] = (),
    closed: Sequence[str] = CLOSED,
    isolation: bool = True,
) -> Iterator[Observation]:
    """`closed`: zones that guests may not reach. `isolation`: guests may not reach each other.

    Guests' networks are the `guest_ssids` and those that a device itself calls so.
    """
    yield from unread_networks(readings, CHECK)
    networks = held_networks(readings)
    staff = [one for one in networks if not one.is_guest(guest_ssids) and one.on_air]
    for held in networks:
        if held.is_guest(guest_ssids) and held.on_air:
            answer = _worst(_answers(readings, held, staff, closed, isolation))
            network = held.network
            measures = {
                "ssid": network.ssid,
                "vlan": network.vlan,
                "isolated": network.isolated,
                "portal": network.portal,
            }
            yield network_observed(CHECK, readings, held, answer, about="guest", measures=measures)


def _answers(
    readings: Readings,
    held: Held,
    staff: Sequence[Held],
    closed: Sequence[str],
    isolation: bool,
) -> Iterator[Answer]:
    vlan = held.network.vlan
    if vlan is None:
        words = Text("no VLAN of its own is told", "未揭露專屬 VLAN")
        yield Answer(Result.not_assessed, "vlan_not_told", words)
    shared = [
        one
        for one in staff
        if vlan is not None and one.network.vlan == vlan and one.device.site == held.device.site
    ]
    if shared:
        names = ", ".join(one.name for one in shared[:MOST_NAMED])
        words = Text(
            f"shares VLAN {visible(vlan or '')} with {names}",
            f"與內部無線網路 {names} 共用 VLAN {visible(vlan or '')}",
        )
        evidence = tuple(dict.fromkeys(one.reading.digest for one in shared))
        yield Answer(Result.not_satisfied, "shares_vlan", words, evidence)
    if isolation and held.network.isolated is False:
        words = Text("guests reach each other", "訪客之間未隔離")
        yield Answer(Result.partly, "not_isolated", words)
    if isolation and held.network.isolated is None:
        words = Text("whether guests reach each other is not told", "未揭露訪客之間是否隔離")
        yield Answer(Result.not_assessed, "isolation_not_told", words)
    yield _routed(readings, held, closed)


def _routed(readings: Readings, held: Held, closed: Sequence[str]) -> Answer:
    """Whether a rule leads from the guests' zone to a closed one."""
    places = list(_places(readings, held))
    evidence = tuple(dict.fromkeys(one.evidence for one in places))
    if inside := [one for one in places if one.zone in closed]:
        where = ", ".join(f"{one.device} {one.name}" for one in inside[:MOST_NAMED])
        words = Text(
            f"its VLAN ends in an internal zone: {where}", f"其 VLAN 位於內部區域：{where}"
        )
        return Answer(Result.not_satisfied, "vlan_is_internal", words, evidence)
    known = [one for one in held_rules(readings) if GUEST in one.sources]
    if not known and not any(one.zone == GUEST for one in places):
        words = Text(
            "no firewall that was read has a zone for guests: see zones.yaml",
            "已讀取之防火牆皆無訪客區域，請設定 zones.yaml",
        )
        return Answer(Result.not_assessed, "zone_unknown", words, evidence)
    groups = {one.group for one in known} | {
        one.group
        for one in held_rules(readings)
        if any(place.zone == GUEST and place.device == one.device.id for place in places)
    }
    rules = [one for one in held_rules(readings) if one.group in groups and _lets_out(one)]
    through = [one for one in rules if one.destinations & {*closed, EVERYWHERE}]
    if through:
        named = ", ".join(one.title for one in through[:MOST_NAMED])
        words = Text(
            f"{len(through)} rules lead from guests to the inside: {named}",
            f"{len(through)} 條規則允許訪客連至內部：{named}",
        )
        digests = tuple(dict.fromkeys(one.evidence for one in through))
        return Answer(Result.not_satisfied, "routed_inside", words, (*evidence, *digests))
    if doubtful := [one for one in rules if UNKNOWN in one.destinations or _doubtful(one)]:
        words = Text(
            f"{len(doubtful)} rules lead from guests to places of no zone, or are not understood",
            f"{len(doubtful)} 條訪客規則之目的未對應區域或無法解讀",
        )
        digests = tuple(dict.fromkeys(one.evidence for one in doubtful))
        return Answer(Result.not_assessed, "zone_unknown", words, (*evidence, *digests))
    words = Text(
        f"no rule of {', '.join(sorted(groups))} leads from guests to the inside",
        f"{'、'.join(sorted(groups))} 無允許訪客連至內部之規則",
    )
    digests = tuple(dict.fromkeys(one.evidence for one in rules))
    return Answer(Result.satisfied, "separated", words, (*evidence, *digests))


def _lets_out(held: HeldRule) -> bool:
    """A rule that somebody wrote, that is on, and lets guests' traffic pass, or may."""
    rule = held.rule
    from_guests = bool(held.sources & {GUEST, EVERYWHERE})
    return from_guests and rule.enabled and not rule.implicit and rule.permits is not False


def _doubtful(held: HeldRule) -> bool:
    return bool(held.rule.not_understood)


def _places(readings: Readings, held: Held) -> Iterator[Place]:
    """Interfaces named like the guests' VLAN (`vlan90`, `port2.90`, `Gi0/1.90`), by the
    interfaces and rules that firewalls tell; and the SSID's own on a firewall that serves it."""
    vlan, profile = held.network.vlan, held.network.profile
    named = re.compile(rf"(?i)(?:.*[^0-9])?0*{re.escape(vlan)}") if vlan else None
    for device, reading in readings.each("firewall"):
        if reading is None:
            continue
        zones = {one.name: one.zone for one in reading.of(Interface)}
        names = dict.fromkeys(zones)
        for rule in reading.of(FirewallRule):
            names |= dict.fromkeys((*rule.source_zones, *rule.destination_zones))
        own = profile if device.id == held.device.id else None
        for name in names:
            if name != own and not (named and named.fullmatch(name)):
                continue
            zone = readings.zones.of(device.id, name)
            if zone is None and (outer := zones.get(name)):
                zone = readings.zones.of(device.id, outer)
            yield Place(device.id, name, zone, reading.digest)


_ORDER = (Result.not_satisfied, Result.not_assessed, Result.partly, Result.satisfied)


def _worst(answers: Iterator[Answer]) -> Answer:
    """The worst first, with the words of all that are not as they should be."""
    found = sorted(answers, key=lambda one: _ORDER.index(one.result))
    told = [one for one in found if one.result is not Result.satisfied] or found[:1]
    return Answer(
        found[0].result,
        found[0].state,
        Text("; ".join(one.said.en for one in told), "；".join(one.said.zh for one in told)),
        tuple(dict.fromkeys(digest for one in found for digest in one.evidence)),
    )
