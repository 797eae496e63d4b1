"""Who stands beside a FortiGate: its LLDP neighbours (7.0 and later) and its ARP table.

`monitor/network/lldp/neighbors` names the local interface `port_name` in newer releases and `port`
in older ones. Every VDOM may list the same neighbour; each counts once.
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors._neighbours import address_of, chassis_of, mac_of
from collectors.fortios._answer import rows, said
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import Neighbour


def by_lldp(capture: Capture) -> Iterator[Neighbour]:
    """What neighbours say of themselves. Raises Unexpected: an entry names nobody."""
    for _, row in rows(capture):
        chassis, address, mac = chassis_of(said(row.get("chassis_id")))
        name = said(row.get("system_name")) or chassis
        mac = mac or mac_of(said(row.get("mac")) or "")
        if not (name or address or mac):
            raise Unexpected(f"{capture.device}: {capture.ask.name}: a neighbour without identity")
        told = row.get("addresses")
        addresses = [address] + [
            address_of(str(one.get("address", "")))
            for one in (told if isinstance(told, list) else ())
            if isinstance(one, dict)
        ]
        yield Neighbour(
            seen_by="lldp",
            name=name,
            addresses=tuple(dict.fromkeys(filter(None, addresses))),
            mac=mac,
            description=said(row.get("system_desc")) or said(row.get("system_description")),
            port=said(row.get("port_name")) or said(row.get("port")),
            remote_port=said(row.get("port_id")),
        )


def by_arp(capture: Capture) -> Iterator[Neighbour]:
    """Who spoke lately; an entry without an answer has no address of a card."""
    for _, row in rows(capture):
        address, mac = address_of(str(row.get("ip", ""))), mac_of(str(row.get("mac", "")))
        if address and mac:
            port = said(row.get("interface"))
            yield Neighbour(seen_by="arp", addresses=(address,), mac=mac, port=port)
