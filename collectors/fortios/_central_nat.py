"""The central SNAT table: by which entries the sources that a policy takes are translated.

The first entry that matches decides; one with `nat disable` keeps the source as it is. What an
entry or a policy names and nobody can resolve may share addresses with everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors._managed.overlap import Overlap, told
from collectors.fortios._answer import said, words
from collectors.fortios._objects import Objects
from evidence.facts import FirewallRule
from evidence.services import networks

Rows = Iterable[tuple[str, Mapping[str, Any]]]
_ANY = frozenset(("any", "all"))
# What narrows an entry beside interfaces and addresses; 0 is every one.
_MORE = ("protocol", "orig-port", "dst-port")


@dataclass(frozen=True, slots=True)
class _Entry:
    enters: frozenset[str]
    leaves: frozenset[str]
    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    more: tuple[str, ...]
    told: str

    @property
    def takes_all(self) -> bool:
        ends = (self.enters | self.leaves) <= _ANY and not self.more
        return ends and self.sources == self.destinations == ("any",)


@dataclass(frozen=True, slots=True)
class _Table:
    entries: Sequence[_Entry]
    ends: tuple[Overlap, Overlap]
    names: tuple[frozenset[int], frozenset[int]]  # entries that nobody can resolve wholly

    def touched(self, end: int, values: Sequence[str]) -> set[int]:
        if any(networks(one) is None for one in values):
            return set(range(len(self.entries)))
        return set(self.ends[end].of(values)) | self.names[end]


@dataclass(frozen=True, slots=True)
class CentralNat:
    """The tables by VDOM; a VDOM without entries translates no source."""

    of_vdom: Mapping[str, _Table]

    def of(self, rule: FirewallRule) -> list[str]:
        """What becomes of the sources that the rule takes, in the order of the entries."""
        table = self.of_vdom.get(rule.context)
        return told(list(_applied(table, rule))) if table else []


def central_nat(rows: Rows, objects: Objects) -> CentralNat:
    by_vdom: dict[str, list[_Entry]] = {}
    for vdom, row in rows:
        if row.get("status", "enable") == "enable":
            by_vdom.setdefault(vdom, []).append(_entry(vdom, row, objects))
    return CentralNat({vdom: _table(entries) for vdom, entries in by_vdom.items()})


def _entry(vdom: str, row: Mapping[str, Any], objects: Objects) -> _Entry:
    ends = [
        [name for version in ("", "6") for name in words(row.get(f"{end}-addr{version}"))]
        for end in ("orig", "dst")
    ]
    sources, destinations = (objects.resolve(vdom, one) or ("any",) for one in ends)
    pools = [one for version in ("", "6") for one in words(row.get(f"nat-ippool{version}"))]
    to = f"to {', '.join(pools) or 'the leaving interface'}"
    kept = row.get("nat", "enable") == "disable"
    more = tuple(
        f"{name} {value}"
        for name in _MORE
        if (value := said(row.get(name))) not in (None, "0", "0-0", "0-65535", "1-65535")
    )
    number = said(row.get("policyid"))
    about = " ".join((", ".join(ends[0]) or "any", *(f"({one})" for one in more)))
    return _Entry(
        frozenset(words(row.get("srcintf"))),
        frozenset(words(row.get("dstintf"))),
        sources,
        destinations,
        more,
        f"source {about} {'kept' if kept else to} by central NAT {number}",
    )


def _table(entries: Sequence[_Entry]) -> _Table:
    ends = [[one.sources for one in entries], [one.destinations for one in entries]]
    overlaps = (Overlap(ends[0]), Overlap(ends[1]))
    names = [
        frozenset(
            place
            for place, values in enumerate(end)
            if any(networks(value) is None for value in values)
        )
        for end in ends
    ]
    return _Table(entries, overlaps, (names[0], names[1]))


def _applied(table: _Table, rule: FirewallRule) -> Iterator[str]:
    sources = ("any",) if rule.sources_negated else rule.sources
    destinations = ("any",) if rule.destinations_negated else rule.destinations
    for place in sorted(table.touched(0, sources) & table.touched(1, destinations)):
        entry = table.entries[place]
        if _share(entry.enters, rule.source_zones) and _share(entry.leaves, rule.destination_zones):
            yield entry.told
            if entry.takes_all:
                return


def _share(mine: frozenset[str], theirs: Iterable[str]) -> bool:
    other = frozenset(theirs)
    return not mine or not other or bool(mine & other or (mine | other) & _ANY)
