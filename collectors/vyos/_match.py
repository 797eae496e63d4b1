"""What one rule matches: its words behind the number, as addresses, interfaces and services."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from collectors._managed.names import Objects
from collectors.vyos._config import Statement

PERMITS = {"accept": True, "drop": False, "reject": False}
_PASSES = ("jump", "return", "continue", "queue", "offload", "synproxy", "notrack")
# What narrows a rule and has no field of its own.
_CONDITIONS = (
    *("ipsec", "fragment", "limit", "recent", "tcp", "ttl", "hop-limit", "dscp", "dscp-exclude"),
    *("packet-length", "packet-length-exclude", "packet-type", "connection-mark", "mark", "gre"),
    *("connection-status", "conntrack-helper"),
)
_DONE = (
    *("description", "log-options", "log-level", "queue", "queue-options", "offload-target"),
    *("jump-target", "add-address-to-group", "set", "synproxy"),
)


_CONTROL = [(kind, word) for kind in ("icmp", "icmpv6") for word in ("type", "type-name", "code")]


@dataclass(slots=True)
class Numbered:
    """One rule's words behind its number."""

    number: int
    words: list[Statement] = field(default_factory=list)

    def said(self, *path: str) -> list[str]:
        """Every last word behind a path."""
        return [one[-1] for one in self.words if len(one) > len(path) and one[: len(path)] == path]

    def one(self, *path: str) -> str | None:
        return next(iter(self.said(*path)), None)


def end_of(rule: Numbered, end: str, family: str, known: Objects) -> tuple[tuple[str, ...], bool]:
    """The addresses of one end, and whether they are what is left out."""
    plain = rule.said(end, "address") or rule.said(end, "fqdn")
    if not plain:
        plain = [
            ("!" if one[3].startswith("!") else "")
            + f"{_kind(one[2], family)} {one[3].removeprefix('!')}"
            for one in rule.words
            if one[:2] == (end, "group") and len(one) == 4 and not _is_port_group(one[2])
        ]
    negated = any(one.startswith("!") for one in plain)
    return known.resolve(one.removeprefix("!") for one in plain) or ("any",), negated


def _kind(kind: str, family: str) -> str:
    """Since 1.4 a rule for IPv6 leaves out `ipv6-` before its groups' kind."""
    short = family == "ip6" and kind in ("address-group", "network-group")
    return f"ipv6-{kind}" if short else kind


def _is_port_group(kind: str) -> bool:
    return kind in ("port-group", "mac-group")


def interfaces(rule: Numbered, way: str, known: Objects) -> tuple[str, ...]:
    """The interfaces a rule itself names; one that is left out is a condition instead."""
    named = [
        *rule.said(f"{way}-interface", "name"),
        *rule.said(f"{way}-interface", "interface-name"),
        *(f"interface-group {one}" for one in _interface_groups(rule, way)),
    ]
    return known.resolve(one for one in named if "!" not in one)


def _interface_groups(rule: Numbered, way: str) -> list[str]:
    return rule.said(f"{way}-interface", "group") + rule.said(f"{way}-interface", "interface-group")


def services(rule: Numbered, known: Objects) -> Iterator[str]:
    protocol = (rule.one("protocol") or "all").replace("tcp_udp", "tcp-udp")
    protocol = protocol.replace("ipv6-icmp", "icmpv6")
    for kind in ("icmp", "icmpv6"):
        if told := rule.one(kind, "type-name") or rule.one(kind, "type"):
            yield f"{kind}/{told}"
            return
    if protocol.startswith("!"):
        yield "any"
        return
    name = "any" if protocol == "all" else protocol
    ports, senders = _ports(rule, "destination", known), _ports(rule, "source", known)
    for port in ports or [""]:
        for sender in senders or [""]:
            service = f"{'tcp-udp' if name == 'any' else name}/{port}" if port else name
            yield f"{service} from {sender}" if sender else service


def _ports(rule: Numbered, end: str, known: Objects) -> list[str]:
    """Ports of one end; those left out are a condition instead."""
    plain = [port for one in rule.said(end, "port") for port in one.split(",")]
    grouped = [f"port-group {one}" for one in rule.said(end, "group", "port-group")]
    told = [*plain, *grouped]
    return [] if any("!" in one for one in told) else list(known.resolve(told))


def conditions(rule: Numbered) -> Iterator[str]:
    """What else must hold, in the rule's own words."""
    if states := [one for one in rule.words if one[0] == "state"]:
        on = [one[1] for one in states if one[2:] != ("disable",) and len(one) > 1]
        yield f"state {', '.join(on)}"
    yield from (" ".join(one) for one in rule.words if _narrows(rule, one))


def _narrows(rule: Numbered, one: Statement) -> bool:
    left_out = one[-1].startswith("!")
    match one:
        case (_, "port", _):
            return "!" in one[-1]  # one of several leaves them all to this condition
        case ("protocol", _) | (_, "group", "port-group", _):
            return left_out
        case ("inbound-interface" | "outbound-interface", *_):
            return left_out
        case ("source" | "destination", "mac-address" | "geoip", *_):
            return True
        case ("source" | "destination", "group", "mac-group", _):
            return True
        case ("source" | "destination" as end, "group", *_):
            return bool(rule.said(end, "address"))  # both must hold
        case ("icmp" | "icmpv6", "code", _):
            return True
    return one[0] in _CONDITIONS


def strange(rule: Numbered, action: str) -> Iterator[str]:
    if action not in PERMITS and action not in _PASSES:
        yield f"action {action}".strip()
    for one in rule.words:
        known = (*_CONDITIONS, *_DONE, "action", "disable", "log", "protocol", "state", "time")
        if one[0] in known or one[:2] in _CONTROL:
            continue
        ends = ("address", "port", "group", "fqdn", "mac-address", "geoip")
        if one[0] in ("source", "destination") and len(one) > 2 and one[1] in ends:
            continue
        if one[0] in ("inbound-interface", "outbound-interface") and len(one) == 3:
            continue
        yield " ".join(one)[:120]
