"""Hosts, services and their groups: what the names in a rule stand for, as far as it is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from xml.etree.ElementTree import Element

from collectors._managed.names import Objects

ANY = {"Any": ("any",)}


@dataclass(frozen=True, slots=True)
class Known:
    """Addresses are one space of names, services another."""

    addresses: Objects
    services: Objects


def objects(found: Element) -> Known:
    """The objects of an export. What none of them explains (FQDN, MAC, country) stays a name."""
    hosts = {name: tuple(_addresses(entry)) or (name,) for name, entry in _named(found, "IPHost")}
    groups: dict[str, list[str]] = {}
    for name, entry in _named(found, "IPHost"):
        for group in texts(entry, "HostGroupList/HostGroup"):
            groups.setdefault(group, []).append(name)
    for name, entry in _named(found, "IPHostGroup"):
        groups.setdefault(name, []).extend(texts(entry, "HostList/Host"))
    services = {name: tuple(_ports(entry)) or (name,) for name, entry in _named(found, "Services")}
    service_groups = {
        name: tuple(texts(entry, "ServiceList/Service"))
        for name, entry in _named(found, "ServiceGroup")
    }
    members = {name: tuple(dict.fromkeys(held)) for name, held in groups.items()}
    return Known(Objects(ANY | hosts, members), Objects(ANY | services, service_groups))


def texts(entry: Element, path: str) -> list[str]:
    """The texts of a list, without empty ones."""
    return [text for one in entry.findall(path) if (text := (one.text or "").strip())]


def _named(found: Element, kind: str) -> Iterator[tuple[str, Element]]:
    for entry in found.findall(kind):
        if name := (entry.findtext("Name") or "").strip():
            yield name, entry


def _addresses(entry: Element) -> Iterator[str]:
    told = {part.tag: (part.text or "").strip() for part in entry}
    match told.get("HostType"):
        case "IP":
            yield told.get("IPAddress", "")
        case "Network":
            yield _network(told.get("IPAddress", ""), told.get("Subnet", ""))
        case "IPRange":
            yield f"{told.get('StartIPAddress', '')}-{told.get('EndIPAddress', '')}"
        case "IPList":
            yield from filter(None, told.get("ListOfIPAddresses", "").split(","))


def _network(address: str, mask: str) -> str:
    try:
        network = ip_network(f"{address}/{mask}", strict=False)
    except ValueError:
        return f"{address}/{mask}"
    return "any" if network.prefixlen == 0 else str(network)


def _ports(entry: Element) -> Iterator[str]:
    """`tcp/443`, `udp/53 from 1024-65535`, `icmp/Echo`, `protocol 89`."""
    for one in entry.findall("ServiceDetails/ServiceDetail"):
        told = {part.tag: (part.text or "").strip() for part in one}
        protocol = told.get("Protocol", told.get("ProtocolName", "")).casefold()
        if protocol in ("tcp", "udp", "sctp"):
            sender = told.get("SourcePort", "").replace(":", "-")
            port = told.get("DestinationPort", "").replace(":", "-") or "any"
            plain = sender in ("", "1-65535", "0-65535")
            yield f"{protocol}/{port}" if plain else f"{protocol}/{port} from {sender}"
        elif "ICMPType" in told:
            kind = told["ICMPType"].casefold()
            yield "icmp" if kind.startswith("any") else f"icmp/{kind.replace(' ', '-')}"
        elif protocol:
            yield protocol
