"""Cisco FTD managed by itself (Firewall Device Manager, 6.6 and later) by its REST API.

One unit, one access policy. Counts are those the device manager last fetched from the packet
engine; it tells when. They outlive reboots and upgrades. In a pair each unit counts by itself.
The path that reads counts on GET refreshes them on PUT; nothing but GET is ever sent.

From the documentation; not confirmed on a unit of our own: how times are written, what the
system information holds in each release.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from collectors._ftd.hits import usages
from collectors._ftd.objects import objects, resolve
from collectors._ftd.pages import Row, listed, names, optional, pages, single, words
from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from evidence.ask import Ask, HttpSession, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import Fact, FirewallRule, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Cisco"
ALIASES = ("cisco_fdm", "firepower_device_manager")
TRANSPORTS = ("https",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

HTTP_SESSION = HttpSession(
    login=(
        Ask(
            "login",
            'POST /api/fdm/v6/fdm/token {"grant_type":"password",'
            '"username":"{$username}","password":"{$password}"}',
            "http",
        ),
    ),
    token="json access_token",
    carried=("bearer",),
    logout=Ask(
        "logout",
        'POST /api/fdm/v6/fdm/token {"grant_type":"revoke_token",'
        '"access_token":"{$session}","token_to_revoke":"{$session}"}',
        "http",
    ),
)
_SECRETS = tuple(Secret("json", f"**.{name}") for name in ("password", "sharedKey", "secret"))
_HOLES = {"offset": r"[0-9]{1,6}", "policy": r"[0-9a-fA-F-]{36}"}
_PAGE = "limit=1000&offset={offset}"


def _get(name: str, path: str) -> Ask:
    return Ask(name, f"GET /api/fdm/v6/{path}", "http", secrets=_SECRETS, holes=_HOLES)


POLICIES = _get("access_policies", f"policy/accesspolicies?{_PAGE}")
RULES = _get("access_rules", f"policy/accesspolicies/{{policy}}/accessrules?{_PAGE}")
HITS = _get(
    "hit_counts",
    "policy/accesspolicies/{policy}/operational/hitcounts"
    f"?filter=fetchZeroHitCount%3Atrue&{_PAGE}",
)
OBJECTS = tuple(
    _get(f"object_{name}", f"object/{name}?{_PAGE}")
    for name in (
        *("networks", "networkgroups", "tcpports", "udpports"),
        *("icmpv4ports", "protocols", "portgroups"),
    )
)
SYSTEM = _get("system_information", "operational/systeminfo/default")
HA = _get("ha_status", "devices/default/operational/ha/status/default")

_PERMITS = {"permit": True, "trust": True, "deny": False}
_ROLES = {"HA_ACTIVE_NODE": "active", "HA_STANDBY_NODE": "standby"}
_CONDITIONS = ("vlanTags", "sourceDynamicObjects", "destinationDynamicObjects")
_KNOWN = frozenset(
    (
        *_CONDITIONS,
        *("id", "name", "type", "version", "links", "ruleId", "ruleAction", "eventLogAction"),
        *("sourceZones", "destinationZones", "sourceNetworks", "destinationNetworks"),
        *("sourcePorts", "destinationPorts", "identitySources", "users", "embeddedAppFilter"),
        *("urlFilter", "intrusionPolicy", "filePolicy", "logFiles", "syslogServer", "hitCount"),
        *("timeRangeObjects", "enabled", "description"),
    )
)


def firewall(device: Device) -> Flow:
    """The access policy's rules with their hits, its default action, the unit."""
    told = yield from pages(POLICIES)
    known = objects((yield from _objects()))
    found: list[Fact] = list((yield from _unit((yield from single(SYSTEM)))))
    for row in told.rows:
        uid = str(row.get("id"))
        rows = (yield from pages(RULES, policy=uid)).rows
        rules = [*_rules(row, rows, known)]
        try:
            hits = yield from pages(HITS, policy=uid)
        except NotAnswered:
            found += rules
            continue
        by_id = {rule.vendor_id: rule for rule in rules if rule.vendor_id}
        counts = list(usages(hits.rows, by_id, None, uid, hits.at))
        counted = {usage.key for usage in counts if usage.count is not None}
        found += [replace(rule, counted=rule.key in counted) for rule in rules]
        found += counts
    if not any(isinstance(one, FirewallRule) and not one.implicit for one in found):
        raise Unexpected(
            f"{device.id}: no access rule in the policy",
            code="result_empty_suspicious",
            next_step="check that the unit is managed by itself and not by an FMC",
        )
    return found


