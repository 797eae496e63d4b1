"""Access control and prefilter rules of FMC, and what a policy does with the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from collectors._ftd.objects import resolve
from collectors._ftd.pages import Row, listed, moment, names, words
from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from evidence.facts import FirewallRule

_PERMITS: dict[str, bool | None] = {
    **dict.fromkeys(("allow", "trust", "fastpath", "analyze", "permit"), True),
    **dict.fromkeys(("block", "block_reset", "block_with_reset", "deny"), False),
    # Whoever meets the page may go on; what is only watched is decided further below.
    **dict.fromkeys(("block_interactive", "block_reset_interactive"), True),
    "monitor": None,
}
_DEFAULTS: dict[str, bool | None] = {
    **dict.fromkeys(("block", "block_tunnels"), False),
    **dict.fromkeys(("trust", "permit", "network_discovery", "analyze_tunnels"), True),
    "inherit_from_parent": None,
}
# What narrows a rule and has no field: the columns, each a list of objects.
_CONDITIONS = (
    *("vlanTags", "urls", "sourceSecurityGroupTags", "destinationSecurityGroupTags"),
    *("sourceDynamicObjects", "destinationDynamicObjects", "endPointDeviceTypes"),
    *("originalClientNetworks", "tunnelZone", "encapsulationPorts"),
)
_KNOWN = frozenset(
    (
        *_CONDITIONS,
        *("id", "name", "type", "action", "enabled", "links", "metadata", "description"),
        *("sourceZones", "destinationZones", "sourceNetworks", "destinationNetworks"),
        *("sourcePorts", "destinationPorts", "sourceInterfaces", "destinationInterfaces"),
        *("applications", "users", "timeRangeObjects", "logBegin", "logEnd", "logFiles"),
        *("sendEventsToFMC", "enableSyslog", "snmpConfig", "syslogConfig", "syslogSeverity"),
        *("commentHistoryList", "newComments", "ipsPolicy", "filePolicy", "variableSet"),
        *("safeSearch", "youTube", "ruleType", "bidirectional", "version", "ruleId"),
    )
)


@dataclass(frozen=True, slots=True)
class Policy:
    """An access control or prefilter policy with its rules, in order."""

    uid: str
    name: str
    default: Row
    rows: tuple[Row, ...]
    inherits: bool = False
    kind: str = "access"
    prefilter: str | None = field(default=None)


def rules(policy: Policy, domain: str, known: Objects) -> Iterator[FirewallRule]:
    """The rules of a policy and its default action, which nobody need have written."""
    position = 0
    for row in policy.rows:
        position += 1
        yield _rule(row, policy, position, domain, known)
    action = str(policy.default.get("action", "")).lower()
    yield FirewallRule(
        key=f"{domain}/inet/{policy.uid}/default-action",
        context=domain,
        family="inet",
        policy=policy.name,
        position=position + 1,
        name="Default Action",
        action=action,
        permits=_DEFAULTS.get(action),
        logged=_logged(policy.default),
        counted=False,
        implicit=True,
        match_digest=sha256(b"default-action").hexdigest(),
    )


def _rule(row: Row, policy: Policy, position: int, domain: str, known: Objects) -> FirewallRule:
    action = str(row.get("action", "")).lower()
    metadata = row.get("metadata") if isinstance(row.get("metadata"), Mapping) else {}
    assert isinstance(metadata, Mapping)
    section = words(metadata.get("section"))
    return with_digest(
        FirewallRule(
            key=f"{domain}/inet/{row.get('id')}",
            context=domain,
            family="inet",
            policy=policy.name,
            position=position,
            vendor_id=words(row.get("id")),
            name=words(row.get("name")),
            comment=_comment(row),
            enabled=row.get("enabled", True) is True,
            action=action,
            permits=_PERMITS.get(action),
            source_zones=_zones(row, "source"),
            destination_zones=_zones(row, "destination"),
            sources=resolve(listed(row, "sourceNetworks"), known),
            destinations=resolve(listed(row, "destinationNetworks"), known),
            services=_services(row, known),
            applications=tuple(_applications(row)),
            users=tuple(names(listed(row, "users"))),
            logged=_logged(row),
            schedule=", ".join(names(listed(row, "timeRangeObjects"))) or None,
            modified_at=moment(metadata.get("timestamp")),
            conditions=tuple(_conditions(row)),
            not_understood=tuple(_strange(row, action)),
            text=f"{policy.kind} rule {position}" + (f", section {section}" if section else ""),
        )
    )


def _zones(row: Row, side: str) -> tuple[str, ...]:
    """Zones of an access rule; a prefilter rule has interfaces, or groups of them, instead."""
    return tuple(names((*listed(row, f"{side}Zones"), *listed(row, f"{side}Interfaces"))))


def _services(row: Row, known: Objects) -> tuple[str, ...]:
    """Destination ports, each with the source ports where there are any."""
    ports = resolve(listed(row, "destinationPorts"), known)
    senders = resolve(listed(row, "sourcePorts"), known)
    if senders == ("any",):
        return ports
    found = []
    for port in ports:
        for sender in senders:
            protocol, _, number = sender.partition("/")
            service = port if port != "any" else protocol
            found.append(f"{service} from {number}" if number else service)
    return tuple(dict.fromkeys(found))


def _applications(row: Row) -> Iterator[str]:
    """Applications by name, and filters of them, which stand for what the vendor lists."""
    value = row.get("applications")
    if isinstance(value, Mapping):
        for kind in ("applications", "applicationFilters"):
            yield from names(listed(value, kind))
        for inline in value.get("inlineApplicationFilters") or ():
            for kind, some in inline.items() if isinstance(inline, Mapping) else ():
                if isinstance(some, list):
                    yield from (f"{kind} {name}" for name in names(some))


def _conditions(row: Row) -> Iterator[str]:
    for column in _CONDITIONS:
        value = row.get(column)
        some = [*listed(row, column)]
        if isinstance(value, Mapping):
            some += [
                one.get("category", one)
                for one in value.get("urlCategoriesWithReputation") or ()
                if isinstance(one, Mapping)
            ]
            some += [value] if "name" in value else []
        told = [*names(some), *(str(one["url"]) for one in some if one.get("url"))]
        if told:
            yield f"{column} {', '.join(told)}"


def _strange(row: Row, action: str) -> Iterator[str]:
    if action not in _PERMITS:
        yield f"action {action}"
    for name in row:
        if name not in _KNOWN and row[name] not in (None, "", [], {}, False):
            yield f"{name} {row[name]!r}"[:120]


def _comment(row: Row) -> str | None:
    """Description and comments, in which many keep the ticket."""
    said: Iterable[str | None] = (
        words(row.get("description")),
        *(
            words(one.get("comment"))
            for one in row.get("commentHistoryList") or ()
            if isinstance(one, Mapping)
        ),
    )
    return " | ".join(filter(None, said)) or None


def _logged(row: Row) -> bool | None:
    told = [row[name] for name in ("logBegin", "logEnd") if name in row]
    return any(one is True for one in told) if told else None
