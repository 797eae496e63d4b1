"""Policies of a package, with the units they are installed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from collectors._managed.match import with_digest
from collectors._managed.names import Objects
from collectors.fortimanager._answer import Row, epoch, said, words
from collectors.fortios._attributes import CONDITIONS, UNSET, strange
from evidence.facts import FirewallRule, RuleUsage

# A FortiManager holds internet services and directory groups where the rest of the match stands.
_CONDITIONS = (
    *("internet-service-name", "internet-service-src-name", "fsso-groups"),
    *CONDITIONS,
)
_PERMITS = {"accept": True, "ipsec": True, "ssl-vpn": True, "deny": False}
# What the manager itself keeps of a policy.
_OF_MANAGER = frozenset(("obj seq", "scope member", "object version", "policy_block", "oid"))


@dataclass(frozen=True, slots=True)
class Package:
    """A package of an ADOM. `installed`: the units that have it as it stands; `pending`: those it
    is meant for that have an older one or none; `fetched_at`: when hits were last fetched.

    `policy_based`: security policies decide, and the others say what is inspected before.
    """

    adom: str
    name: str
    installed: tuple[str, ...]
    pending: tuple[str, ...]
    fetched_at: datetime | None
    policy_based: bool = False
    central_nat: bool = False


def rules(
    package: Package, parts: Iterable[tuple[str, Iterable[Row]]], known: Objects
) -> Iterator[tuple[FirewallRule, Row]]:
    """Each policy with the row it came from, in the order of evaluation (header, own, footer)."""
    position = 0
    for part, found in parts:
        for row in found:
            position += 1
            yield _rule(package, part, row, position, known), row


def security(
    package: Package, found: Iterable[Row], known: Objects
) -> Iterator[tuple[FirewallRule, Row]]:
    """The security policies of a policy-based package, likewise."""
    for rule, row in rules(package, (("security-policy ", found),), known):
        yield replace(rule, policy=f"{package.name} security-policy"), row


def inspecting(rule: FirewallRule) -> FirewallRule:
    """A policy that leads to the security policies: its action means nothing."""
    strange = tuple(one for one in rule.not_understood if one != "action")
    return replace(rule, permits=None, action="inspect", not_understood=strange)


def implicit(package: Package, found: Iterable[FirewallRule]) -> Iterator[FirewallRule]:
    """The denial behind all policies of each list of a package."""
    last = {package.name: 0}
    if package.policy_based:
        last[f"{package.name} security-policy"] = 0
    last |= {one.policy: one.position for one in found}
    for policy, position in last.items():
        yield FirewallRule(
            key=f"{package.adom}/inet/{policy}/implicit",
            context=package.adom,
            family="inet",
            policy=policy,
            position=position + 1,
            name="Implicit Deny",
            action="deny",
            permits=False,
            installed_on=package.installed,
            counted=False,
            implicit=True,
            match_digest=sha256(b"implicit").hexdigest(),
        )


def usage(rule: FirewallRule, row: Row, package: Package) -> RuleUsage | None:
    """What the manager counted, over all units together; None where it tells nothing.

    Each unit's share began with its own boot, and no answer parts them: so a count shows
    traffic, and never silence.
    """
    count = row.get("_hitcount")
    last = epoch(row.get("_last_hit"))
    # Before hits were ever fetched every policy stands at zero.
    if not isinstance(count, int) or (count == 0 and package.fetched_at is None):
        count = None
    if count is None and last is None:
        return None
    return RuleUsage(
        key=rule.key,
        reset_domain=f"{package.adom}/{package.name}",
        count=count,
        count_unit="sessions",
        size_bytes=row["_byte"] if isinstance(row.get("_byte"), int) else None,
        first_hit_at=epoch(row.get("_first_hit")),
        last_hit_at=last,
        persistent=None,
        counting="unknown",
        source="manager",
        manager_fetched_at=package.fetched_at,
    )


def _rule(package: Package, part: str, row: Row, position: int, known: Objects) -> FirewallRule:
    uuid, number = said(row.get("uuid")), row.get("policyid")
    uuid = uuid if uuid and uuid.strip("0-") else None
    action = str(row.get("action", "")).lower()
    named = {
        "source": (*words(row.get("srcaddr")), *words(row.get("srcaddr6"))),
        "destination": (*words(row.get("dstaddr")), *words(row.get("dstaddr6"))),
    }
    pending = f"; not on {', '.join(package.pending)}" if package.pending else ""
    return with_digest(
        FirewallRule(
            key=f"{package.adom}/inet/{uuid or f'{package.name}/{part}{number}'}",
            context=package.adom,
            family="inet",
            policy=package.name,
            position=position,
            vendor_id=uuid,
            name=said(row.get("name")),
            comment=said(row.get("comments")),
            enabled=row.get("status", "enable") == "enable",
            action=action,
            permits=_PERMITS.get(action),
            source_zones=words(row.get("srcintf")),
            destination_zones=words(row.get("dstintf")),
            sources=known.resolve(named["source"])
            or words(row.get("internet-service-src-name"))
            or ("any",),
            sources_negated=row.get("srcaddr-negate") == "enable",
            destinations=known.resolve(named["destination"])
            or words(row.get("internet-service-name"))
            or ("any",),
            destinations_negated=row.get("dstaddr-negate") == "enable",
            services=known.resolve(words(row.get("service"))) or ("any",),
            users=(*words(row.get("users")), *words(row.get("groups"))),
            nat="as the central NAT table says"
            if package.central_nat
            else "source"
            if row.get("nat") == "enable"
            else None,
            logged=None if row.get("logtraffic") is None else row["logtraffic"] == "all",
            schedule=said(row.get("schedule")),
            installed_on=_scope(row) or package.installed,
            modified_at=epoch(row.get("_modified timestamp", row.get("_last-modified"))),
            conditions=tuple(
                f"{name} {', '.join(words(row[name])) or row[name]}"
                for name in _CONDITIONS
                if row.get(name) not in UNSET
            ),
            not_understood=tuple(
                strange({k: v for k, v in row.items() if k not in _OF_MANAGER}, _PERMITS)
            ),
            text=f"{part}policyid {number}{pending}",
        )
    )


def _scope(row: Row) -> tuple[str, ...]:
    """The units a policy by itself is limited to (`Install On`)."""
    members = row.get("scope member")
    if not isinstance(members, list):
        return ()
    return tuple(unit_name(str(one.get("name")), one.get("vdom")) for one in members)


def unit_name(name: str, vdom: object) -> str:
    """A unit as it is spoken of: its name in the manager, with the VDOM where it is not root."""
    return name if vdom in (None, "", "root") else f"{name}/{vdom}"
