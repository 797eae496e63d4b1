"""One entry of an access list of IOS, IOS XE, NX-OS or EOS: what it selects, as printed.

    permit|deny PROTOCOL SOURCE [PORTS] DESTINATION [PORTS | ICMP TYPE [CODE]] [CONDITIONS]

A standard list's entry is its source alone. Wildcard bits that are no network's are carried as
written (`10.0.0.0 wildcard 0.255.0.255`), which is a name to whoever compares numbers. Words that
are not known here are `not_understood`: the entry is never taken for wider or narrower, and where
none of it can be read its fields say so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, ip_address, ip_network

from evidence.services import PORTS

Groups = Mapping[str, tuple[str, ...]]
UNREAD = ("not understood",)

_SIGNS = {"eq": "", "neq": "!", "gt": ">", "lt": "<"}
_GROUP_WORDS = ("object-group", "addrgroup", "portgroup")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_IPV6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:/\d{1,3})?")
_FLAG = re.compile(r"[+-]?(?:ack|fin|psh|rst|syn|urg)")
_PROTOCOLS = (
    *("ip", "ipv6", "tcp", "udp", "sctp", "icmp", "icmp6", "icmpv6", "igmp", "igrp", "ipinip"),
    *("ahp", "esp", "gre", "eigrp", "ospf", "pim", "nos", "pcp", "rsvp", "vrrp", "hbh"),
)
# What narrows an entry and has no field of its own, with how many words follow it.
_CONDITIONS = {
    **dict.fromkeys(("established", "fragments", "match-all", "match-any", "routing", "auth"), 0),
    "tracked": 0,  # of a connection that the switch itself began or let in
    **dict.fromkeys(("undetermined-transport", "mobility", "hbh", "dest-option"), 0),
    **dict.fromkeys(("dscp", "precedence", "tos", "option", "flow-label", "mobility-type"), 1),
    **dict.fromkeys(("routing-type", "dest-option-type", "vlan", "reflect", "timeout"), 1),
}
_COMPARED = ("ttl", "hop-limit", "packet-length")
# Ports that these devices print by a name which the assigned-numbers registry spells otherwise.
_PORT_NAMES = frozenset(
    (
        *PORTS,
        *("biff", "chargen", "daytime", "discard", "dnsix", "drip", "echo", "finger", "gopher"),
        *("hostname", "ident", "irc", "klogin", "kshell", "mobile-ip", "msrpc", "nameserver"),
        *("netbios-ss", "non500-isakmp", "onep-plain", "onep-tls", "pim-auto-rp", "pop2", "rip"),
        *("ripv6", "talk", "time", "uucp", "who", "whois", "xdmcp", "bfd", "bfd-echo", "gnmi"),
        *("multihop-bfd", "micro-bfd", "sbfd", "sbfd-initiator", "mlag", "msdp", "ldp"),
        *("netconf-ssh", "ptp-event", "ptp-general", "restconf", "vxlan", "gnsi", "p4rt"),
    )
)


@dataclass(slots=True)
class Ace:
    """What an entry selects. `action` is the device's word; `permits` None: it only leads on."""

    action: str
    permits: bool | None
    sources: tuple[str, ...] = ("any",)
    destinations: tuple[str, ...] = ("any",)
    services: tuple[str, ...] = ("any",)
    logged: bool = False
    schedule: str | None = None
    conditions: list[str] = field(default_factory=list)
    not_understood: tuple[str, ...] = ()


def ace(
    action: str,
    words: Sequence[str],
    *,
    family: str,
    standard: bool,
    addresses: Groups,
    services: Groups,
) -> Ace:
    """The entry of these words after its action; `addresses` and `services` are object groups."""
    found = Ace(action, {"permit": True, "deny": False}.get(action))
    reader = _Reader(list(words), addresses, services)
    try:
        if action not in ("permit", "deny"):
            raise _StrangeError
        if standard:
            found.sources = reader.address()
        else:
            _extended(found, reader, family)
    except (_StrangeError, ValueError):
        return Ace(
            action,
            found.permits,
            sources=UNREAD,
            destinations=UNREAD,
            services=UNREAD,
            not_understood=(_whole(action, words),),
        )
    _conditions(found, reader)
    return found


def _whole(action: str, words: Sequence[str]) -> str:
    """The entry as not understood: its action where that is the reason."""
    known = action in ("permit", "deny", "evaluate", "Dynamic")
    return " ".join((action, *words)) if known else f"action {action}"


class _StrangeError(Exception):
    """A place at which the grammar knows no such word."""


