"""The unit: release, model, boot, and its part where addresses are shared by VRRP."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from collectors._managed.answer import who
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "VyOS"
_RELEASE = re.compile(r"^Version:[ \t]+VyOS (?P<version>\S+)", re.M)
_BUILD = re.compile(r"^Build commit ID:[ \t]+(?P<build>\S+)|^Build ID:[ \t]+(?P<id>\S+)", re.M)
_PART = re.compile(
    r"^(?P<name>Hypervisor|Hardware model|HW model|Hardware S/N|HW S/N|"
    r"Hardware vendor|System type):[ \t]+(?P<value>\S.*?)[ \t]*$",
    re.M,
)
_SPAN = re.compile(
    r"Uptime:\s+(?:(\d+)w ?)?(?:(\d+)d ?)?(?:(\d+)h ?)?(?:(\d+)m ?)?(?:(\d+)s)?\s*$", re.M
)
_UP = re.compile(r"\bup\s+(?:(?P<days>\d+) days?,\s*)?(?:(?P<h>\d+):(?P<m>\d\d)|(?P<only>\d+) min)")
_STATE = re.compile(r"^\S+\s+\S+\s+\d+\s+(?P<state>MASTER|BACKUP|FAULT)\b", re.M)
_ROLES = {("MASTER",): "active", ("BACKUP",): "standby", ("BACKUP", "MASTER"): "member"}


def release(version: Capture) -> SoftwareRelease:
    """The release. Raises Unexpected for what no VyOS says."""
    found = _RELEASE.search(version.text())
    if found is None:
        raise Unexpected(f"{who(version)}: names no VyOS release")
    build = _BUILD.search(version.text())
    return SoftwareRelease(
        vendor=VENDOR,
        product="vyos",
        name="VyOS",
        version=found["version"],
        build=(build["build"] or build["id"]) if build else None,
        train=train("vyos", found["version"]),
    )


def hardware(version: Capture) -> Iterator[HardwareItem]:
    parts = dict(_PART.findall(version.text()))
    model = parts.get("Hardware model") or parts.get("HW model")
    if model:
        yield HardwareItem(
            vendor=parts.get("Hardware vendor"),
            model=model,
            serial=parts.get("Hardware S/N") or parts.get("HW S/N"),
            virtual="Hypervisor" in parts or parts.get("System type", "").endswith("guest"),
        )


def unit(
    named: str | None,
    items: Sequence[HardwareItem],
    version: Capture | None,
    uptime: Capture | None,
    vrrp: Capture | None,
) -> Unit:
    """What the answers at hand say of the unit; the rest stays None."""
    found = Unit(vendor=VENDOR, hostname=named)
    for item in items[:1]:
        found = replace(found, model=item.model, serial=item.serial)
    for capture in (uptime, version):
        spent = _span(capture.text()) if capture else None
        if capture and spent is not None:
            boot_at = (capture.answered_at - spent).replace(microsecond=0)
            found = replace(found, boot_at=boot_at, uptime_s=spent.total_seconds())
            break
    if vrrp is None:
        return found
    states = tuple(sorted(set(_STATE.findall(vrrp.text()))))
    return replace(found, ha_mode="vrrp", ha_role=_ROLES.get(states)) if states else found


def _span(text: str) -> timedelta | None:
    """`Uptime: 52d 2h 13m 4s`, or the line of `uptime` up to 1.3, to the minute."""
    told = _SPAN.search(text)
    if told and any(told.groups()):
        weeks, days, hours, minutes, seconds = (int(one or 0) for one in told.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if (up := _UP.search(text)) is None:
        return None
    days, hours, minutes, only = (int(up[one] or 0) for one in ("days", "h", "m", "only"))
    return timedelta(days=days, hours=hours, minutes=minutes + only)
