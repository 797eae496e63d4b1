"""The unit: release, chassis, boot, clock, last commit, and its nodes where it is a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from collectors._local_time import local_time
from collectors.junos._lines import answered, who
from collectors.junos._printed import printed
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import AdministrativeEvent, HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Juniper Networks"
_NODE = re.compile(r"^[ \t]*(?P<node>node\d|fpc\d|localre):\s*$", re.M)
_NAME = re.compile(r"^[ \t]*Hostname:[ \t]*(?P<value>\S+)", re.M)
_MODEL = re.compile(r"^[ \t]*Model:[ \t]*(?P<value>\S+)", re.M)
_JUNOS = re.compile(r"^[ \t]*Junos:[ \t]*(?P<value>\d\S+)", re.M)
# "JUNOS Base OS boot [12.3R12.4]"; a host's kernel and a build's day stand in such brackets too.
_PACKAGE = re.compile(
    r"^[ \t]*JUNOS [^\[\n]*\[(?P<value>\d{1,2}\.\d+(?:[A-Z]|-\d{8})[^\]\s]*)\]", re.M
)
_TIME = r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: (?P<zone>[A-Z]{2,5}))?"
_NOW = re.compile(rf"^[ \t]*Current time:\s*{_TIME}", re.M)
_BOOTED = re.compile(rf"^[ \t]*System booted:\s*{_TIME}", re.M)
_CONFIGURED = re.compile(
    rf"^[ \t]*Last configured:\s*{_TIME}.*?(?: by (?P<account>\S+))?\s*$", re.M
)
_GROUP = re.compile(r"^[ \t]*Redundancy group:[ \t]*(?P<group>\d+)", re.M)
_MEMBER = re.compile(r"^[ \t]*(?P<node>node\d)\s+\d+\s+(?P<state>[a-z-]+)\s", re.M)
_SERIAL = re.compile(r"^[ \t]*Serial [Nn]umber:[ \t]*(?P<value>\S+)", re.M)
_MEMBER_ROW = re.compile(
    r"^[ \t]*(?P<member>\d{1,2}) \(FPC +\d+\)\s+(?:Prsnt|Inactive|NotPrsnt)\s+"
    r"(?P<serial>[A-Z0-9]{8,})\s+(?P<model>[a-z]\S+)\s",
    re.M,
)
_CHASSIS = re.compile(
    r"^Chassis[ \t]+(?:(?:REV|Rev) \d+[ \t]+\S+[ \t]+)?(?P<serial>[A-Z0-9]{4,})?[ \t]{2,}"
    r"(?P<model>\S.*?)\s*$",
    re.M,
)
# A row of `show chassis hardware` with a serial number of its own: "FPC 1  REV 32  750-062242
# CAZZ1234  MPCE Type 2 3D". What is BUILTIN has none.
_PART = re.compile(
    r"^(?P<within>[ \t]*)"
    r"(?P<name>(?P<kind>Routing Engine|FPC|MIC|PIC|CB|SFB|SCB|SIB|PEM|Power Supply)(?: \d+)?)"
    r"[ \t]+(?:(?:REV|Rev) (?P<revision>\S+)[ \t]+)?\S+[ \t]+(?P<serial>(?!BUILTIN)[A-Z0-9]{6,})"
    r"[ \t]{2,}(?P<model>\S.*?)\s*$",
    re.M,
)
_STACK = "Virtual Chassis"
_FORM = "%Y-%m-%d %H:%M:%S"
_ROLES = {"primary": "active", "secondary": "standby", "secondary-hold": "standby"}


def parts(text: str) -> dict[str, str]:
    """An answer's parts by node (`node0:` above each); one part of no name where there is none."""
    heads = list(_NODE.finditer(text))
    if not heads:
        return {"": text}
    ends = [one.start() for one in heads[1:]] + [len(text)]
    return {one["node"]: text[one.end() : end] for one, end in zip(heads, ends, strict=True)}


def releases(version: Capture) -> list[SoftwareRelease]:
    """The release of each node. Raises Unexpected for what no Junos says."""
    found = []
    for node, text in parts(printed(version)).items():
        told = _JUNOS.search(text) or _PACKAGE.search(text)
        if told is not None:
            found.append(
                SoftwareRelease(
                    subject_unit=node or None,
                    vendor=VENDOR,
                    product="junos",
                    name="Junos OS",
                    version=told["value"],
                    train=train("junos", told["value"]),
                )
            )
    if not found:
        raise Unexpected(f"{who(version)}: names no Junos release")
    return found


def chassis(hardware: Capture) -> Iterator[HardwareItem]:
    """Each node's chassis; a virtual firewall has no hardware dates.

    A virtual chassis is none: its switches are, which its FPCs stand for.
    """
    for node, text in parts(printed(hardware)).items():
        told = _CHASSIS.search(text)
        if told is None:
            continue
        if told["model"] == _STACK:
            yield from _switches(text)
            continue
        yield HardwareItem(
            subject_unit=node or None,
            vendor=VENDOR,
            model=told["model"],
            serial=told["serial"],
            virtual=any(one in told["model"].upper() for one in ("VSRX", "VMX", "VQFX")),
        )


def _switches(text: str) -> Iterator[HardwareItem]:
    for row in _PART.finditer(text):
        if row["kind"] == "FPC":
            yield HardwareItem(
                vendor=VENDOR,
                model=row["model"],
                serial=row["serial"],
                position=row["name"].replace("FPC", "member"),
                revision=row["revision"],
            )


