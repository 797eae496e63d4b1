"""Where access lists are applied, as `show ip interface` and `show ipv6 interface` tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from ipaddress import ip_interface
from itertools import chain

from collectors._cisco.acl_rules import Place
from evidence.facts import Interface

_INTERFACE = re.compile(
    r"(?P<name>[A-Za-z][\w./:-]*) is (?P<state>(?:administratively )?(?:up|down|reset|deleted))\b"
    r".*line protocol is .*"
)
_ADDRESS = re.compile(r"(?:Internet address is|Secondary address) (\d[\d.]*/\d{1,2})")
_ADDRESS6 = re.compile(
    r"(?P<address>[0-9A-Fa-f:]+)(?: \[[\w/]+\])*, subnet is [0-9A-Fa-f:]+/(?P<length>\d{1,3}).*"
)
_LIST = re.compile(
    r"(?P<way>Inbound|Outgoing|Outbound)(?: Common)? access list (?:is )?(?P<name>\S+).*"
)
_ABSENT = ("not", "none")
_WAYS = {"Inbound": "in", "Outgoing": "out", "Outbound": "out"}


def interfaces(texts: Iterable[str]) -> list[Interface]:
    """Every interface once, with its networks of both families."""
    found: dict[str, Interface] = {}
    for one in chain.from_iterable(map(_interfaces, texts)):
        before = found.get(one.name)
        more = before.addresses if before else ()
        found[one.name] = replace(before or one, addresses=(*more, *one.addresses))
    return list(found.values())


def _interfaces(text: str) -> Iterator[Interface]:
    for name, state, lines in _blocks(text):
        addresses = [found[1] for line in lines if (found := _ADDRESS.match(line))]
        addresses += [
            f"{found['address']}/{found['length']}"
            for line in lines
            if (found := _ADDRESS6.fullmatch(line))
        ]
        yield Interface(
            name=name,
            addresses=tuple(network for one in addresses if (network := _network(one))),
            enabled=not state.startswith("administratively"),
        )


def bindings(text: str) -> dict[str, list[Place]]:
    """By list, the interfaces and directions it is applied to."""
    applied: dict[str, list[Place]] = {}
    for name, _, lines in _blocks(text):
        for line in lines:
            found = _LIST.match(line)
            if found and found["name"].rstrip(",") not in _ABSENT:
                place = Place(_WAYS[found["way"]], name)
                applied.setdefault(found["name"].rstrip(","), []).append(place)
    return applied


def _blocks(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Name, state and the lines below it, of every interface."""
    name, state, lines = "", "", list[str]()
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if found := _INTERFACE.fullmatch(line):
            if name:
                yield name, state, lines
            name, state, lines = found["name"], found["state"], []
        else:
            lines.append(line)
    if name:
        yield name, state, lines


def _network(address: str) -> str | None:
    try:
        return str(ip_interface(address).network)
    except ValueError:
        return None
