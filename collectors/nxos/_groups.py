"""`show object-group` of NX-OS: addresses and ports by group.

The shape is Cisco's documented one, and was not seen in a recording. A group with a member of
another shape, or without any, is left out: it stays a name in the rules that use it.
"""

from __future__ import annotations

import re
from ipaddress import ip_network

from collectors._cisco.ace import Groups, wildcard

_HEADER = re.compile(
    r"(?i)(?:ipv[46] (?P<address>address)|protocol port) object-group (?P<name>\S+)"
)
_MEMBER = re.compile(r"(?:\d+ )?(.+)")
_SIGNS = {"eq": "", "neq": "!", "gt": ">", "lt": "<"}


def groups(text: str) -> tuple[Groups, Groups]:
    """(addresses, ports) by the name of the group."""
    addresses: dict[str, list[str | None]] = {}
    ports: dict[str, list[str | None]] = {}
    members: list[str | None] = []
    is_address = False
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if header := _HEADER.fullmatch(line):
            is_address = header["address"] is not None
            members = (addresses if is_address else ports).setdefault(header["name"], [])
        elif said := _MEMBER.fullmatch(line):
            members.append((_address if is_address else _port)(said[1].split()))
    return _whole(addresses), _whole(ports)


def _whole(found: dict[str, list[str | None]]) -> Groups:
    whole = {name: tuple(one for one in told if one) for name, told in found.items()}
    return {name: told for name, told in whole.items() if told and len(told) == len(found[name])}


def _address(words: list[str]) -> str | None:
    try:
        match words:
            case ["host", address]:
                return str(ip_network(address))
            case [prefix] if "/" in prefix:
                return str(ip_network(prefix, strict=False))
            case [address, bits]:
                return wildcard(address, bits)
    except ValueError:
        return None
    return None


def _port(words: list[str]) -> str | None:
    match words:
        case ["range", first, last]:
            return f"{first}-{last}"
        case [sign, port] if sign in _SIGNS:
            return f"{_SIGNS[sign]}{port}"
        case _:
            return None
