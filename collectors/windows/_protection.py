"""What protects a Windows host: Defender and other anti-virus, application control, encryption.

Defender's own values and policy stand in the registry, its state in what `Get-MpComputerStatus`
says as JSON; other products report to the Security Center, which a server does not have. AppLocker
keeps a mode for each kind of file (`EnforcementMode` 1 enforce, 0 audit) and acts only while its
service (AppIDSvc) runs. Code integrity (WDAC) is told by Device Guard. The numbers are those of
Microsoft's documentation of these classes and keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from collectors.windows._registry import Key
from evidence.capture import Capture
from evidence.errors import Unexpected
from evidence.facts import ProtectionState

DEFENDER, APPLOCKER, WDAC, SRP = "Microsoft Defender", "AppLocker", "WDAC", "SRP"
_KINDS = {"exe": "programs", "dll": "libraries", "script": "scripts", "msi": "installers"}
_KINDS |= {"appx": "packaged apps"}
_NET_TIME = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
# Code integrity's policy status in Win32_DeviceGuard: 0 off, 1 audit, 2 enforced.
_INTEGRITY = {0: "off", 1: "audit", 2: "enforce"}
# The Security Center's productState: the second byte's high digit is on, the third's is signatures.
_ON, _OLD = 0x1000, 0x10


def defender(capture: Capture) -> Iterator[ProtectionState]:
    """Of `Get-MpComputerStatus`: whether it protects in real time, its signatures and scans."""
    said = _one(capture, "AntivirusEnabled")
    enabled = _true(said.get("AntivirusEnabled"))
    live = _true(said.get("RealTimeProtectionEnabled"))
    mode = said.get("AMRunningMode")
    yield ProtectionState(
        kind="malware",
        product=DEFENDER,
        installed=True,
        enabled=None if enabled is None and live is None else bool(enabled and live),
        mode=str(mode) if mode else None,
        version=_text(said.get("AMProductVersion")),
        signatures_at=moment_of(said.get("AntivirusSignatureLastUpdated")),
        full_scan_at=moment_of(said.get("FullScanEndTime")),
        quick_scan_at=moment_of(said.get("QuickScanEndTime")),
    )


def others(capture: Capture) -> Iterator[ProtectionState]:
    """Of the Security Center: every other product that says it protects."""
    for row in rows(capture, "productState"):
        name, state = _text(row.get("displayName")), row.get("productState")
        if not name or "defender" in name.casefold() or not isinstance(state, int):
            continue
        yield ProtectionState(
            kind="malware",
            product=name,
            installed=True,
            enabled=bool(state & _ON),
            # It says only whether they are old; the day it does not say.
            detail="signatures old" if state & _OLD else "signatures current",
        )


def applocker(keys: Mapping[str, Key], services: Key | None) -> ProtectionState:
    """The weakest mode of the kinds of files it has rules for, and whether it acts at all.

    `keys` are AppLocker's by kind (`Exe` …), with its EnforcementMode; None of them: no policy.
    """
    modes: dict[str, str] = {}
    for kind, key in keys.items():
        number = key.number("EnforcementMode") if key.exists else None
        if number is not None:
            modes[_KINDS.get(kind.casefold(), kind)] = "enforce" if number == 1 else "audit"
    start = services.number("Start") if services and services.exists else None
    runs = None if start is None else start == 2
    mode = "off"
    if modes:
        programs = modes.get("programs", "off")
        mode = programs if runs is not False else "off"
    return ProtectionState(
        kind="allow_list",
        product=APPLOCKER,
        installed=True,
        enabled=runs if modes else False,
        mode=mode,
        covers=tuple(sorted(f"{kind}: {one}" for kind, one in modes.items())),
        detail=None if runs is not False or not modes else "its service AppIDSvc does not start",
    )


def integrity(capture: Capture) -> ProtectionState | None:
    """Of Win32_DeviceGuard: what code integrity does with programs of users."""
    said = _one(capture, "UsermodeCodeIntegrityPolicyEnforcementStatus")
    user = said.get("UsermodeCodeIntegrityPolicyEnforcementStatus")
    if not isinstance(user, int):
        return None
    mode = _INTEGRITY.get(user)
    return ProtectionState(
        kind="allow_list",
        product=WDAC,
        installed=True,
        enabled=None if mode is None else mode != "off",
        mode=mode,
        covers=("programs", "scripts") if mode == "enforce" else (),
    )


def restriction(key: Key | None) -> ProtectionState | None:
    """Software restriction policies: a default level of 0 lets nothing run that no rule allows."""
    level = key.number("DefaultLevel") if key and key.exists else None
    if level is None:
        return None
    return ProtectionState(
        kind="allow_list",
        product=SRP,
        installed=True,
        enabled=level == 0,
        mode="enforce" if level == 0 else "off",
        covers=("programs",) if level == 0 else (),
        detail=f"default level 0x{level:x}",
    )


def encryption(capture: Capture) -> Iterator[ProtectionState]:
    """Of Win32_EncryptableVolume: whether the system's disk is protected."""
    for row in rows(capture, "ProtectionStatus"):
        letter, status = _text(row.get("DriveLetter")), row.get("ProtectionStatus")
        if letter and isinstance(status, int):
            yield ProtectionState(
                kind="posture",
                product=f"BitLocker {letter}",
                installed=True,
                enabled={0: False, 1: True}.get(status),
                mode={0: "off", 1: "on"}.get(status, "unknown"),
            )


def management(key: Key | None, join: Key | None) -> ProtectionState:
    """Whether anybody manages the host: enrolled with a server, or a member of a domain."""
    enrolled = key is not None and key.exists
    domain = join.text("Domain") if join and join.exists else None
    words = [*(["enrolled with a management server"] if enrolled else [])]
    words += [f"member of {domain}"] if domain else []
    return ProtectionState(
        kind="posture",
        product="management",
        enabled=bool(words) if key is not None or join is not None else None,
        mode="managed" if words else "not managed",
        detail=", ".join(words) or None,
    )


def proxy(key: Key | None) -> ProtectionState | None:
    """The proxy that programs of every user are sent to."""
    server = key.text("ProxyServer") if key and key.exists else None
    number = key.number("ProxyEnable") if key and key.exists else None
    if number is None and server is None:
        return None
    return ProtectionState(
        kind="posture", product="proxy", enabled=number == 1, mode=server, detail=None
    )


def rows(capture: Capture, wanted: str) -> Iterable[Mapping[str, Any]]:
    """The objects of a ConvertTo-Json, one or several. Raises Unexpected: they hold no `wanted`."""
    said = capture.json()
    found = said if isinstance(said, list) else [said]
    if not found or not all(isinstance(one, Mapping) and wanted in one for one in found):
        raise Unexpected(f"{capture.device}: {capture.ask.name}: no {wanted} in it")
    return found


def _one(capture: Capture, wanted: str) -> Mapping[str, Any]:
    return next(iter(rows(capture, wanted)))


def _true(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def moment_of(value: Any) -> datetime | None:
    """A time as Windows PowerShell writes it in JSON, or ISO 8601; a year before 2000 is none."""
    if isinstance(value, Mapping):
        value = value.get("value") or value.get("DateTime")
    if not isinstance(value, str):
        return None
    try:
        if match := _NET_TIME.search(value):
            found = datetime.fromtimestamp(int(match[1]) / 1000, UTC)
        else:
            found = datetime.fromisoformat(value)
    except (ValueError, OverflowError, OSError):
        return None
    if found.tzinfo is None or found.year < 2000:
        return None
    return found.astimezone(UTC)
