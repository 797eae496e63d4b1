"""The match of an nft rule: which addresses, services and interfaces its words select."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

Members = Callable[[str], list[str] | None]

_SOURCE = {("ip", "saddr"), ("ip6", "saddr")}
_DESTINATION = {("ip", "daddr"), ("ip6", "daddr")}
_PROTOCOL = {("l4proto",), ("ip", "protocol"), ("ip6", "nexthdr")}
_CONTROL = {("icmp", "type"), ("icmpv6", "type")}
_PORT = {
    (protocol, side)
    for protocol in ("tcp", "udp", "sctp", "dccp", "udplite", "th")
    for side in ("dport", "sport")
}
_IN, _OUT = {("iif",), ("iifname",)}, {("oif",), ("oifname",)}
_KNOWN = _SOURCE | _DESTINATION | _PROTOCOL | _CONTROL | _PORT | _IN | _OUT
_SIGNS = ("==", "!=", "<", ">", "<=", ">=")
_MASKS = ("&", "|", "^")
# What may follow a member of a set and is not part of it.
_ABOUT_MEMBER = ("counter", "timeout", "expires", "comment", "limit", "quota", ":")
# Words with which an expression or statement of nft's may begin, and those by which one goes on.
_HEADS = frozenset(
    (
        *("ct", "meta", "limit", "tcp", "udp", "udplite", "sctp", "dccp", "th", "ip", "ip6"),
        *("icmp", "icmpv6", "igmp", "esp", "ah", "comp", "arp", "ether", "vlan", "vxlan"),
        *("geneve", "gre", "sdifname", "mark", "length", "protocol", "priority", "pkttype"),
        *("gretap", "fib", "rt", "osf", "numgen", "jhash", "symhash", "socket", "ipsec", "exthdr"),
        *("dst", "frag", "hbh", "mh", "srh", "tunnel", "iif", "oif", "iifname", "oifname"),
        *(
            "iiftype",
            "oiftype",
            "iifgroup",
            "oifgroup",
            "ibrname",
            "obrname",
            "ibriport",
            "obriport",
        ),
        *("sdif", "ibridgename", "obridgename", "cpu", "random", "hour", "day", "time", "skuid"),
        *("skgid", "cgroup", "nftrace"),
        *("rtclassid", "secpath", "xt", "set", "add", "update", "delete", "destroy", "meter"),
        *("quota", "last", "notrack", "synproxy", "dup", "fwd", "flow", "secmark", "nfproto"),
        *("l4proto", "tproxy", "reset", "queue", "counter", "log", "comment"),
    )
)
_GO_ON = frozenset(
    (
        *("burst", "packets", "bytes", "kbytes", "mbytes", "over", "until", "used", "never", "and"),
        *("or", "xor", "not", "mod", "seed", "offset", "map", "vmap", "set", "to", "eq", "ne"),
        *("lt", "gt", "le", "ge", "mss", "wscale", "timestamp", "timeout", "expires", "elem"),
    )
)
_STATES = ("new", "established", "related", "invalid", "untracked")
_CHANGES = ("add", "update", "delete", "set")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_-]*")


@dataclass(slots=True)
class Selection:
    """Values by what they select; empty: not restricted. `not_` marks a negated address."""

    sources: list[str] = field(default_factory=list)
    destinations: list[str] = field(default_factory=list)
    not_sources: bool = False
    not_destinations: bool = False
    entering: list[str] = field(default_factory=list)
    leaving: list[str] = field(default_factory=list)
    protocols: list[str] = field(default_factory=list)
    ports: list[tuple[str, str]] = field(default_factory=list)
    from_ports: list[tuple[str, str]] = field(default_factory=list)
    control: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)  # whatever else narrows the match
    strange: list[str] = field(default_factory=list)  # what begins with a word nft is not known by

    @property
    def services(self) -> tuple[str, ...]:
        """`tcp/443`, `udp/any from 53`, `icmp/echo-request`, `esp`; ("any",) without any."""
        froms = [f" from {port}" for _, port in self.from_ports] or [""]
        ports = self.ports or [(name, "any") for name, _ in self.from_ports]
        found = [
            f"{one}/{port}{sender}"
            for name, port in ports
            for one in self._named(name)
            for sender in froms
        ]
        found += self.control
        return tuple(dict.fromkeys(found or self.protocols)) or ("any",)

    def _named(self, protocol: str) -> list[str]:
        """`th` is any transport: the protocols that the rule names elsewhere."""
        return (self.protocols or ["any"]) if protocol == "th" else [protocol]


def selection(words: Sequence[str], members: Members) -> Selection:
    """What the words of a match select. `members` gives a named set's, with its
    name first where it may hold more; None if there is none."""
    found = Selection()
    at, other, fresh = 0, list[str](), True
    noted: dict[str, tuple[str, tuple[str, ...]]] = {}
    while at < len(words):
        if fresh and _unknown(words[at]):
            end = next((n for n in range(at + 1, len(words)) if words[n] in _HEADS), len(words))
            found.strange.append(" ".join(words[at:end]))
            at = end
            continue
        if (aside := _aside(words, at)) > at:
            other += words[at:aside]
            at, fresh = aside, True
            continue
        selectors, after = _selectors(words, at)
        if not selectors:
            other.append(words[at])
            fresh = _ends_value(words[at])
            at += 1
            continue
        fresh = True
        begins = at
        if words[after : after + 1] and words[after] in _MASKS:
            # A field of which only some bits are looked at is none that the rule's fields say.
            at = after + 3 + (words[after + 2 : after + 3] in [[one] for one in _SIGNS])
            other += words[begins:at]
            continue
        sign = words[after] if words[after : after + 1] and words[after] in _SIGNS else ""
        after += bool(sign)
        if words[after : after + 1] == ["vmap"]:
            after += 1
        elif words[after : after + 1] in (["map"], ["set"]):
            at = after + 1
            continue
        values, at = _values(words, after, members)
        told = (sign, tuple(values))
        kinds = {_kind(one) for one in selectors}
        if any(noted.get(kind) not in (None, told) for kind in kinds) and not _adds_up(
            kinds, noted, sign
        ):
            # A field that is named again narrows what it named before.
            other += words[begins:at]
            continue
        noted |= dict.fromkeys(kinds, told)
        # Pairs of values, and several ports that are none of them, are not what the fields say.
        if len(selectors) > 1 or (sign == "!=" and len(values) > 1 and selectors[0] in _PORT):
            other += words[begins:at]
        for value in values:
            parts = value.split(" . ") if len(selectors) > 1 else [value]
            for selector, part in zip_longest(selectors, parts[: len(selectors)]):
                if part is not None:
                    _note(found, selector, sign, part)
    if other:
        found.conditions.append(" ".join(other).replace(" ,", ","))
    return found


def _aside(words: Sequence[str], at: int) -> int:
    """Where words end that begin here and hold fields which are not the packet's own: what goes
    into a set or is metered, the addresses of a connection, of a packet within; `at` for none."""
    match words[at : at + 2]:
        case [verb, name] if verb in _CHANGES and name.startswith("@"):
            return closing(words, at + 2) + 1 if words[at + 2 : at + 3] == ["{"] else at + 2
        case ["set", verb] if verb in _CHANGES:  # the older form: `set add ip saddr @x`
            return next((n for n in range(at, len(words)) if words[n][:1] == "@"), len(words)) + 1
        case ["meter", _] if "{" in words[at:]:
            return closing(words, words.index("{", at)) + 1
        case ["ct", "original" | "reply"] | ["vxlan" | "geneve" | "gretap" | "gre", "ip" | "ip6"]:
            fields = 4 if words[at + 2 : at + 3] in (["ip"], ["ip6"]) else 3
            end = at + fields + (words[at + fields : at + fields + 1] in [[s] for s in _SIGNS])
            if words[end : end + 1] == ["{"]:
                return closing(words, end) + 1
            return end + 1
    return at


def _unknown(word: str) -> bool:
    """Whether a word where an expression begins, or goes on, is none of nft's."""
    return bool(_IDENTIFIER.fullmatch(word)) and word not in _HEADS and word not in _GO_ON