@dataclass(slots=True)
class _Reader:
    """The words of an entry, taken one after another."""

    words: list[str]
    addresses: Groups
    services: Groups
    at: int = 0

    def peek(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.words[place] if place < len(self.words) else ""

    def take(self) -> str:
        word = self.peek()
        if not word:
            raise _StrangeError
        self.at += 1
        return word

    def address(self) -> tuple[str, ...]:
        word = self.take()
        if word in ("any", "any4", "any6"):
            return (word,)
        if word == "host" and self.peek() == "dynamic":
            self.take()
            return (f"fqdn {self.take()}",)
        if word == "host":
            return (str(ip_network(self.take())),)
        if word in _GROUP_WORDS:
            name = self.take()
            return self.addresses.get(name, (name,))
        if "/" in word:
            return (str(ip_network(word, strict=False)),)
        for shape in (_IPV4, _IPV6):
            if shape.fullmatch(word) and shape.fullmatch(self.peek()):
                return (wildcard(word, self.take()),)
            if shape.fullmatch(word):
                return (str(ip_network(word)),)
        raise _StrangeError

    def ports(self) -> tuple[list[str], list[str]]:
        """The ports told here, and what of them is a condition; none: every port."""
        sign = self.peek()
        if sign == "portgroup":
            self.take()
            name = self.take()
            return list(self.services.get(name, (name,))), []
        if sign == "range":
            self.take()
            return [f"{self.take()}-{self.take()}"], []
        if sign not in _SIGNS:
            return [], []
        self.take()
        told = [self.take()]
        while sign in ("eq", "neq") and (self.peek().isdigit() or self.peek() in _PORT_NAMES):
            told.append(self.take())
        if sign == "neq" and len(told) > 1:
            return [], [f"neq {' '.join(told)}"]
        return [f"{_SIGNS[sign]}{one}" for one in told], []


def _extended(found: Ace, reader: _Reader, family: str) -> None:
    protocol = reader.take()
    listed: tuple[str, ...] = ()
    if protocol == "object-group":
        name = reader.take()
        listed = reader.services.get(name, (name,))
    if protocol == "icmp" and family == "ip6":
        protocol = "icmp6"
    found.sources = reader.address()
    senders, sender_conditions = reader.ports()
    found.destinations = reader.address()
    ports, conditions = reader.ports()
    found.conditions += [f"source {one}" for one in sender_conditions] + conditions
    control = _control(reader) if protocol in ("icmp", "icmp6", "igmp") else ""
    found.services = listed or tuple(service(protocol, senders, ports, control))
    if not (listed or protocol.isdigit() or protocol in _PROTOCOLS):
        found.not_understood = (f"protocol {protocol}",)


def service(
    protocol: str, senders: Sequence[str], ports: Sequence[str], control: str = ""
) -> list[str]:
    """The services of a protocol with these ports: `tcp/443`, `udp/53 from >1023`, `icmp/echo`."""
    if control:
        return [f"{protocol}/{control}"]
    if not (senders or ports):
        return ["any" if protocol in ("ip", "ipv6") else protocol]
    return [
        f"{protocol}/{port}" + (f" from {sender}" if sender else "")
        for port in ports or ("any",)
        for sender in senders or ("",)
    ]


def _control(reader: _Reader) -> str:
    """An ICMP or IGMP type and code, where one is told."""
    told: list[str] = []
    while len(told) < 2 and re.fullmatch(r"\d{1,3}", reader.peek()):
        told.append(reader.take())
    word = reader.peek()
    is_other = word in _CONDITIONS or word in _COMPARED or word in ("log", "log-input")
    if not told and re.fullmatch(r"[a-z][a-z0-9-]*", word) and not is_other:
        told += [reader.take()] if word not in ("time-range", "sequence") else []
    return "/".join(told)


def _conditions(found: Ace, reader: _Reader) -> None:
    """What follows the destination, up to the end; what is not known stays not understood."""
    strange: list[str] = []
    while word := reader.peek():
        reader.at += 1
        if word in ("log", "log-input"):
            found.logged = True
        elif word == "time-range" and reader.peek():
            found.schedule = reader.take()
        elif word in _CONDITIONS:
            more = [reader.take() for _ in range(_CONDITIONS[word]) if reader.peek()]
            found.conditions.append(" ".join((word, *more)))
        elif word in _COMPARED and reader.peek():
            sign = [reader.take()] if reader.peek() in (*_SIGNS, "range") else []
            count = 2 if sign == ["range"] else 1
            values = [reader.take() for _ in range(count) if reader.peek()]
            found.conditions.append(" ".join((word, *sign, *values)))
        elif _FLAG.fullmatch(word):
            found.conditions.append(word)
        else:
            strange.append(word)
    found.not_understood = (*found.not_understood, *strange)


def wildcard(address: str, bits: str) -> str:
    """An address with wildcard bits as a network; as written where they are no network's.

    Raises ValueError where one of them is no address.

    >>> wildcard("10.1.1.0", "0.0.0.255"), wildcard("10.0.10.0", "0.255.0.255")
    ('10.1.1.0/24', '10.0.10.0 wildcard 0.255.0.255')
    """
    first, free = ip_address(address), ip_address(bits)
    ignored = int(free)
    if type(first) is not type(free) or ignored & (ignored + 1):
        return f"{address} wildcard {bits}"
    length = first.max_prefixlen - ignored.bit_length()
    found = str(ip_network(f"{first}/{length}", strict=False))
    return "any" if isinstance(first, IPv4Address) and length == 0 else found
