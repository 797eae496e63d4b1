"""The match of an nft rule: which addresses, services and interfaces its words select."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
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
# What may follow a member of a set and is not part of it.
_ABOUT_MEMBER = ("counter", "timeout", "expires", "comment", "limit", "quota", ":")


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
    """What the words of a match select. `members` gives a named set's, None if there is none."""
    found = Selection()
    at, other = 0, list[str]()
    while at < len(words):
        selectors, after = _selectors(words, at)
        if not selectors:
            other.append(words[at])
            at += 1
            continue
        begins = at
        sign = words[after] if words[after : after + 1] and words[after] in _SIGNS else ""
        after += bool(sign)
        if words[after : after + 1] == ["vmap"]:
            after += 1
        elif words[after : after + 1] in (["map"], ["set"]):
            at = after + 1
            continue
        values, at = _values(words, after, members)
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
        inside = members(words[at][1:])
        return [words[at], *(inside or [])], at + 1
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


def _note(found: Selection, selector: tuple[str, ...], sign: str, value: str) -> None:
    value = value.strip('"')
    signed = f"{sign.replace('!=', '!').replace('==', '')}{value}"
    if selector in _SOURCE:
        if sign != "!=" or not found.sources or found.not_sources:
            found.sources.append(value)
            found.not_sources = sign == "!="
    elif selector in _DESTINATION:
        if sign != "!=" or not found.destinations or found.not_destinations:
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
