"""The other side: what was found, each thing once, however many readings speak of it.

A device that was read is found as each of its chassis with a serial number, else as itself. What
it sees beside it is found where it is none of these. Neighbours that share an address, a full name
or a serial number are one thing; a MAC address joins no two addresses, for one router may answer
for a whole network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from evidence.device import Device
from evidence.facts import (
    AirObservation,
    AlgorithmOffer,
    Certificate,
    HardwareItem,
    Interface,
    Neighbour,
    RdpNegotiation,
    SoftwareRelease,
    Surroundings,
    Unit,
)
from evidence.inventory.names import address_key, name_key, serial_key
from evidence.reading import Reading
from evidence.readings import Readings

# What a register has a row for; a fan or a line card it has none.
SYSTEM = "operating system"
BODIES = ("chassis", "stack member", "access point")
# Of these a reading speaks of other things than the device it is read from.
ABOUT_OTHERS = frozenset(
    (
        *("assets", "tickets", "neighbours", "weaknesses", "traffic_log", "session_log"),
        *("endpoints", "mail_scans", "logon_hours"),
    )
)
# What is told from outside, by a listener or the air, and not by a device of itself.
_PROBED = (RdpNegotiation, AlgorithmOffer, Certificate, AirObservation)
Key = tuple[str, str]  # what a key is of, and the key


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that is there. `device` is whose reading shows it; `is_read`: it was read itself,
    else it was only seen beside another, by `ways`.

    `is_own`: a device speaks of itself, not of its peer or of a unit that it manages. `names`,
    `addresses` and `serials` are as compared (`evidence.inventory.names`); the others as
    the devices say. `name` is what people call it.
    """

    subject: str
    name: str
    device: Device
    is_read: bool
    seen_at: datetime
    evidence: tuple[str, ...]
    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    serials: frozenset[str] = frozenset()
    serial: str | None = None
    vendor: str | None = None
    model: str | None = None
    version: str | None = None
    description: str | None = None
    object_id: str | None = None
    macs: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    virtual: bool = False
    is_own: bool = True

    @property
    def is_known(self) -> bool:
        """Whether it says anything that a register could be asked for."""
        return bool(self.names or self.addresses or self.serials)


@dataclass(frozen=True, slots=True)
class _Read:
    """All good readings of one device that speak of itself."""

    device: Device
    readings: Sequence[Reading]
    names: frozenset[str] = field(default=frozenset())
    addresses: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, device: Device, readings: Sequence[Reading]) -> _Read:
        units = [unit for reading in readings for unit in reading.of(Unit)]
        own = [unit for unit in units if unit.subject_unit is None] or (
            units if len(units) == 1 else []
        )
        places = [place for reading in readings for place in reading.of(Interface)]
        addresses = (device.address, *(one for place in places for one in place.addresses))
        names = (device.id, device.address, *(unit.hostname for unit in own))
        return cls(
            device,
            readings,
            frozenset(filter(None, map(name_key, names))),
            frozenset(filter(None, map(address_key, addresses))),
        )


def found_in(readings: Readings) -> tuple[Found, ...]:
    """Everything found, devices in the order of the configuration, then what they see."""
    return readings.once("found equipment", lambda: tuple(_found(readings)))


def _found(readings: Readings) -> Iterator[Found]:
    read = [
        _Read.of(device, mine)
        for device in readings.devices.values()
        if (mine := _good(readings, device))
    ]
    devices = _each_once([found for one in read for found in _bodies(one)])
    yield from devices
    yield from _beside(readings, devices)


def _each_once(devices: Sequence[Found]) -> list[Found]:
    """Both units of a pair tell both serial numbers: each is found where it speaks of itself. And a
    host whose remote desktop is looked at from outside is two devices of the configuration: the
    later one, without a number of its own at the same address, is no other thing."""
    own = {key for one in devices if one.is_own for key in one.serials}
    found: list[Found] = []
    addresses: set[str] = set()
    serials: set[str] = set()
    for one in devices:
        again = one.serials & serials or (not one.is_own and one.serials & own)
        if again or (not one.serials and one.addresses & addresses):
            continue
        found.append(one)
        addresses |= one.addresses
        serials |= one.serials
    return found


