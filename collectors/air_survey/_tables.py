"""Scans with a row an access point: airodump-ng's CSV and macOS's `airport -s`."""

from __future__ import annotations

import re

from collectors._wireless import posture
from evidence.facts import AirObservation

_MAC = r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}"

# --- airodump-ng ---

_AIRODUMP = re.compile(
    r"(?m)^[^\S\n]*BSSID, First time seen, Last time seen, channel, Speed, Privacy,"
)
# MAC, two times, channel, speed, privacy, cipher, authentication, power, beacons, data, address,
# how long the name is, the name (with commas of its own), the key.
_AIRODUMP_ROW = re.compile(
    rf"(?m)^(?P<mac>{_MAC}) *,[^,\n]*,[^,\n]*, *(?P<channel>-?\d+) *, *-?\d+ *,"
    r" *(?P<privacy>[^,\n]*),(?P<cipher>[^,\n]*),(?P<auth>[^,\n]*), *(?P<power>-?\d+) *,"
    r"[^,\n]*,[^,\n]*,[^,\n]*, *(?P<length>\d+) *, (?P<name>.*), ?(?P<key>[^,\n]*)$"
)
_STATIONS = re.compile(r"(?m)^[^\S\n]*Station MAC,")
_AKM = {
    "psk": ("psk",),
    "mgt": ("802.1x",),
    "sae": ("sae",),
    "owe": ("owe",),
    "opn": ("open",),
    "cmac": ("802.1x",),
}
_CIPHERS = {
    "ccmp": "ccmp",
    "tkip": "tkip",
    "gcmp": "gcmp",
    "wep": "wep",
    "wep40": "wep",
    "wep104": "wep",
    "ccmp-256": "ccmp-256",
    "gcmp-256": "gcmp-256",
}


def airodump(text: str) -> list[AirObservation] | None:
    """The access points; None where it is no such file. A row that cannot be read is not told."""
    if not _AIRODUMP.search(text):
        return None
    above = _STATIONS.split(text)[0]
    return [_dumped(row) for row in _AIRODUMP_ROW.finditer(above) if posture.bssid(row["mac"])]


def _dumped(row: re.Match[str]) -> AirObservation:
    said = row["privacy"].casefold().split()
    ciphers = [_CIPHERS.get(one, "") for one in row["cipher"].casefold().split()]
    ways = [_AKM.get(one, ("",)) for one in row["auth"].casefold().split()]
    akm = tuple(dict.fromkeys(one for way in ways for one in way))
    versions: tuple[str, ...] = tuple(one for one in ("wpa", "wpa2", "wpa3") if one in said)
    pairwise = tuple(dict.fromkeys(ciphers))
    if said == ["wep"]:
        versions, akm, pairwise = ("wep",), ("open",), ("wep",)
    elif said == ["opn"]:
        versions, akm, pairwise = (), ("open",), ()
    elif not versions or not akm or not pairwise or "" in (*akm, *pairwise):
        # What was not heard, or is written in a word that is not known, is not told at all.
        versions, akm, pairwise = (), (), ()
    power = int(row["power"])
    name = _unescaped(row["name"], int(row["length"]))
    return AirObservation(
        bssid=row["mac"].lower(),
        ssid=name,
        hidden=True if name is None and int(row["length"]) else None,
        signal_dbm=float(power) if -150 < power < -1 else None,
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        # Of the group's cipher it tells only what follows from the weakest.
        group=next((one for one in ("wep", "tkip") if one in pairwise), None),
        transition=posture.transition(akm),
    )


def _unescaped(written: str, length: int) -> str | None:
    r"""The name as it is sent: `\,` and `\"` are one letter, `\x00` is a byte, and quotes stand
    around a name that begins or ends with a blank."""
    name = written
    if name.startswith('"') and name.rstrip().endswith('"'):
        name = name.rstrip()[1:-1]
    raw = re.sub(
        rb"\\x([0-9a-fA-F]{2})",
        lambda found: bytes.fromhex(found[1].decode()),
        name.encode("utf-8", "surrogateescape"),
    )
    raw = re.sub(rb"\\(.)", rb"\1", raw)
    if not raw.strip(b"\0") or not length:
        return None
    return raw.decode("utf-8", "backslashreplace")


# --- airport ---

_AIRPORT = re.compile(r"(?m)^ *SSID BSSID +RSSI +CHANNEL +HT +CC +SECURITY")
_AIRPORT_ROW = re.compile(
    rf"(?m)^ *(?P<name>\S.*?|) (?P<mac>{_MAC}) +(?P<signal>-\d+) +(?P<channel>\d+\S*) +[YN] +\S+ +"
    r"(?P<security>\S.*?) *$"
)
# WPA2(PSK,FT-PSK/AES,TKIP/TKIP): how users show who they are, each one's ciphers, the group's.
_SECURITY = re.compile(
    r"(?P<version>WPA[23]?|RSN)\((?P<auth>[^/)]*)/(?P<unicast>[^/)]*)/(?P<group>[^)]*)\)"
)
_AIRPORT_AKM = {
    "psk": "psk",
    "802.1x": "802.1x",
    "ft-psk": "ft-psk",
    "ft-802.1x": "ft-802.1x",
    "sae": "sae",
    "ft-sae": "ft-sae",
    "owe": "owe",
    "psk-sha256": "psk-sha256",
    "802.1x-sha256": "802.1x-sha256",
}
_AIRPORT_CIPHERS = {"aes": "ccmp", "tkip": "tkip", "wep": "wep", "gcmp": "gcmp"}


def airport(text: str) -> list[AirObservation] | None:
    """The access points; None where it is no such table."""
    if not _AIRPORT.search(text):
        return None
    return [_on_mac(row) for row in _AIRPORT_ROW.finditer(text)]


def _on_mac(row: re.Match[str]) -> AirObservation:
    security = row["security"]
    parts = list(_SECURITY.finditer(security))
    versions: tuple[str, ...] = ()
    akm: tuple[str, ...] = ()
    pairwise: tuple[str, ...] = ()
    group = None
    if security in ("NONE", "WEP"):
        akm = ("open",)
        versions = pairwise = ("wep",) if security == "WEP" else ()
    elif parts:
        words = [one for part in parts for one in part["auth"].casefold().split(",")]
        ciphers = [one for part in parts for one in part["unicast"].casefold().split(",")]
        groups = [_AIRPORT_CIPHERS.get(part["group"].casefold()) for part in parts]
        if all(one in _AIRPORT_AKM for one in words) and all(
            one in _AIRPORT_CIPHERS for one in ciphers
        ):
            akm = tuple(dict.fromkeys(_AIRPORT_AKM[one] for one in words))
            pairwise = tuple(dict.fromkeys(_AIRPORT_CIPHERS[one] for one in ciphers))
            group = groups[0] if None not in groups else None
            wpa = any(part["version"] == "WPA" for part in parts)
            rsn = any(part["version"] != "WPA" for part in parts)
            versions = posture.versions(wpa=wpa, rsn=rsn, akm=akm)
    return AirObservation(
        bssid=row["mac"].lower(),
        ssid=row["name"] or None,
        signal_dbm=float(row["signal"]),
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        group=group or ("wep" if pairwise == ("wep",) else None),
        transition=posture.transition(akm),
    )
