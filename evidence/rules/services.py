"""Services of a rule as whole numbers: the protocol's number, then the port (ICMP: type, code).

`protocol << 16 | port`, so that every port of a protocol is one span and every service another.
What is only a name keeps it, with the most it can stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from evidence.rules.addresses import Numbers
from evidence.rules.spans import Span, Spans, joined, without
from evidence.services import PORTS

WHOLE: Span = (0, (256 << 16) - 1)
_ANY = ("any", "all", "ip", "*", "0", "ipv4", "ipv6")

# Numbers of the assigned-numbers registry.
_PROTOCOLS = {
    **{
        "icmp": 1,
        "igmp": 2,
        "ipip": 4,
        "ipinip": 4,
        "tcp": 6,
        "egp": 8,
        "igp": 9,
        "igrp": 9,
        "udp": 17,
    },
    **{"dccp": 33, "gre": 47, "esp": 50, "ah": 51, "ahp": 51, "icmp6": 58, "icmpv6": 58},
    **{"ipv6-icmp": 58, "eigrp": 88, "ospf": 89, "ospfigp": 89, "nos": 94, "pim": 103},
    **{"pcp": 108, "ipcomp": 108, "snp": 109, "vrrp": 112, "l2tp": 115, "sctp": 132},
    **{"udplite": 136, "all_icmp": 1, "all_icmp6": 58, "all_tcp": 6, "all_udp": 17},
}
_SEVERAL = {"tcp-udp": (6, 17), "th": (6, 17, 33, 132, 136), "any": (6, 17, 33, 132, 136)}
_TYPES = {
    1: {
        **{"echo-reply": 0, "unreachable": 3, "destination-unreachable": 3, "source-quench": 4},
        **{"redirect": 5, "echo": 8, "echo-request": 8, "router-advertisement": 9},
        **{"router-solicitation": 10, "time-exceeded": 11, "parameter-problem": 12},
        **{"timestamp-request": 13, "timestamp-reply": 14, "mask-request": 17, "mask-reply": 18},
        **{"traceroute": 30},
        # As pf calls them.
        **{"echorep": 0, "unreach": 3, "squench": 4, "redir": 5, "echoreq": 8, "routeradv": 9},
        **{"routersol": 10, "timex": 11, "paramprob": 12, "timereq": 13, "timerep": 14},
        **{"maskreq": 17, "maskrep": 18, "trace": 30},
    },
    58: {
        **{"destination-unreachable": 1, "unreachable": 1, "packet-too-big": 2},
        **{"time-exceeded": 3, "parameter-problem": 4, "echo": 128, "echo-request": 128},
        **{"echo-reply": 129, "router-solicitation": 133, "router-advertisement": 134},
        **{"neighbor-solicitation": 135, "neighbor-advertisement": 136},
        **{"nd-router-solicit": 133, "nd-router-advert": 134},
        **{"nd-neighbor-solicit": 135, "nd-neighbor-advert": 136, "nd-ns": 135, "nd-na": 136},
        **{"unreach": 1, "toobig": 2, "timex": 3, "paramprob": 4, "echoreq": 128, "echorep": 129},
        **{"routersol": 133, "routeradv": 134, "neighbrsol": 135, "neighbradv": 136},
    },
}
_WORDS = re.compile(r"^(?P<protocol>!?[a-z][a-z0-9_-]*|\d{1,3})(?:[/:](?P<port>.+))?$")
_RANGE = re.compile(r"^(?P<sign>[!<>]?)(?P<first>\w[\w-]*?)(?:\s*[-:]\s*(?P<last>\d{1,5}))?$")


def services(entries: Iterable[str]) -> Numbers:
    """What the entries stand for together."""
    spans: list[Span] = []
    names: dict[str, Spans] = {}
    for entry in entries:
        told = _service(entry)
        spans += told.spans
        names |= dict(told.names)
    return Numbers(joined(spans), tuple(names.items()))


@cache
def _service(entry: str) -> Numbers:
    """One entry: `tcp/443`, `8000-8100/udp`, `icmp/echo-request`, `tcp/any from 53`, a name.

    The sender's port narrows what stands before it, and is no number of this dimension: such an
    entry is a name for a part of it.
    """
    plain = entry.strip().casefold()
    before, _, sender = plain.partition(" from ")
    if plain in _ANY:
        return Numbers((WHOLE,))
    turned = re.fullmatch(r"([^/]+)/(tcp|udp|sctp)", before)  # `8000-8100/udp`
    words = _WORDS.match(f"{turned[2]}/{turned[1]}" if turned else before)
    protocols = () if words is None else _protocols(words["protocol"])
    if words is None or not protocols:
        return _named(entry, _lone(before))
    every = joined(span for protocol in protocols for span in protocol)
    port = words["port"]
    if port in (None, "any") and not sender:
        return Numbers(every)
    ports = every if port in (None, "any") else _ports(port or "", protocols)
    if ports is None:
        return Numbers((), ((entry, every),))
    return Numbers((), ((entry, ports),)) if sender else Numbers(ports)


def _named(entry: str, most: Spans) -> Numbers:
    return Numbers((), ((entry, most or (WHOLE,)),))


def _lone(name: str) -> Spans:
    """What a service's bare name can stand for: its port of whatever transport, else anything."""
    port = PORTS.get(name)
    if port is None:
        return ()
    return joined((one << 16 | port, one << 16 | port) for one in _SEVERAL["th"])


def _protocols(word: str) -> tuple[Spans, ...]:
    """The spans of each protocol a word stands for; `!tcp` is every other one."""
    if word.startswith("!"):
        return tuple(without(WHOLE, one) for one in _protocols(word[1:]))
    if word.isdigit():
        numbers: tuple[int, ...] = (int(word),) if int(word) < 256 else ()
    else:
        numbers = _SEVERAL.get(word) or ((_PROTOCOLS[word],) if word in _PROTOCOLS else ())
    return tuple(((one << 16, one << 16 | 0xFFFF),) for one in numbers)


def _ports(text: str, protocols: tuple[Spans, ...]) -> Spans | None:
    """The ports of each protocol; for ICMP its type and code. None: it cannot be read."""
    spans: list[Span] = []
    for protocol in protocols:
        first = protocol[0][0]
        number = first >> 16
        told = _control(text, number) if number in _TYPES else _port_range(text)
        if told is None or len(protocol) > 1:
            return None
        spans += [(first + low, first + high) for low, high in told]
    return joined(spans)


def _port_range(text: str) -> Spans | None:
    found = _RANGE.match(text)
    first = None if found is None else _port(found["first"])
    if found is None or first is None:
        return None
    last = int(found["last"]) if found["last"] else first
    if not first <= last <= 0xFFFF:
        return None
    match found["sign"]:
        case "!":
            return without((0, 0xFFFF), ((first, last),))
        case ">":
            return ((first + 1, 0xFFFF),) if first < 0xFFFF else ()
        case "<":
            return ((0, first - 1),) if first else ()
    return ((first, last),)


def _port(text: str) -> int | None:
    return int(text) if text.isdigit() else PORTS.get(text)


def _control(text: str, protocol: int) -> Spans | None:
    """Type and code as `type << 8 | code`: every code of a type where none is told."""
    kind, _, code = text.partition("/")
    number = int(kind) if kind.isdigit() else _TYPES[protocol].get(kind)
    if number is None or number > 255 or (code and not (code.isdigit() and int(code) < 256)):
        return None
    first = number << 8 | (int(code) if code else 0)
    return ((first, first if code else number << 8 | 0xFF),)
