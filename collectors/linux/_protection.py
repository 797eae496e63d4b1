"""What protects a Linux host: ClamAV with its signatures, fapolicyd with its mode, and a proxy.

`clamscan --version` names the engine, the signatures' number and their day:
`ClamAV 1.0.3/27082/Wed Nov 4 08:25:15 2026`. fapolicyd decides while it runs and is not told to be
permissive; what it trusts is a database of packages and files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._local_time import local_time
from evidence.facts import ProtectionState

CLAMAV, FAPOLICYD = "ClamAV", "fapolicyd"
SCANNERS = frozenset(("clamav", "clamav-daemon", "clamd", "clamav-server"))
AGENTS = {
    "falcon-sensor": "CrowdStrike Falcon",
    "mdatp": "Microsoft Defender for Endpoint",
    "sentinelagent": "SentinelOne",
    "ds-agent": "Trend Micro Deep Security",
    "ds_agent": "Trend Micro Deep Security",
    "cortex-agent": "Cortex XDR",
    "kesl": "Kaspersky Endpoint Security",
    "eea": "ESET Endpoint Antivirus",
}
_VERSION = re.compile(r"ClamAV ([\w.+-]+)(?:/(\d+)/(.+))?")
_SCAN_END = re.compile(r"(?m)^End Date: +(\d{4}:\d\d:\d\d \d\d:\d\d:\d\d)")


def clamav(
    packages: set[str], version: str | None, active: dict[str, str], log: str | None
) -> Iterator[ProtectionState]:
    """The scanner, where it is installed. Its daemon runs, or something starts it by the clock."""
    for package, product in AGENTS.items():
        if package in packages:
            # What it does, only its own console tells.
            yield ProtectionState(kind="malware", product=product, installed=True)
    if not packages & SCANNERS:
        yield ProtectionState(kind="malware", product=CLAMAV, installed=False, enabled=False)
        return
    match = _VERSION.search(version or "")
    signed = local_time(match[3], "%a %b %d %H:%M:%S %Y", "UTC") if match and match[3] else None
    states = [active[name] for name in ("clamav-daemon", "clamd@scan") if name in active]
    said = (local_time(one, "%Y:%m:%d %H:%M:%S", "UTC") for one in _SCAN_END.findall(log or ""))
    ends = [one for one in said if one is not None]
    yield ProtectionState(
        kind="malware",
        product=CLAMAV,
        installed=True,
        enabled="active" in states if states else None,
        version=match[1] if match else None,
        signatures_at=signed,
        full_scan_at=max(ends, default=None),
    )


def fapolicyd(packages: set[str], active: dict[str, str], settings: str | None) -> ProtectionState:
    """Whether programs that nobody allowed are kept from running."""
    if "fapolicyd" not in packages:
        return ProtectionState(
            kind="allow_list", product=FAPOLICYD, installed=False, enabled=False, mode="off"
        )
    runs = active.get("fapolicyd")
    said = dict(re.findall(r"(?m)^[ \t]*(\w+)[ \t]*=[ \t]*(\S+)", settings or ""))
    permissive = said.get("permissive")
    mode = None
    if runs is not None and runs != "active":
        mode = "off"
    elif runs == "active" and permissive is not None:
        mode = "audit" if permissive != "0" else "enforce"
    return ProtectionState(
        kind="allow_list",
        product=FAPOLICYD,
        installed=True,
        enabled=None if runs is None else runs == "active",
        mode=mode,
        covers=("programs", "libraries") if mode == "enforce" else (),
        detail=f"trusts {said['trust']}" if "trust" in said else None,
    )


def proxy(settings: str) -> ProtectionState:
    """The proxy that every user's programs are sent to by their environment; HTTPS' own first.

    A program may be set otherwise: what is not there is not forbidden.
    """
    said = {
        name.casefold(): value.strip().strip("'\"")
        for name, value in re.findall(r"(?im)^[ \t]*(?:export[ \t]+)?(\w+_proxy)=(.*)$", settings)
    }
    server = next((said[name] for name in ("https_proxy", "http_proxy") if said.get(name)), None)
    return ProtectionState(kind="posture", product="proxy", enabled=server is not None, mode=server)


def states(text: str) -> dict[str, str]:
    """Units with their state, of `systemctl show … -p Id,ActiveState`."""
    found: dict[str, str] = {}
    for block in re.split(r"\n\s*\n", text):
        said = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in said and "ActiveState" in said:
            found[said["Id"].removesuffix(".service")] = said["ActiveState"]
    return found
