"""Why an entry of the register was not found: in store, not read, not there, or not looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Literal

from evidence.clock import taipei_day
from evidence.device import Device
from evidence.inventory.found import looked_in
from evidence.inventory.meet import Meeting
from evidence.inventory.register import Entry
from evidence.readings import Readings

# A register's words for what is in store or not there yet.
NOT_EXPECTED = ("planned", "staged", "inventory", "offline", "備品", "庫存", "未啟用", "停機")

State = Literal["not_in_service", "found_not_read", "not_found", "not_looked_for"]


@dataclass(frozen=True, slots=True)
class Absence:
    """`device`: the configured one that it is of, unread; `networks`: those that were looked in and
    hold its address."""

    state: State
    device: Device | None = None
    networks: tuple[str, ...] = ()


def absence(
    readings: Readings, entry: Entry, not_expected: Sequence[str] = NOT_EXPECTED
) -> Absence:
    """Why nothing found is of this entry."""
    if (entry.asset.status or "").casefold() in {word.casefold() for word in not_expected}:
        return Absence("not_in_service")
    for device in readings.devices.values():
        if device.id.casefold() in entry.names or device.address in entry.addresses:
            return Absence("found_not_read", device)
    networks, _ = looked_in(readings)
    looked = tuple(
        network
        for network in networks
        if any(ip_address(address) in ip_network(network) for address in entry.addresses)
    )
    return Absence("not_found", networks=looked) if looked else Absence("not_looked_for")


def state_of(readings: Readings, meeting: Meeting) -> str:
    """What a meeting comes to, in the word of its check."""
    state = meeting.state(taipei_day(readings.at))
    if meeting.found is None and meeting.entry is not None and state == "not_found":
        return absence(readings, meeting.entry).state
    return state