def _good(readings: Readings, device: Device) -> list[Reading]:
    return [
        reading
        for subject in device.subjects
        if subject not in ABOUT_OTHERS
        and (reading := readings.newest_good.get((device.id, subject))) is not None
    ]


def _bodies(read: _Read) -> Iterator[Found]:
    """Each chassis with a serial number of its own, else the device as one."""
    device, facts = read.device, [fact for one in read.readings for fact in one.facts]
    items = [one for one in facts if isinstance(one, HardwareItem)]
    units = [one for one in facts if isinstance(one, Unit)]
    releases = [one for one in facts if isinstance(one, SoftwareRelease)]
    release = next((one for one in releases if one.part == SYSTEM), None)
    body = next((one for one in items if one.part in BODIES), None)
    whole = Found(
        subject=device.id,
        name=device.id,
        device=device,
        is_read=True,
        seen_at=max(one.at for one in read.readings),
        evidence=tuple(one.digest for one in read.readings),
        names=read.names,
        addresses=read.addresses,
        vendor=next((one.vendor for one in (body, release, *units) if one and one.vendor), None),
        model=body.model if body else None,
        version=_version(releases, None) or (release.version if release else None),
        virtual=body is not None and body.virtual,
    )
    chassis = [one for one in items if one.part in BODIES]
    bodies: dict[str, HardwareItem | Unit] = {}
    for one in chassis if any(serial_key(one.serial) for one in chassis) else units:
        if key := serial_key(one.serial):
            bodies[key] = one
    own = [key for key, one in bodies.items() if one.subject_unit is None]
    for key, one in bodies.items():
        mine = replace(
            whole,
            serials=frozenset({key}),
            serial=one.serial,
            vendor=one.vendor or whole.vendor,
            model=one.model or whole.model,
            virtual=isinstance(one, HardwareItem) and one.virtual,
        )
        if own == [key] or len(bodies) == 1:
            yield mine
            continue
        # A name or an address that several share is nobody's: one entry would stand for all.
        hosts = [unit.hostname for unit in units if serial_key(unit.serial) == key]
        yield replace(
            mine,
            subject=f"{device.id}/{one.serial}",
            name=f"{next(filter(None, hosts), device.id)} ({one.serial})",
            names=frozenset(filter(None, map(name_key, hosts) if len(own) < 2 else ())),
            model=one.model,
            version=_version(releases, one.subject_unit) or whole.version,
            addresses=frozenset(),
            is_own=False,
        )
    # A manager stands beside the units that it speaks of. A probe of an address that nobody knows
    # has found nothing.
    is_probe = all(isinstance(fact, _PROBED) for fact in facts)
    if not own and len(bodies) != 1 and (whole.addresses or not is_probe):
        yield whole


def _version(releases: Sequence[SoftwareRelease], unit: str | None) -> str | None:
    """What a unit runs, where the device tells it of that very unit."""
    mine = (one for one in releases if one.part == SYSTEM and one.subject_unit == unit)
    return next((one.version for one in mine if one.version), None)


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A neighbour as one reading tells it; `evidence` is that reading's digest."""

    device: Device
    at: datetime
    evidence: str
    neighbour: Neighbour

    @property
    def keys(self) -> frozenset[Key]:
        one = self.neighbour
        said = (
            ("serial", serial_key(one.serial)),
            # The whole name: two sites may have an `ap-01` each, and a domain tells them apart.
            ("name", (one.name or "").casefold() if name_key(one.name) else None),
            *(("address", address_key(address)) for address in one.addresses),
        )
        return frozenset((kind, key) for kind, key in said if key)


