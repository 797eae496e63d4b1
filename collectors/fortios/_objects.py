"""Address and service objects: what the names in a policy stand for, as far as they are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_network
from typing import Any

from collectors._managed import names
from collectors.fortios._answer import rows, said, words
from collectors.fortios._vip import VirtualIps, virtual_ips
from evidence.capture import Capture

Rows = Iterable[tuple[str, Mapping[str, Any]]]
"""Rows, each with its VDOM."""

_ANY = {"0.0.0.0/0", "::/0"}
_EVERYTHING = {name: ("any",) for name in ("all", "any", "ALL", "ANY", "All", "Any")}


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects by VDOM. A name that no answer explains stays a name.

    `ends`: what each schedule says of its end, by VDOM and name.
    """

    of_vdom: Mapping[str, names.Objects] = field(default_factory=dict)
    translated: VirtualIps = field(default_factory=VirtualIps)
    ends: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def resolve(self, vdom: str, named: Iterable[str]) -> tuple[str, ...]:
        """What the names stand for, groups opened, in order and once each; `any` swallows all."""
        return self.of_vdom.get(vdom, _UNKNOWN).resolve(named)


_UNKNOWN = names.Objects(_EVERYTHING)


def objects(
    values: Iterable[Capture],
    services: Iterable[Capture],
    groups: Iterable[Capture],
    vips: Iterable[Capture] = (),
    vip_groups: Iterable[Capture] = (),
    schedules: Iterable[Capture] = (),
) -> Objects:
    """From the answers there are; groups of addresses and of services are written alike."""
    found = of_rows(*(named_rows(*one) for one in (values, services, groups)))
    translated = virtual_ips(named_rows(*vips), named_rows(*vip_groups))
    return replace(found, translated=translated, ends=schedule_ends(named_rows(*schedules)))


def schedule_ends(rows: Rows) -> dict[tuple[str, str], str]:
    """When schedules end: a single one has its day, the others have `day` or `start` only."""
    found: dict[tuple[str, str], str] = {}
    for vdom, row in rows:
        day = _DAY.search(said(row.get("end")) or "")
        found[vdom, _name(row)] = f"until {'-'.join(day.groups())}" if day else "recurring"
    return {place: end for place, end in found.items() if place[1] not in ("always", "none")}


_DAY = re.compile(r"\b(20\d\d)/(\d\d)/(\d\d)\b")


def named_rows(*found: Capture) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The rows of answers, each with its VDOM."""
    for capture in found:
        for part, row in rows(capture):
            yield part.vdom, row


def of_rows(values: Rows, services: Rows, groups: Rows) -> Objects:
    """The same of (VDOM, row) pairs."""
    known: dict[str, dict[str, tuple[str, ...]]] = {}
    members: dict[str, dict[str, tuple[str, ...]]] = {}
    for found, value in ((values, _address), (services, _service)):
        for vdom, row in found:
            known.setdefault(vdom, dict(_EVERYTHING))[_name(row)] = value(row)
    for vdom, row in groups:
        # A group that leaves members out is no list of what it holds.
        if row.get("exclude") != "enable":
            members.setdefault(vdom, {})[_name(row)] = words(row.get("member"))
    return Objects(
        {
            vdom: names.Objects(known.get(vdom, _EVERYTHING), members.get(vdom, {}))
            for vdom in dict.fromkeys((*known, *members))
        }
    )


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("name", ""))


def _address(row: Mapping[str, Any]) -> tuple[str, ...]:
    """An address's value: CIDR, `a-b`, or its own name for what only the device can resolve."""
    kind = row.get("type")
    first, last = said(row.get("start-ip")), said(row.get("end-ip"))
    if kind == "iprange" and first and last:
        return (first if first == last else f"{first}-{last}",)
    text = said(row.get("ip6")) or said(row.get("subnet"))
    if kind in ("ipmask", "ipprefix", "interface-subnet", None) and text:
        try:
            network = str(ip_network(text.replace(" ", "/"), strict=False))
        except ValueError:
            return (_name(row),)
        return ("any" if network in _ANY else network,)
    return (_name(row),)


def _service(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A service's ports: `tcp/443`, and `tcp/443 from 1024-65535` where the sender's are told;
    `icmp/8`, `gre` where it has none."""
    if said(row.get("iprange")) not in (None, "0.0.0.0") or said(row.get("fqdn")):
        return (_name(row),)  # it is of certain destinations only
    ports = [
        f"{protocol}/{one.replace(':', ' from ')}"
        for protocol in ("tcp", "udp", "sctp")
        for one in (said(row.get(f"{protocol}-portrange")) or "").split()
    ]
    if ports:
        return tuple(ports)
    kind = row.get("protocol")
    if kind == "IP" and (number := said(row.get("protocol-number"))) is not None:
        return (_PROTOCOLS.get(number, _name(row)),)
    if kind in _CONTROL:
        told = [said(row.get(name)) for name in ("icmptype", "icmpcode")]
        return ("/".join((_CONTROL[kind], *(one for one in told if one))),)
    return (_name(row),)


_CONTROL = {"ICMP": "icmp", "ICMP6": "icmp6"}
# Others keep the service's name: a bare number could be a port's.
_PROTOCOLS = {
    **{"0": "any", "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp"},
    **{"51": "ah", "58": "icmp6", "89": "ospf", "103": "pim", "112": "vrrp", "132": "sctp"},
}
