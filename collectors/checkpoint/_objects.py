"""The objects a rule base speaks of, by uid: those of its dictionary, and groups asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network

from collectors._managed.names import Objects
from collectors.checkpoint._answer import Row, name_of

ANY = "CpmiAnyObject"
_ICMP = {"service-icmp": "icmp", "service-icmp6": "icmp6"}
_APPLICATIONS = ("application-site", "application-site-category", "application-site-group")


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Objects by uid, and what rules match by them."""

    known: Mapping[str, Row] = field(default_factory=dict)
    resolved: Objects = field(default_factory=Objects)

    def name(self, uid: str) -> str:
        """What an administrator calls it; the uid itself for an object that is not told."""
        return str(self.known.get(uid, {}).get("name", uid))

    def kind(self, uid: str) -> str:
        return str(self.known.get(uid, {}).get("type", ""))

    def names(self, uids: Iterable[str]) -> tuple[str, ...]:
        """Their names, without those that narrow nothing."""
        return tuple(self.name(uid) for uid in uids if self.kind(uid) != ANY)

    def resolve(self, uids: Iterable[str]) -> tuple[str, ...]:
        """Addresses or services behind these; the name of what cannot be resolved."""
        return self.resolved.resolve(uids) or ("any",)

    def is_application(self, uid: str) -> bool:
        return self.kind(uid) in _APPLICATIONS


def dictionary(rows: Iterable[Row]) -> Dictionary:
    """The objects of these rows; a later row of the same uid that tells more is taken."""
    known: dict[str, Row] = {}
    for row in rows:
        uid = name_of(row)
        known[uid] = {**known.get(uid, {}), **row}
    groups = {
        uid: tuple(name_of(one) for one in row["members"])
        for uid, row in known.items()
        if isinstance(row.get("members"), list) and row.get("type") in ("group", "service-group")
    }
    values = {uid: _values(row) for uid, row in known.items() if uid not in groups}
    called = {uid: str(row.get("name", uid)) for uid, row in known.items()}
    return Dictionary(known, Objects(values, groups, called))


def _values(row: Row) -> tuple[str, ...]:
    """Addresses or ports of an object; its name where it has none that could be written down.

    A gateway stands for all its interfaces, a role or domain for what is known at run time:
    their names stay.
    """
    kind, name = row.get("type"), str(row.get("name", ""))
    match kind:
        case "CpmiAnyObject":
            return ("any",)
        case "host":
            return _listed(row.get("ipv4-address"), row.get("ipv6-address")) or (name,)
        case "network":
            return tuple(_networks(row)) or (name,)
        case "address-range" | "multicast-address-range":
            return tuple(_ranges(row)) or (name,)
        case "service-tcp" | "service-udp" | "service-sctp":
            return (_ports(str(kind).removeprefix("service-"), row) or name,)
        case "service-icmp" | "service-icmp6":
            told = (row.get("icmp-type"), row.get("icmp-code"))
            numbers = [str(one) for one in told if one is not None]
            return ("/".join((_ICMP[kind], *(numbers if told[0] is not None else ()))),)
    return (name,)


def _listed(*values: object) -> tuple[str, ...]:
    return tuple(str(one) for one in values if one)


def _networks(row: Row) -> Iterable[str]:
    for version, mask in (("subnet4", "mask-length4"), ("subnet6", "mask-length6")):
        if row.get(version):
            length = row.get(mask) if row.get(mask) is not None else row.get("subnet-mask")
            try:
                network = ip_network(f"{row[version]}/{length}", strict=False)
            except ValueError:
                yield str(row.get("name", row[version]))
            else:
                yield "any" if network.prefixlen == 0 else str(network)


def _ranges(row: Row) -> Iterable[str]:
    for version in ("ipv4", "ipv6"):
        first, last = (row.get(f"{version}-address-{end}") for end in ("first", "last"))
        if first and last:
            yield "any" if (first, last) == ("0.0.0.0", "255.255.255.255") else f"{first}-{last}"


def _ports(protocol: str, row: Row) -> str | None:
    """`tcp/443`, `tcp/>1023`, `tcp/443 from 1024-65535`; None for a service without a port, and
    for one that looks into what the connection carries."""
    port, sender = row.get("port"), row.get("source-port")
    if not port or row.get("match-by-protocol-signature") is True:
        return None
    return f"{protocol}/{port} from {sender}" if sender else f"{protocol}/{port}"
