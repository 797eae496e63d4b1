"""The same unit by its command line: answers that somebody delivers, never asked by the agent."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from collectors.fortios._unit import VENDOR, hardware, role_of, software
from evidence.capture import Capture
from evidence.clock import zone_named
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, Unit

_VERSION = re.compile(
    r"^Version: *(?P<model>Forti\S+)\s+(?P<version>v\d+(?:\.\d+)+),?\s*build(?P<build>\d+)",
    re.M,
)
_PRODUCTS = {"fortigate": "fortios", "fortiwifi": "fortios", "fortigaterugged": "fortios"}
# `Primary : FW-A , FG100…, HA cluster index = 0`; until 5.4 `Master:200 FW-A FG100… 0`.
_MEMBER = re.compile(
    r"^(?P<role>Master|Slave|Primary|Secondary)\s*:\s*(?:\d+\s+)?(?P<name>[^,\s][^,\n]*?)\s*"
    r"[,\s]\s*(?P<serial>F[A-Z0-9][A-Za-z0-9]{8,})(?:\s*,\s*(?:HA )?cluster index|\s+\d+\s*$)",
    re.M,
)
_LEADS = ("master", "primary")


def facts(
    status: Capture | None, performance: Capture | None, ha: Capture | None, zone: str
) -> list[Fact]:
    """What these answers tell; nothing when there are none. `zone`: of the device's clock.

    Raises Unexpected for another system's output and Incomplete for one that breaks off.
    """
    members = _members(ha, zone) if ha else []
    if status is None:
        chassis = (
            replace(hardware(one.model, one.serial), subject_unit=one.subject_unit)
            for one in members
        )
        return [*chassis, *members]
    found, own = _status(status), _own(status, performance, zone)
    product = found["model"].split("-")[0].casefold()
    others = [one for one in members if one.serial not in (None, own.serial)]
    return [
        software(_PRODUCTS.get(product, product), found["version"], found["build"]),
        hardware(found["model"], own.serial),
        replace(own, ha_peer=", ".join(filter(None, (one.serial for one in others))) or None),
        *others,
    ]


def _own(status: Capture, performance: Capture | None, zone: str) -> Unit:
    """The unit from `get system status`, its uptime from `get system performance status`."""
    text = status.text()
    mode, _, role = (_said(text, "Current HA mode") or "").partition(",")
    role = role.strip().casefold()
    uptime_s = _uptime(performance.text()) if performance else None
    return Unit(
        vendor=VENDOR,
        model=_status(status)["model"],
        serial=_said(text, "Serial-Number"),
        hostname=_said(text, "Hostname"),
        ha_mode=mode.strip() or None,
        ha_role=role_of(role in _LEADS if role else None, mode.strip()),
        role_since_at=_at(_said(text, "Cluster state change time"), "%Y-%m-%d %H:%M:%S", zone),
        uptime_s=uptime_s,
        boot_at=performance.answered_at - timedelta(seconds=uptime_s)
        if performance and uptime_s is not None
        else None,
        clock_at=_at(_said(text, "System time"), "%a %b %d %H:%M:%S %Y", zone),
    )


def _members(ha: Capture, zone: str) -> list[Unit]:
    """The cluster's units from `get system ha status`, or the one that stands alone."""
    text = _whole_ha(ha)
    mode = (_said(text, "Mode") or "").casefold().removeprefix("ha ")
    plain = Unit(
        vendor=VENDOR,
        model=_said(text, "Model"),
        ha_mode=mode,
        role_since_at=_at(_said(text, "Cluster state change time"), "%Y-%m-%d %H:%M:%S", zone),
    )
    units = [
        replace(
            plain,
            subject_unit=line["serial"],
            serial=line["serial"],
            hostname=line["name"],
            ha_role=role_of(line["role"].casefold() in _LEADS, mode),
        )
        for line in _MEMBER.finditer(text)
    ]
    if len(units) != 2:
        return units or [plain]
    first, second = units
    return [replace(first, ha_peer=second.serial), replace(second, ha_peer=first.serial)]


def _status(capture: Capture) -> re.Match[str]:
    text = capture.text()
    found = _VERSION.search(text)
    if found is None:
        raise Unexpected(
            f"{capture.device}: {capture.ask.text!r} names no Fortinet version; "
            f"it starts {shown(text)!r}"
        )
    # The clock stands after all that is read here: what was cut off has none.
    if _said(text, "Serial-Number") is None or _said(text, "System time") is None:
        raise Incomplete(f"{capture.device}: {capture.ask.text!r} ends before the system time")
    return found


def _whole_ha(capture: Capture) -> str:
    text = capture.text()
    if _said(text, "Model") is None or _said(text, "Mode") is None:
        raise Unexpected(
            f"{capture.device}: {capture.ask.text!r} names no model and mode; "
            f"it starts {shown(text)!r}"
        )
    if "number of vcluster" not in text and "vcluster 1" not in text:
        raise Incomplete(f"{capture.device}: {capture.ask.text!r} ends before the members")
    return text


def _said(text: str, name: str) -> str | None:
    found = re.search(rf"^{re.escape(name)}:[ \t]*(\S.*?)[ \t]*$", text, re.M)
    return found[1] if found else None


def _at(text: str | None, form: str, zone: str) -> datetime | None:
    known = zone_named(zone)
    if text is None or known is None:
        return None
    try:
        return datetime.strptime(text, form).replace(tzinfo=known)
    except ValueError:
        return None


def _uptime(text: str) -> float | None:
    found = re.search(
        r"^Uptime:\s*(\d+) days?,\s*(\d+) hours?,\s*(\d+) minutes?(?:,\s*(\d+) seconds?)?",
        text,
        re.M,
    )
    if found is None:
        return None
    days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
