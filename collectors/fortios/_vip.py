"""Virtual IPs: what a policy's destination is translated to.

A policy whose destination is a virtual IP takes what comes for its outer address and leads it to
the inner one: by that an inner system faces whoever reaches the outer address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors._managed.overlap import Overlap, told
from collectors.fortios._answer import said, words

Rows = Iterable[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class VirtualIps:
    """Translations by VDOM and name, in words; groups hold names. None read: none is told.

    `inner` are each VDOM's words, and by which inner addresses they are found.
    """

    words: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    inner: Mapping[str, tuple[Sequence[str], Overlap | None]] = field(default_factory=dict)

    def of(self, vdom: str, names: Iterable[str]) -> tuple[str, ...]:
        """What these names translate, each once; () where none of them is a virtual IP."""
        single = [one for name in names for one in self.groups.get((vdom, name), (name,))]
        found = (self.words.get((vdom, name)) for name in single)
        return tuple(dict.fromkeys(one for one in found if one))

    def leading_to(self, vdom: str, destinations: Iterable[str]) -> list[str]:
        """What leads to an inner address that is one of these."""
        said_, inner = self.inner.get(vdom, ((), None))
        return told([said_[place] for place in inner.of(destinations)] if inner else [])


def virtual_ips(rows: Rows, groups: Rows) -> VirtualIps:
    known = [(vdom, str(row.get("name")), row) for vdom, row in rows]
    return VirtualIps(
        {(vdom, name): _told(row) for vdom, name, row in known},
        {(vdom, str(row.get("name"))): words(row.get("member")) for vdom, row in groups},
        {
            vdom: (
                [_told(row) for one, _, row in known if one == vdom],
                Overlap(_inner(row) for one, _, row in known if one == vdom),
            )
            for vdom in dict.fromkeys(vdom for vdom, _, _ in known)
        },
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
