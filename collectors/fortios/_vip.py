"""Virtual IPs: what a policy's destination is translated to.

A policy whose destination is a virtual IP takes what comes for its outer address and leads it to
the inner one: by that an inner system faces whoever reaches the outer address.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors.fortios._answer import said, words
from evidence.services import networks

Rows = Iterable[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class VirtualIps:
    """Translations by VDOM and name, in words; groups hold names. None read: none is told.

    `inner` are the inner addresses of each VDOM as numbers, sorted, with the words.
    """

    told: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    inner: Mapping[str, Sequence[tuple[int, str]]] = field(default_factory=dict)

    def of(self, vdom: str, names: Iterable[str]) -> tuple[str, ...]:
        """What these names translate, each once; () where none of them is a virtual IP."""
        single = [one for name in names for one in self.groups.get((vdom, name), (name,))]
        found = (self.told.get((vdom, name)) for name in single)
        return tuple(dict.fromkeys(one for one in found if one))

    def leading_to(self, vdom: str, destinations: Iterable[str]) -> tuple[str, ...]:
        """What leads to an inner address (of a range: its first) that lies in one of these."""
        known = self.inner.get(vdom, ())
        found: dict[str, None] = {}
        for network in (one for text in destinations for one in networks(text) or ()):
            if network.version == 4 and network.prefixlen == 0:
                return ("destination of every virtual IP",) if known else ()
            if network.version == 4:
                first, last = int(network.network_address), int(network.broadcast_address)
                begin = bisect_left(known, (first, ""))
                found |= dict.fromkeys(
                    told for _, told in known[begin : bisect_left(known, (last + 1, ""))]
                )
        return tuple(found)


def virtual_ips(rows: Rows, groups: Rows) -> VirtualIps:
    told: dict[tuple[str, str], str] = {}
    inner: dict[str, list[tuple[int, str]]] = {}
    for vdom, row in rows:
        told[vdom, str(row.get("name"))] = _told(row)
        for network in (one for text in _inner(row) for one in (networks(text) or ())[:1]):
            inner.setdefault(vdom, []).append((int(network.network_address), _told(row)))
    return VirtualIps(
        told,
        {(vdom, str(row.get("name"))): words(row.get("member")) for vdom, row in groups},
        {vdom: sorted(found) for vdom, found in inner.items()},
    )


def _told(row: Mapping[str, Any]) -> str:
    """`destination 203.0.113.10 tcp/443 to 10.20.1.10 8443`; the name of one of another kind."""
    outer = said(row.get("extip")) or said(row.get("extaddr")) or str(row.get("name"))
    inner = ", ".join(_inner(row)) or said(row.get("mapped-addr"))
    ports = ("", "")
    if row.get("portforward") == "enable":
        protocol = said(row.get("protocol")) or "tcp"
        ports = (
            f" {protocol}/{said(row.get('extport')) or 'any'}",
            f" {said(row.get('mappedport')) or ''}".rstrip(),
        )
    return f"destination {outer}{ports[0]} to {inner or 'what only the device knows'}{ports[1]}"


def _inner(row: Mapping[str, Any]) -> tuple[str, ...]:
    mapped = row.get("mappedip")
    if isinstance(mapped, list):
        return tuple(str(one.get("range")) for one in mapped if isinstance(one, Mapping))
    return tuple((said(mapped) or "").split())
