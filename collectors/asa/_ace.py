"""One line of an ASA access list: its protocol, addresses and ports, as the ASA prints them.

    permit|deny PROTOCOL SOURCE [PORT] DESTINATION [PORT | ICMP TYPE [CODE]] [OPTIONS]

A group after the source can be the source's ports or the destination; only what follows
decides, so both are tried. Words that are not known here are `not_understood`: the line is never
taken for wider or narrower, and where none of it can be read its fields say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, ip_network

_PORT_SIGNS = {"eq": "", "neq": "!", "gt": ">", "lt": "<"}
_OPTIONS = ("log", "inactive", "time-range", "(inactive)", "rule-id", "event-log")
_LEVELS = (
    *("disable", "default", "emergencies", "alerts", "critical", "errors", "warnings"),
    *("notifications", "informational", "debugging"),
)
_PROTOCOLS = (
    *("ip", "tcp", "udp", "sctp", "icmp", "icmp6", "igmp", "igrp", "ipinip", "ipsec", "pptp"),
    *("ah", "esp", "gre", "eigrp", "ospf", "pim", "nos", "pcp", "snp", "tcp-udp"),
)
_TYPES = (
    *("alternate-address", "conversion-error", "echo", "echo-reply", "information-reply"),
    *("information-request", "mask-reply", "mask-request", "mobile-redirect", "redirect"),
    *("parameter-problem", "router-advertisement", "router-solicitation", "source-quench"),
    *("time-exceeded", "timestamp-reply", "timestamp-request", "traceroute", "unreachable"),
    *("membership-query", "membership-reduction", "membership-report", "packet-too-big"),
    *("neighbor-advertisement", "neighbor-redirect", "neighbor-solicitation"),
    "router-renumbering",
)
UNREAD = ("not understood",)
_USERS = ("user", "user-group", "object-group-user", "security-group", "object-group-security")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ace:
    """What a line selects. Names are as printed; networks are CIDR, ranges `a-b`.

    `permits` None: what it does with the traffic is not understood.
    """

    permits: bool | None
    sources: tuple[str, ...] = ("any",)
    destinations: tuple[str, ...] = ("any",)
    services: tuple[str, ...] = ("any",)
    users: tuple[str, ...] = ()
    family: str = "ip"
    logged: bool | None = None
    inactive: bool = False
    schedule: str | None = None
    match: str = ""
    not_understood: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    address: str
    users: tuple[str, ...]
    port: str


def ace(kind: str, words: Sequence[str]) -> Ace:
    """The line's words after its kind."""
    action, rest = (words[0] if words else ""), list(words[1:])
    permits = {"permit": True, "deny": False}.get(action)
    if permits is None:
        return _unread(None, f"action {action}".strip(), words)
    if kind == "ipv6":  # a list of a release before 9.0
        return replace(ace("extended", words), family="ip6")
    if kind in ("webtype", "ethertype"):
        cut = _options_at(rest, 0)
        return _made(permits, [], " ".join(rest[:cut]) or "any", rest[:cut], rest[cut:])
    read = _standard(permits, rest) if kind == "standard" else _extended(permits, rest)
    return read or _unread(permits, " ".join(words), rest)


def _standard(permits: bool, rest: list[str]) -> Ace | None:
    for side, after in _address(rest, 0):
        end = _options_at(rest, after)
        return _made(permits, [side], "any", rest[:end], rest[end:], rest[after:end])
    return None


def _extended(permits: bool, rest: list[str]) -> Ace | None:
    """The reading that leaves the fewest words over; None where there is none."""
    protocol, at = _protocol(rest)
    best: tuple[list[str], _Side, _Side, str, int] | None = None
    for source, after_source in _side(rest, at):
        for destination, after in _side(rest, after_source):
            end = _options_at(rest, after)
            control, used = _control(rest[after:end]) if _is_control(protocol) else ("", 0)
            left = rest[after + used : end]
            if best is None or len(left) < len(best[0]):
                best = left, source, destination, control, end
            if not left:
                break
    if best is None:
        return None
    left, source, destination, control, end = best
    known = at == 2 or protocol in _PROTOCOLS or protocol.isdigit()
    strange = [*([] if known else [f"protocol {protocol}"]), *left]
    service = _service(protocol, source, destination, control)
    return _made(permits, [source, destination], service, rest[:end], rest[end:], strange)


