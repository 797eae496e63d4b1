"""`Readings`: everything a check can see. Pure data in memory; nothing here reaches outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from evidence.device import Device
from evidence.reading import Reading, newest

if TYPE_CHECKING:
    from evidence.lifecycle import Catalogue
    from evidence.usage import UnitHistory

T = TypeVar("T")


@dataclass(frozen=True)
class Zones:
    """Which zone an interface, zone name or network of a device belongs to.

    `by_device` maps device id → what the device calls it → one of internal, external, dmz,
    management, colo, guest. What is not mapped is None, and a question about it cannot be
    assessed.
    """

    by_device: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    networks: Mapping[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """The map as plain values: what an assessment names by digest."""
        return {
            "devices": {device: dict(names) for device, names in self.by_device.items()},
            "networks": dict(self.networks),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Zones:
        """The map that `record` wrote."""
        return cls(by_device=record["devices"], networks=record["networks"])

    def of(self, device: str, name: str) -> str | None:
        return self.by_device.get(device, {}).get(name)


@dataclass(frozen=True)
class Readings:
    """The readings of a period, with the company's data that questions are asked against.

    `all` holds the readings in force at `at` (newest last); `earlier` gives the older ones of
    a device and subject on request, `before` the newest good one before a moment; `usage_of`
    gives the counter history of an HA group or single device, one `UnitHistory` a unit, as columns.
    """

    at: datetime
    period: str
    all: Sequence[Reading]
    devices: Mapping[str, Device]
    zones: Zones = Zones()
    catalogue: Catalogue | None = None
    earlier: Callable[[str, str], Sequence[Reading]] = lambda device, subject: ()
    before: Callable[[str, str, datetime], Reading | None] = lambda device, subject, at: None
    usage_of: Callable[[str], Sequence[UnitHistory]] = lambda group: ()

    @cached_property
    def _made(self) -> dict[str, Any]:
        return {}

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` works out from these readings, worked out once for all that ask."""
        if name not in self._made:
            self._made[name] = make()
        made: T = self._made[name]
        return made

    @cached_property
    def newest(self) -> Mapping[tuple[str, str], Reading]:
        """The newest reading, good or failed, per (device id, subject)."""
        return newest(self.all)

    @cached_property
    def newest_good(self) -> Mapping[tuple[str, str], Reading]:
        """The newest reading without failure per (device id, subject)."""
        return newest(reading for reading in self.all if reading.failure is None)

    def each(self, subject: str) -> Iterator[tuple[Device, Reading | None]]:
        """Every device that has the subject, with its newest good reading (None: never read)."""
        for device in self.devices.values():
            if subject in device.subjects:
                yield device, self.newest_good.get((device.id, subject))

    def usage(self, group: str) -> Sequence[UnitHistory]:
        """Counter histories of the units that enforce together under this HA group or device."""
        return self.usage_of(group)

    def groups(self) -> Mapping[str, tuple[Device, ...]]:
        """Devices with firewall rules by HA group; a device without one is its own group."""
        found: dict[str, tuple[Device, ...]] = {}
        for device in self.devices.values():
            if "firewall" in device.subjects:
                name = device.ha_group or device.id
                found[name] = (*found.get(name, ()), device)
        return found