def _ends_value(word: str) -> bool:
    return word[0].isdigit() or word[0] == '"' or word in ("}", *_STATES)


def _selectors(words: Sequence[str], at: int) -> tuple[list[tuple[str, ...]], int]:
    """The fields at this place, joined by `.`, and where they end; none if the first is unknown."""
    found: list[tuple[str, ...]] = []
    while True:
        at += words[at : at + 1] == ["meta"] and words[at + 1 : at + 2] != ["mark"]
        both = tuple(words[at : at + 2])
        one = both if both in _KNOWN else both[:1] if both[:1] in _KNOWN else None
        if one is None:
            dot = next((n for n in (1, 2, 3) if words[at + n : at + n + 1] == ["."]), None)
            if dot is None and not found:
                return [], at
            # An unknown field among others ends where the next dot, sign or value stands.
            end = at + dot if dot else next(_ends(words, at), len(words))
            one = tuple(words[at:end])
        found.append(one)
        at += len(one)
        if words[at : at + 1] != ["."]:
            return [one for one in found if set(found) & _KNOWN], at
        at += 1


def _ends(words: Sequence[str], at: int) -> Iterator[int]:
    for place in range(at + 1, len(words)):
        if words[place] in ("{", "vmap", "map", *_SIGNS) or words[place].startswith("@"):
            yield place


