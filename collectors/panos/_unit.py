"""The unit itself: release, model, boot time, clock, and its part in a pair."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element

from collectors.panos._answer import number, result, text, who, yes
from evidence.capture import Capture
from evidence.clock import zone_named
from evidence.errors import Incomplete, Unexpected
from evidence.facts import Fact, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Palo Alto Networks"
_UPTIME = re.compile(r"(\d+) days?, (\d+):(\d\d):(\d\d)")
_TIME = re.compile(
    r"\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (?:([A-Z]{2,5}|[+-]\d{2,4}) )?(\d{4})"
)
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_ROLES = {
    **{"active": "active", "passive": "standby"},
    **{"active-primary": "member", "active-secondary": "member"},
}
_CONTENT = {"app": "Applications", "threat": "Threats", "av": "Antivirus", "wildfire": "WildFire"}
# A clock without zone letters that is this far off is rather in another zone than wrong.
_FAR_OFF_S = 900

System = Mapping[str, str]


def system(capture: Capture) -> System:
    """What `show system info` says, by name. Raises Unexpected, or Incomplete: no serial in it."""
    found = result(capture)
    told = None if found is None else found.find("system")
    if told is None:
        raise Unexpected(f"{who(capture)}: the answer describes no system")
    return complete(capture, {one.tag: (one.text or "").strip() for one in told})


def complete(capture: Capture, told: System) -> System:
    """The same, if it names unit and release."""
    if missing := [name for name in ("serial", "sw-version", "model") if not told.get(name)]:
        raise Incomplete(f"{who(capture)}: the answer has no {', '.join(missing)}")
    return told


def software(told: System) -> Iterator[Fact]:
    """The release, then the content packages that were ever installed."""
    version = told["sw-version"]
    yield SoftwareRelease(
        vendor=VENDOR,
        product="panos",
        name="PAN-OS",
        version=version,
        train=train("panos", version),
    )
    for kind, name in _CONTENT.items():
        content = told.get(f"{kind}-version", "")
        if content not in ("", "0", "unknown"):
            yield SoftwareRelease(
                vendor=VENDOR, product=f"panos-{kind}", name=name, version=content, part="content"
            )


def hardware(told: System) -> HardwareItem:
    """A chassis, or a virtual firewall, which has no hardware dates."""
    virtual = told["model"].upper().startswith("PA-VM") or told.get("family") == "vm"
    return HardwareItem(vendor=VENDOR, model=told["model"], serial=_serial(told), virtual=virtual)


def _serial(told: System) -> str | None:
    """Its number, which a virtual firewall without a licence does not have."""
    return None if told["serial"] == "unknown" else told["serial"]


def unit(told: System, at: datetime, timezone: str, clock: str | None, ha: Element | None) -> Unit:
    """The unit as it was at `at`. `clock` is what `show clock` said, `ha` what it says of HA."""
    uptime_s = _uptime_s(told.get("uptime", ""))
    clock_at, zone = _clock(clock or told.get("time", ""), timezone)
    offset_s = None if clock_at is None else round((clock_at - at).total_seconds(), 1)
    if zone is None and offset_s is not None and abs(offset_s) > _FAR_OFF_S:
        offset_s = None
    mine = None if ha is None else ha.find("group/local-info")
    since_s = None if mine is None else number(mine, "state-duration")
    on = ha is not None and yes(ha, "enabled")
    return Unit(
        vendor=VENDOR,
        model=told["model"],
        serial=_serial(told),
        hostname=told.get("hostname") or None,
        ha_mode=_mode(ha),
        ha_role=_ROLES.get(text(mine, "state") or "") if on else None,
        ha_peer=_peer(ha) if on else None,
        role_since_at=at - timedelta(seconds=since_s) if on and since_s is not None else None,
        uptime_s=uptime_s,
        boot_at=None
        if uptime_s is None
        else (at - timedelta(seconds=uptime_s)).replace(microsecond=0),
        clock_at=clock_at,
        clock_zone=zone,
        clock_offset_s=offset_s,
    )


def _mode(ha: Element | None) -> str | None:
    if ha is None:
        return None
    if not yes(ha, "enabled"):
        return "standalone"
    said = text(ha, "group/mode") or text(ha, "group/local-info/mode")
    return None if said is None else said.lower()


def _peer(ha: Element | None) -> str | None:
    """The peer's serial number, which not every release tells."""
    peer = None if ha is None else ha.find("group/peer-info")
    return text(peer, "serial-num") or text(peer, "serial")


def _uptime_s(said: str) -> float | None:
    found = _UPTIME.search(said)
    if found is None:
        return None
    days, hours, minutes, seconds = map(int, found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)


def _clock(said: str, timezone: str) -> tuple[datetime | None, str | None]:
    """The moment and its zone's letters. Letters that are not the configured zone's tell none."""
    found = _TIME.search(said)
    if found is None or found[1] not in _MONTHS:
        return None, None
    month, day, hour, minute, second, zone, year = found.groups()
    parts = (int(day), int(hour), int(minute), int(second))
    try:
        local = datetime(int(year), _MONTHS.index(month) + 1, *parts, tzinfo=UTC)
        if zone in ("UTC", "GMT"):
            return local, zone
    except ValueError:
        return None, zone
    known = zone_named(timezone)
    if known is None:
        return None, zone
    there = local.replace(tzinfo=known)
    return (there.astimezone(UTC) if zone in (None, there.tzname()) else None), zone