def firmware(device: Device) -> Flow:
    """Release, model and serial number."""
    system = yield from single(SYSTEM)
    version = words((system or {}).get("softwareVersion"))
    if system is None or version is None:
        raise Incomplete(f"{device.id}: the unit does not tell its release")
    model = words(system.get("platformModel"))
    return [
        SoftwareRelease(
            vendor=VENDOR,
            product="ftd",
            name="Firewall Threat Defense",
            version=version,
            train=train("ftd", version),
        ),
        HardwareItem(
            vendor=VENDOR,
            model=model,
            serial=words(system.get("serialNumber")),
            virtual="virtual" in (model or "").lower(),
        ),
        *(yield from _unit(system)),
    ]


def _objects() -> Generator[Ask, Capture, list[Row]]:
    found: list[Row] = []
    for ask in OBJECTS:
        found += yield from optional(ask)
    return found


def _unit(system: Row | None) -> Generator[Ask, Capture, list[Unit]]:
    ha = yield from single(HA)
    if system is None:
        return []
    role = (ha or {}).get("nodeRole")
    paired = isinstance(role, str) and role not in ("HA_NOT_CONFIGURED", "SINGLE_NODE")
    return [
        Unit(
            vendor=VENDOR,
            model=words(system.get("platformModel")),
            serial=words(system.get("serialNumber")),
            hostname=words(system.get("hostname")),
            ha_mode="failover" if paired else "standalone" if ha else None,
            ha_role=_ROLES.get(str((ha or {}).get("nodeState"))) if paired else None,
        )
    ]


def _rules(policy: Row, rows: Iterable[Row], known: Objects) -> Iterator[FirewallRule]:
    position = 0
    for row in rows:
        position += 1
        yield _rule(row, str(policy.get("name")), position, known)
    default = policy.get("defaultAction") or {}
    action = str(default.get("action", "")).lower()
    yield FirewallRule(
        key=f"inet/{policy.get('id')}/default-action",
        family="inet",
        policy=str(policy.get("name")),
        position=position + 1,
        name="Default Action",
        action=action,
        permits=_PERMITS.get(action),
        logged=_logged(default),
        counted=False,
        implicit=True,
        match_digest=sha256(b"default-action").hexdigest(),
    )


def _rule(row: Row, policy: str, position: int, known: Objects) -> FirewallRule:
    action = str(row.get("ruleAction", "")).lower()
    embedded = row.get("embeddedAppFilter") or {}
    return with_digest(
        FirewallRule(
            key=f"inet/{row.get('id')}",
            family="inet",
            policy=policy,
            position=position,
            vendor_id=words(row.get("id")),
            name=words(row.get("name")),
            comment=words(row.get("description")),
            enabled=row.get("enabled", True) is True,
            action=action,
            permits=_PERMITS.get(action),
            source_zones=tuple(names(listed(row, "sourceZones"))),
            destination_zones=tuple(names(listed(row, "destinationZones"))),
            sources=resolve(listed(row, "sourceNetworks"), known),
            destinations=resolve(listed(row, "destinationNetworks"), known),
            services=resolve(listed(row, "destinationPorts"), known),
            applications=tuple(
                name
                for kind in ("applications", "applicationFilters")
                for name in names(listed(embedded, kind))
            ),
            users=tuple(names((*listed(row, "users"), *listed(row, "identitySources")))),
            logged=_logged(row),
            schedule=", ".join(names(listed(row, "timeRangeObjects"))) or None,
            conditions=tuple(_conditions(row, known)),
            not_understood=tuple(_strange(row, action)),
            text=f"access rule {position}",
        )
    )


def _conditions(row: Row, known: Objects) -> Iterator[str]:
    senders = resolve(listed(row, "sourcePorts"), known)
    if senders != ("any",):
        yield f"sourcePorts {', '.join(senders)}"
    urls = row.get("urlFilter") or {}
    named = [*names(listed(urls, "urlObjects"))]
    named += [
        str((one.get("urlCategory") or one).get("name"))
        for one in (*listed(urls, "urlCategories"),)
        if isinstance(one, dict)
    ]
    if named:
        yield f"urlFilter {', '.join(named)}"
    for column in _CONDITIONS:
        if told := list(names(listed(row, column))):
            yield f"{column} {', '.join(told)}"


def _strange(row: Row, action: str) -> Iterator[str]:
    if action not in _PERMITS:
        yield f"action {action}"
    for name in row:
        if name not in _KNOWN and row[name] not in (None, "", [], {}, False):
            yield f"{name} {row[name]!r}"[:120]


def _logged(row: Row) -> bool | None:
    """Whether events of the connections are kept; None where that is not said."""
    said = row.get("eventLogAction")
    return None if said is None else said != "LOG_NONE"
