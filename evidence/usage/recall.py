"""Which counter histories a judgement looks at: fourteen months of all that enforce together.

One rule for the agent, which has them in its ledger, and for an examiner, who has bundles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from evidence.device import Device
from evidence.usage.history import UnitHistory

# Six months for the window, the rest for what came before it and was carried along.
HISTORY = timedelta(days=31 * 14)
HistoriesOf = Callable[[str, datetime, datetime], Sequence[UnitHistory]]


class Recall:
    """Counter histories by HA group or single device, each fetched once.

    `histories_of` gives those of every unit a device tells of (start ≤ read < end); a device
    that tells of none stands there with a history without rows. `at` is the time judged at.
    """

    def __init__(
        self, devices: Mapping[str, Device], at: datetime, histories_of: HistoriesOf
    ) -> None:
        self._devices = devices
        self._at = at
        self._histories_of = histories_of
        self._known: dict[str, Sequence[UnitHistory]] = {}

    @property
    def digests(self) -> set[str]:
        """The readings behind every history that was asked for."""
        return {one for found in self._known.values() for h in found for one in h.digests}

    def __call__(self, group: str) -> Sequence[UnitHistory]:
        if group not in self._known:
            members = [
                device.id
                for device in self._devices.values()
                if group in (device.ha_group, device.id) and "firewall" in device.subjects
            ]
            start, end = self._at - HISTORY, self._at + timedelta(seconds=1)
            self._known[group] = [
                history
                for member in members
                for history in self._histories_of(member, start, end)
                or [UnitHistory.of_snapshots([], member, member)]
            ]
        return self._known[group]
