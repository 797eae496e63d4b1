"""NAT of an ASA: where an outer address leads, for the rules that let traffic to the inner one.

    object network web                  a translation that stands in its object
     nat (dmz,outside) static 203.0.113.10 service tcp 8443 443
    nat (dmz,outside) source static web outer-web destination static outer-peer peer
    static (dmz,outside) 203.0.113.10 10.20.1.10 netmask 255.255.255.255      before 8.3

From 8.3 on an access list names the real (inner) address, wherever it is applied; before, the one
that the interface sees. Sources that are hidden behind another address are not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from collectors._managed.names import Objects
from collectors._managed.overlap import Overlap, told
from collectors.asa._ace import network
from collectors.asa._objects import Configured
from evidence.facts import FirewallRule

_INTERFACES = r"(?:\((?P<real>[^,\s]+),(?P<mapped>[^)\s]+)\) )?"
_IN_OBJECT = re.compile(
    rf"nat {_INTERFACES}static (?P<outer>\S+)"
    r"(?:.*? service (?P<protocol>tcp|udp|sctp) (?P<inner_port>\S+) (?P<outer_port>\S+))?.*"
)
_TWICE = re.compile(
    rf"nat {_INTERFACES}(?:after-auto )?(?:\d+ )?source (?P<kind>static|dynamic) (?P<rest>.*)"
)
_OLD = re.compile(
    r"static \((?P<real>[^,\s]+),(?P<mapped>[^)\s]+)\) (?:(?P<protocol>tcp|udp) )?(?P<outer>\S+)"
    r"(?(protocol) (?P<outer_port>\S+)) (?P<inner>\S+)(?(protocol) (?P<inner_port>\S+))"
    r"(?: netmask (?P<mask>\S+))?.*"
)


@dataclass(frozen=True, slots=True)
class Translation:
    """Traffic that enters by `entered` (None: any interface); `seen` are the addresses by which a
    rule of an access list speaks of its destination."""

    entered: str | None
    seen: tuple[str, ...]
    words: str


def translations(found: Configured) -> Iterator[Translation]:
    """Those that lead from one address to another, in the order of the configuration."""
    objects = found.objects()
    for name, line in found.lines:
        plain = line.partition(" description ")[0]
        words = plain.split()
        if "inactive" in words:
            continue
        if name is not None:
            if said := _IN_OBJECT.fullmatch(plain):
                yield _in_object(name, said, objects)
        elif said := _TWICE.fullmatch(plain):
            yield from _twice(said, objects)
        elif said := _OLD.fullmatch(plain):
            yield _old(said)


def _in_object(name: str, said: re.Match[str], objects: Objects) -> Translation:
    inner = objects.resolve([name])
    outer = _outer(said["outer"], said["mapped"], objects)
    return Translation(_interface(said["mapped"]), inner, _words(outer, inner, said, name))


def _twice(said: re.Match[str], objects: Objects) -> Iterator[Translation]:
    words = said["rest"].split()
    real, mapped, by = words[0], words[1] if len(words) > 1 else "", f"source {said['kind']}"
    by = f"{by} {' '.join(words[:2])}"
    both_ways = said["kind"] == "static" and "unidirectional" not in words
    if both_ways and mapped not in ("", real):
        inner = objects.resolve([real])
        outer = _outer(mapped, said["mapped"], objects)
        ports = _services(words)
        told_ = f"destination {', '.join(outer)} to {', '.join(inner)}{ports} by {by}"
        yield Translation(_interface(said["mapped"]), inner, told_)
    if "destination" in words:
        at = words.index("destination")
        if words[at + 1 : at + 2] == ["static"] and len(words) > at + 3:
            outer_name, inner_name = words[at + 2 : at + 4]
            if outer_name != inner_name:
                inner = objects.resolve([inner_name])
                outer = _outer(outer_name, said["real"], objects)
                told_ = f"destination {', '.join(outer)} to {', '.join(inner)} by {by}"
                yield Translation(_interface(said["real"]), inner, told_)


def _services(words: list[str]) -> str:
    if "service" not in words:
        return ""
    at = words.index("service")
    return f" service {' '.join(words[at + 1 : at + 3])}"


def _old(said: re.Match[str]) -> Translation:
    """A translation of a release that names the outer address in its access lists."""
    mask = said["mask"] or "255.255.255.255"
    seen, inner = ((network(one, mask),) for one in (said["outer"], said["inner"]))
    if said["outer"] == "interface":
        seen = (f"interface {said['mapped']}",)
    return Translation(_interface(said["mapped"]), seen, _words(seen, inner, said, "static"))


def _words(outer: Iterable[str], inner: Iterable[str], said: re.Match[str], by: str) -> str:
    before = f" {said['protocol']}/{said['outer_port']}" if said["protocol"] else ""
    behind = f" {said['inner_port']}" if said["protocol"] else ""
    return f"destination {', '.join(outer)}{before} to {', '.join(inner)}{behind} by {by}"


def _outer(name: str, interface: str | None, objects: Objects) -> tuple[str, ...]:
    return (f"interface {interface or 'any'}",) if name == "interface" else objects.resolve([name])


def _interface(name: str | None) -> str | None:
    return None if name in (None, "any") else name


class Translated:
    """The translations, found by a rule's destinations and the interface its traffic enters by."""

    def __init__(self, found: Configured) -> None:
        self._found = list(translations(found))
        self._objects = found.objects()
        self._overlap = Overlap(one.seen for one in self._found)

    def with_nat(self, rule: FirewallRule) -> FirewallRule:
        """The rule with the outer addresses that lead to its destinations."""
        if not self._found or not rule.installed_on or rule.permits is not True:
            return rule
        taken = ("any",) if rule.destinations_negated else rule.destinations
        entering = set(rule.source_zones)
        words = [
            one.words
            for place in self._overlap.of((*taken, *self._objects.resolve(taken)))
            for one in (self._found[place],)
            if one.entered is None or not entering or one.entered in entering
        ]
        return replace(rule, nat="; ".join(told(words))) if words else rule
