"""Access rules by zone pair, and the objects that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from collectors.sonicwall._answer import Row
from evidence.facts import FirewallRule

_FAMILIES = {"ipv4": "ip", "ipv6": "ip6"}
_PERMITS = {"allow": True, "deny": False, "discard": False, "drop": False}
_KNOWN = frozenset(
    (
        *("name", "uuid", "enable", "from", "to", "action", "source", "destination", "service"),
        *("schedule", "users", "comment", "logging", "priority", "fragments", "management"),
        # Of a connection that the rule took.
        *("geo_ip_filter", "sip", "h323", "udp", "tcp", "packet_monitoring", "flow_reporting"),
        *("quality_of_service", "max_connections", "connection_limit", "dpi", "dpi_ssl", "id"),
        *("botnet_filter", "cos_override", "auto_rule", "reflexive", "bandwidth_management"),
        *("single_sign_on", "block_traffic_for_single_sign_on", "redirect_unauthenticated_users"),
        *("connection_timeout", "type", "rule_type", "default_rule", "hit_count", "ticket"),
    )
)
_UNSET: tuple[Any, ...] = (None, False, "", [], {}, 0)


def objects(rows: Iterable[Row]) -> Objects:
    """Addresses and services by name: SonicOS lets no two share one, whichever their kind."""
    values: dict[str, tuple[str, ...]] = {}
    groups: dict[str, tuple[str, ...]] = {}
    for row in rows:
        for kind in ("address_object", "ipv4", "ipv6"):
            row = row[kind] if isinstance(row.get(kind), Mapping) else row
        name = str(row.get("name") or "")
        members = [
            str(one.get("name"))
            for part in ("address_object", "address_group", "service_object", "service_group")
            for one in _flat(row.get(part))
        ]
        if members or any(isinstance(row.get(part), Mapping) for part in _HOLDS):
            groups[name] = tuple(members)
        else:
            values[name] = tuple(_values(row)) or (name,)
    return Objects(values, groups)


_HOLDS = ("address_object", "address_group", "service_object", "service_group")


def _flat(held: Any) -> Iterator[Row]:
    """The members of a group, which stand by IP version or in one list."""
    if isinstance(held, Mapping):
        for one in held.values():
            yield from _flat(one)
    elif isinstance(held, list):
        yield from (one for one in held if isinstance(one, Mapping))


def _values(row: Row) -> Iterator[str]:
    match row:
        case {"host": {"ip": str(address)}}:
            yield address
        case {"network": {"subnet": str(subnet), "mask": str(mask)}}:
            yield _network(subnet, mask.lstrip("/"))
        case {"range": {"begin": str(first), "end": str(last)}}:
            yield f"{first}-{last}"
        case {"tcp": {"begin": first, "end": last}}:
            yield _ports("tcp", first, last)
        case {"udp": {"begin": first, "end": last}}:
            yield _ports("udp", first, last)


def _network(subnet: str, mask: str) -> str:
    try:
        network = ip_network(f"{subnet}/{mask}", strict=False)
    except ValueError:
        return f"{subnet}/{mask}"
    return "any" if network.prefixlen == 0 else str(network)


def _ports(protocol: str, first: Any, last: Any) -> str:
    return f"{protocol}/{first}" if first == last else f"{protocol}/{first}-{last}"


def rules(rows: Iterable[Row], known: Objects) -> Iterator[FirewallRule]:
    """The rules, for each pair of zones in the order of their priorities."""
    pairs: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        for ip in _FAMILIES:
            if isinstance(row.get(ip), Mapping):
                held = row[ip]
                pair = (ip, str(held.get("from", "any")), str(held.get("to", "any")))
                pairs.setdefault(pair, []).append(held)
    for (ip, source, target), held_here in pairs.items():
        for position, row in enumerate(sorted(held_here, key=_priority), 1):
            yield _rule(row, _FAMILIES[ip], source, target, position, known)


def _priority(row: Row) -> int:
    told = row.get("priority")
    number = told.get("manual") if isinstance(told, Mapping) else None
    return number if isinstance(number, int) else 1 << 30


def _rule(
    row: Row, family: str, source: str, target: str, position: int, known: Objects
) -> FirewallRule:
    uuid = str(row.get("uuid") or "")
    action = str(row.get("action") or "").lower()
    users, out = _users(row, "included"), _users(row, "excluded")
    logged = row.get("logging")
    return with_digest(
        FirewallRule(
            key=f"{family}/{uuid or '/'.join((source, target, str(row.get('name'))))}",
            family=family,
            policy=f"{source}>{target}",
            position=position,
            vendor_id=uuid or None,
            name=str(row.get("name") or "").strip() or None,
            comment=str(row.get("comment") or "").strip() or None,
            enabled=row.get("enable") is not False,
            action=action,
            permits=_PERMITS.get(action),
            source_zones=_zone(source),
            destination_zones=_zone(target),
            sources=_resolved(row, ("source", "address"), known),
            destinations=_resolved(row, ("destination", "address"), known),
            services=_services(row, known),
            users=users,
            logged=logged if isinstance(logged, bool) else None,
            schedule=_schedule(row.get("schedule")),
            conditions=tuple(f"not user {one}" for one in out),
            not_understood=tuple(_strange(row, action)),
        )
    )


def _zone(name: str) -> tuple[str, ...]:
    return () if name.casefold() == "any" else (name,)


def _at(row: Row, path: Iterable[str]) -> Any:
    found: Any = row
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _resolved(row: Row, path: tuple[str, ...], known: Objects) -> tuple[str, ...]:
    """What stands there: `{"any": true}`, `{"name": …}`, `{"group": …}`; else its own words."""
    told = _at(row, path)
    if isinstance(told, Mapping):
        if told.get("any") is True:
            return ("any",)
        named = [str(told[kind]) for kind in ("name", "group") if told.get(kind)]
        if named:
            return known.resolve(named)
    return ("any",) if told in _UNSET else (str(told),)


def _services(row: Row, known: Objects) -> tuple[str, ...]:
    found = _resolved(row, ("service",), known)
    senders = _resolved(row, ("source", "port"), known)
    if senders == ("any",):
        return found
    # A service stands for the ports that may be sent from: its protocol is the other's.
    ports = [sender.partition("/")[2] or sender for sender in senders]
    return tuple(f"{one} from {port}" for one in found for port in ports)


def _users(row: Row, kind: str) -> tuple[str, ...]:
    told = _at(row, ("users", kind))
    if not isinstance(told, Mapping) or told.get("all") is True or told.get("none") is True:
        return ()
    return tuple(str(value) for value in told.values() if value not in _UNSET)


def _schedule(told: Any) -> str | None:
    if not isinstance(told, Mapping) or told.get("always_on") is True:
        return None
    return str(told.get("name") or told)


def _strange(row: Row, action: str) -> Iterator[str]:
    if action not in _PERMITS:
        yield f"action {action}".strip()
    for name, value in row.items():
        if name not in _KNOWN and value not in _UNSET:
            yield f"{name} {value!r}"[:120]