def _values(words: Sequence[str], at: int, members: Members) -> tuple[list[str], int]:
    """The values at this place, and where they end."""
    if at >= len(words):
        return [], at
    if words[at] == "{":
        end = closing(words, at)
        return elements(words[at + 1 : end]), end + 1
    if words[at].startswith("@"):
        return members(words[at][1:]) or [words[at]], at + 1
    end = at + 1
    while words[end : end + 1] in ([","], ["."], ["/"]):
        end += 2
    return [" ".join(words[at:end]).replace(" , ", ",")], end


def closing(words: Sequence[str], at: int) -> int:
    """Where the brace that opens at `at` is closed."""
    depth = 0
    for place in range(at, len(words)):
        depth += (words[place] == "{") - (words[place] == "}")
        if not depth:
            return place
    return len(words)


def elements(words: Sequence[str]) -> list[str]:
    """The members of a set without their counters, timeouts and verdicts."""
    found: list[list[str]] = [[]]
    open_ = True
    for word in words:
        if word == ",":
            found.append([])
            open_ = True
        elif word in _ABOUT_MEMBER:
            open_ = False
        elif open_:
            found[-1].append(word.strip('"'))
    return [" ".join(one) for one in found if one]


def _kind(selector: tuple[str, ...]) -> str:
    """Which field of a rule a selector fills."""
    for kind, those in (
        ("source", _SOURCE), ("destination", _DESTINATION), ("protocol", _PROTOCOL),
        ("control", _CONTROL), ("in", _IN), ("out", _OUT),
    ):  # fmt: skip
        if selector in those:
            return kind
    return selector[-1] if selector in _PORT else " ".join(selector)


def _adds_up(kinds: set[str], noted: Mapping[str, tuple[str, tuple[str, ...]]], sign: str) -> bool:
    """Whether a field that is named again leaves out more addresses, which the field can say."""
    addresses = kinds <= {"source", "destination"} and sign == "!="
    return addresses and all(noted[kind][0] == sign for kind in kinds if kind in noted)


def _note(found: Selection, selector: tuple[str, ...], sign: str, value: str) -> None:
    value = value.strip('"')
    if value.isdigit() and sign in ("<=", ">="):
        sign, value = (sign[0], str(int(value) + (1 if sign == "<=" else -1)))
    signed = f"{sign.replace('!=', '!').replace('==', '')}{value}"
    if selector in _SOURCE:
        found.sources.append(value)
        found.not_sources = sign == "!="
    elif selector in _DESTINATION:
        found.destinations.append(value)
        found.not_destinations = sign == "!="
    elif selector in _PROTOCOL:
        found.protocols.append(signed)
    elif selector in _CONTROL:
        found.control.append(f"{selector[0]}/{signed}")
    elif selector in _PORT:
        (found.ports if selector[1] == "dport" else found.from_ports).append((selector[0], signed))
    elif selector in _IN:
        found.entering.append(signed)
    elif selector in _OUT:
        found.leaving.append(signed)
