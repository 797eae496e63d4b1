"""Services and addresses of firewall rules, as far as a device tells them, as numbers.

What cannot be read as numbers is a name somebody gave; it is kept apart, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Network,
    ip_address,
    ip_network,
    summarize_address_range,
)

Network = IPv4Network | IPv6Network
ANY_WORDS = frozenset(("any", "all", "any4", "any6", "anywhere", "0.0.0.0/0", "::/0", "*", "ip"))
LAST_PORT = 65535

# Names of the assigned-numbers registry, and the vendors' own for them. A name that is not here
# stays a name, which is no answer: never guess one.
PORTS = {
    **{"ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "tacacs": 49, "dns": 53},
    **{"domain": 53, "bootps": 67, "bootpc": 68, "tftp": 69, "http": 80, "www": 80, "web": 80},
    **{"kerberos": 88, "pop3": 110, "sunrpc": 111, "nntp": 119, "ntp": 123, "netbios-ns": 137},
    **{"netbios-dgm": 138, "netbios-ssn": 139, "imap": 143, "imap4": 143, "snmp": 161},
    **{"snmptrap": 162, "bgp": 179, "ldap": 389, "https": 443, "smb": 445, "samba": 445},
    **{"isakmp": 500, "exec": 512, "login": 513, "rlogin": 513, "rsh": 514, "cmd": 514},
    **{"syslog": 514, "lpd": 515, "rtsp": 554, "ldaps": 636, "citrix-ica": 1494, "sqlnet": 1521},
    **{"h323": 1720, "radius": 1812, "radius-acct": 1813, "nfs": 2049, "ms-wbt-server": 3389},
    **{"rdp": 3389, "sip": 5060, "vnc": 5900, "winrm": 5985},
}


@dataclass(frozen=True, slots=True)
class Service:
    """Ports of a protocol, both ends included; `protocol` "" is any, ports are 0 where none are.

    `name` holds what could not be read as numbers.
    """

    protocol: str = ""
    first: int = 0
    last: int = LAST_PORT
    name: str | None = None

    @property
    def any(self) -> bool:
        """Every port of TCP, UDP or all protocols."""
        whole = self.first <= 1 and self.last >= LAST_PORT
        return self.name is None and whole and self.protocol in ("", "ip", "tcp", "udp", "tcp-udp")

    @property
    def ports(self) -> int:
        return self.last - self.first + 1

    def covers(self, port: int) -> bool:
        return self.name is None and self.first <= port <= self.last


_PROTOCOLS = ("tcp-udp", "tcp", "udp", "sctp", "any", "th", "ip")
# Protocols without ports: their whole word, for a name that begins so may stand for anything.
_NO_PORTS = frozenset(
    ("icmp", "icmp6", "icmpv6", "ipv6-icmp", "ping", "ping6", "esp", "ah", "ahp", "gre", "ospf",
     "ospfigp", "igmp", "vrrp", "ipip", "ipinip")
)  # fmt: skip
_PORT = r"\d{1,5}|[a-z][a-z0-9-]*"
_SERVICE = re.compile(
    rf"^(?:(?P<protocol>{'|'.join(_PROTOCOLS)})[/: _-]?)?(?P<sign>[<>!]?)"
    rf"(?P<first>{_PORT})(?:\s*[-:]\s*(?P<last>\d{{1,5}}))?(?:/(?P<after>tcp|udp))?$"
)


@cache
def service(text: str) -> Service:
    """A service as the device writes it: `tcp/443`, `8000-8100/udp`, `ssh`, `any`, `tcp`.

    What stands after ` from ` is the source port, which narrows nothing for the one who sends.

    >>> service("tcp/443").first, service("HTTPS").first, service("udp").any
    (443, 443, True)
    """
    plain = text.strip().casefold().split(" from ")[0].removesuffix("/any").removeprefix("all_")
    if plain in ANY_WORDS:
        return Service()
    if plain in ("tcp", "udp", "tcp-udp"):
        return Service(plain)
    if (protocol := re.split(r"[/: ]", plain, maxsplit=1)[0]) in _NO_PORTS:
        return Service(protocol, 0, 0)
    found = _SERVICE.match(plain)
    if found is None:
        return Service(name=text, first=0, last=0)
    protocol = found["protocol"] or found["after"] or ""
    first, last = _port(found["first"]), _port(found["last"] or found["first"])
    if first is None or last is None:
        return Service(name=text, first=0, last=0)
    match found["sign"]:
        case ">":
            return Service(protocol, first + 1)
        case "<":
            return Service(protocol, 1, first - 1)
        case "!":
            # Every port but one: not any, and as wide as can be.
            return Service(protocol, 1, LAST_PORT - 1)
    return Service(protocol, first, last)


def _port(text: str) -> int | None:
    return int(text) if text.isdigit() else PORTS.get(text)


@cache
def networks(text: str) -> tuple[Network, ...] | None:
    """The networks an address entry covers; None when it is a name. `any` is both families whole.

    >>> networks("10.0.0.1-10.0.0.2")
    (IPv4Network('10.0.0.1/32'), IPv4Network('10.0.0.2/32'))
    """
    plain = text.strip().casefold()
    if plain in ANY_WORDS:
        return (ip_network("0.0.0.0/0"), ip_network("::/0"))
    try:
        if "-" in plain and "/" not in plain:
            first, last = (ip_address(part.strip()) for part in plain.split("-"))
            return tuple(summarize_address_range(first, last))
        if is_wildcard(plain):
            return None
        return (ip_network(plain.replace(" ", "/"), strict=False),)
    except (ValueError, TypeError):
        return None


def is_wildcard(text: str) -> bool:
    """Whether a mask is written the other way round (`10.0.0.0/0.0.0.255`): with devices that
    write masks it is one with holes, and no network."""
    mask = text.replace(" ", "/").partition("/")[2]
    return "." in mask and "01" in f"{int(IPv4Address(mask)):032b}"


def is_any(entries: Iterable[str]) -> bool:
    """Whether any one of these addresses is every address of a family."""
    return any(network.prefixlen == 0 for entry in entries for network in networks(entry) or ())


def within(inner: Network, outer: Network) -> bool:
    """Whether one network lies in another; false across the families."""
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network):
        return inner.subnet_of(outer)
    return False
