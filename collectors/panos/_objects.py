"""Address and service objects: what the names in a rule stand for, as far as they are told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from xml.etree.ElementTree import Element

from collectors._managed import names
from collectors.panos._answer import members, text

_ANY = {"any": ("any",)}
# Two services that every release holds and no configuration shows.
_PREDEFINED = {"service-http": ("tcp/80", "tcp/8080"), "service-https": ("tcp/443",)}


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects of one vsys by name: addresses are one space of names, services another."""

    addresses: names.Objects = field(default_factory=lambda: names.Objects(_ANY))
    services: names.Objects = field(default_factory=lambda: names.Objects(_PREDEFINED | _ANY))

    def address(self, named: Iterable[str]) -> tuple[str, ...]:
        """What these names stand for; what is no object's name is an address itself."""
        found = dict.fromkeys(map(_network, self.addresses.resolve(named)))
        return ("any",) if "any" in found else tuple(found)

    def service(self, named: Iterable[str]) -> tuple[str, ...]:
        return self.services.resolve(named)


def objects(places: Iterable[Element]) -> Objects:
    """The objects under these nodes; a later node's shadow an earlier one's of the same name."""
    addresses: dict[str, tuple[str, ...]] = {}
    address_groups: dict[str, tuple[str, ...]] = {}
    services: dict[str, tuple[str, ...]] = dict(_PREDEFINED)
    service_groups: dict[str, tuple[str, ...]] = {}
    for place in places:
        # The four names are one space for addresses and one for services.
        for name, entry in _entries(place, "address"):
            addresses[name] = _address(name, entry)
            address_groups.pop(name, None)
        for name, entry in _entries(place, "address-group"):
            # A dynamic group's members come from tags at run time: it stays a name.
            address_groups[name] = members(entry, "static") or (name,)
        for name, entry in _entries(place, "service"):
            services[name] = tuple(_ports(entry)) or (name,)
            service_groups.pop(name, None)
        for name, entry in _entries(place, "service-group"):
            service_groups[name] = members(entry, "members")
    return Objects(
        names.Objects(_ANY | addresses, address_groups),
        names.Objects(_ANY | services, service_groups),
    )


def _entries(place: Element, kind: str) -> Iterator[tuple[str, Element]]:
    for entry in place.findall(f"{kind}/entry"):
        yield entry.get("name", ""), entry


def _address(name: str, entry: Element) -> tuple[str, ...]:
    """CIDR or `a-b`; the name itself for what only the firewall can resolve (FQDN, wildcard)."""
    told = text(entry, "ip-netmask") or text(entry, "ip-range")
    return (name,) if told is None else (_network(told),)


def _network(told: str) -> str:
    """An address, network or range in the usual form; anything else as it stands."""
    first, dash, last = told.partition("-")
    try:
        if dash:
            return f"{ip_network(first).network_address}-{ip_network(last).network_address}"
        network = ip_network(told, strict=False)
    except ValueError:
        return told
    return "any" if network.prefixlen == 0 else str(network)


def _ports(entry: Element) -> Iterator[str]:
    """`tcp/443`, `udp/5000-5100`, and `tcp/443 from 1024-65535` where the sender's are told."""
    for protocol in ("tcp", "udp", "sctp"):
        senders = _listed(text(entry, f"protocol/{protocol}/source-port"))
        for port in _listed(text(entry, f"protocol/{protocol}/port")):
            for sender in senders or [""]:
                yield f"{protocol}/{port} from {sender}" if sender else f"{protocol}/{port}"


def _listed(told: str | None) -> list[str]:
    return [one.strip() for one in (told or "").split(",") if one.strip()]
