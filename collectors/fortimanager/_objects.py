"""Addresses and services of an ADOM, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_network

from collectors._managed.names import Objects
from collectors.fortimanager._answer import Row, words

ANY = {"all": ("any",), "ALL": ("any",), "all6": ("any",)}


def objects(addresses: Iterable[Row], services: Iterable[Row], groups: Iterable[Row]) -> Objects:
    """Values by name; groups hold names. FortiManager keeps addresses and services apart, and a
    name that stands for both is rare enough to be told as both."""
    values: dict[str, tuple[str, ...]] = {}
    for row in addresses:
        values[str(row.get("name"))] = tuple(_address(row))
    for row in services:
        name = str(row.get("name"))
        values[name] = values.get(name, ()) + tuple(_service(row))
    found = {
        str(row.get("name")): words(row.get("member"))
        for row in groups
        # What a group leaves out cannot be said by its members.
        if row.get("exclude") in (None, "disable", 0)
    }
    return Objects(
        {name: value for name, value in (values | ANY).items() if name not in found}, found
    )


def _address(row: Row) -> Iterator[str]:
    """CIDR or `a-b`; the name of what only a FortiGate can resolve, and of a mapping by unit."""
    name, kind = str(row.get("name")), row.get("type")
    subnet, six = row.get("subnet"), row.get("ip6")
    if row.get("dynamic_mapping"):
        yield name  # another value on each unit
    elif kind == "iprange" and row.get("start-ip") and row.get("end-ip"):
        yield f"{row['start-ip']}-{row['end-ip']}"
    elif kind in ("ipmask", "ipprefix", None) and (subnet or six):
        yield _network("/".join(words(subnet)) if subnet else str(six), name)
    else:
        yield name


def _network(text: str, name: str) -> str:
    try:
        network = ip_network(text.replace(" ", "/"), strict=False)
    except ValueError:
        return name
    if network.prefixlen == 0:
        return "any"
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _service(row: Row) -> Iterator[str]:
    """`tcp/443`, `udp/53 from 1024-65535`, `icmp/8`; the name of what is written otherwise."""
    found = False
    for protocol in ("tcp", "udp", "sctp"):
        for entry in words(row.get(f"{protocol}-portrange")):
            port, _, sender = entry.partition(":")
            found = True
            yield f"{protocol}/{port} from {sender}" if sender else f"{protocol}/{port}"
    kind = str(row.get("protocol", ""))
    if kind.startswith("ICMP"):
        number = row.get("icmptype")
        yield f"icmp/{number}" if isinstance(number, int) else "icmp"
    elif kind == "IP" and not row.get("protocol-number"):
        yield "any"
    elif not found:
        yield str(row.get("name"))
