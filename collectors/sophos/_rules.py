"""Firewall rules as the export holds them, each with one policy of its kind within it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from xml.etree.ElementTree import Element

from collectors._managed.match import with_digest
from collectors.sophos._objects import Known, texts
from evidence.facts import FirewallRule

_FAMILIES = {"IPv4": "ip", "IPv6": "ip6"}
_PERMITS = {"accept": True, "drop": False, "reject": False}
_POLICIES = ("NetworkPolicy", "UserPolicy")
_OF_RULE = frozenset(
    (
        *("Name", "Description", "IPFamily", "Status", "Position", "PolicyType", "After", "Before"),
        *_POLICIES,
    )
)
# What a policy says of the match, and what it does with a session that it took.
_OF_POLICY = frozenset(
    (
        *("Action", "LogTraffic", "SkipLocalDestined", "SourceZones", "DestinationZones"),
        *("SourceNetworks", "DestinationNetworks", "Services", "Schedule", "Identity"),
        *("MatchIdentity", "Exclusions", "ShowCaptivePortal", "DataAccounting", "WebFilter"),
        *("WebCategoryBaseQoSPolicy", "BlockQuickQuic", "ScanVirus", "Sandstorm", "ProxyMode"),
        *("ZeroDayProtection", "DecryptHTTPS", "ApplicationControl", "ApplicationBaseQoSPolicy"),
        *("IntrusionPrevention", "TrafficShappingPolicy", "DSCPMarking", "ScanSMTP", "ScanSMTPS"),
        *("ScanIMAP", "ScanIMAPS", "ScanPOP3", "ScanPOP3S", "ScanFTP", "SourceSecurityHeartbeat"),
        *("DestSecurityHeartbeat", "MinimumSourceHBPermitted", "MinimumDestinationHBPermitted"),
        *("NDR", "WebCategoryBaseTrafficShaping", "ApplicationBaseTrafficShaping"),
    )
)
_UNSET = ("", "None", "Disable", "none", "disable")
# A session that matched and has no good state is refused then: the rule takes less than it says.
_NARROWS = ("MinimumSourceHBPermitted", "MinimumDestinationHBPermitted")
_NO_LIMIT = ("No Restriction", "")


def rules(found: Element, known: Known) -> Iterator[FirewallRule]:
    """Every rule in the order of the export, which is that of evaluation; then what takes the
    rest."""
    position = 0
    for entry in found.findall("FirewallRule"):
        if _text(entry, "Name"):
            position += 1
            yield _rule(entry, position, known)
    yield FirewallRule(
        key="inet/default-drop",
        family="inet",
        policy="firewall rules",
        position=position + 1,
        name="Default Drop",
        action="drop",
        permits=False,
        logged=None,
        implicit=True,
        match_digest=sha256(b"default drop").hexdigest(),
    )


def _rule(entry: Element, position: int, known: Known) -> FirewallRule:
    name = _text(entry, "Name")
    policy = next((one for kind in _POLICIES if (one := entry.find(kind)) is not None), None)
    held = Element("none") if policy is None else policy
    family = _FAMILIES.get(_text(entry, "IPFamily"), "inet")
    action = _text(held, "Action").lower()
    log = _text(held, "LogTraffic")
    strange = tuple(_strange(entry, policy, action))
    open_ = ("not understood",) if policy is None else ("any",)
    return with_digest(
        FirewallRule(
            key=f"{family}/{name}",
            family=family,
            policy="firewall rules",
            position=position,
            name=name,
            comment=_text(entry, "Description") or None,
            enabled=_text(entry, "Status") != "Disable",
            action=action,
            permits=_PERMITS.get(action),
            source_zones=_zones(held, "SourceZones"),
            destination_zones=_zones(held, "DestinationZones"),
            sources=known.addresses.resolve(texts(held, "SourceNetworks/Network")) or open_,
            destinations=known.addresses.resolve(texts(held, "DestinationNetworks/Network"))
            or open_,
            services=known.services.resolve(texts(held, "Services/Service")) or open_,
            users=tuple(texts(held, "Identity/Member")),
            logged=log == "Enable" if log else None,
            schedule=_schedule(_text(held, "Schedule")),
            conditions=tuple(_conditions(held)),
            not_understood=strange,
        )
    )


def _zones(policy: Element, path: str) -> tuple[str, ...]:
    return tuple(name for name in texts(policy, f"{path}/Zone") if name != "Any")


def _schedule(name: str) -> str | None:
    return None if name in ("", "All The Time") else name


def _conditions(policy: Element) -> Iterator[str]:
    if _text(policy, "MatchIdentity") == "Enable" and not texts(policy, "Identity/Member"):
        yield "a known user"
    for part in policy.findall("Exclusions/*"):
        if held := [text for one in part.iter() if (text := (one.text or "").strip())]:
            yield f"not {part.tag} {', '.join(held)}"
    for name in _NARROWS:
        if (told := _text(policy, name)) not in _NO_LIMIT:
            yield f"{name} {told}"


def _strange(entry: Element, policy: Element | None, action: str) -> Iterator[str]:
    if policy is None:
        # A web server protection rule is a proxy of its own, with its own match.
        yield f"PolicyType {_text(entry, 'PolicyType')}".strip()
    if action not in _PERMITS:
        yield f"action {action}".strip()
    of_policy = [] if policy is None else list(policy)
    for known, parts in ((_OF_RULE, list(entry)), (_OF_POLICY, of_policy)):
        for part in parts:
            told = " ".join(text for one in part.iter() if (text := (one.text or "").strip()))
            if part.tag not in known and told not in _UNSET:
                yield f"{part.tag} {told}"[:120]


def _text(entry: Element, path: str) -> str:
    return (entry.findtext(path) or "").strip()
