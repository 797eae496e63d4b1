"""What a device sees beside it, by SNMP: LLDP-MIB (IEEE 802.1AB), CISCO-CDP-MIB, IP-MIB's tables.

Rows are joined by the parts of their index, as the MIBs define them. A row whose address is of no
known kind keeps its other columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address

from collectors._neighbours import address_of, mac_of
from collectors.snmp.answers import Oid, oid, said
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.facts import Neighbour

_REMOTE = "1.0.8802.1.1.2.1.4.1.1"  # lldpRemTable: time mark, local port, index
_MANAGED = "1.0.8802.1.1.2.1.4.2.1.3"  # lldpRemManAddrIfSubtype; its index holds the address
_LOCAL = "1.0.8802.1.1.2.1.3.7.1.3"  # lldpLocPortId
_CDP = "1.3.6.1.4.1.9.9.23.1.2.1.1"  # cdpCacheTable: interface, device
_ARP = "1.3.6.1.2.1.4.22.1.2"  # ipNetToMediaPhysAddress: interface, address
_PHYSICAL = "1.3.6.1.2.1.4.35.1.4"  # ipNetToPhysicalPhysAddress: interface, kind, length, address
_OWN = "1.3.6.1.2.1.4.20.1.2"  # ipAdEntIfIndex: own address
_NAME = "1.3.6.1.2.1.31.1.1.1.1"  # ifName: interface

CHASSIS_KIND, CHASSIS, PORT, NAME, DESCRIPTION, ENABLED = 4, 5, 7, 9, 10, 12
CDP_KIND, CDP_ADDRESS, CDP_VERSION, CDP_DEVICE, CDP_PORT, CDP_MODEL = 3, 4, 5, 6, 7, 8


def _walk(name: str, *roots: str) -> Ask:
    return Ask(name, " ".join(["walk", *roots]), kind="snmp")


LLDP_TABLE = _walk(
    "lldp neighbours",
    *(
        f"{_REMOTE}.{column}"
        for column in (CHASSIS_KIND, CHASSIS, PORT, NAME, DESCRIPTION, ENABLED)
    ),
    _MANAGED,
    _LOCAL,
)
CDP_TABLE = _walk(
    "cdp neighbours",
    *(
        f"{_CDP}.{column}"
        for column in (CDP_KIND, CDP_ADDRESS, CDP_VERSION, CDP_DEVICE, CDP_PORT, CDP_MODEL)
    ),
)
ADDRESS_TABLE = _walk("address table", _ARP, _PHYSICAL, _OWN, _NAME)
ASKS = (LLDP_TABLE, CDP_TABLE, ADDRESS_TABLE)

# lldpRemChassisIdSubtype: macAddress. lldpRemSysCapEnabled: bits from the left.
_BY_MAC = b"4"
_CAPABILITIES = (
    *("other", "repeater", "bridge", "wlan", "router", "telephone", "docsis", "station"),
)


@dataclass
class Table:
    """Rows of several captures by OID, as bytes: much of what neighbours say is no text."""

    rows: dict[Oid, bytes] = field(default_factory=dict)

    def add(self, capture: Capture) -> None:
        """Take a capture's rows, of which there must be one."""
        self.rows.update((where, value) for where, _, value in capture.snmp())

    def column(self, dotted: str) -> Iterator[tuple[Oid, bytes]]:
        root = oid(dotted)
        for where, value in self.rows.items():
            if where[: len(root)] == root:
                yield where[len(root) :], value

    def cells(self, dotted: str, *columns: int) -> dict[Oid, dict[int, bytes]]:
        """The rows of a table by index: column → value."""
        found: dict[Oid, dict[int, bytes]] = {}
        for column in columns:
            for index, value in self.column(f"{dotted}.{column}"):
                found.setdefault(index, {})[column] = value
        return found


def neighbours_of(table: Table) -> Iterator[Neighbour]:
    """All that the captures tell, each row by itself."""
    names = {index[0]: _text(value) for index, value in table.column(_NAME) if index}
    yield from _lldp(table)
    yield from _cdp(table, names)
    yield from _addresses(table, names)


