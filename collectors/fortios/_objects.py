"""Address and service objects: what the names in a policy stand for, as far as they are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from collectors.fortios._answer import rows, said, words
from evidence.capture import Capture

Named = dict[tuple[str, str], tuple[str, ...]]  # VDOM and name → members or values
_ANY = {"0.0.0.0/0", "::/0"}


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects by VDOM and name. A name that no answer explains stays a name."""

    values: Named = field(default_factory=dict)
    groups: Named = field(default_factory=dict)

    def resolve(self, vdom: str, names: Iterable[str]) -> tuple[str, ...]:
        """What the names stand for, groups opened, in order and once each; `any` swallows all."""
        found = dict.fromkeys(
            value for name in names for value in self._opened(vdom, name, frozenset())
        )
        return ("any",) if "any" in found else tuple(found)

    def _opened(self, vdom: str, name: str, outer: frozenset[str]) -> Iterable[str]:
        if name in outer:
            return
        if (vdom, name) in self.groups:
            for member in self.groups[vdom, name]:
                yield from self._opened(vdom, member, outer | {name})
        elif name.casefold() in ("all", "any"):
            yield "any"
        else:
            yield from self.values.get((vdom, name), (name,))


def objects(
    values: Iterable[Capture], services: Iterable[Capture], groups: Iterable[Capture]
) -> Objects:
    """From the answers there are; groups of addresses and of services are written alike."""
    known: Named = {}
    for capture in values:
        known |= {(part.vdom, _name(row)): _address(row) for part, row in rows(capture)}
    for capture in services:
        known |= {(part.vdom, _name(row)): _service(row) for part, row in rows(capture)}
    members = {
        (part.vdom, _name(row)): words(row.get("member"))
        for capture in groups
        for part, row in rows(capture)
        # A group that leaves members out is no list of what it holds.
        if row.get("exclude") != "enable"
    }
    return Objects(known, members)


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
    """A service's ports: `tcp/443`, and `tcp/443 from 1024-65535` where the sender's are told."""
    ports = [
        f"{protocol}/{one.replace(':', ' from ')}"
        for protocol in ("tcp", "udp", "sctp")
        for one in (said(row.get(f"{protocol}-portrange")) or "").split()
    ]
    if ports:
        return tuple(ports)
    if row.get("protocol") == "IP" and row.get("protocol-number") in (0, "0"):
        return ("any",)
    return (_name(row),)
