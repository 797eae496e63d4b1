"""The unit itself over REST: release, model, boot time, and its place in a cluster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from collectors.fortios._answer import Part, parts, rows, said, whole
from evidence.capture import Capture
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Fortinet"
_VIRTUAL = re.compile(r"-VM|^FGVM|^FGT_VM|^FG[A-Z]*VM", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was answered about the unit; None for what was not."""

    status: Capture | None = None
    state: Capture | None = None
    time: Capture | None = None
    ha: Capture | None = None
    members: Capture | None = None
    roles: Capture | None = None
    other: Capture | None = None  # any answer at all: its envelope names serial and release


def envelope_of(answers: Answers) -> Part | None:
    """The first answer there is: every one names serial number and release."""
    rest = (answers.state, answers.time, answers.ha, answers.members, answers.other)
    return next((parts(one)[0] for one in (answers.status, *rest) if one is not None), None)


def release(part: Part) -> SoftwareRelease:
    """The running release, from any answer's envelope."""
    return software("fortios", part.version, part.build)


def software(product: str, version: str, build: str | None) -> SoftwareRelease:
    """A release of a Fortinet product in our words."""
    names = {"fortios": "FortiOS", "fortiap": "FortiAP", "fortiswitch": "FortiSwitchOS"}
    return SoftwareRelease(
        vendor=VENDOR,
        product=product,
        name=names.get(product, product),
        version=version,
        build=build,
        train=train(product, version),
    )


def hardware(model: str | None, serial: str | None) -> HardwareItem:
    """A chassis, or a virtual appliance, which has no hardware dates."""
    virtual = any(_VIRTUAL.search(text) for text in (model, serial) if text)
    return HardwareItem(vendor=VENDOR, model=model, serial=serial, virtual=virtual)


def model_of(part: Part) -> str | None:
    """`FortiGate-100F` of its two halves; else the short code (`FG100F`)."""
    results = _mapping(part.results)
    name, number = said(results.get("model_name")), said(results.get("model_number"))
    return f"{name}-{number}" if name and number else said(results.get("model"))


def units(answers: Answers) -> list[Unit]:
    """The unit that answered (`subject_unit` None), then the other members of its cluster."""
    found = {one.serial: one for one in _members(answers)}
    own = _own(answers)
    if own is None:
        return list(found.values())
    member = found.pop(own.serial, None)
    others = list(found.values())
    own = replace(
        own,
        hostname=own.hostname or (member.hostname if member else None),
        ha_mode=_mode(answers) or ("standalone" if member and not others else None),
        ha_role=member.ha_role if member else None,
        ha_peer=", ".join(filter(None, (one.serial for one in others))) or None,
    )
    return [own, *others]


def _own(answers: Answers) -> Unit | None:
    """The answering unit. Its boot time needs `web-ui/state`, which 7.6 no longer fills."""
    envelope = envelope_of(answers)
    if envelope is None:
        return None
    status = _mapping(parts(answers.status)[0].results) if answers.status else {}
    state = _mapping(parts(answers.state)[0].results) if answers.state else {}
    clock_at = _clock(answers, state)
    answered = answers.state or answers.time
    now_ms, boot_ms = whole(state.get("snapshot_utc_time")), whole(state.get("utc_last_reboot"))
    uptime_s = (now_ms - boot_ms) / 1000 if now_ms and boot_ms else None
    return Unit(
        vendor=VENDOR,
        model=model_of(parts(answers.status)[0]) if answers.status else None,
        serial=envelope.serial,
        hostname=said(status.get("hostname")) or said(state.get("hostname")),
        uptime_s=uptime_s,
        boot_at=answered.answered_at - timedelta(seconds=uptime_s)
        if answered and uptime_s is not None
        else None,
        clock_at=clock_at,
        clock_zone="UTC" if clock_at else None,
        clock_offset_s=round((clock_at - answered.answered_at).total_seconds(), 1)
        if clock_at and answered
        else None,
    )


def _clock(answers: Answers, state: Mapping[str, Any]) -> datetime | None:
    milliseconds = whole(state.get("snapshot_utc_time"))
    if milliseconds:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    if answers.state is None and answers.time is not None:
        seconds = whole(_mapping(parts(answers.time)[0].results).get("time"))
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    return None


def _mode(answers: Answers) -> str | None:
    """`standalone`, `a-p` or `a-a`; None also where the account may not see it (shortened)."""
    if answers.ha is None:
        return None
    return said(_mapping(parts(answers.ha)[0].results).get("mode"))


def _members(answers: Answers) -> Iterator[Unit]:
    leading = _leading(answers)
    mode = _mode(answers)
    if answers.members is None:
        return
    listed = [row for _, row in rows(answers.members) if said(row.get("serial_no"))]
    # With several virtual clusters a unit is listed once for each.
    for serial, row in {str(row["serial_no"]): row for row in listed}.items():
        role = role_of(leading.get(serial), mode) if len(listed) > 1 else None
        yield Unit(
            subject_unit=serial,
            vendor=VENDOR,
            serial=serial,
            hostname=said(row.get("hostname")),
            ha_mode=mode,
            ha_role=role,
        )


def _leading(answers: Answers) -> dict[str, bool]:
    """Which serial leads the cluster. Newer releases say `primary` where older said `master`."""
    if answers.roles is None:
        return {}
    return {
        str(row.get("serial_no")): bool(row.get("is_root_primary", row.get("is_root_master")))
        for _, row in rows(answers.roles)
    }


def role_of(leads: bool | None, mode: str | None) -> str | None:
    """In an active-active cluster the others work too: they are members, not standby."""
    if leads is None:
        return None
    return "active" if leads else "member" if mode == "a-a" else "standby" if mode else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
