"""Networks and ports by their ids, and the values that rules hold themselves."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_network

from collectors._ftd.pages import Row, listed, words
from collectors._managed.names import Objects

_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp", "58": "icmp6"}
_ANY = ("0.0.0.0/0", "::/0")


def objects(rows: Iterable[Row]) -> Objects:
    """The objects of these rows; groups hold the ids of their members and literals."""
    values: dict[str, tuple[str, ...]] = {}
    groups: dict[str, tuple[str, ...]] = {}
    called: dict[str, str] = {}
    for row in rows:
        uid = str(row.get("id", ""))
        called[uid] = str(row.get("name", uid))
        if "group" in str(row.get("type", "")).lower():
            members = listed(row, "objects") + listed(row, "literals")
            groups[uid] = tuple(_id(one, values) for one in members)
        else:
            values[uid] = value_of(row)
    return Objects({k: v for k, v in values.items() if k not in groups}, groups, called)


def resolve(rows: Iterable[Row], known: Objects) -> tuple[str, ...]:
    """What a column of a rule matches; `any` where it is empty."""
    found: dict[str, None] = {}
    for row in rows:
        uid = str(row.get("id", ""))
        told = known.resolve([uid]) if uid in known.values or uid in known.groups else value_of(row)
        found |= dict.fromkeys(told)
    return ("any",) if not found or "any" in found else tuple(found)


def value_of(row: Row) -> tuple[str, ...]:
    """Address or port of an object or literal; its name where it has none that could be written.

    FQDNs, dynamic objects, countries and groups that are not told stay names.
    """
    kind = str(row.get("subType") or row.get("type") or "").lower()
    value, name = words(row.get("value")), words(row.get("name"))
    if row.get("protocol") is not None or kind.endswith(("portobject", "portliteral")):
        return (_port(row, kind),)
    if value and "fqdn" not in kind:
        return (_network(value),)
    if kind.startswith("icmp"):
        number = row.get("icmpType") or row.get("icmpv4Type")
        return (f"icmp/{number}" if number not in (None, "", "ANY", "Any") else "icmp",)
    return (name or value or kind,)


def _id(row: Row, values: dict[str, tuple[str, ...]]) -> str:
    """A member's id; a literal gets one of its own."""
    if uid := words(row.get("id")):
        values.setdefault(uid, value_of(row))
        return uid
    (value,) = value_of(row)
    values[value] = (value,)
    return value


def _port(row: Row, kind: str) -> str:
    protocol = str(row.get("protocol") or kind.removesuffix("portobject")).lower()
    protocol = _PROTOCOLS.get(protocol, protocol)
    port = words(row.get("port"))
    if protocol in ("tcp", "udp", "sctp"):
        return f"{protocol}/{port}" if port else protocol
    number = row.get("icmpType")
    if protocol.startswith("icmp"):
        return f"icmp/{number}" if number not in (None, "", "Any") else "icmp"
    return "any" if protocol in ("all", "any") else protocol


def _network(value: str) -> str:
    first, dash, last = value.partition("-")
    if dash:
        return f"{first.strip()}-{last.strip()}"
    try:
        network = str(ip_network(value, strict=False))
    except ValueError:
        return value
    return "any" if network in _ANY else network.removesuffix("/32").removesuffix("/128")
