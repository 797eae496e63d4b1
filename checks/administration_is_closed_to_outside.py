"""Is no device administered by way of an interface that faces the outside?

What an interface answers administrators by stands beside the firewall's rules, which do not
govern a device's own services. Where an interface leads is what the site's zones say; one that
is not mapped is *not assessed*.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._access import ACCESS, ADMINISTRATION
from checks._observed import observed
from evidence.device import Device
from evidence.facts import Interface, RemoteAccess
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "administration_is_closed_to_outside"
OUTSIDE = ("external", "guest")


def check(readings: Readings) -> Iterator[Observation]:
    """One observation an interface that administrators may log in by."""
    yield from unread(readings, "remote_access", CHECK, ACCESS)
    for device, reading in readings.each("remote_access"):
        if reading is None:
            continue
        ways: dict[str, list[RemoteAccess]] = {}
        for one in reading.of(RemoteAccess):
            if one.service == ADMINISTRATION and one.enabled is not False:
                for interface in one.interfaces:
                    ways.setdefault(interface, []).append(one)
        for interface, mine in ways.items():
            zone = _zone(readings, device, reading, interface)
            yield observed(
                CHECK,
                readings,
                device,
                reading,
                subject=f"{device.id}/administration on {interface}",
                about="management",
                answer=_answer(zone, interface, mine),
                measures={
                    "zone": zone,
                    "methods": sorted({name for one in mine for name in one.methods}),
                    "from": [one.detail for one in mine if one.detail],
                },
            )


def _zone(readings: Readings, device: Device, reading: Reading, name: str) -> str | None:
    """By the interface's name, or by the zone that the device's own firewall reading gives it."""
    if found := readings.zones.of(device.id, name):
        return found
    rules = readings.newest_good.get((device.id, "firewall"))
    for one in rules.of(Interface) if rules else ():
        if one.name == name and one.zone:
            return readings.zones.of(device.id, one.zone)
    return None


def _answer(zone: str | None, interface: str, ways: list[RemoteAccess]) -> tuple[Result, str, Text]:
    methods = ", ".join(sorted({name for one in ways for name in one.methods}))
    if zone is None:
        words = Text(
            f"administered by {methods} on {interface}, of which no zone is mapped",
            f"介面 {interface} 可由 {methods} 管理，未對應區域",
        )
        return Result.not_assessed, "zone_unknown", words
    if zone in OUTSIDE:
        place = "外部" if zone == "external" else "訪客"
        words = Text(
            f"administered from {zone} by {methods} on {interface}",
            f"可自{place}區域經介面 {interface} 以 {methods} 管理",
        )
        return Result.not_satisfied, "open_to_outside", words
    words = Text(
        f"administered by {methods} on {interface}, in zone {zone}",
        f"介面 {interface}（{zone}）可由 {methods} 管理",
    )
    return Result.satisfied, "closed_to_outside", words
