"""Security rules of one vsys: Panorama's first, the firewall's own, Panorama's last, the defaults.

A rule's identity is its UUID (9.0 and later), else its name, which is unique in a vsys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from xml.etree.ElementTree import Element

from collectors._managed.overlap import Overlap, told
from collectors.panos._answer import members, text, yes
from collectors.panos._objects import Objects
from evidence.facts import FirewallRule

# What a release does with traffic that no rule names, if nobody changed it.
DEFAULTS = {"intrazone-default": "allow", "interzone-default": "deny"}
PERMITS = {
    "allow": True,
    **dict.fromkeys(("deny", "drop", "reset-client", "reset-server", "reset-both"), False),
}
# What a rule holds that is read here, and what it does with a session that it took.
_KNOWN = frozenset(
    (
        *("from", "to", "source", "destination", "source-user", "application", "service"),
        *("category", "hip-profiles", "source-hip", "destination-hip", "action", "log-start"),
        *("log-end", "log-setting", "profile-setting", "tag", "group-tag", "description"),
        *("disabled", "negate-source", "negate-destination", "schedule", "qos", "option"),
        *("rule-type", "icmp-unreachable", "target", "disable-inspect", "uuid", "loc"),
        *("saas-user-list", "saas-tenant-list", "source-imsi", "source-imei", "source-nw-slice"),
        *("devices", "security-profiles"),
    )
)
# What makes a rule match beside zones, addresses, services, applications and users.
_MATCH = (
    *("category", "hip-profiles", "source-hip", "destination-hip", "source-imsi", "source-imei"),
    *("source-nw-slice", "saas-user-list", "saas-tenant-list"),
)


@dataclass(frozen=True, slots=True)
class Rulebase:
    """What the answers hold of one vsys. `None`: nothing of that kind is there."""

    vsys: str
    own: Element | None
    pushed: Element | None
    objects: Objects

    def rules(self) -> Iterator[FirewallRule]:
        """Every rule in the order of evaluation, the two defaults last."""
        position = 0
        translated = Translated(self._translations())
        for place, policy in (
            (_below(self.pushed, "pre-rulebase"), "pre-rulebase"),
            (self.own, "rulebase"),
            (_below(self.pushed, "post-rulebase"), "post-rulebase"),
        ):
            for entry in () if place is None else place.findall("security/rules/entry"):
                position += 1
                yield translated.with_nat(self.rule(entry, policy, position))
        for name, action in DEFAULTS.items():
            position += 1
            yield default(self.vsys, position, name, self._changed(name), action)

    def _translations(self) -> list[Translation]:
        """The rules that translate a destination, in the order of evaluation."""
        places = (
            _below(self.pushed, "pre-rulebase"),
            self.own,
            _below(self.pushed, "post-rulebase"),
        )
        return [
            one
            for place in places
            if place is not None
            for one in translations(place.findall("nat/rules/entry"), self.objects)
        ]

    def _changed(self, name: str) -> Element | None:
        """The default rule as somebody changed it: here, else in Panorama."""
        for place in (self.own, _below(self.pushed, "post-rulebase")):
            for entry in (
                () if place is None else place.findall("default-security-rules/rules/entry")
            ):
                if entry.get("name") == name:
                    return entry
        return None

    def rule(self, entry: Element, policy: str, position: int) -> FirewallRule:
        """One rule, as it is configured."""
        name, uuid = entry.get("name", ""), entry.get("uuid")
        action = (text(entry, "action") or "").lower()
        kind = text(entry, "rule-type") or "universal"
        rule = FirewallRule(
            key=f"{self.vsys}/inet/{uuid or name}",
            context=self.vsys,
            family="inet",
            policy=policy,
            position=position,
            vendor_id=uuid,
            name=name,
            comment=text(entry, "description"),
            enabled=not yes(entry, "disabled"),
            action=action,
            permits=PERMITS.get(action),
            source_zones=members(entry, "from"),
            destination_zones=members(entry, "to"),
            sources=self.objects.address(members(entry, "source")) or ("any",),
            sources_negated=yes(entry, "negate-source"),
            destinations=self.objects.address(members(entry, "destination")) or ("any",),
            destinations_negated=yes(entry, "negate-destination"),
            services=self.objects.service(members(entry, "service")) or ("any",),
            applications=members(entry, "application"),
            users=_said(members(entry, "source-user")),
            # Sessions are logged at their end unless that is switched off.
            logged=yes(entry, "log-end", default=True) or yes(entry, "log-start"),
            schedule=text(entry, "schedule"),
            installed_on=_targets(entry),
            text=None if kind == "universal" else f"rule-type {kind}",
        )
        more = {one: sorted(_said(members(entry, one))) for one in _MATCH}
        conditions = [f"{one} {', '.join(names)}" for one, names in more.items() if names]
        conditions += [] if kind == "universal" else [f"rule-type {kind}"]
        strange = tuple(_strange(entry, action))
        rule = replace(rule, conditions=tuple(conditions), not_understood=strange)
        # What nobody understood may be of the match, too.
        return with_digest(rule, more | {"type": [kind], "not understood": list(strange)})


@dataclass(frozen=True, slots=True)
class Translation:
    """A NAT rule that translates destinations: those it takes, by any of its zones, and to what."""

    name: str
    from_zones: frozenset[str]
    destinations: frozenset[str]
    to: str


def translations(entries: Iterable[Element], objects: Objects) -> Iterator[Translation]:
    """Those of a NAT rule base that translate a destination, in order."""
    for entry in entries:
        if (one := _translation(entry, objects)) is not None:
            yield one


def _translation(entry: Element, objects: Objects) -> Translation | None:
    if yes(entry, "disabled"):
        return None
    node = entry.find("destination-translation")
    if node is None:
        node = entry.find("dynamic-destination-translation")
    if node is None:
        return _both_ways(entry, objects)
    inner = text(node, "translated-address") or "what only the firewall knows"
    behind = objects.address([inner]) or (inner,)
    port = text(node, "translated-port")
    return Translation(
        entry.get("name", ""),
        frozenset(members(entry, "from")),
        frozenset(objects.address(members(entry, "destination")) or ("any",)),
        ", ".join(behind) + (f" {port}" if port else ""),
    )


def _both_ways(entry: Element, objects: Objects) -> Translation | None:
    """A static translation of sources that works backwards, too: as of a destination."""
    node = entry.find("source-translation/static-ip")
    outer = text(node, "translated-address")
    if node is None or outer is None or not yes(node, "bi-directional"):
        return None
    return Translation(
        entry.get("name", ""),
        frozenset(members(entry, "to")),
        frozenset(objects.address([outer]) or (outer,)),
        ", ".join(objects.address(members(entry, "source")) or ("any",)),
    )


class Translated:
    """The translations of a firewall, found by a rule's destinations. PAN-OS matches a rule against
    the address before translation: a rule that names such an address leads to the one behind."""

    def __init__(self, found: Iterable[Translation]) -> None:
        self._found = list(found)
        self._overlap = Overlap(one.destinations for one in self._found)

    def with_nat(self, rule: FirewallRule) -> FirewallRule:
        """The rule with what its destinations are translated to."""
        taken = ("any",) if rule.destinations_negated else rule.destinations
        near = [self._found[place] for place in self._overlap.of(taken)] if self._found else []
        said = [
            f"destination {', '.join(sorted(one.destinations))} to {one.to} by {one.name}"
            for one in near
            if _meet(rule, one)
        ]
        return replace(rule, nat="; ".join(told(said))) if said else rule


def _meet(rule: FirewallRule, one: Translation) -> bool:
    zones = frozenset(rule.source_zones)
    return bool("any" in zones | one.from_zones or not zones or zones & one.from_zones)


def _strange(entry: Element, action: str) -> Iterator[str]:
    if action not in PERMITS:
        yield f"action {action}".strip()
    for part in entry:
        if part.tag not in _KNOWN:
            told = " ".join(filter(None, (one.strip() for one in part.itertext())))
            yield f"{part.tag} {told}".strip()[:120]


def default(
    vsys: str, position: int, name: str, changed: Element | None, action: str
) -> FirewallRule:
    """The rule behind all others, within a zone or between zones; it logs only if told to."""
    said = (text(changed, "action") or action).lower()
    uuid = None if changed is None else changed.get("uuid")
    logged = changed is not None and (yes(changed, "log-end") or yes(changed, "log-start"))
    return FirewallRule(
        key=f"{vsys}/inet/{name}",
        context=vsys,
        family="inet",
        policy="default-security-rules",
        position=position,
        vendor_id=uuid,
        name=name,
        action=said,
        permits=PERMITS.get(said),
        source_zones=("any",),
        destination_zones=("any",),
        logged=logged,
        match_digest=sha256(name.encode()).hexdigest(),
        implicit=True,
    )


def with_digest(rule: FirewallRule, more: dict[str, list[str]]) -> FirewallRule:
    """The rule with the digest of what it matches; order within a list is of no account."""
    match = [
        *(sorted(part) for part in (rule.source_zones, rule.destination_zones)),
        *(sorted(part) for part in (rule.sources, rule.destinations, rule.services)),
        *(sorted(part) for part in (rule.applications, rule.users)),
        [rule.sources_negated, rule.destinations_negated, rule.schedule],
        {name: values for name, values in more.items() if values},
    ]
    digest = sha256(json.dumps(match, sort_keys=True).encode()).hexdigest()
    return replace(rule, match_digest=digest)


def pushed_policy(found: Element | None) -> Element | None:
    """Panorama's part in an answer of `show config pushed-shared-policy`."""
    if found is None:
        return None
    return next(found.iter("panorama"), None)


def _below(place: Element | None, name: str) -> Element | None:
    return None if place is None else place.find(name)


def _said(names: Iterable[str]) -> tuple[str, ...]:
    """Names that narrow anything: `any` does not."""
    return tuple(name for name in names if name != "any")


def _targets(entry: Element) -> tuple[str, ...]:
    """Serial numbers that Panorama sends the rule to; all where none is named."""
    sign = "not " if yes(entry, "target/negate") else ""
    return tuple(f"{sign}{one.get('name')}" for one in entry.findall("target/devices/entry"))
