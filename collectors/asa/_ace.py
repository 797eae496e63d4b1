"""One line of an ASA access list: its protocol, addresses and ports, as the ASA prints them.

    permit|deny PROTOCOL SOURCE [PORT] DESTINATION [PORT | ICMP TYPE [CODE]] [OPTIONS]

A group after the source can be the source's ports or the destination; only what follows
decides, so both are tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from evidence.errors import Incomplete, shown

_PORT_SIGNS = {"eq": "", "neq": "!", "gt": ">", "lt": "<"}
_OPTIONS = ("log", "inactive", "time-range", "interval", "(inactive)", "tx-only", "rule-id")
_USERS = ("user", "user-group", "object-group-user", "security-group", "object-group-security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ace:
    """What a line selects. Names are as printed; networks are CIDR, ranges `a-b`."""

    permits: bool
    sources: tuple[str, ...] = ("any",)
    destinations: tuple[str, ...] = ("any",)
    services: tuple[str, ...] = ("any",)
    users: tuple[str, ...] = ()
    family: str = "ip"
    logged: bool | None = None
    inactive: bool = False
    schedule: str | None = None
    match: str = ""


@dataclass(frozen=True, slots=True)
class _Side:
    address: str
    users: tuple[str, ...]
    port: str


def ace(kind: str, words: Sequence[str], who: str) -> Ace:
    """The line's words after its kind. Raises Incomplete for a line that breaks off."""
    if not words or words[0] not in ("permit", "deny"):
        raise _broken(who, words)
    permits, rest = words[0] == "permit", list(words[1:])
    if kind in ("webtype", "ethertype"):
        cut = _options_at(rest, 0)
        return _made(permits, [], " ".join(rest[:cut]) or "any", rest[:cut], rest[cut:])
    if kind == "standard":
        for side, after in _address(rest, 0):
            if _options_at(rest, after) == after:
                return _made(permits, [side], "any", rest[:after], rest[after:])
        raise _broken(who, words)
    protocol, at = _protocol(rest)
    for source, after_source in _side(rest, at):
        for destination, after in _side(rest, after_source):
            end = _options_at(rest, after)
            if end == after or (_is_control(protocol) and end - after <= 3):
                control = "/".join(rest[after:end]).replace("object-group/", "")
                service = _service(protocol, source, destination, control)
                return _made(permits, [source, destination], service, rest[:end], rest[end:])
    raise _broken(who, words)


def _broken(who: str, words: Sequence[str]) -> Incomplete:
    return Incomplete(
        f"{who}: a line cannot be read, or breaks off: {shown(' '.join(words))!r}",
        next_step="deliver the whole answer; if it is whole, report this line",
    )


def _made(
    permits: bool, sides: list[_Side], service: str, match: list[str], options: list[str]
) -> Ace:
    both = [*sides, _Side("any", (), ""), _Side("any", (), "")]
    level = options[options.index("log") + 1 :][:1] if "log" in options else []
    schedule = options[options.index("time-range") + 1 :][:1] if "time-range" in options else []
    addresses = [side.address for side in sides]
    return Ace(
        permits=permits,
        sources=(both[0].address,),
        destinations=(both[1].address,),
        services=(service,),
        users=both[0].users + both[1].users,
        family=_family(addresses),
        # A refusal without `log` is still reported (106023); a permission is not.
        logged=level != ["disable"] if "log" in options else False if permits else None,
        inactive="inactive" in options or "(inactive)" in options,
        schedule=schedule[0] if schedule else None,
        match=" ".join([*match, *(f"time-range {one}" for one in schedule)]),
    )


def _family(addresses: list[str]) -> str:
    if any(":" in one or one == "any6" for one in addresses):
        return "ip6"
    return "inet" if addresses and all(one == "any" for one in addresses) else "ip"


def _protocol(words: Sequence[str]) -> tuple[str, int]:
    return (words[1], 2) if words[:1] and words[0] in _GROUPS and len(words) > 1 else (
        (words[0] if words else ""), 1
    )  # fmt: skip


def _is_control(protocol: str) -> bool:
    return protocol in ("icmp", "icmp6", "1", "58")


def _service(protocol: str, source: _Side, destination: _Side, control: str) -> str:
    if protocol == "ip" and not destination.port:
        return "any"
    if control:
        return f"{protocol}/{control}"
    if destination.port or source.port:
        of = f" from {source.port}" if source.port else ""
        return f"{protocol}/{destination.port or 'any'}{of}"
    return protocol


_GROUPS = ("object", "object-group")


def _side(words: Sequence[str], at: int) -> Iterator[tuple[_Side, int]]:
    """The readings of one side at this place, and where each ends; without a port group first."""
    for side, after in _address(words, at):
        sign = words[after] if after < len(words) else ""
        if sign in _PORT_SIGNS and after + 1 < len(words):
            port = f"{_PORT_SIGNS[sign]}{words[after + 1]}"
            yield _Side(side.address, side.users, port), after + 2
        elif sign == "range" and after + 2 < len(words):
            yield side, after  # the destination may be a range of addresses
            port = f"{words[after + 1]}-{words[after + 2]}"
            yield _Side(side.address, side.users, port), after + 3
        else:
            yield side, after
            if sign in _GROUPS and after + 1 < len(words):
                yield _Side(side.address, side.users, words[after + 1]), after + 2


def _address(words: Sequence[str], at: int) -> Iterator[tuple[_Side, int]]:
    users: tuple[str, ...] = ()
    while at + 1 < len(words) and words[at] in _USERS:
        step = 3 if words[at] == "security-group" else 2
        users = (*users, words[at + step - 1])
        at += step
    word, beyond = (words[at] if at < len(words) else ""), words[at + 1 : at + 3]
    found, after = "", at + 2
    if word in ("any", "any4", "any6"):
        found, after = word, at + 1
    elif word in ("host", *_GROUPS) and beyond:
        found = beyond[0]
    elif word == "interface" and beyond:
        found = f"interface {beyond[0]}"
    elif word == "fqdn" and beyond:
        found = f"fqdn {beyond[0]}"
    elif word == "range" and len(beyond) == 2 and "." in beyond[0] + beyond[1]:
        found, after = f"{beyond[0]}-{beyond[1]}", at + 3
    elif "/" in word and ":" in word:
        found, after = word, at + 1
    elif _IPV4.fullmatch(word) and beyond and _IPV4.fullmatch(beyond[0]):
        found = _network(word, beyond[0])
    elif word and beyond and _IPV4.fullmatch(beyond[0]):
        found = f"{word}/{beyond[0]}"  # a name of the `name` command, with a mask
    if found:
        # `(resolved)`, `(unresolved)`, or the name a host goes by
        while after < len(words) and _NOTE.fullmatch(words[after]):
            after += 1
        yield _Side(found, users, ""), after


_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_NOTE = re.compile(r"\((?!hitcnt=|inactive\))[^)]*\)")


def _network(address: str, mask: str) -> str:
    try:
        return str(ip_network(f"{address}/{mask}", strict=False))
    except ValueError:
        return f"{address}/{mask}"  # a mask with holes


def _options_at(words: Sequence[str], at: int) -> int:
    """Where the options begin, from `at` on."""
    while at < len(words) and words[at] not in _OPTIONS:
        at += 1
    return at
