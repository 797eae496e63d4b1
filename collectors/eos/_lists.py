"""What EOS prints around an access list: whether it counts, how long it is, where it is applied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from collectors._cisco.access_list import AccessList
from collectors._cisco.acl_rules import Place
from evidence.errors import Incomplete, shown

# IOS writes `Extended IP access list`, NX-OS `IP access list`.
_HEADER = re.compile(r"(?:Standard )?(?P<kind>IP|IPV6|IPv6|MAC) Access List (?P<name>\S+).*")
_TOTAL = re.compile(r"(?i)total rules configured: *(\d+)")
_APPLIED = re.compile(r"(?i)(?:configured|active) on(?: +(?P<way>ingress|egress))?: *(?P<names>.*)")
_BESIDE = re.compile(r"(?i)phone acl bypass: .*|warning: .*")
_STALE = re.compile(r"(?i)warning: displaying stale counters")
_WAYS = {"ingress": "in", "egress": "out"}
_OWN = re.compile(r"control-plane|ssh|telnet|api|snmp", re.IGNORECASE)


@dataclass(slots=True)
class About:
    """What is told of one list. `total` None: its end is not printed. `stale`: its counters stand
    still. `remarks` are lines that may or may not be among the total."""

    total: int | None = None
    stale: bool = False
    remarks: int = 0
    places: list[Place] = field(default_factory=list)


def apart(text: str) -> tuple[str, dict[tuple[str, str], About]]:
    """The listing without what stands around its entries, and what that was, by family and name.

    Nothing where no list is headed as EOS does it.
    """
    kept: list[str] = []
    found: dict[tuple[str, str], About] = {}
    current = About()
    for raw in text.splitlines(keepends=True):
        line = " ".join(raw.split())
        if header := _HEADER.fullmatch(line):
            family = {"ip": "ip", "ipv6": "ip6"}.get(header["kind"].casefold(), "mac")
            current = found.setdefault((family, header["name"]), About())
            raw = raw.replace("Access List", "access list", 1)  # as the others write it
        if total := _TOTAL.fullmatch(line):
            current.total = int(total[1])
        elif applied := _APPLIED.fullmatch(line):
            way = _WAYS.get((applied["way"] or "ingress").casefold(), "in")
            for place in _places(way, applied["names"]):
                current.places += [] if place in current.places else [place]
        elif _BESIDE.fullmatch(line):
            current.stale |= _STALE.fullmatch(line) is not None
        else:
            current.remarks += re.match(r"\d+ remark\b", line) is not None
            kept.append(raw)
    return "".join(kept) if found else "", found


def _places(way: str, names: str) -> Iterator[Place]:
    """`Et1,Vl10`, `control-plane(default VRF)`: what guards the switch itself lets nothing pass."""
    for name in filter(None, (one.strip() for one in re.split(r",(?![^(]*\))", names))):
        yield Place(way, name, passing=_OWN.match(name) is None)


def check_whole(one: AccessList, about: About, who: str) -> None:
    """Raise Incomplete for a list that is shorter than it says."""
    if about.total is not None and len(one.entries) + about.remarks < about.total:
        raise Incomplete(
            f"{who}: list {shown(one.name)} has {about.total} rules and {len(one.entries)} listed",
            next_step="read again: the answer was cut off, or the list changed meanwhile",
        )


def with_zeros(one: AccessList, about: About) -> AccessList:
    """The list with a count of 0 where one is kept and none is printed.

    Not where counters stand still, where nobody told the list's places, and of what leaves a
    port: that is not counted on every switch.
    """
    placed = about.total is not None and all(place.way == "in" for place in about.places)
    if not one.counts or about.stale or not placed:
        return one
    entries = [replace(entry, count=0) if entry.count is None else entry for entry in one.entries]
    return replace(one, entries=entries)
