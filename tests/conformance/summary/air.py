"""Wireless networks: captures, scans, controllers' listings, files of access points."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from agent.platforms import platforms
from evidence.facts import AirObservation, WirelessNetwork
from evidence.reading import Reading
from tests.by_hand import read
from tests.conformance.summary.identity import ours as identified
from tests.conformance.summary.recorded import Recorded, Set, Told
from tests.conformance.summary.score import Values, named

# IEEE 802.11, tables 9-188 and 9-190, as tshark prints their numbers.
CIPHERS = {"1": "wep", "2": "tkip", "4": "ccmp", "5": "wep"}
AKM = {
    **{"1": "802.1x", "2": "psk", "3": "ft-802.1x", "4": "ft-psk", "5": "802.1x-sha256"},
    **{"6": "psk-sha256", "8": "sae", "9": "ft-sae", "18": "owe"},
}
_PMF = {("1", "1"): "required", ("0", "1"): "optional", ("0", "0"): "disabled"}
_SSID = frozenset(("ssid", "essid", "ssid_name", "wlan_ssid"))
_BSSID = frozenset(("bssid",))
_MODEL = frozenset(("ap_model",))
_RELEASE = re.compile(r".*\b(?:version|inventory|sysinfo|ap summary|ap database)")


def names(told: str, table: Mapping[str, str]) -> set[str]:
    """The names of tshark's list of numbers; of numbers that the table has not, themselves."""
    return {table.get(one, one) for one in told.split(",") if one}


def _wanted_of_capture(one: Recorded) -> Values:
    """Each network that tshark decoded: its name, and its protection behind its address."""
    found: dict[str, list[str]] = {}

    def add(field: str, *values: str) -> None:
        found.setdefault(field, []).extend(values)

    for row in one.case.get("parsed") or ():
        bssid = str(row["bssid"])
        add("bssid", bssid)
        if row["ssid"] not in ("", "<MISSING>"):
            name = bytes.fromhex(row["ssid"]).decode("utf-8", "backslashreplace")
            add("ssid", name.strip("\0"))
        add("akm", *(f"{bssid} {name}" for name in names(row["rsn.akms.type"], AKM)))
        ciphers = f"{row['rsn.pcs.type']},{row['wfa.ie.wpa.ucs.type']}"
        add("pairwise", *(f"{bssid} {name}" for name in names(ciphers, CIPHERS)))
        if row["rsn.akms.type"]:
            pmf = (row["rsn.capabilities.mfpr"], row["rsn.capabilities.mfpc"])
            add("pmf", f"{bssid} {_PMF.get(pmf, 'odd')}")
    return found


def _read_capture(one: Recorded) -> Told:
    return _told(read("air_capture", "wireless", ("air.pcap", one.body)))


def _wanted_of_listing(one: Recorded) -> Values:
    """Names, addresses and access points in another parser's records."""
    parsed = one.case.get("parsed")
    found = {
        "ssid": list(named(parsed, _SSID)),
        "bssid": list(named(parsed, _BSSID)),
        "hardware": list(named(parsed, _MODEL)),
    }
    if _RELEASE.match(one.command):
        found["version"] = list(named(parsed, frozenset(("product_version", "image_version"))))
        found["serial"] = list(named(parsed, frozenset(("sn", "system_serial"))))
    return found


def _read_listing(one: Recorded) -> Told:
    """The command behind its platform ("cisco_iosxe (9800): show wlan all"), as its answer."""
    if one.kind == "scan":
        platform_, ask_ = ("iw_scan", "iw scan")
        if not one.command.startswith("iw-"):
            platform_, ask_ = ("air_survey", "survey.txt")
        return _told(read(platform_, "wireless", (ask_, one.body)))
    where, _, command = one.command.partition(": ")
    access_points = command.startswith("show ap ")
    wanted = "c9800" if "9800" in where or (access_points and "ios" in where) else where
    subject = "firmware" if _RELEASE.match(command) else "wireless"
    for platform in platforms().values():
        if wanted not in (platform.name, *platform.aliases):
            continue
        for ask in platform.asks:
            if command in (ask.text, *ask.also) and subject in platform.collectors:
                return _told(read(platform.name, subject, (ask.text, one.body)))
    return Told({}, "no platform reads this")


def _wanted_of_file(one: Recorded) -> Values:
    """The networks that a hostapd file names itself."""
    return {"ssid": re.findall(r"(?m)^ssid=(.*?)\s*$", one.text)}


def _read_file(one: Recorded) -> Told:
    return _told(read("hostapd", "wireless", ("hostapd.conf", one.body)))


def _wanted_of_api(one: Recorded) -> Values:
    """What rows of the UniFi Network API say of themselves."""
    path, rows = _unifi(one)
    if path == _NETWORKS:
        return {"ssid": [str(row["name"]) for row in rows]}
    if path == _SYSTEM:
        return {"version": [str(row["version"]) for row in rows]}
    return {"hardware": [str(row["model"]) for row in rows if row.get("model")]}


_NETWORKS, _SYSTEM, _DEVICES = (
    f"/api/s/default/{path}" for path in ("rest/wlanconf", "stat/sysinfo", "stat/device")
)


def _unifi(one: Recorded) -> tuple[str, list[dict[str, Any]]]:
    """The path that answers with such rows, and the rows; none where it is no such answer."""
    try:
        rows = json.loads(one.text)
    except ValueError:
        return "", []
    rows = [row for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]
    for path, mark in ((_NETWORKS, "wpa_mode"), (_SYSTEM, "anonymous_controller_id")):
        if rows and mark in rows[0]:
            return path, rows
    return _DEVICES, rows


def _read_api(one: Recorded) -> Told:
    path, rows = _unifi(one)
    if not rows:
        return Told({}, "no platform reads this")
    body = _envelope(rows)
    if path == _NETWORKS:
        return _told(read("unifi", "wireless", (path, body)))
    # A visit always asks both; the one that was not recorded says no more than it must.
    answers = {_SYSTEM: _envelope([{"version": "0.0.0"}]), _DEVICES: _envelope([]), path: body}
    return _told(read("unifi", "firmware", *answers.items()))


def _envelope(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps({"meta": {"rc": "ok"}, "data": rows}).encode()


def _told(reading: Reading) -> Told:
    heard = list(reading.of(AirObservation))
    values = {
        "ssid": _texts(one.ssid for one in reading.of(WirelessNetwork))
        + _texts(one.ssid for one in heard),
        "bssid": [one.bssid for one in heard],
        "akm": [f"{one.bssid} {name}" for one in heard for name in one.akm],
        "pairwise": [f"{one.bssid} {name}" for one in heard for name in one.pairwise],
        "pmf": [f"{one.bssid} {one.pmf}" for one in heard if one.pmf],
        **identified(reading),
    }
    return Told(values, reading.failure.message if reading.failure else None)


def _texts(values: Iterable[str | None]) -> list[str]:
    return [one for one in values if one]


SETS = {
    "pcap": Set(_wanted_of_capture, _read_capture),
    "hostapd": Set(_wanted_of_file, _read_file),
    "api": Set(_wanted_of_api, _read_api),
}
LISTINGS = Set(_wanted_of_listing, _read_listing)
