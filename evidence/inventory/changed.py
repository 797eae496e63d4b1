"""What came, went and changed since the month began: equipment, software, entries of registers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from evidence.changes import Change, changes
from evidence.clock import month_bounds
from evidence.device import Device
from evidence.reading import Reading
from evidence.readings import Readings

SUBJECTS = ("firmware", "host", "assets")
_FACTS = frozenset({"hardware_item", "software_release", "asset"})


@dataclass(frozen=True, slots=True)
class Changed:
    """One difference of a device's subject; None: it was not read before the month began, so
    nothing can be compared. `before` and `after` are the readings it is between."""

    device: Device
    subject: str
    change: Change | None
    before: Reading | None
    after: Reading


def inventory_changes(readings: Readings) -> tuple[Changed, ...]:
    """The month's differences, in the order of the devices; looked for once."""
    return readings.once("inventory changes", lambda: tuple(_changes(readings)))


def _changes(readings: Readings) -> Iterator[Changed]:
    start, _ = month_bounds(readings.period)
    for device in readings.devices.values():
        for subject in SUBJECTS:
            after = readings.newest_good.get((device.id, subject))
            if after is None or after.at < start:
                continue
            before = readings.before(device.id, subject, start)
            if before is None:
                yield Changed(device, subject, None, None, after)
                continue
            for change in changes(before, after):
                if change.fact in _FACTS:
                    yield Changed(device, subject, change, before, after)
