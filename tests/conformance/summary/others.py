"""Wireless networks, scans and remote desktop policies, against other readers of the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.platforms import platforms
from evidence.facts import AirObservation, HardwareItem, RemoteDesktopPolicy, WirelessNetwork
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.identity import ours as identified
from tests.conformance.summary.score import Sample, Values, expected, named, recordings

_NETWORKS = re.compile(r".*(?:wlan (?:all|summary|sum)|wlanconf|vap\b|wlan-info).*")


def of_wireless(folder: Path) -> Iterator[Sample]:
    """A folder of `wireless`: controllers' listings, scans, access points' files."""
    cases = expected(folder)
    for name, paths in recordings(folder).items():
        case = cases.get(name, {})
        how = _how(folder.name, name, case)
        if how is None:
            yield Sample(name, refused="no platform reads this")
            continue
        platform, ask, subject = how
        reading = read(platform, subject, (ask, paths[0].read_bytes()))
        refused = reading.failure.message if reading.failure else None
        yield Sample(name, _networks(subject, ask, case), _told(subject, reading), refused)


def _how(kind: str, name: str, case: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Platform, ask and subject of a recording; None where none of ours reads such a thing."""
    if kind == "hostapd":
        return "hostapd", "hostapd.conf", "wireless"
    if kind == "scan":
        return ("iw_scan", "iw scan", "wireless") if "iw-scan" in name else None
    where, _, command = str(case.get("command", "")).partition(": ")
    wanted = "c9800" if "9800" in where else where
    for one in platforms().values():
        if wanted not in (one.name, *one.aliases):
            continue
        for ask in one.asks:
            if command in (ask.text, *ask.also):
                subject = "firmware" if re.search("version|inventory|sysinfo", command) else ""
                subject = subject or "wireless"
                return (one.name, ask.text, subject) if subject in one.collectors else None
    return None


def _networks(subject: str, ask: str, case: Mapping[str, Any]) -> Values:
    parsed = case.get("parsed")
    if subject == "firmware":
        return {
            "version": list(named(parsed, frozenset(("product_version", "image_version")))),
            "serial": list(named(parsed, frozenset(("sn", "system_serial")))),
        }
    if ask == "iw scan":
        return {name: list(named(parsed, frozenset((name,)))) for name in ("bssid", "ssid")}
    return {"ssid": list(named(parsed, frozenset(("ssid",))))} if _NETWORKS.fullmatch(ask) else {}


def _told(subject: str, reading: Reading) -> Values:
    if subject == "firmware":
        return identified(reading)
    heard = reading.of(AirObservation)
    return {
        "ssid": [
            *(one.ssid for one in reading.of(WirelessNetwork) if one.ssid),
            *(one.ssid for one in heard if one.ssid),
        ],
        "bssid": [one.bssid for one in heard],
        "hardware": [one.model for one in reading.of(HardwareItem) if one.model],
    }


def of_desktops(folder: Path) -> Iterator[Sample]:
    """Group policy objects, as files of a domain; hives and lists are read by their tests alone."""
    if folder.name != "gpo":
        for name in recordings(folder):
            yield Sample(name, refused="compared by tests/conformance/test_windows.py alone")
        return
    for path in sorted(folder.glob("*registry.pol")):
        name = path.name.partition("@@")[0]
        ask = "User-Registry.pol" if "_User_" in name else "Registry.pol"
        answers = [(ask, path.read_bytes())]
        template = path.with_name(f"{name}@@gpttmpl.inf")
        answers += [("GptTmpl.inf", template.read_bytes())] if template.exists() else []
        reading = read("windows", "remote_desktop", *answers)
        refused = reading.failure.message if reading.failure else None
        policies = reading.of(RemoteDesktopPolicy)
        yield Sample(
            name, {"source": ["domain"]}, {"source": [p.source for p in policies]}, refused
        )
