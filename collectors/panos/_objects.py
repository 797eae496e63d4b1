"""Address and service objects: what the names in a rule stand for, as far as they are told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from xml.etree.ElementTree import Element

from collectors.panos._answer import members, text

Values = Mapping[str, tuple[str, ...]]

# Two services that every release holds and no configuration shows.
_PREDEFINED = {"service-http": ("tcp/80", "tcp/8080"), "service-https": ("tcp/443",)}


@dataclass(frozen=True, slots=True)
class Objects:
    """Objects of one vsys by name. A name that no answer explains stays a name.

    `addresses` and `services` hold values, the groups hold names of the same kind.
    """

    addresses: Values = field(default_factory=dict)
    address_groups: Values = field(default_factory=dict)
    services: Values = field(default_factory=lambda: _PREDEFINED)
    service_groups: Values = field(default_factory=dict)

    def address(self, names: Iterable[str]) -> tuple[str, ...]:
        """What these names stand for; what is no object's name is an address itself."""
        return _resolved(names, self.addresses, self.address_groups, _network)

    def service(self, names: Iterable[str]) -> tuple[str, ...]:
        return _resolved(names, self.services, self.service_groups, lambda name: name)


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
    return Objects(addresses, address_groups, services, service_groups)


def _entries(place: Element, kind: str) -> Iterator[tuple[str, Element]]:
    for entry in place.findall(f"{kind}/entry"):
        yield entry.get("name", ""), entry


def _resolved(
    names: Iterable[str], values: Values, groups: Values, lone: Callable[[str], str]
) -> tuple[str, ...]:
    found = dict.fromkeys(
        value for name in names for value in _opened(name, values, groups, lone, frozenset())
    )
    return ("any",) if "any" in found else tuple(found)


def _opened(
    name: str, values: Values, groups: Values, lone: Callable[[str], str], outer: frozenset[str]
) -> Iterator[str]:
    if name in outer:  # a group within itself, or one whose members are not told
        yield name
    elif name in groups:
        for member in groups[name]:
            yield from _opened(member, values, groups, lone, outer | {name})
    elif name in values:
        yield from values[name]
    else:
        yield lone(name)


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
