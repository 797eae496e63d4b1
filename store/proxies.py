"""From which address a request comes: the one place that says so.

The connection's other end, unless the settings name it as a proxy: then the address that this proxy
wrote down. A list of several is read from its end, as far as proxies that are named wrote it; what
lies before was written by whoever asked, and is never believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
X_FORWARDED_FOR, FORWARDED = "X-Forwarded-For", "Forwarded"

_PORT = re.compile(r"(\[[^]]*\]|[0-9.]+):[0-9]{1,5}")
# RFC 7239, 4: pairs of an element part by `;`, elements by `,`; a value is a token or quoted.
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PAIR = rf'({_TOKEN})=({_TOKEN}|"(?:[^"\\]|\\.)*")'
_ELEMENT = re.compile(rf"[ \t]*(?:{_PAIR})(?:[ \t]*;[ \t]*(?:{_PAIR})?)*[ \t]*")
_PAIRS = re.compile(_PAIR)


@dataclass(frozen=True)
class Proxies:
    """Networks of proxies that write the client's address, and the header they write it to. Only
    that one is read: a proxy passes on what a client says in the other."""

    networks: tuple[Network, ...] = ()
    header: str = X_FORWARDED_FOR

    def client(self, peer: str, lines: Iterable[str]) -> str:
        """The address of who asks; `peer` is the connection's other end, `lines` that header's."""
        address = _address(peer)
        if address is None:
            return peer
        for hop in reversed(_hops(self.header, ",".join(lines))):
            if not self._trusted(address) or (before := _address(hop)) is None:
                break
            address = before
        return str(address)

    def _trusted(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in one for one in self.networks)


class ClientAddress:
    """The application, told the client's address instead of the proxy's."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies
        self._name = proxies.header.lower().encode("ascii")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("client"):
            peer, port = scope["client"]
            lines = [
                value.decode("latin-1") for name, value in scope["headers"] if name == self._name
            ]
            scope["client"] = (self._proxies.client(peer, lines), port)
        await self._app(scope, receive, send)


def address_of(request: Request) -> str:
    """Who asks, as `ClientAddress` left it: what log-ins are counted by, the audit trail notes, and
    the store's log names. Empty where there is no address."""
    return request.client.host if request.client else ""


def network(given: str) -> Network:
    """Of one address, or of a network without bits of a host. Raises ValueError."""
    found = ip_network(given)
    if found.prefixlen == 0:
        raise ValueError("everybody is no proxy")
    return found


def _hops(header: str, said: str) -> list[str]:
    """Who asked each proxy, the first one first; nothing of a header that does not parse."""
    if header == X_FORWARDED_FOR:
        return [hop.strip() for hop in said.split(",")] if said.strip() else []
    hops, at = [], 0
    while at < len(said):
        element = _ELEMENT.match(said, at)
        if element is None:
            return []
        pairs = [(name.lower(), value) for name, value in _PAIRS.findall(element[0])]
        hops.append(next((value.strip('"') for name, value in pairs if name == "for"), ""))
        at = element.end()
        if at < len(said) and said[at] != ",":
            return []
        at += 1
    return hops


def _address(given: str) -> IPv4Address | IPv6Address | None:
    """With or without a port; an IPv4 address that a socket for both writes as IPv6 is IPv4. None
    for any other word (`unknown`, `_hidden`)."""
    port = _PORT.fullmatch(given)
    try:
        address = ip_address((port[1] if port else given).strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return address if mapped is None else mapped
