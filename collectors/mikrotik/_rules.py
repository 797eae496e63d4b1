"""Rules of a table, chain by chain; what matches nothing is accepted by the chains built in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collectors._managed.match import with_digest
from collectors.mikrotik._answer import Row
from evidence.errors import Unexpected
from evidence.facts import Fact, FirewallRule, RuleUsage

Lists = Mapping[str, tuple[str, ...]]

_FAMILIES = {"ip": "ip", "ipv6": "ip6"}
_PERMITS = {"accept": True, "drop": False, "reject": False, "tarpit": False}
# What goes on to the next rule, or to another chain, and decides nothing by itself.
_PASSES = (
    *("jump", "return", "log", "passthrough", "fasttrack-connection", "notrack", "masquerade"),
    *("add-src-to-address-list", "add-dst-to-address-list", "src-nat", "dst-nat", "redirect"),
    *("netmap", "same", "endpoint-independent-nat"),
)
_NAT = ("src-nat", "dst-nat", "redirect", "masquerade", "netmap", "same")
_BUILT_IN = ("input", "forward", "output")
# What narrows a rule and has no field of its own.
_CONDITIONS = (
    *("connection-state", "connection-nat-state", "connection-type", "connection-mark"),
    *("connection-limit", "connection-rate", "connection-bytes", "packet-mark", "routing-mark"),
    *("routing-table", "layer7-protocol", "content", "tcp-flags", "tcp-mss", "limit", "dst-limit"),
    *("src-address-type", "dst-address-type", "src-mac-address", "ipv4-options", "fragment"),
    *("hotspot", "ipsec-policy", "psd", "random", "nth", "ttl", "dscp", "priority", "packet-size"),
    *("p2p", "tls-host", "in-bridge-port", "in-bridge-port-list", "out-bridge-port", "realm"),
    *("out-bridge-port-list", "ingress-priority", "per-connection-classifier", "hop-limit"),
    *("headers", "any-port", "port"),
)
_KNOWN = frozenset(
    (
        *_CONDITIONS,
        *(
            ".id",
            "chain",
            "action",
            "comment",
            "disabled",
            "dynamic",
            "invalid",
            "bytes",
            "packets",
        ),
        *("src-address", "dst-address", "src-address-list", "dst-address-list", "in-interface"),
        *("in-interface-list", "out-interface", "out-interface-list", "protocol", "src-port"),
        *("dst-port", "icmp-options", "time", "log", "log-prefix", "jump-target", "reject-with"),
        *("address-list", "address-list-timeout", "to-addresses", "to-address", "to-ports"),
        *("same-not-by-dst", "randomise-ports", "hw-offload", "creation-time", ".nextid"),
    )
)


@dataclass(frozen=True, slots=True)
class Place:
    """A table: `ip` or `ipv6` by `filter`, `raw` or `nat`."""

    ip: str
    table: str

    @property
    def root(self) -> str:
        return f"{self.table}/{_FAMILIES[self.ip]}"


def address_lists(rows: Iterable[Row]) -> Lists:
    """Addresses by list. A list that anything fills by itself (timeouts, names) stays a name."""
    found: dict[str, list[str]] = {}
    moving = set()
    for row in rows:
        name = row.get("list", "")
        if row.get("dynamic") == "true" or row.get("timeout"):
            moving.add(name)
        elif row.get("disabled") != "true" and row.get("address"):
            found.setdefault(name, []).append(row["address"])
    return {name: tuple(one) for name, one in found.items() if name not in moving}


def facts(place: Place, rows: Sequence[Row], lists: Lists, at: datetime) -> Iterator[Fact]:
    """The rules of one table, the defaults behind them, then what was counted."""
    seen: Counter[str] = Counter()
    chains: Counter[str] = Counter()
    usages: list[RuleUsage] = []
    closed = set()
    fast = any(_on(row) and row.get("action") == "fasttrack-connection" for row in rows)
    for row in rows:
        rule = _rule(place, row, lists)
        chains[rule.policy] += 1
        seen[rule.key] += 1
        key = rule.key if seen[rule.key] == 1 else f"{rule.key}#{seen[rule.key]}"
        rule = replace(rule, key=key, position=chains[rule.policy])
        usage = _usage(place, row, rule, fast, at)
        usages += [usage] if usage else []
        yield replace(rule, counted=True if usage else None)
        if _takes_all(rule):
            closed.add(rule.policy)
    if place.table == "filter":
        for chain in _BUILT_IN:
            if chain not in closed:
                yield _default(place, chain, chains[chain] + 1)
    yield from usages


def _on(row: Row) -> bool:
    return row.get("disabled") != "true"


def _rule(place: Place, row: Row, lists: Lists) -> FirewallRule:
    action, chain = row.get("action", "accept"), row.get("chain")
    if not chain:
        raise Unexpected(f"a rule of {place.root} is in no chain")
    dynamic = row.get("dynamic") == "true"
    vendor_id = None if dynamic else row.get(".id")
    source, target = _addresses(row, "src", lists), _addresses(row, "dst", lists)
    rule = with_digest(
        FirewallRule(
            key="",
            context=place.table,
            family=_FAMILIES[place.ip],
            policy=chain,
            vendor_id=vendor_id,
            comment=row.get("comment") or None,
            enabled=_on(row),
            action=f"jump {row.get('jump-target', '')}" if action == "jump" else action,
            permits=_PERMITS.get(action) if _decides(place, action) else None,
            source_zones=_zones(row, "in"),
            destination_zones=_zones(row, "out"),
            sources=source[0],
            sources_negated=source[1],
            destinations=target[0],
            destinations_negated=target[1],
            services=tuple(_services(row)),
            nat=_nat(row, action),
            logged=action == "log" or row.get("log") in ("yes", "true"),
            schedule=row.get("time") or None,
            owner="routeros" if dynamic else "policy",
            conditions=tuple(_conditions(row)),
            not_understood=tuple(_strange(row, action)),
        )
    )
    # Numbers move with every insertion; without an id a rule is known by what it says.
    return replace(rule, key=f"{place.root}/{chain}/{vendor_id or rule.match_digest[:16]}")


def _decides(place: Place, action: str) -> bool:
    """An accept in raw or nat only ends that table."""
    return place.table == "filter" or (place.table == "raw" and _PERMITS.get(action) is False)


def _addresses(row: Row, end: str, lists: Lists) -> tuple[tuple[str, ...], bool]:
    """The addresses of one end, and whether they are what is left out.

    Where both an address and a list must hold, the list is told as a condition.
    """
    plain, listed = row.get(f"{end}-address", ""), row.get(f"{end}-address-list", "")
    if plain:
        return (plain.removeprefix("!"),), plain.startswith("!")
    if listed:
        name = listed.removeprefix("!")
        return lists.get(name, (name,)), listed.startswith("!")
    return ("any",), False


def _zones(row: Row, way: str) -> tuple[str, ...]:
    named = row.get(f"{way}-interface") or row.get(f"{way}-interface-list") or ""
    return () if not named or named.startswith("!") else (named,)


def _services(row: Row) -> Iterator[str]:
    protocol = row.get("protocol", "")
    if protocol.startswith("!"):
        yield "any"
        return
    if options := row.get("icmp-options"):
        kind, _, code = options.partition(":")
        one = kind if code in ("", "0-255", "any") else f"{kind}/{code}"
        yield f"{protocol or 'icmp'}/{one}"
        return
    ports, senders = row.get("dst-port", ""), row.get("src-port", "")
    for port in [""] if ports.startswith("!") else ports.split(","):
        for sender in [""] if senders.startswith("!") else senders.split(","):
            service = f"{protocol or 'tcp-udp'}/{port}" if port else protocol or "any"
            yield f"{service} from {sender}" if sender else service


def _conditions(row: Row) -> Iterator[str]:
    for name in _CONDITIONS:
        if value := row.get(name):
            yield f"{name} {value}"
    for name in ("protocol", "dst-port", "src-port"):
        if (value := row.get(name, "")).startswith("!"):
            yield f"{name} {value}"
    for way in ("in", "out"):
        both = row.get(f"{way}-interface") and row.get(f"{way}-interface-list")
        for name in (f"{way}-interface", f"{way}-interface-list"):
            value = row.get(name, "")
            if value.startswith("!") or (both and name.endswith("list")):
                yield f"{name} {value}"
    for end in ("src", "dst"):
        if row.get(f"{end}-address") and (value := row.get(f"{end}-address-list")):
            yield f"{end}-address-list {value}"


def _strange(row: Row, action: str) -> Iterator[str]:
    if row.get("invalid") == "true":
        yield "invalid: it names what is not there, and is not in force"
    if action not in _PERMITS and action not in _PASSES:
        yield f"action {action}"
    for name, value in row.items():
        if name not in _KNOWN and value not in ("", "no", "false"):
            yield f"{name}={value}"[:120]


def _nat(row: Row, action: str) -> str | None:
    if action not in _NAT:
        return None
    to = ":".join(one for one in (row.get("to-addresses"), row.get("to-ports")) if one)
    return f"{action} to {to}" if to else action


def _usage(
    place: Place, row: Row, rule: FirewallRule, fast: bool, at: datetime
) -> RuleUsage | None:
    """What a rule counted; None where the answer shows no counter.

    With FastTrack on, a rule that is not for new connections misses what FastTrack carries: its
    count can show traffic and never silence.
    """
    if not row.get("packets", "").isdigit():
        return None
    states = next((one for one in rule.conditions if one.startswith("connection-state ")), "new")
    blind = fast and rule.policy not in ("input", "output") and "new" not in states
    return RuleUsage(
        key=rule.key,
        reset_domain=place.root,
        count=int(row["packets"]),
        count_unit="packets",
        size_bytes=int(row["bytes"]) if row.get("bytes", "").isdigit() else None,
        persistent=False,
        counting="unknown" if blind else "on",
        read_at=at,
    )


def _takes_all(rule: FirewallRule) -> bool:
    """Whether nothing passes it, so that the default behind is never reached."""
    plain = rule.sources == rule.destinations == rule.services == ("any",)
    zones = rule.source_zones or rule.destination_zones
    bare = plain and not (zones or rule.conditions or rule.not_understood or rule.schedule)
    return bare and rule.enabled and rule.permits is not None


def _default(place: Place, chain: str, position: int) -> FirewallRule:
    return with_digest(
        FirewallRule(
            key=f"{place.root}/{chain}/(default)",
            context=place.table,
            family=_FAMILIES[place.ip],
            policy=chain,
            position=position,
            name="default",
            action="accept",
            permits=True,
            logged=False,
            counted=False,
            implicit=True,
        )
    )
