"""The register's side: every entry of every register that was read, with the reading it is from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from evidence.facts import Asset
from evidence.inventory.names import address_key, name_key, serial_key
from evidence.readings import Readings

EQUIPMENT = frozenset({"hardware", "virtual"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry with the register that holds it and the digest of its reading."""

    asset: Asset
    register: str
    evidence: str

    @property
    def is_equipment(self) -> bool:
        return self.asset.category in EQUIPMENT

    @property
    def subject(self) -> str:
        """Its name from month to month."""
        return f"register/{self.asset.asset_id}"

    @property
    def title(self) -> str:
        """What people call it."""
        name = self.asset.name
        return f"{self.asset.asset_id} {name}" if name else self.asset.asset_id

    @property
    def serial(self) -> str | None:
        return serial_key(self.asset.serial)

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(filter(None, map(address_key, self.asset.addresses)))

    @property
    def names(self) -> frozenset[str]:
        """Host names, its own and those among the addresses, and its number."""
        said = (self.asset.name, self.asset.asset_id, *self.asset.addresses)
        return frozenset(filter(None, map(name_key, said)))

    def is_gone(self, today: date) -> bool:
        left_on = self.asset.decommissioned_on
        return left_on is not None and left_on <= today


def entries_in(readings: Readings) -> tuple[Entry, ...]:
    """Every entry, in the order of the registers and of their rows."""
    return readings.once("register entries", lambda: tuple(_entries(readings)))


def _entries(readings: Readings) -> Iterator[Entry]:
    for device, reading in readings.each("assets"):
        if reading is None:
            continue
        digest = reading.digest
        for asset in reading.of(Asset):
            yield Entry(asset, device.id, digest)
