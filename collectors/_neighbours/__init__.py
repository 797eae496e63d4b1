"""What a device sees beside it: tables of LLDP, CDP and addresses, in the networks named for it.

`options: {ranges: "192.0.2.0/24, …"}` of a device names the networks: what has its address
elsewhere is no fact. What tells no address at all is kept: it is plugged into the device.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from evidence.device import Device
from evidence.facts import Fact, Neighbour, Surroundings

RANGES = "ranges"
_MAC = re.compile(r"[0-9a-f]{12}")


def named_networks(device: Device) -> list[IPv4Network | IPv6Network]:
    """The networks in which the configuration lets this device look for others."""
    said = re.split(r"[\s,]+", device.options.get(RANGES, "").strip())
    return [ip_network(one) for one in said if one]


def inside(device: Device, found: Iterable[Neighbour], ways: Iterable[str]) -> Iterator[Fact]:
    """How far was looked, then each neighbour once, with its addresses in the device's ranges;
    all, if none are named. `ways`: the tables that the device has."""
    networks = named_networks(device)
    yield Surroundings(networks=tuple(map(str, networks)), ways=tuple(ways))
    seen: set[Neighbour] = set()
    for one in found:
        kept = tuple(
            address
            for address in one.addresses
            if not networks or any(ip_address(address) in network for network in networks)
        )
        if one.addresses and not kept:
            continue
        one = replace(one, addresses=kept)
        if one not in seen:
            seen.add(one)
            yield one


def mac_of(text: str) -> str | None:
    """A MAC address in any usual form as `00:11:22:33:44:55`; None for what is none, or nobody's
    (all zeros, broadcast, multicast)."""
    digits = re.sub(r"[.:-]", "", text.strip().lower())
    if not _MAC.fullmatch(digits) or int(digits[:2], 16) & 1 or not int(digits, 16):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def chassis_of(text: str | None) -> tuple[str | None, str | None, str | None]:
    """A chassis id of LLDP, of whatever kind, as name, address or MAC address."""
    mac = mac_of(text or "")
    address = None if mac else address_of(text or "")
    return None if mac or address else text, address, mac


def address_of(text: str) -> str | None:
    """A host's address in its shortest form; None for what is none, stands for many hosts, or
    means something on its own link alone."""
    try:
        found = ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    anywhere = found.is_multicast or found.is_unspecified or found.is_link_local
    return None if anywhere else str(found)
