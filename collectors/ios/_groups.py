"""`show object-group` of IOS: addresses and services by group, with the groups within resolved.

A group that cannot be resolved whole (empty, within itself, a member of a shape not known here)
is left out: it stays a name in the rules that use it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network

from collectors._cisco.ace import Groups
from collectors._cisco.services import whole_service

_HEADER = re.compile(r"(?:V6-)?(Network|Service) object group (\S+)")
_LARGEST = 100_000
_DEEPEST = 64

Members = Mapping[str, list[str]]


def groups(text: str) -> tuple[Groups, Groups]:
    """(addresses, services) by the name of the group."""
    written: dict[str, dict[str, list[str]]] = {"Network": {}, "Service": {}}
    members: list[str] | None = None
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if header := _HEADER.fullmatch(line):
            members = written[header[1]].setdefault(header[2], [])
        elif line and members is not None and not line.startswith(("Description", "description")):
            members.append(line)
    return _resolved(written["Network"], _address), _resolved(written["Service"], _service)


def _resolved(written: Members, read: Callable[[str], str | None]) -> Groups:
    found: dict[str, tuple[str, ...] | None] = {}
    for name in written:
        _resolve(written, name, read, found)
    return {name: members for name, members in found.items() if members}


def _resolve(
    written: Members,
    name: str,
    read: Callable[[str], str | None],
    found: dict[str, tuple[str, ...] | None],
    depth: int = 0,
) -> tuple[str, ...] | None:
    """All members of a group, each group read once; None where one of them cannot be told."""
    if name in found or depth > _DEEPEST:
        return found.get(name)
    found[name] = None  # what holds itself cannot be told
    members: dict[str, None] = {}
    for line in written.get(name, ()):
        if line.startswith("group-object "):
            told = _resolve(written, line.split()[1], read, found, depth + 1)
        else:
            one = read(line)
            told = None if one is None else (one,)
        if told is None or len(members) > _LARGEST:
            return None
        members |= dict.fromkeys(told)
    found[name] = tuple(members) or None
    return found[name]


def _address(line: str) -> str | None:
    match line.split():
        case ["any"]:
            return "any"
        case ["host", address]:
            text = address
        case ["range", first, last]:
            return f"{first}-{last}"
        case [address, mask]:
            text = f"{address}/{mask}"
        case [prefix]:
            text = prefix
        case _:
            return None
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return None


def _service(line: str) -> str | None:
    return whole_service(line.split())
