"""The unit: release, boot, clock, and its part where addresses are shared by CARP."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from collectors._local_time import local_time
from collectors._managed.answer import who
from collectors.opnsense._answer import mapping, rows, words
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "OPNsense"
# The lines below it name the kernel and OpenSSL, whose versions are no release of OPNsense.
_RELEASE = re.compile(r"OPNsense\D*(?P<version>\d+\.\d+(?:\.\d+)?(?:_\d+)?)-\w+")
# The word for days is of the account's language.
_UPTIME = re.compile(r"(?:(?P<days>\d+) [^\d,]+, )?(?P<h>\d+):(?P<m>\d\d):(?P<s>\d\d)")
_CLOCK = re.compile(
    r"\w{3} (?P<time>\w{3} \d{1,2} \d{1,2}:\d\d:\d\d) (?P<zone>\S+) (?P<year>\d{4})"
)
_ROLES = {("MASTER",): "active", ("BACKUP",): "standby", ("BACKUP", "MASTER"): "member"}


def release(system: Capture) -> SoftwareRelease:
    """The release. Raises Unexpected for what no OPNsense says."""
    versions = mapping(system).get("versions")
    first = str(versions[0]) if isinstance(versions, list) and versions else ""
    found = _RELEASE.match(first)
    if found is None:
        raise Unexpected(f"{who(system)}: names no OPNsense release")
    return SoftwareRelease(
        vendor=VENDOR,
        product="opnsense",
        name="OPNsense",
        version=found["version"],
        train=train("opnsense", found["version"]),
    )


def unit(system: Capture | None, time: Capture | None, carp: Capture | None, timezone: str) -> Unit:
    """What the answers at hand say of the unit; the rest stays None."""
    found = Unit(vendor=VENDOR)
    if system:
        found = replace(found, hostname=words(mapping(system), "name") or None)
    if time:
        found = _with_time(found, time, timezone)
    return _with_carp(found, carp) if carp else found


def _with_time(found: Unit, time: Capture, timezone: str) -> Unit:
    said = mapping(time)
    if uptime := _UPTIME.fullmatch(words(said, "uptime")):
        days, hours, minutes, seconds = (int(one or 0) for one in uptime.groups())
        spent = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        boot_at = (time.answered_at - spent).replace(microsecond=0)
        found = replace(found, boot_at=boot_at, uptime_s=spent.total_seconds())
    if clock := _CLOCK.fullmatch(words(said, "datetime")):
        written = f"{clock['time']} {clock['year']}"
        at = local_time(written, "%b %d %H:%M:%S %Y", timezone, clock["zone"])
        offset_s = None if at is None else round((at - time.answered_at).total_seconds(), 1)
        found = replace(found, clock_at=at, clock_zone=clock["zone"], clock_offset_s=offset_s)
    return found


def _with_carp(found: Unit, carp: Capture) -> Unit:
    """Active where it leads every shared address that is up, standby where it leads none."""
    shared = [row for row in rows(carp) if words(row, "vhid")]
    if not shared:
        return replace(found, ha_mode="standalone")
    states = {words(row, "status").upper() for row in shared} - {"DISABLED"}
    return replace(found, ha_mode="carp", ha_role=_ROLES.get(tuple(sorted(states))))
