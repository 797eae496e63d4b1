"""Address books by zone, applications, and zones' interfaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from collectors._managed.names import Objects
from collectors.junos._lines import Statement, Words, active, pick
from evidence.facts import Interface

ANY = {"any": ("any",), "any-ipv4": ("0.0.0.0/0",), "any-ipv6": ("::/0",)}
_GLOBAL = "global"
_PORTS = ("tcp", "udp", "sctp")
_NUMBERS = {
    **{"1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "51": "ah"},
    **{"58": "icmp6", "89": "ospf", "103": "pim", "112": "vrrp", "132": "sctp"},
}
# Of the predefined ones, which a configuration names and does not hold, those of one plain port.
_PREDEFINED: dict[str, tuple[str, ...]] = {
    **{
        f"junos-{name}": (f"tcp/{port}",)
        for name, port in (
            *(("ftp", 21), ("ssh", 22), ("telnet", 23), ("smtp", 25), ("dns-tcp", 53)),
            *(("http", 80), ("pop3", 110), ("imap", 143), ("bgp", 179), ("ldap", 389)),
            *(("https", 443), ("imaps", 993)),
        )
    },
    **{
        f"junos-{name}": (f"udp/{port}",)
        for name, port in (("dns-udp", 53), ("tftp", 69), ("ntp", 123), ("syslog", 514))
    },
    "junos-icmp-all": ("icmp",),
}
# What narrows an application beside protocol and ports: only the firewall knows how.
_MORE = ("rpc-program-number", "uuid", "ether-type")


@dataclass(slots=True)
class Book:
    """An address book while it is read."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sets: dict[str, tuple[str, ...]] = field(default_factory=dict)


def address_books(security: Iterable[Statement]) -> dict[str, Objects]:
    """What a zone's policies may name, by zone; `global` for policies of no zone in particular.

    A name is looked for in the books attached to the zone, then in the global one.
    """
    books: dict[str, Book] = {}
    zones: dict[str, list[str]] = {}
    lines = active(security)
    for (book,), rest, _ in pick(lines, "security", "address-book", "*"):
        if rest[:2] == ("attach", "zone"):
            for zone in rest[2:3]:
                zones.setdefault(zone, []).append(book)
        else:
            _address(books.setdefault(book, Book()), rest)
    for (zone,), rest, _ in pick(lines, "security", "zones", "security-zone", "*", "address-book"):
        own = f"zone {zone}"
        zones.setdefault(zone, []).append(own)
        _address(books.setdefault(own, Book()), rest)
    common = books.get(_GLOBAL, Book())
    found = {_GLOBAL: Objects(ANY | common.values, common.sets)}
    for zone, names in zones.items():
        values, sets = ANY | common.values, dict(common.sets)
        for name in dict.fromkeys(names):
            one = books.get(name, Book())
            # A zone's own name hides the global one, whether an address or a set.
            sets = {key: value for key, value in sets.items() if key not in one.values} | one.sets
            values = {k: v for k, v in values.items() if k not in one.sets} | one.values
        found[zone] = Objects(values, sets)
    return found


def book_of(books: Mapping[str, Objects], zone: str) -> Objects:
    return books.get(zone) or books[_GLOBAL]


def _address(book: Book, words: Words) -> None:
    match words:
        case ("address", name, "range-address", first, "to", last):
            book.values[name] = (f"{first}-{last}",)
        case ("address", name, "wildcard-address" | "dns-name" | "description", *_):
            book.values.setdefault(name, (name,))
        case ("address", name, prefix):
            book.values[name] = (prefix,)
        case ("address-set", name, "address" | "address-set", member):
            book.sets[name] = (*book.sets.get(name, ()), member)


def applications(found: Iterable[Statement]) -> Objects:
    """Applications by name: predefined ones and the device's own, under whichever path."""
    terms: dict[str, dict[str, dict[str, str]]] = {}
    sets: dict[str, tuple[str, ...]] = {}
    for one in active(found):
        if "applications" not in one.words:
            continue
        words = one.words[one.words.index("applications") + 1 :]
        match words:
            case ("application-set", name, "application" | "application-set", member):
                sets[name] = (*sets.get(name, ()), member)
            case ("application", name, "term", term, *rest):
                terms.setdefault(name, {}).setdefault(term, {}).update(_pairs(rest))
            case ("application", name, *rest):
                terms.setdefault(name, {}).setdefault("", {}).update(_pairs(rest))
    values = {name: tuple(_services(name, of.values())) for name, of in terms.items()}
    return Objects({"any": ("any",)} | _PREDEFINED | values, sets)


def _pairs(words: list[str]) -> Iterator[tuple[str, str]]:
    yield from zip(words[::2], words[1::2], strict=False)


def _services(name: str, terms: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """`tcp/443`, `udp/53 from 1024-65535`, `icmp/8`; the name of what says no protocol."""
    told = [term for term in terms if "protocol" in term]
    if not told or any(one in term for term in told for one in _MORE):
        yield name
        return
    for term in told:
        protocol = _NUMBERS.get(term["protocol"], term["protocol"])
        port = term.get("destination-port")
        kind = term.get("icmp-type") or term.get("icmp6-type")
        code = term.get("icmp-code") or term.get("icmp6-code")
        if protocol in _PORTS:
            service = f"{protocol}/{port}" if port else protocol
            sender = term.get("source-port")
            yield f"{service} from {sender}" if sender else service
        elif protocol in ("icmp", "icmp6"):
            yield "/".join(one for one in (protocol, kind, code if kind else None) if one)
        else:
            yield f"protocol {protocol}" if protocol.isdecimal() else protocol


def interfaces(found: Iterable[Statement]) -> list[Interface]:
    """Logical interfaces with their zone and addresses."""
    zones: dict[str, str] = {}
    addresses: dict[str, list[str]] = {}
    lines = active(found)
    for (zone, name), _, _ in pick(
        lines, "security", "zones", "security-zone", "*", "interfaces", "*"
    ):
        zones[name] = zone
    for (name, unit, _), rest, _ in pick(
        lines, "interfaces", "*", "unit", "*", "family", "*", "address"
    ):
        addresses.setdefault(f"{name}.{unit}", []).extend(rest[:1])
    return [
        Interface(name=name, zone=zones.get(name), addresses=tuple(addresses.get(name, ())))
        for name in dict.fromkeys((*zones, *addresses))
    ]
