"""Objects and groups of a running configuration: what names in an access list stand for.

    name 10.1.1.10 web
    object network PARTNER
     subnet 198.51.100.0 255.255.255.0
    object-group service MAIL                        whole services
     service-object tcp destination eq smtp
    object-group service WEB_PORTS tcp               ports, of which the line names the protocol
     port-object eq https
    object-group protocol TCPUDP
     protocol-object tcp

A listing prints what a line was expanded to, and that is taken. Lines of a configuration, and
those under `object-group-search`, are opened by what stands here; a name that nobody explains
stays a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from collectors._cisco.services import any_protocol, port_of, whole_service
from collectors._managed.names import Objects
from collectors.asa._ace import network

_SERVICE = re.compile(r"(?P<protocol>[^/ ]+)(?:/(?P<port>\S+))?(?: from (?P<source>\S+))?")
_KINDS = ("network", "service", "protocol", "icmp-type")
_MEMBERS = ("network-object", "service-object", "port-object", "protocol-object", "icmp-object")


@dataclass(slots=True)
class Known:
    """Names of one kind: what each stands for, and the members of groups."""

    values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def objects(self) -> Objects:
        return Objects(self.values, self.groups)


@dataclass(slots=True)
class Configured:
    """Objects and groups of a configuration by kind, and its lines about NAT with their object."""

    networks: Known = field(default_factory=Known)
    services: Known = field(default_factory=Known)  # whole ones; ports of groups beside
    ports: Known = field(default_factory=Known)
    protocols: Known = field(default_factory=Known)
    controls: Known = field(default_factory=Known)
    lines: list[tuple[str | None, str]] = field(default_factory=list)

    def objects(self) -> Objects:
        return self.networks.objects()


def configured(texts: Iterable[str]) -> Configured:
    """What texts of the running configuration hold, whole or in parts."""
    found = Configured()
    for text in texts:
        named: tuple[Known, str, bool] | None = None
        for raw in text.splitlines():
            words = raw.split()
            if not raw.startswith(" "):
                named = _begun(found, words)
                if words[:1] in (["nat"], ["static"]):
                    found.lines.append((None, raw.rstrip()))
            elif named is not None:
                known, name, is_group = named
                if words[:1] == ["nat"] and not is_group:
                    found.lines.append((name, raw.strip()))
                elif is_group:
                    _member(found, known, name, words)
                elif value := _value(found, words):
                    known.values[name] = (value,)
    return found


def _begun(found: Configured, words: Sequence[str]) -> tuple[Known, str, bool] | None:
    """The object or group that a line begins: of which kind, its name, whether it is a group."""
    match words:
        case ("name", address, name, *_):
            found.networks.values[name] = (address,)
        case ("object", "network", name, *_):
            return found.networks, name, False
        case ("object", "service", name, *_):
            return found.services, name, False
        case ("object-group", kind, name, *protocol) if kind in _KINDS:
            known = {
                "network": found.networks,
                "service": found.ports if protocol else found.services,
                "protocol": found.protocols,
                "icmp-type": found.controls,
            }[kind]
            return known, name, True
    return None


def _value(found: Configured, words: Sequence[str]) -> str | None:
    """What an object is, as CIDR, `a-b` or a service; None for what else there is."""
    match words:
        case ("service", *service):
            return whole_service(service) or " ".join(service)
        case ("host", address):
            return _named(found, address)
        case ("subnet", address, mask):
            return network(_named(found, address), mask)
        case ("subnet", prefix):
            return prefix
        case ("range", first, last):
            return f"{_named(found, first)}-{_named(found, last)}"
        case ("fqdn", *_, name):
            return f"fqdn {name}"
    return None


def _member(found: Configured, known: Known, name: str, words: Sequence[str]) -> None:
    match words:
        case ("group-object", other) | ("network-object" | "service-object", "object", other):
            _join(known, name, other)
        case ("network-object", "host", address):
            _join(known, name, _named(found, address), is_value=True)
        case ("network-object", address, mask):
            _join(known, name, network(_named(found, address), mask), is_value=True)
        case ("network-object" | "protocol-object" | "icmp-object", one):
            _join(known, name, any_protocol(one), is_value=True)
        case ("service-object", *service):
            _join(known, name, whole_service(service) or " ".join(service), is_value=True)
        case ("port-object", *port):
            told = port_of(port)[0]
            _join(known, name, told or " ".join(words), is_value=True)
        case (word, *_) if word in _MEMBERS:
            _join(known, name, " ".join(words), is_value=True)


def _join(known: Known, name: str, member: str, *, is_value: bool = False) -> None:
    if is_value:
        known.values.setdefault(member, (member,))
    known.groups[name] = (*known.groups.get(name, ()), member)


def _named(found: Configured, address: str) -> str:
    """The address, or what the `name` command gave that name to."""
    return found.networks.values.get(address, (address,))[0]


class Names:
    """What the names of a line stand for."""

    def __init__(self, found: Configured) -> None:
        self._networks = found.networks.objects()
        self._services = found.services.objects()
        self._ports = found.ports.objects()
        self._protocols = found.protocols.objects()
        self._controls = found.controls.objects()

    def addresses(self, told: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for name in told for one in self._address(name)))

    def _address(self, name: str) -> Iterator[str]:
        address, slash, mask = name.partition("/")
        if slash and address in self._networks.values:
            yield network(self._networks.values[address][0], mask)
        else:
            yield from self._networks.resolve([name])

    def services(self, told: Iterable[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for name in told for one in self._service(name)))

    def _service(self, name: str) -> Iterator[str]:
        said = _SERVICE.fullmatch(name)
        if said is None or name in self._services.values or name in self._services.groups:
            yield from self._services.resolve([name])
            return
        protocols = self._protocols.resolve([said["protocol"]])
        known = self._controls if said["protocol"] in ("icmp", "icmp6", "1", "58") else self._ports
        ports = known.resolve([said["port"]]) if said["port"] else ("",)
        sources = self._ports.resolve([said["source"]]) if said["source"] else ("",)
        for protocol, port, source in product(protocols, ports, sources):
            yield protocol + (f"/{port}" if port else "") + (f" from {source}" if source else "")
