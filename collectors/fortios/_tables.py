"""Policies beside `firewall policy`, and what a VDOM's settings make of those.

In policy-based NGFW mode (`set ngfw-mode policy-based`, a VDOM's own setting) security policies
decide, and `firewall policy` says what is inspected and who must log in before they are asked.
With central NAT virtual IPs translate before policies are asked, which then name inner addresses,
and a table of its own says which sources are translated. Release 6.2 may hold policies of both IP
versions in a table of their own (`consolidated-firewall-mode`): they decide as ordinary ones do.
Policies of the explicit proxy and of multicast are told too, as far as their words are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from collectors.fortios._answer import parts, rows, whole
from collectors.fortios._central_nat import CentralNat
from collectors.fortios._objects import Objects
from collectors.fortios._policy import hits, listed, usage
from evidence.capture import Capture
from evidence.errors import NotAnswered
from evidence.facts import Fact, FirewallRule, RuleUsage

SECURITY = "security-policy"
# Tables whose policies let traffic pass, beside `firewall policy` and `firewall policy6`.
OTHERS = (SECURITY, "proxy-policy", "multicast-policy", "multicast-policy6")
CONSOLIDATED = "consolidated policy"  # both IP versions in release 6.2
_SIX = "multicast-policy6"

Row = Mapping[str, Any]
Table = tuple[str, str, Row]  # its name, VDOM, and a row of it


@dataclass(frozen=True, slots=True)
class Settings:
    """NGFW mode by VDOM (none: not told), the VDOMs with central NAT, and its table where told."""

    modes: Mapping[str, str] = field(default_factory=dict)
    central_nat: frozenset[str] = frozenset()
    sources: CentralNat | None = None

    def policy_based(self, vdom: str, has_security: bool) -> bool:
        """Whether security policies decide there; those that stand there tell it, else."""
        mode = self.modes.get(vdom)
        return has_security if mode is None else mode == "policy-based"


def settings(capture: Capture | None) -> Settings:
    """Of `system/settings` by REST; nothing where the account may not read them."""
    told = {
        part.vdom: part.results
        for part in (parts(capture) if capture else ())
        if isinstance(part.results, Mapping)
    }
    return settings_of(told)


def settings_of(told: Mapping[str, Row]) -> Settings:
    """Of each VDOM's settings by name."""
    return Settings(
        {vdom: str(row["ngfw-mode"]) for vdom, row in told.items() if row.get("ngfw-mode")},
        frozenset(vdom for vdom, row in told.items() if row.get("central-nat") == "enable"),
    )


def needed(known: Settings, policy: Capture | None, who: str) -> None:
    """Raise NotAnswered where a VDOM is policy-based and nobody told its security policies.

    Until 6.0 such a VDOM had none: its ordinary policies name applications.
    """
    based = sorted(vdom for vdom, mode in known.modes.items() if mode == "policy-based")
    if based and (policy is None or any(part.release >= (6, 2) for part in parts(policy))):
        raise NotAnswered(
            f"{who}: VDOM {based[0]} is in policy-based NGFW mode, and its security policies "
            "were not told",
            next_step="deliver GET /api/v2/cmdb/firewall/security-policy?vdom=* too",
        )


def tables(answers: Mapping[str, Capture | None]) -> list[Table]:
    """The rows of every table that was answered."""
    return [
        (name, part.vdom, row)
        for name, capture in answers.items()
        if capture is not None
        for part, row in rows(capture)
    ]


def rules(
    found: Iterable[Table], objects: Objects, known: Settings, who: str
) -> list[FirewallRule]:
    """Each row as a rule, in the order of its table, and the denial behind security policies.

    Security policies of a VDOM that is not in their mode decide nothing.
    """
    by_table: dict[str, list[tuple[str, str, Row]]] = {}
    for name, vdom, row in found:
        number = row.get("policyid", row.get("id"))
        plain = {key: value for key, value in row.items() if key != "id"} | {"policyid": number}
        if name == SECURITY and _by_default_ports(row):
            plain["service"] = [{"name": "application-default"}]
        by_table.setdefault(name, []).append((vdom, "ip6" if name == _SIX else "inet", plain))
    made = [
        _of_table(one.rule, name)
        for name, table in by_table.items()
        for one in listed(table, objects, f"{who}: {name}")
    ]
    security = {one.context for one in made if one.policy == SECURITY}
    decided = [
        _decided(one, known.policy_based(one.context, one.context in security)) for one in made
    ]
    told = [
        _after_nat(one, known, objects) if one.policy in (SECURITY, CONSOLIDATED) else one
        for one in decided
    ]
    return [*told, *_denials(told, known)]


