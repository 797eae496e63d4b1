"""What an ASA says of itself as a unit: since when it runs, its clock, its part in a failover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from collectors.asa._answer import captured_at, told
from collectors.asa._system import said, system
from evidence.capture import Capture
from evidence.clock import zone_named
from evidence.device import Device
from evidence.facts import Interface, Unit

_UPTIME = re.compile(r"(?m)^(?!failover cluster)(\S+) up ((?:\d+ [a-z]+ ?)+)\s*$")
_SPAN = {"year": 365 * 86400, "day": 86400, "hour": 3600, "min": 60, "sec": 1}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.\d+)? (\S+) (?:\w{3} )?(\w{3}) +(\d{1,2}) (\d{4})"


def uptime(text: str) -> tuple[str, float] | None:
    """Host name and seconds of `NAME up 41 days 19 hours`; the cluster's uptime is another."""
    found = _UPTIME.search(text)
    if found is None:
        return None
    spans = re.findall(r"(\d+) (year|day|hour|min|sec)", found[2])
    return (found[1], float(sum(int(n) * _SPAN[unit] for n, unit in spans))) if spans else None


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as an ASA writes it: its own, with the zone's letters."""

    local: datetime
    zone: str

    def at(self, timezone: str) -> datetime | None:
        """The moment; None when the letters are neither UTC's nor those of `timezone`."""
        if self.zone in ("UTC", "GMT"):
            return self.local
        known = zone_named(timezone)
        if known is None:
            return None
        there = self.local.replace(tzinfo=known)
        return there.astimezone(UTC) if there.tzname() == self.zone else None


def clock(text: str) -> Clock | None:
    """The first time in a text: `12:52:34.123 UTC Fri Apr 26 2017`."""
    found = re.search(_TIME, text)
    if found is None or found[5] not in _MONTHS:
        return None
    hour, minute, second, zone, month, day, year = found.groups()
    date = (int(year), _MONTHS.index(month) + 1, int(day))
    return Clock(datetime(*date, int(hour), int(minute), int(second), tzinfo=UTC), zone)


@dataclass(frozen=True, slots=True)
class Failover:
    """This unit's part in a failover pair. `role` None where it differs by group.

    `peer` is the other's serial, which versions before 9.x do not tell.
    """

    mode: str | None = None
    role: str | None = None
    peer: str | None = None
    serial: str | None = None
    since: Clock | None = None


def failover(text: str) -> Failover | None:
    """What `show failover` says; None when it is off or the text is another."""
    if not re.search(r"(?m)^Failover On\b", text):
        return None
    this = re.split(r"Other host:|Peer context:", text)[0]
    groups = re.findall(r"Group \d+ State: +(\w+)", this)
    # Within a context: `This context: Active`.
    state = re.search(r"This (?:host: +\S+ -|context:) +(.*)", this)
    states = groups or ([state[1].split()[0]] if state else [])
    roles = {_ROLES.get(one) for one in states}
    serials = re.search(r"Serial Number: Ours (\S+), Mate (\S+)", this)
    return Failover(
        mode="active/active" if groups else "active/standby",
        role=roles.pop() if len(roles) == 1 else None,
        peer=said(serials[2]) if serials else None,
        serial=said(serials[1]) if serials else None,
        since=clock(line[0]) if (line := re.search(r"(?m)^Last Failover at:.*$", this)) else None,
    )


_ROLES = {"Active": "active", "Standby": "standby"}


def contexts(text: str) -> list[str]:
    """The contexts of `show context`: within one, that one alone."""
    names: list[str] = []
    for line in text.splitlines():
        if line.startswith("Context Name"):
            names = []
        elif words := re.match(r"[ *]?([\w.-]+) +\S+ .*\S", line):
            names += [words[1]] if not line.startswith("  ") and words[1] != "Total" else []
    return names if "Context Name" in text else []


def cluster(text: str) -> list[str] | None:
    """Serial numbers of a cluster's members, this one first; None where there is no cluster."""
    if not re.search(r"(?m)^Cluster \S+: On\b", text):
        return None
    return re.findall(r"(?m)^\s+Serial No\.?\s*: (\S+)", text)


def interfaces(text: str) -> Iterator[Interface]:
    """Interfaces and the names access lists are bound to, of `show nameif`."""
    for line in text.splitlines():
        if found := re.fullmatch(r"\s*(\S+)\s+(\S+)\s+(\d{1,3})\s*", line):
            yield Interface(name=found[1], zone=found[2])


def levels(text: str) -> dict[str, int]:
    """Security levels by interface name, of `show nameif`; what only manages passes nothing on."""
    found = re.findall(r"(?m)^\s*(\S+)\s+(\S+)\s+(\d{1,3})\s*$", text)
    return {name: int(level) for port, name, level in found if not port.startswith("Management")}


def bindings(text: str) -> dict[str, list[tuple[str, str]]]:
    """Where each list is applied: (`in`, interface), (`out`, interface) or (`global`, "")."""
    found: dict[str, list[tuple[str, str]]] = {}
    pattern = r"(?m)^access-group (\S+) (?:(in|out) interface (\S+)( control-plane)?|(global))"
    for acl, way, interface, control, everywhere in re.findall(pattern, text):
        where = ("control-plane" if control else way or everywhere, interface)
        found.setdefault(acl, []).append(where)
    return found


def unit(
    device: Device, version: Capture | None, clock_: Capture | None, failover_: Capture | None
) -> Unit | None:
    """What the unit says of itself; None when it said nothing. Its times are its own clock's."""
    text = told(version) if version else ""
    machine, running = system(text), uptime(text)
    now = clock(told(clock_)) if clock_ else None
    now_at = now.at(device.timezone) if now else None
    pair = failover(told(failover_)) if failover_ else None
    if machine is None and running is None and now is None and pair is None:
        return None
    offset_s = None
    if clock_ is not None and now_at is not None:
        offset_s = round((now_at - captured_at(clock_)).total_seconds(), 1)
    return Unit(
        vendor="Cisco",
        model=machine.model if machine else None,
        serial=(machine.serial if machine else None) or (pair.serial if pair else None),
        hostname=running[0] if running else None,
        ha_mode=pair.mode if pair else None,
        ha_role=pair.role if pair else None,
        ha_peer=pair.peer if pair else None,
        role_since_at=pair.since.at(device.timezone) if pair and pair.since else None,
        boot_at=_booted(captured_at(version), running[1]) if version and running else None,
        uptime_s=running[1] if running else None,
        clock_at=now_at,
        clock_zone=now.zone if now else None,
        clock_offset_s=offset_s,
    )


def _booted(at: datetime, uptime_s: float) -> datetime:
    """When it booted. An uptime leaves out what is below its last unit, so this is late."""
    return (at - timedelta(seconds=uptime_s)).replace(microsecond=0)