def _lldp(table: Table) -> Iterator[Neighbour]:
    managed: dict[Oid, list[str]] = {}
    for index, _ in table.column(_MANAGED):
        # Time mark, port, index; then kind, length and the address itself.
        address = _address(index[3], bytes(index[5:])) if len(index) > 5 else None
        if address is not None:
            managed.setdefault(index[:3], []).append(address)
    ports = {index[0]: _text(value) for index, value in table.column(_LOCAL) if index}
    columns = (CHASSIS_KIND, CHASSIS, PORT, NAME, DESCRIPTION, ENABLED)
    for index, row in table.cells(_REMOTE, *columns).items():
        if len(index) < 3:
            continue
        chassis = row.get(CHASSIS, b"")
        mac = mac_of(chassis.hex()) if row.get(CHASSIS_KIND) == _BY_MAC else None
        yield Neighbour(
            seen_by="lldp",
            name=_text(row.get(NAME, b"")) or (None if mac else _text(chassis)),
            addresses=tuple(dict.fromkeys(managed.get(index[:3], ()))),
            mac=mac,
            description=_text(row.get(DESCRIPTION, b"")),
            capabilities=_bits(row.get(ENABLED, b"")),
            port=ports.get(index[1]) or str(index[1]),
            remote_port=_port(row.get(PORT, b"")),
        )


def _cdp(table: Table, names: dict[int, str | None]) -> Iterator[Neighbour]:
    columns = (CDP_KIND, CDP_ADDRESS, CDP_VERSION, CDP_DEVICE, CDP_PORT, CDP_MODEL)
    for index, row in table.cells(_CDP, *columns).items():
        # CiscoNetworkProtocol: 1 is IP, 20 is IPv6; the address is bytes in both.
        kind = {b"1": 1, b"20": 2}.get(row.get(CDP_KIND, b""), 0)
        address = _address(kind, row.get(CDP_ADDRESS, b""))
        model = _text(row.get(CDP_MODEL, b""))
        yield Neighbour(
            seen_by="cdp",
            name=_text(row.get(CDP_DEVICE, b"")),
            addresses=(address,) if address else (),
            model=model.removeprefix("cisco ").removeprefix("Cisco ") if model else None,
            description=_text(row.get(CDP_VERSION, b"")),
            port=names.get(index[0]) if index else None,
            remote_port=_text(row.get(CDP_PORT, b"")),
        )


def _addresses(table: Table, names: dict[int, str | None]) -> Iterator[Neighbour]:
    own = {address_of(".".join(map(str, index))) for index, _ in table.column(_OWN)}
    found: dict[tuple[str, str], int] = {}
    for index, value in table.column(_ARP):
        if len(index) == 5:
            _keep(found, _address(1, bytes(index[1:])), value, index[0])
    for index, value in table.column(_PHYSICAL):
        # InetAddressType 1 is IPv4, 2 is IPv6; 4 (with a zone) has four bytes more.
        if len(index) > 3 and index[1] in (1, 2, 4):
            length = 16 if index[1] == 4 else index[2]
            kind = 2 if index[1] == 4 else index[1]
            _keep(found, _address(kind, bytes(index[3 : 3 + length])), value, index[0])
    for (address, mac), interface in found.items():
        if address not in own:
            yield Neighbour(
                seen_by="nd" if ":" in address else "arp",
                addresses=(address,),
                mac=mac,
                port=names.get(interface) or str(interface),
            )


def _keep(
    found: dict[tuple[str, str], int], address: str | None, hardware: bytes, interface: int
) -> None:
    mac = mac_of(hardware.hex())
    if address is not None and mac is not None:
        found.setdefault((address, mac), interface)


def _address(kind: int, octets: bytes) -> str | None:
    """An address by its family: 1 IPv4, 2 IPv6 (also IANA's address family numbers)."""
    if kind == 1 and len(octets) == 4:
        return address_of(str(IPv4Address(octets)))
    if kind == 2 and len(octets) == 16:
        return address_of(str(IPv6Address(octets)))
    return None


def _text(value: bytes) -> str | None:
    """Octets as text; what is no text (an address, a MAC) is none."""
    try:
        text = value.decode("utf-8").strip("\0")
    except UnicodeDecodeError:
        return None
    return said(text) if all(sign.isprintable() or sign.isspace() for sign in text) else None


def _port(value: bytes) -> str | None:
    return _text(value) or mac_of(value.hex())


def _bits(value: bytes) -> tuple[str, ...]:
    """The capabilities of the first octet's bits, the highest first."""
    first = value[0] if value else 0
    return tuple(name for place, name in enumerate(_CAPABILITIES) if first & (0x80 >> place))
