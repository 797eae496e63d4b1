"""Check Point gateways and managers (Gaia) by SSH: release, appliance, cluster, policy install.

The rules and their hits are the manager's matter (platform `checkpoint`); what stands here is
what only the unit itself knows: since when it runs, which part it has in its cluster, and when
it last took a policy. Lines are sent one by one to clish, the shell of a Gaia account.

From the documentation; not confirmed on a unit of our own: the layout of every answer.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from collectors._local_time import local_time
from collectors._quoted import flush_left
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import Fact, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Check Point"
ALIASES = ("checkpoint_gaia", "check_point_gaia")
TRANSPORTS = ("ssh",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

VERSION = Ask("version", "show version all")
UPTIME = Ask("uptime", "show uptime", also=("uptime",))
CLOCK = Ask("clock", "show clock")
HOSTNAME = Ask("hostname", "show hostname")
ASSET = Ask("asset", "show asset all")
CLUSTER = Ask("cluster", "show cluster state", also=("cphaprob state", "cphaprob stat"))
POLICY = Ask("policy", "fw stat")

_VERSION = re.compile(r"^Product version Check Point Gaia (?P<version>R\d\S*)", re.M)
_BUILD = re.compile(r"^OS build (?P<build>\d+)", re.M)
_UPTIME = re.compile(
    r"\bup\s+(?:(?P<days>\d+) days?,?\s*)?(?:(?P<hours>\d+):(?P<minutes>\d\d)|(?P<only>\d+) min)?"
)
_ASSET = re.compile(r"^[ \t]*(?P<name>[A-Z][\w ]*?)[ \t]*:[ \t]*(?P<value>\S.*?)[ \t]*$", re.M)
_CARD = re.compile(r"line card (\d+) model")
_MODE = re.compile(r"^Cluster Mode:[ \t]*(?P<mode>.+?)\s*$", re.M)
_MEMBER = re.compile(
    r"^[ \t]*\d+\s+(?P<local>\(local\)\s+)?(?P<address>[0-9a-fA-F.:]+)\s+\S+\s+"
    r"(?P<state>[A-Z]+)(?:\([!FPL]*\))?[^\S\n]*(?P<name>\S*)\s*$",
    re.M,
)
_CHANGED = re.compile(r"^[ \t]*Event time:\s*\w{3} (?P<time>\w{3} +\d+ [\d:]{8} \d{4})\s*$", re.M)
_POLICY = re.compile(r"^localhost\s+(?P<name>\S+)\s+(?P<time>\d{1,2}\w{3}\d{4} [\d:]{7,8})", re.M)
_CLOCK = re.compile(
    r"^\w{3} (?P<time>\w{3} +\d+ [\d:]{8})(?: (?P<zone>[A-Z]{2,5}))? (?P<year>\d{4})"
    r"(?: (?P<last>[A-Z]{2,5}))?"
)
_EVENT, _INSTALLED = "%b %d %H:%M:%S %Y", "%d%b%Y %H:%M:%S"
_ROLES = {"ACTIVE": "active", "STANDBY": "standby", "BACKUP": "standby"}


def firmware(device: Device) -> Flow:
    """Release, appliance with its line cards, and the unit: boot, cluster, last policy install.

    The appliance may be all that somebody delivered. Raises NotAnswered where neither is told.
    """
    try:
        version: Capture | None = yield VERSION
    except NotAnswered as error:
        if error.code != NotAnswered.code:
            raise
        version = None
    releases = [_release(device, version)] if version else []
    asset = yield from _optional(ASSET)
    parts = dict(_ASSET.findall(flush_left(asset.text()))) if asset else {}
    if not releases and "Model" not in parts:
        raise NotAnswered(f"{device.id}: nobody delivered an answer to {VERSION.text!r}")
    unit = yield from _unit(device, parts)
    return [*releases, *_hardware(parts), unit]


def _release(device: Device, version: Capture) -> SoftwareRelease:
    told = _VERSION.search(flush_left(version.text()))
    if told is None:
        raise Unexpected(f"{device.id}: {VERSION.text!r} names no Gaia release")
    if (build := _BUILD.search(flush_left(version.text()))) is None:
        raise Incomplete(f"{device.id}: {VERSION.text!r} breaks off before the build")
    return SoftwareRelease(
        vendor=VENDOR,
        product="gaia",
        name="Gaia",
        version=told["version"],
        build=build["build"],
        train=train("gaia", told["version"]),
    )


def _hardware(parts: dict[str, str]) -> Iterator[Fact]:
    if not parts:
        return
    yield HardwareItem(
        vendor=VENDOR,
        model=parts.get("Model"),
        serial=parts.get("Serial Number"),
        virtual="virtual" in parts.get("Platform", "").lower(),
    )
    about = {name.casefold(): value for name, value in parts.items()}
    for name, value in about.items():
        if (card := _CARD.fullmatch(name)) is not None:
            yield HardwareItem(
                vendor=VENDOR,
                model=value,
                part="module",
                position=f"line card {card[1]}",
                description=about.get(f"line card {card[1]} type"),
            )


def _unit(device: Device, parts: dict[str, str]) -> Generator[Ask, Capture, Unit]:
    unit = Unit(vendor=VENDOR, model=parts.get("Model"), serial=parts.get("Serial Number"))
    hostname = yield from _optional(HOSTNAME)
    if hostname and (name := hostname.text().strip()):
        unit = replace(unit, hostname=name.split()[-1])
    uptime = yield from _optional(UPTIME)
    if uptime and (uptime_s := _uptime_s(uptime.text())) is not None:
        boot_at = uptime.answered_at - timedelta(seconds=uptime_s)
        unit = replace(unit, uptime_s=uptime_s, boot_at=boot_at.replace(microsecond=0))
    clock = yield from _optional(CLOCK)
    if clock:
        unit = _with_clock(unit, clock, device.timezone)
    cluster = yield from _optional(CLUSTER)
    if cluster:
        unit = _with_cluster(unit, cluster.text(), device.timezone)
    policy = yield from _optional(POLICY)
    installed = _POLICY.search(policy.text()) if policy else None
    if installed and installed["name"] not in ("-", "InitialPolicy", "defaultfilter"):
        at = local_time(installed["time"], _INSTALLED, device.timezone)
        unit = replace(unit, rules_loaded_at=at)
    return unit


def _with_cluster(unit: Unit, said: str, timezone: str) -> Unit:
    """The unit with its part in the cluster; standalone where there is none."""
    mode = _MODE.search(said)
    if mode is None:
        absent = "not" in said.lower()
        return replace(unit, ha_mode="standalone") if absent else unit
    members = list(_MEMBER.finditer(said))
    mine = next((one for one in members if one["local"]), None)
    others = [one["name"] or one["address"] for one in members if not one["local"]]
    load_sharing = "load sharing" in mode["mode"].lower()
    changed = _CHANGED.search(said)
    role = _ROLES.get(mine["state"]) if mine else None
    return replace(
        unit,
        ha_mode=mode["mode"].lower(),
        ha_role="member" if load_sharing and role == "active" else role,
        ha_peer=", ".join(others) or None,
        role_since_at=local_time(changed["time"], _EVENT, timezone) if changed else None,
    )


def _with_clock(unit: Unit, clock: Capture, timezone: str) -> Unit:
    found = _CLOCK.match(clock.text().strip())
    if found is None:
        return unit
    zone = found["zone"] or found["last"]
    at = local_time(f"{found['time']} {found['year']}", _EVENT, timezone, zone)
    offset_s = None if at is None else round((at - clock.answered_at).total_seconds(), 1)
    return replace(unit, clock_at=at, clock_zone=zone, clock_offset_s=offset_s)


def _uptime_s(said: str) -> float | None:
    """Seconds of `up 41 days, 19:02` or `up 12 min`, rounded down to the minute."""
    found = _UPTIME.search(said)
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, only = (int(found[one] or 0) for one in found.groupdict())
    return float(((days * 24 + hours) * 60 + minutes + only) * 60)


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    """What can be done without; None when the unit or the account does not answer it."""
    try:
        return (yield ask)
    except NotAnswered:
        return None
