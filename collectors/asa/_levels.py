"""What an ASA does between interfaces where no list decides: by their security levels.

From an interface without an inbound list traffic may leave for every lower level; for an equal one
where `same-security-traffic permit inter-interface` is set, and by the interface it came from where
`permit intra-interface` is. Everything else is denied. A list that is applied to all interfaces
decides instead; one that is applied outbound decides of what leaves there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

from collectors.asa._rules import Bound
from evidence.facts import FirewallRule, Interface

_SAME = re.compile(r"(?m)^same-security-traffic permit (inter|intra)-interface[ \t]*\r?$")
_PORT = re.compile(r"(?ms)^interface (?P<name>\S+)[^\n]*\n(?P<lines>(?:[ \t][^\n]*\n?)*)")
_UNTOLD = "same-security-traffic was not told"


@dataclass(frozen=True, slots=True)
class Same:
    """What is permitted between interfaces of one level; None: nobody told."""

    between: bool | None = None
    within: bool | None = None


def same(text: str | None) -> Same:
    """Of `show running-config same-security-traffic`, or of a whole configuration."""
    if text is None:
        return Same()
    told = set(_SAME.findall(text))
    return Same("inter" in told, "intra" in told)


def is_whole(text: str) -> bool:
    """Whether a configuration holds more than access lists."""
    return _PORT.search(text) is not None


def configured_levels(text: str) -> dict[str, int]:
    """Levels by interface name, of a configuration; what is off or only manages passes nothing."""
    found = {}
    for port in _PORT.finditer(text):
        lines = [line.strip() for line in port["lines"].splitlines()]
        told = {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}
        if "nameif" in told and told.get("security-level", "").isdigit():
            off = "shutdown" in told or "management-only" in told
            if not off and not port["name"].startswith("Management"):
                found[told["nameif"]] = int(told["security-level"])
    return found


def configured_interfaces(text: str) -> Iterator[Interface]:
    for port in _PORT.finditer(text):
        if named := re.search(r"(?m)^[ \t]+nameif (\S+)", port["lines"]):
            yield Interface(name=port["name"], zone=named[1])


def by_level(
    levels: Mapping[str, int], context: str, bound: Bound | None, allowed: Same
) -> Iterator[FirewallRule]:
    """The rules that nobody wrote, by the interface that traffic enters. `bound` None: nobody
    told where lists are applied, and nothing is said."""
    if bound is None or any(way == "global" for where in bound.values() for way, _ in where):
        return
    decided = {name: set[str]() for name in ("in", "out")}
    for where in bound.values():
        for way, name in where:
            decided.setdefault(way, set()).add(name)
    for name, level in levels.items():
        if name not in decided["in"]:
            yield from _of(name, level, levels, context, decided["out"], allowed)


def _of(
    name: str,
    level: int,
    levels: Mapping[str, int],
    context: str,
    by_list: set[str],
    allowed: Same,
) -> Iterator[FirewallRule]:
    others = {other: its for other, its in levels.items() if other not in by_list}
    lower = tuple(other for other, its in others.items() if its < level)
    equal = tuple(other for other, its in others.items() if its == level and other != name)
    own = (name,) if allowed.within and name in others else ()
    open_ = (*lower, *(equal if allowed.between else ()), *own)
    told = f"security level {level} of {name}"
    if open_:
        yield _rule(name, context, 1, True, open_, f"{told}, to {', '.join(open_)}")
    if equal and allowed.between is None:
        yield _rule(name, context, 2, None, equal, f"{told}, to {', '.join(equal)}", (_UNTOLD,))
    text = f"{told}, to everything else"
    yield _rule(name, context, 3, False, (), text)


_SUFFIXES = {True: "", None: "/same", False: "/deny"}


def _rule(
    name: str,
    context: str,
    position: int,
    permits: bool | None,
    leaving: tuple[str, ...],
    text: str,
    strange: tuple[str, ...] = (),
) -> FirewallRule:
    return FirewallRule(
        key=f"{context or '-'}/ip/security-level/{name}{_SUFFIXES[permits]}",
        context=context,
        family="inet",
        policy=f"security-level {name}",
        position=position,
        action={True: "permit", False: "deny", None: ""}[permits],
        permits=permits,
        source_zones=(name,),
        destination_zones=leaving,
        match_digest=sha256(f"{name} to {leaving}".encode()).hexdigest(),
        counted=False,
        implicit=True,
        text=text,
        not_understood=strange,
    )
