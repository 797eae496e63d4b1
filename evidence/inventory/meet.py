"""Where both sides meet: by serial number, else by address, else by name; and where they differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from evidence.inventory.found import Found, found_in
from evidence.inventory.names import same_model, same_version
from evidence.inventory.register import Entry, entries_in
from evidence.readings import Readings

By = Literal["serial", "address", "name"]
_KINDS: tuple[By, ...] = ("serial", "address", "name")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is found otherwise than registered."""

    field: Literal["vendor", "model", "serial", "version"]
    found: str
    registered: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A thing found with its entry, or one of the two alone. `by` is what they were joined by."""

    found: Found | None
    entry: Entry | None
    by: By | None = None
    differences: tuple[Difference, ...] = ()

    @property
    def site(self) -> str | None:
        """Where it stands: at the site of what reads it, else where the register says."""
        if self.found is not None:
            return self.found.device.site
        return self.entry.asset.site if self.entry else None

    def state(self, today: date) -> str:
        """What the meeting comes to, in a word: of a thing found, whether it is registered; of an
        entry alone, whether it should be there."""
        entry = self.entry
        if self.found is None:
            return "decommissioned_gone" if entry and entry.is_gone(today) else "not_found"
        if entry is None:
            return "not_registered" if self.found.is_known else "identity_unknown"
        if entry.is_gone(today):
            return "registered_as_gone"
        return "registered_otherwise" if self.differences else "registered"


@dataclass(frozen=True, slots=True)
class Stock:
    """Every thing found and every entry for equipment, each once."""

    meetings: tuple[Meeting, ...]
    entries: tuple[Entry, ...]

    @property
    def has_register(self) -> bool:
        return bool(self.entries)


def stock_of(readings: Readings) -> Stock:
    """Both sides of these readings, worked out once."""
    return readings.once("stock", lambda: _stock(found_in(readings), entries_in(readings)))


def _stock(found: Sequence[Found], entries: Sequence[Entry]) -> Stock:
    equipment = [one for one in entries if one.is_equipment]
    indexes = {kind: _index(equipment, kind) for kind in _KINDS}
    met: list[Meeting] = []
    taken: set[int] = set()
    # By serial number first, for all: an address may have gone to another device since.
    left = list(found)
    for kind in _KINDS:
        still: list[Found] = []
        for one in left:
            entry = _match(one, kind, indexes[kind], () if kind == "serial" else taken)
            if entry is None:
                still.append(one)
                continue
            taken.add(id(entry))
            met.append(Meeting(one, entry, kind, tuple(_differences(one, entry))))
        left = still
    order = {id(one): place for place, one in enumerate(found)}
    met += [Meeting(one, None) for one in left]
    met.sort(key=lambda one: order[id(one.found)])
    met += [Meeting(None, entry) for entry in equipment if id(entry) not in taken]
    return Stock(tuple(met), tuple(entries))


def _index(entries: Sequence[Entry], kind: By) -> Mapping[str, Sequence[Entry]]:
    """Entries by what they are found by; those that are still in service first: an address may
    stand at the one that left and at the one that came."""
    found: dict[str, list[Entry]] = {}
    for entry in sorted(entries, key=lambda one: one.asset.decommissioned_on is not None):
        for key in _keys(entry, kind):
            found.setdefault(key, []).append(entry)
    return found


def _keys(entry: Entry, kind: By) -> frozenset[str]:
    if kind == "serial":
        return frozenset(filter(None, [entry.serial]))
    return entry.addresses if kind == "address" else entry.names


def _match(
    one: Found, kind: By, index: Mapping[str, Sequence[Entry]], taken: Collection[int]
) -> Entry | None:
    """The entry that has one of the thing's keys, unless another thing has it already."""
    keys = {"serial": one.serials, "address": one.addresses, "name": one.names}[kind]
    entries = (entry for key in sorted(keys) for entry in index.get(key, ()))
    return next((entry for entry in entries if id(entry) not in taken), None)


def _differences(one: Found, entry: Entry) -> Iterator[Difference]:
    """What both tell, and tell differently. What one of them leaves out is no difference."""
    asset = entry.asset
    if entry.serial and one.serials and entry.serial not in one.serials:
        yield Difference("serial", one.serial or "", asset.serial or "")
    if asset.vendor and one.vendor and not same_model(one.vendor, asset.vendor):
        yield Difference("vendor", one.vendor, asset.vendor)
    if asset.model and one.model and not same_model(one.model, asset.model):
        yield Difference("model", one.model, asset.model)
    if asset.version and one.version and not same_version(one.version, asset.version):
        yield Difference("version", one.version, asset.version)
