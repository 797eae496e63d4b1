"""The unit: release, board, boot, clock, and its part where addresses are shared by VRRP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from collectors._local_time import local_time
from collectors._managed.answer import who
from collectors.mikrotik._answer import Row, sheet
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "MikroTik"
_RELEASE = re.compile(r"(?P<version>\d+\.\d+\S*)(?: \((?P<channel>[a-z-]+)\))?")
_SPAN = re.compile(
    r"(?:(\d+)w)?(?:(\d+)d)?(?:(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?|(\d+):(\d\d):(\d\d))"
)
_FORMS = ("%Y-%m-%d %H:%M:%S", "%b/%d/%Y %H:%M:%S")


def release(resource: Row, capture: Capture) -> SoftwareRelease:
    """The release, its channel (`long-term`, `stable`) as the build. Raises Unexpected: none."""
    told = resource.get("version", "") if "uptime" in resource else ""  # others have a version too
    found = _RELEASE.match(told)
    if found is None:
        raise Unexpected(f"{who(capture)}: names no RouterOS release")
    return SoftwareRelease(
        vendor=VENDOR,
        product="routeros",
        name="RouterOS",
        version=found["version"],
        build=found["channel"],
        train=train("routeros", found["version"]),
    )


def board(resource: Row, routerboard: Row) -> HardwareItem:
    """The board; a CHR is virtual, and a PC's board is told by no one."""
    name = routerboard.get("board-name") or resource.get("board-name")
    return HardwareItem(
        vendor=VENDOR,
        model=routerboard.get("model") or name,
        serial=routerboard.get("serial-number"),
        description=name,
        revision=routerboard.get("current-firmware"),
        virtual=(name or "").startswith("CHR"),
    )


def unit(
    resource: Capture | None,
    routerboard: Row,
    identity: Row,
    clock: Capture | None,
    vrrp: Sequence[Row] | None,
) -> Unit:
    """What the answers at hand say of the unit; the rest stays None."""
    found = Unit(
        vendor=VENDOR,
        model=routerboard.get("model"),
        serial=routerboard.get("serial-number"),
        hostname=identity.get("name"),
    )
    if resource and (spent := _span(sheet(resource).get("uptime", ""))) is not None:
        boot_at = (resource.answered_at - spent).replace(microsecond=0)
        found = replace(found, boot_at=boot_at, uptime_s=spent.total_seconds())
    if clock:
        found = _with_clock(found, sheet(clock), clock)
    if vrrp is None:
        return found
    shared = [row for row in vrrp if row.get("disabled") != "true"]
    mode = "vrrp" if shared else "standalone"
    return replace(found, ha_mode=mode, ha_role=_role(shared))


def _with_clock(found: Unit, said: Row, clock: Capture) -> Unit:
    zone = said.get("time-zone-name")
    written = f"{said.get('date', '')} {said.get('time', '')}"
    times = [local_time(written, form, zone or "") for form in _FORMS]
    at = next((one for one in times if one), None)
    offset_s = None if at is None else round((at - clock.answered_at).total_seconds(), 1)
    return replace(found, clock_at=at, clock_zone=zone, clock_offset_s=offset_s)


def _role(shared: Sequence[Row]) -> str | None:
    """Active where it leads every shared address, standby where none; None where it is not told."""
    leads = [row.get("master") == "true" for row in shared]
    if not leads or not any(name in row for row in shared for name in ("master", "backup")):
        return None
    return "active" if all(leads) else "member" if any(leads) else "standby"


def _span(text: str) -> timedelta | None:
    """`6w5d11h55m45s`, or `1d02:03:04`."""
    found = _SPAN.fullmatch(text)
    if not text or found is None:
        return None
    weeks, days, *rest = (int(one or 0) for one in found.groups())
    hours, minutes, seconds = (one + other for one, other in zip(rest[:3], rest[3:], strict=True))
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
