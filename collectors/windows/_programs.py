"""Programs, updates, listeners and the machine of a Windows host, in words of no language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, tzinfo
from typing import Any

from collectors.windows._protection import moment_of, rows
from collectors.windows._registry import Key
from evidence.capture import Capture
from evidence.clock import zone_named
from evidence.facts import HardwareItem, SoftwareRelease

# `TCP    0.0.0.0:5900    0.0.0.0:0    LISTENING`: what waits for anybody has port 0 beside it.
_LISTENER = re.compile(r"^\s*TCP\s+(\S+):(\d+)\s+\S+:0\s", re.MULTILINE)


def listeners(text: str) -> Iterator[tuple[str, int]]:
    """Address and port of each TCP listener, of `netstat -an`."""
    return ((address, int(port)) for address, port in _LISTENER.findall(text))


# What hypervisors call the machine they pretend to be.
_VIRTUAL = re.compile(
    r"VMware|Virtual Machine|VirtualBox|KVM|QEMU|Standard PC|HVM domU|Nutanix|OpenStack",
    re.IGNORECASE,
)
_NOTHING = re.compile(r"(?i)(?:default string|to be filled by .*|system (?:product name|manu\w+)|)")


def installed(
    names: Mapping[str, str], versions: Mapping[str, str], publishers: Mapping[str, str]
) -> Iterator[SoftwareRelease]:
    """Each installed program once, from values by the same keys; what has no name is none."""
    told: set[tuple[str, str | None]] = set()
    for path, name in names.items():
        version = versions.get(path)
        if (name, version) not in told:
            told.add((name, version))
            yield SoftwareRelease(
                vendor=publishers.get(path), name=name, version=version, part="program"
            )


# `InstalledOn` is a text of the class, always month first, or a time where PowerShell makes it one.
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def updated_on(capture: Capture, timezone: str) -> date | None:
    """The day of the newest update of Windows; None: it tells none, or none that has come yet."""
    zone = zone_named(timezone) or UTC
    today = capture.answered_at.astimezone(zone).date()
    days = (_day(row.get("InstalledOn"), zone) for row in rows(capture, "HotFixID"))
    return max((day for day in days if day is not None and day <= today), default=None)


def _day(value: Any, zone: tzinfo) -> date | None:
    if (moment := moment_of(value)) is not None:
        return moment.astimezone(zone).date()
    text = str(value.get("value") or "") if isinstance(value, Mapping) else str(value or "")
    try:
        if iso := _ISO.match(text):
            return date.fromisoformat(iso[0])
        if found := _MONTH_FIRST.match(text):
            return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        pass
    return None


def machine(bios: Key) -> HardwareItem | None:
    """The machine as its firmware calls itself; None where it does not say."""
    vendor, model = bios.text("SystemManufacturer"), bios.text("SystemProductName")
    if model is None or _NOTHING.fullmatch(model):
        return None
    return HardwareItem(
        vendor=None if vendor is None or _NOTHING.fullmatch(vendor) else vendor,
        model=model,
        revision=bios.text("BIOSVersion"),
        virtual=_VIRTUAL.search(f"{vendor or ''} {model}") is not None,
    )