def _by_default_ports(row: Row) -> bool:
    """Whether a security policy takes its applications on their own ports only: the default."""
    named = any(row.get(one) for one in ("application", "app-category", "app-group"))
    return named and not row.get("service") and row.get("enforce-default-app-port") != "disable"


def _decided(rule: FirewallRule, policy_based: bool) -> FirewallRule:
    if rule.policy == CONSOLIDATED and policy_based:
        return _inspecting(rule)
    idle = rule.policy == SECURITY and not policy_based
    return replace(rule, permits=None) if idle else rule


def _of_table(rule: FirewallRule, table: str) -> FirewallRule:
    number = (rule.text or "").removeprefix("policyid ")
    return replace(
        rule,
        key=key(rule.context, rule.family, table, rule.vendor_id or number),
        policy=table,
    )


def key(vdom: str, family: str, table: str, name: str | int) -> str:
    return f"{vdom}/{family}/{table}/{name}"


def _denials(found: Sequence[FirewallRule], known: Settings) -> Iterator[FirewallRule]:
    """Behind the policies that decide: security policies, or those of both IP versions in 6.2."""
    last = {(one.policy, one.context): one.position for one in found}
    based = [vdom for vdom, mode in known.modes.items() if mode == "policy-based"]
    for vdom in dict.fromkeys((*(vdom for _, vdom in last), *based)):
        policy_based = known.policy_based(vdom, (SECURITY, vdom) in last)
        table = SECURITY if policy_based else CONSOLIDATED
        if policy_based or (CONSOLIDATED, vdom) in last:
            yield FirewallRule(
                key=key(vdom, "inet", table, 0),
                context=vdom,
                family="inet",
                policy=table,
                position=last.get((table, vdom), 0) + 1,
                name="Implicit Deny",
                action="deny",
                permits=False,
                implicit=True,
                counted=False,
                match_digest=sha256(b"implicit").hexdigest(),
                text="policyid 0",
            )


def in_mode(
    ordinary: Iterable[Fact],
    beside: Iterable[FirewallRule],
    known: Settings,
    objects: Objects,
) -> Iterator[Fact]:
    """The ordinary policies as their VDOM's settings make of them; `beside`: other tables' rules.

    One of a policy-based VDOM decides nothing: it leads to the security policies.
    """
    security = {one.context for one in beside if one.policy == SECURITY and not one.implicit}
    for fact in ordinary:
        if not isinstance(fact, FirewallRule) or fact.implicit:
            yield fact
            continue
        made = fact
        if known.policy_based(fact.context, fact.context in security):
            made = _inspecting(fact)
        yield _after_nat(made, known, objects)


def _inspecting(rule: FirewallRule) -> FirewallRule:
    """The policy as one that leads on: its action, which it need not have, means nothing."""
    strange = tuple(one for one in rule.not_understood if one != "action")
    return replace(rule, permits=None, action="inspect", not_understood=strange)


def _after_nat(rule: FirewallRule, known: Settings, objects: Objects) -> FirewallRule:
    """The rule with what central NAT does before it: virtual IPs of its inner destinations."""
    if rule.context not in known.central_nat or rule.permits is False:
        return rule
    inner = ("any",) if rule.destinations_negated else rule.destinations
    told = objects.translated.leading_to(rule.context, inner)
    sources = ["source as the central NAT table says"]
    if known.sources is not None:
        sources = known.sources.of(rule)
    return replace(rule, nat="; ".join((*told, *sources)) or None)


def usages(
    found: Sequence[FirewallRule], statistics: Capture, table: str = SECURITY
) -> Iterator[RuleUsage]:
    """What the statistics of one table's policies say.

    Those of security policies never prove silence: the inspection engine counts, which starts
    anew with its updates, and of that no time is told. A policy that is not in them has no count.
    """
    by_place = {
        (one.context, one.text): one for one in found if one.policy == table and not one.implicit
    }
    for part, row in rows(statistics):
        number = whole(row.get("policyid"))
        rule = by_place.get((part.vdom, f"policyid {number}"))
        if rule is None or number is None:
            continue
        told = usage(rule.key, f"{part.vdom}/{table}", row, statistics.answered_at)
        if table == SECURITY:
            yield replace(told, count=whole(row.get("hit_count")), counting="unknown")
        else:
            count = hits(row, number)
            yield replace(told, count=count, counting="unknown" if count is None else "on")
