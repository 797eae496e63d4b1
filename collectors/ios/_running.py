"""A whole `show running-config`, as somebody kept it: access lists, without their counters.

The lists are written out as `show access-lists` prints them and read by the same reader, so that
a rule has the key that it has in a listing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_interface

from collectors._cisco import access_list, acl_rules
from collectors._cisco.acl_rules import Place
from collectors.ios._groups import groups
from evidence.errors import Incomplete, Unexpected
from evidence.facts import Fact, Interface

_WHOLE = re.compile(r"(?m)^(?:hostname|version) ")
_END = re.compile(r"(?m)^end[ \t]*$")
_NAMED = re.compile(
    r"(?:ip access-list (?P<kind>standard|extended)|(?P<six>ipv6) access-list) (?P<name>\S+)"
)
_NUMBERED = re.compile(r"access-list (?P<name>\d+) (?P<entry>.+)")
_GROUP = re.compile(r"object-group (?P<kind>network|service) (?P<name>\S+)(?: .*)?")
_INTERFACE = re.compile(r"interface (?P<name>\S+(?: \d\S*)?)(?: .*)?")
_BLOCKS = (_NAMED, _GROUP, _INTERFACE)
_APPLIED = re.compile(r"(?:ip access-group|ipv6 traffic-filter) (?P<name>\S+) (?P<way>in|out)\b.*")
# What stands around a partition.
_AROUND = re.compile(r"(?:!|Building configuration|Current configuration|Configuration of |end$)")
_SEQUENCE = re.compile(r"sequence (\d+) (.*)")
_ACTIONS = ("permit", "deny", "remark", "evaluate")
_EXTENDED = (*range(100, 200), *range(2000, 2700))


def is_whole(text: str) -> bool:
    return _WHOLE.search(text) is not None


def is_part(text: str) -> bool:
    """Whether a text holds access lists and groups, and nothing else: a partition of it."""
    top = [line.rstrip() for line in text.splitlines() if line.strip() and not line[:1].isspace()]
    lists = (_NAMED, _NUMBERED, _GROUP)
    return any(_NAMED.fullmatch(line) or _NUMBERED.fullmatch(line) for line in top) and all(
        _AROUND.match(line) or any(one.fullmatch(line) for one in lists) for line in top
    )


@dataclass(slots=True)
class _Port:
    name: str
    addresses: list[str] = field(default_factory=list)
    enabled: bool = True


@dataclass(slots=True)
class _Read:
    """What was read: entries by list, groups as `show object-group` prints them, places."""

    lists: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    bound: dict[str, dict[str, list[Place]]] = field(default_factory=lambda: {"ip": {}, "ip6": {}})
    ports: list[_Port] = field(default_factory=list)


def facts(text: str, who: str, at: datetime) -> list[Fact]:
    """Interfaces, every entry, and what stands behind the last; of a part, which does not say
    where lists are applied, the entries. Raises Incomplete without `end`, which a part need not
    have, and Unexpected where no list has an entry."""
    whole = is_whole(text)
    if (whole and _END.search(text) is None) or not text.endswith("\n"):
        raise Incomplete(f"{who}: the configuration breaks off before its end")
    read = _read(text)
    bound = read.bound if whole else {}
    addresses, services = groups("\n".join(read.groups) + "\n")
    found = access_list.lists("".join(_listing(read)), who, addresses, services)
    if not any(one.entries for one in found):
        raise Unexpected(
            f"{who}: no access list has an entry",
            code="result_empty_suspicious",
            next_step="a device without access lists has no `firewall` subject",
        )
    return [
        *(
            Interface(name=one.name, addresses=tuple(one.addresses), enabled=one.enabled)
            for one in read.ports
        ),
        *acl_rules.facts(found, bound, False, at),
        *acl_rules.unwritten(found, bound, discovery=("nd-na", "nd-ns"), empty_permits=True),
    ]


def _read(text: str) -> _Read:
    read = _Read()
    inside: re.Match[str] | None = None
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if not line or line.startswith("!"):
            continue
        if not raw[:1].isspace():
            inside = next(
                (said for one in _BLOCKS if (said := one.fullmatch(line)) is not None), None
            )
            _open(read, inside, line)
        elif inside is not None:
            _within(read, inside, line)
    return read


def _open(read: _Read, inside: re.Match[str] | None, line: str) -> None:
    if inside is None:
        if numbered := _NUMBERED.fullmatch(line):
            number = int(numbered["name"])
            kind = "Extended" if number in _EXTENDED else "Standard"
            entries = read.lists.setdefault((f"{kind} IP", numbered["name"]), [])
            entries.append(numbered["entry"])
    elif inside.re is _NAMED:
        read.lists.setdefault(_list(inside), [])
    elif inside.re is _GROUP:
        read.groups.append(f"{inside['kind'].capitalize()} object group {inside['name']}")
    else:
        read.ports.append(_Port(inside["name"]))


def _list(inside: re.Match[str]) -> tuple[str, str]:
    """Kind and name of a list, as a listing heads it."""
    kind = "IPv6" if inside["six"] else f"{inside['kind'].capitalize()} IP"
    return kind, inside["name"]


def _within(read: _Read, inside: re.Match[str], line: str) -> None:
    if inside.re is _NAMED:
        read.lists[_list(inside)].append(line)
    elif inside.re is _GROUP:
        read.groups.append(f" {line}")
    elif applied := _APPLIED.fullmatch(line):
        family = "ip6" if line.startswith("ipv6") else "ip"
        place = Place(applied["way"], read.ports[-1].name)
        read.bound[family].setdefault(applied["name"], []).append(place)
    elif line == "shutdown":
        read.ports[-1].enabled = False
    elif network := _network(line):
        read.ports[-1].addresses.append(network)


def _network(line: str) -> str | None:
    match line.split():
        case ["ip", "address", address, mask, *_]:
            text = f"{address}/{mask}"
        case ["ipv6", "address", text, *_] if "/" in text:
            pass
        case _:
            return None
    try:
        return str(ip_interface(text).network)
    except ValueError:
        return None


def _listing(read: _Read) -> Iterator[str]:
    """The lists as a listing prints them."""
    for (kind, name), entries in read.lists.items():
        yield f"{kind} access list {name}\n"
        for place, entry in enumerate(entries, 1):
            if numbered := _SEQUENCE.fullmatch(entry):
                yield f"    {numbered[1]} {numbered[2]}\n"
            elif entry.split()[0].isdigit() or entry.split()[0] in _ACTIONS:
                yield f"    {entry}\n"
            else:  # a number makes it an entry whatever it does
                yield f"    {place}0 {entry}\n"