def _control(words: Sequence[str]) -> tuple[str, int]:
    """An ICMP type and code, or a group of them, and how many words that is."""
    if len(words) > 1 and words[0] == "object-group":
        return words[1], 2
    if not words or not (words[0] in _TYPES or words[0].isdigit()):
        return "", 0
    with_code = len(words) > 1 and words[1].isdigit()
    return "/".join(words[: 1 + with_code]), 1 + with_code


def _unread(permits: bool | None, strange: str, words: Sequence[str]) -> Ace:
    """A line of which nothing can be told but what it does with the traffic, if that."""
    cut = _options_at(words, 0)
    told = _made(permits, [], UNREAD[0], list(words[:cut]), list(words[cut:]))
    return replace(
        told,
        sources=UNREAD,
        destinations=UNREAD,
        family="inet",
        not_understood=(strange, *told.not_understood),
    )


def _made(
    permits: bool | None,
    sides: list[_Side],
    service: str,
    match: list[str],
    options: list[str],
    strange: Sequence[str] = (),
) -> Ace:
    both = [*sides, _Side("any", (), ""), _Side("any", (), "")]
    level, schedule, more = _told_options(options)
    addresses = [side.address for side in sides]
    return Ace(
        permits=permits,
        sources=(both[0].address,),
        destinations=(both[1].address,),
        services=(service,),
        users=both[0].users + both[1].users,
        family=_family(addresses),
        # A refusal without `log` is still reported (106023); a permission is not.
        logged=level != "disable" if level is not None else False if permits else None,
        inactive="inactive" in options or "(inactive)" in options,
        schedule=schedule,
        match=" ".join([*match, *more, *([f"time-range {schedule}"] if schedule else [])]),
        not_understood=(*strange, *more),
    )


def _told_options(options: Sequence[str]) -> tuple[str | None, str | None, list[str]]:
    """The level of logging (None: no `log`), the time range, and words that are not known."""
    level, schedule, strange = None, None, list[str]()
    at = 0
    while at < len(options):
        word, value = options[at], options[at + 1] if at + 1 < len(options) else ""
        step = 1
        if word == "log":
            told = value in _LEVELS or (len(value) == 1 and value.isdigit())
            level, step = (value, 2) if told else ("", 1)
        elif word == "interval" and level is not None and value.isdigit():
            step = 2
        elif word == "time-range" and value:
            schedule, step = value, 2
        elif word == "rule-id" and value.isdigit():
            step = 2  # by which a management centre knows the rule
        elif word == "event-log" and value in ("flow-start", "flow-end", "both"):
            level, step = value, 2
        elif word not in ("inactive", "(inactive)"):
            strange.append(word)
        at += step
    return level, schedule, strange


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
# How a listing under `object-group-search` calls a group that it does not expand: `NAME(65537)`.
_SEARCHED = ("v4-object-group", "v6-object-group")


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
    elif word in _SEARCHED and beyond:
        found = beyond[0].partition("(")[0]
    elif word == "interface" and beyond:
        found = f"interface {beyond[0]}"
    elif word == "fqdn" and beyond:
        found = f"fqdn {beyond[0]}"
    elif word == "range" and len(beyond) == 2 and "." in beyond[0] + beyond[1]:
        found, after = f"{beyond[0]}-{beyond[1]}", at + 3
    elif "/" in word and ":" in word:
        found, after = word, at + 1
    elif _IPV4.fullmatch(word) and beyond and _IPV4.fullmatch(beyond[0]):
        found = network(word, beyond[0])
    elif word and beyond and _IPV4.fullmatch(beyond[0]):
        found = f"{word}/{beyond[0]}"  # a name of the `name` command, with a mask
    if found:
        # `(resolved)`, `(unresolved)`, or the name a host goes by
        while after < len(words) and _NOTE.fullmatch(words[after]):
            after += 1
        yield _Side(found, users, ""), after


_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_NOTE = re.compile(r"\((?!hitcnt=|inactive\))[^)]*\)")


# A list of thousands of lines names the same networks again and again.
@lru_cache(maxsize=4096)
def network(address: str, mask: str) -> str:
    """CIDR. A mask with holes stays `ADDRESS netmask MASK`, which no one takes for a wildcard."""
    try:
        bits = f"{int(IPv4Address(mask)):032b}"
        if "01" not in bits:
            return str(ip_network(f"{address}/{bits.count('1')}", strict=False))
    except ValueError:
        return f"{address}/{mask}"
    return f"{address} netmask {mask}"


def _options_at(words: Sequence[str], at: int) -> int:
    """Where the options begin, from `at` on."""
    while at < len(words) and words[at] not in _OPTIONS:
        at += 1
    return at