def modules(hardware: Capture) -> Iterator[HardwareItem]:
    """Line cards, routing engines and supplies that have a serial number of their own.

    On a fixed device some of them are the device itself, and bear its number.
    """
    for node, text in parts(printed(hardware)).items():
        told = _CHASSIS.search(text)
        known = {told["serial"]} if told else set()
        if told and told["model"] == _STACK:
            known |= {one.serial for one in _switches(text)}
        card = ""
        for row in _PART.finditer(text):
            if row["kind"] == "FPC":
                card = f"{row['name']} "
            if row["serial"] in known:
                continue
            known.add(row["serial"])
            supply = row["kind"] in ("PEM", "Power Supply")
            yield HardwareItem(
                subject_unit=node or None,
                vendor=VENDOR,
                model=row["model"],
                serial=row["serial"],
                part="power supply" if supply else "module",
                position=card + row["name"] if row["within"] else row["name"],
                revision=row["revision"],
            )


def members(virtual_chassis: Capture) -> Iterator[HardwareItem]:
    """The switches of a virtual chassis, each with its model and serial number."""
    for row in _MEMBER_ROW.finditer(printed(virtual_chassis)):
        yield HardwareItem(
            vendor=VENDOR,
            model=row["model"],
            serial=row["serial"],
            position=f"member {row['member']}",
        )


def named(version: Capture) -> Iterator[HardwareItem]:
    """Each node's model, where no other answer tells its chassis."""
    for node, text in parts(printed(version)).items():
        model, serial = _MODEL.search(text), _SERIAL.search(text)
        if model is not None:
            yield HardwareItem(
                subject_unit=node or None,
                vendor=VENDOR,
                model=model["value"],
                serial=serial["value"] if serial else None,
                virtual=model["value"].lower() in ("vsrx", "vmx", "vqfx-10000", "vsrx3", "olive"),
            )


def units(
    version: Capture | None,
    uptime: Capture | None,
    cluster: Capture | None,
    items: list[HardwareItem],
    timezone: str,
) -> Iterator[Unit]:
    """The device as one unit, then its nodes, each with its part in the cluster.

    Policies are counted over both nodes: either one's boot zeroes its share, so the cluster
    began counting with the boot that came last.
    """
    booted = dict(_booted(uptime, timezone))
    roles = _roles(answered(cluster)) if cluster else {}
    whole = _named(version)
    if uptime:
        whole = _with_clock(whole, uptime, timezone)
        last = max(booted.values(), default=None)
        spent = None if last is None else (uptime.answered_at - last).total_seconds()
        whole = replace(whole, boot_at=last, uptime_s=spent)
    lone = items[0] if len(items) == 1 and items[0].subject_unit is None else None
    if lone:
        whole = replace(whole, model=lone.model or whole.model, serial=lone.serial)
    yield replace(whole, ha_mode="chassis cluster" if roles else None)
    by_node = {item.subject_unit: item for item in items if item.subject_unit}
    for node in dict.fromkeys((*roles, *by_node, *(one for one in booted if one))):
        item = by_node.get(node)
        yield Unit(
            subject_unit=node,
            vendor=VENDOR,
            model=item.model if item else None,
            serial=item.serial if item else None,
            ha_mode="chassis cluster" if roles else None,
            ha_role=roles.get(node),
            boot_at=booted.get(node),
        )


def commits(uptime: Capture, timezone: str) -> Iterator[AdministrativeEvent]:
    """The last commit, and who made it."""
    found = _CONFIGURED.search(answered(uptime))
    at = local_time(found["time"], _FORM, timezone, found["zone"]) if found else None
    if found and at:
        yield AdministrativeEvent(kind="committed", at=at, account=found["account"])


def _named(version: Capture | None) -> Unit:
    text = printed(version) if version else ""
    name, model = _NAME.search(text), _MODEL.search(text)
    return Unit(
        vendor=VENDOR,
        model=model["value"] if model else None,
        hostname=name["value"] if name else None,
    )


def _with_clock(unit: Unit, uptime: Capture, timezone: str) -> Unit:
    now = _NOW.search(answered(uptime))
    if now is None:
        return unit
    at = local_time(now["time"], _FORM, timezone, now["zone"])
    offset_s = None if at is None else round((at - uptime.answered_at).total_seconds(), 1)
    return replace(unit, clock_at=at, clock_zone=now["zone"], clock_offset_s=offset_s)


def _booted(uptime: Capture | None, timezone: str) -> Iterator[tuple[str, datetime]]:
    """Boot times by node. Where the zone's letters are unknown the uptime itself is told beside."""
    for node, text in parts(answered(uptime)).items() if uptime else ():
        booted, now = _BOOTED.search(text), _NOW.search(text)
        if booted is None or uptime is None:
            continue
        at = local_time(booted["time"], _FORM, timezone, booted["zone"])
        if at is None and now is not None:
            # Both are of the same unknown zone: their difference is the uptime.
            spent = [local_time(one["time"], _FORM, "UTC") for one in (booted, now)]
            if spent[0] and spent[1]:
                at = uptime.answered_at - (spent[1] - spent[0])
        if at is not None:
            yield node, at.replace(microsecond=0)


def _roles(text: str) -> dict[str, str]:
    """A node's role: that of the group which carries traffic (1), else of the control plane (0)."""
    heads = list(_GROUP.finditer(text))
    if not heads:
        return {}
    ends = [one.start() for one in heads[1:]] + [len(text)]
    groups = {one["group"]: text[one.end() : end] for one, end in zip(heads, ends, strict=True)}
    chosen = groups.get("1", groups.get("0", ""))
    return {one["node"]: _ROLES.get(one["state"], "member") for one in _MEMBER.finditer(chosen)}