def _beside(readings: Readings, devices: Sequence[Found]) -> Iterator[Found]:
    sightings = [
        _Sighting(device, reading.at, digest, one)
        for device, reading in readings.each("neighbours")
        if reading is not None
        for digest in (reading.digest,)
        for one in reading.of(Neighbour)
    ]
    known_names = {name for one in devices for name in one.names}
    known_addresses = {address for one in _all_addresses(readings) for address in one}
    known_serials = {serial for one in devices for serial in one.serials}
    for mine in _joined(sightings):
        found = _seen(mine)
        if (
            found.names & known_names
            or found.addresses & known_addresses
            or found.serials & known_serials
        ):
            continue
        yield found


def _all_addresses(readings: Readings) -> Iterator[frozenset[str]]:
    """The addresses of every configured device, read or not: one that is known is no find."""
    for device in readings.devices.values():
        yield _Read.of(device, _good(readings, device)).addresses


def _joined(sightings: Sequence[_Sighting]) -> list[list[_Sighting]]:
    """The sightings of each thing: those that share a key, directly or by others between.

    One that tells a MAC address alone joins the one address that a table gives to it.
    """
    addresses: dict[str, set[Key]] = {}
    for one in sightings:
        for key in one.keys if one.neighbour.mac else ():
            if key[0] == "address":
                addresses.setdefault(str(one.neighbour.mac), set()).add(key)
    leads: dict[Key, Key] = {}
    groups: dict[Key, list[_Sighting]] = {}
    for place, one in enumerate(sightings):
        keys = set(one.keys)
        if (mac := one.neighbour.mac) and not one.neighbour.addresses:
            same = addresses.get(mac, set())
            keys |= same if len(same) == 1 else {("mac", mac)}
        first, *others = (_lead(leads, key) for key in keys or {("place", str(place))})
        mine = groups.setdefault(first, [])
        for other in others:
            if other != first:
                leads[other] = first
                mine += groups.pop(other, [])
        mine.append(one)
    return list(groups.values())


def _lead(leads: dict[Key, Key], key: Key) -> Key:
    """The key that stands for all that are joined with this one."""
    path = [key]
    while (above := leads.get(path[-1])) is not None:
        path.append(above)
    leads.update(dict.fromkeys(path[:-1], path[-1]))
    return path[-1]


def _seen(mine: Sequence[_Sighting]) -> Found:
    """What several sightings of one thing tell together, the one that says most leading."""
    ordered = sorted(mine, key=lambda one: (_RICHNESS[one.neighbour.seen_by], one.at))
    neighbours = [one.neighbour for one in ordered]

    def first(name: str) -> str | None:
        return next((value for one in neighbours if (value := getattr(one, name))), None)

    addresses = [address for one in neighbours for address in one.addresses]
    name = first("name")
    macs = tuple(dict.fromkeys(one.mac for one in neighbours if one.mac))
    label = name or next(iter(addresses), None) or next(iter(macs), None) or "?"
    serials = filter(None, (serial_key(one.serial) for one in neighbours))
    return Found(
        subject=f"seen/{label}",
        name=label,
        device=ordered[0].device,
        is_read=False,
        seen_at=max(one.at for one in mine),
        evidence=tuple(dict.fromkeys(one.evidence for one in ordered)),
        names=frozenset(filter(None, [name_key(one.name) for one in neighbours])),
        addresses=frozenset(filter(None, map(address_key, addresses))),
        serials=frozenset(serials),
        serial=first("serial"),
        model=first("model"),
        description=first("description"),
        object_id=first("object_id"),
        macs=macs,
        ways=tuple(dict.fromkeys(one.seen_by for one in neighbours)),
    )


_RICHNESS = {"cdp": 0, "lldp": 1, "snmp": 2, "arp": 3, "nd": 4}


def looked_in(readings: Readings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Networks in which was looked, and the digests of the readings that did."""
    networks: dict[str, None] = {}
    evidence = []
    for _, reading in readings.each("neighbours"):
        for one in reading.of(Surroundings) if reading else ():
            networks.update(dict.fromkeys(one.networks))
        evidence += [reading.digest] if reading else []
    return tuple(networks), tuple(evidence)
