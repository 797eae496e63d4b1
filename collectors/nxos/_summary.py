"""`show access-lists summary`: how many entries each list has, and where it is applied."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from collectors._cisco.access_list import AccessList
from collectors._cisco.acl_rules import Place
from evidence.errors import Incomplete, shown

_HEADER = re.compile(r"(?i)(?P<kind>ipv4|ipv6|ip) (?:access list|acl) (?P<name>\S+)")
_OTHER = re.compile(r"(?i)\S+(?: \S+)? (?:access list|acl) \S+")
_TOTAL = re.compile(r"Total ACEs Configured: ?(\d+)")
_PLACE = re.compile(r"(?P<name>\S+) +- +(?P<way>ingress|egress)\b.*")
_WAYS = {"ingress": "in", "egress": "out"}
_LOGINS = "vty"


@dataclass(slots=True)
class Applied:
    """A list with the number of its entries and its places, configured or active."""

    family: str
    name: str
    entries: int = 0
    places: list[Place] = field(default_factory=list)


def lists(text: str) -> list[Applied]:
    """Every IP list of the summary."""
    found: list[Applied] = []
    current: Applied | None = None
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if header := _HEADER.fullmatch(line):
            family = "ip6" if header["kind"].casefold() == "ipv6" else "ip"
            current = Applied(family, header["name"])
            found.append(current)
        elif _OTHER.fullmatch(line):
            current = None
        elif current is not None and (total := _TOTAL.fullmatch(line)):
            current.entries = int(total[1])
        elif current is not None and (said := _PLACE.fullmatch(line)):
            passing = said["name"].casefold() != _LOGINS
            place = Place(_WAYS[said["way"]], said["name"], passing)
            current.places += [] if place in current.places else [place]
    return found


def check_whole(listed: Sequence[AccessList], summary: Sequence[Applied], who: str) -> None:
    """Raise Incomplete when a list that has entries is not in the listing."""
    known = {(one.family, one.name) for one in listed}
    for one in summary:
        if one.entries and (one.family, one.name) not in known:
            raise Incomplete(
                f"{who}: list {shown(one.name)} has {one.entries} entries and is not listed",
                next_step="read again: it was changed between two asks, or one was cut off",
            )


def bound(summary: Sequence[Applied]) -> dict[str, dict[str, list[Place]]]:
    """By family and name, where the lists are applied; nothing where no summary told."""
    if not summary:
        return {}
    found: dict[str, dict[str, list[Place]]] = {"ip": {}, "ip6": {}}
    for one in summary:
        if one.places:
            found[one.family][one.name] = one.places
    return found
