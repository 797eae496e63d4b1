"""Who stands beside a PAN-OS firewall: its LLDP neighbours and its ARP table."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from collectors._neighbours import address_of, chassis_of, mac_of
from evidence.facts import Neighbour


def by_lldp(node: Element) -> Iterator[Neighbour]:
    """What neighbours say of themselves: an entry an interface, below it one a neighbour."""
    for interface in node.iterfind(".//entry[neighbors]"):
        for one in interface.iterfind("neighbors/entry"):
            chassis, own, mac = chassis_of(_text(one, "chassis-id"))
            # One address, or an entry for each, named by it.
            told = [text for place in one.iter("management-address") for text in _texts(place)]
            addresses = (own, *(address_of(text) for text in told))
            yield Neighbour(
                seen_by="lldp",
                name=_text(one, "system-name") or chassis,
                addresses=tuple(dict.fromkeys(filter(None, addresses))),
                mac=mac,
                description=_text(one, "system-description"),
                port=interface.get("name"),
                remote_port=_text(one, "port-id"),
            )


def by_arp(node: Element) -> Iterator[Neighbour]:
    """Who spoke lately; what is incomplete has no MAC address."""
    for one in node.iterfind(".//entries/entry"):
        address = address_of(_text(one, "ip") or "")
        mac = mac_of(_text(one, "mac") or "")
        if address and mac:
            port = _text(one, "interface")
            yield Neighbour(seen_by="arp", addresses=(address,), mac=mac, port=port)


def _text(parent: Element, name: str) -> str | None:
    return " ".join((parent.findtext(name) or "").split()) or None


def _texts(place: Element) -> Iterator[str]:
    yield from (text for text in place.itertext())
    yield from (name for entry in place.iter("entry") if (name := entry.get("name")))
