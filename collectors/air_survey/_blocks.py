"""Scans with a block an access point: `netsh wlan show networks mode=bssid` and `iwlist scan`; and
what a laptop says of the one it is joined to: `iwconfig`, and macOS's `airport -I`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._air.elements import OWE_TRANSITION, WPS
from collectors._air.protection import AKM, CIPHERS
from collectors._wireless import posture
from evidence.facts import AirObservation

_MAC = r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}"

# --- netsh ---

_NAME = re.compile(r"(?m)^SSID (?P<number>\d+) *: ?(?P<name>[^\r\n]*)$")
_ADDRESS = re.compile(rf"(?m)^ +BSSID \d+ *: *(?P<mac>{_MAC})")
_LINE = re.compile(r"(?m)^ {2,6}(?P<label>\S[^:\r\n]*?) *: *(?P<value>\S[^\r\n]*?) *$")
_SIGNAL = re.compile(r": *(?P<percent>\d{1,3})%")
# Its words are English in every language but for the open ones.
_OPEN = ("open", "開放式", "開啟", "開放", "オープン", "offen", "ouvert", "无", "開放系統")
_WEAK = {
    "wpa-personal": (("wpa",), "psk"),
    "wpa-enterprise": (("wpa",), "802.1x"),
    "wpa2-personal": (("wpa2",), "psk"),
    "wpa2-enterprise": (("wpa2",), "802.1x"),
}


def netsh(text: str) -> list[AirObservation] | None:
    """The access points, whatever language Windows speaks; None where it is no such list.

    It names one way in and one cipher of a network: told only where that is weak already.
    """
    starts = list(_NAME.finditer(text))
    if not starts:
        return None
    ends = [one.start() for one in starts[1:]] + [len(text)]
    return [
        seen
        for start, end in zip(starts, ends, strict=True)
        for seen in _named(start["name"].strip(), text[start.end() : end])
    ]


def _named(name: str, body: str) -> Iterator[AirObservation]:
    addresses = list(_ADDRESS.finditer(body))
    above = body[: addresses[0].start()] if addresses else body
    # Kind of network, authentication, encryption: three lines in this order, in any language.
    values = [line["value"] for line in _LINE.finditer(above)]
    way, cipher = (values[1].casefold(), values[2].casefold()) if len(values) >= 3 else ("", "")
    versions, akm, pairwise = _announced(way, cipher)
    for place, found in enumerate(addresses):
        after = addresses[place + 1].start() if place + 1 < len(addresses) else len(body)
        signal = _SIGNAL.search(body, found.end(), after)
        yield AirObservation(
            bssid=found["mac"].lower(),
            ssid=name or None,
            hidden=True if not name else None,
            # Windows puts -100 dBm at 0 % and -50 dBm at 100 %.
            signal_dbm=int(signal["percent"]) / 2 - 100 if signal else None,
            versions=versions,
            akm=akm,
            pairwise=pairwise,
            group=posture.group(pairwise),
        )


def _announced(way: str, cipher: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Versions, key management and ciphers of what is weak; else nothing."""
    if cipher == "wep":
        return ("wep",), ("open",), ("wep",)
    if way in _OPEN:
        return (), ("open",), ()
    if way in _WEAK and (cipher == "tkip" or way.startswith("wpa-")):
        versions, akm = _WEAK[way]
        return versions, (akm,), ("tkip",) if cipher == "tkip" else ("ccmp",)
    return (), (), ()


# --- iwlist ---

_CELL = re.compile(rf"(?m)^ *Cell \d+ - Address: (?P<mac>{_MAC})")
_ELEMENT = re.compile(r"(?m)^ *IE: (?P<name>WPA Version 1|IEEE 802\.11i/WPA2 Version 1)[^\n]*$")
_IWLIST_AKM = {
    **{name: name for name in ("psk", "802.1x", "sae", "owe")},
    **{f"unknown({number})": name for number, name in AKM.items()},
}
_IWLIST_CIPHERS = {
    **dict.fromkeys(("wep-40", "wep-104"), "wep"),
    **{f"unknown({number})": name for number, name in CIPHERS.items()},
}


def iwlist(text: str) -> list[AirObservation] | None:
    """The access points; None where it is no such list."""
    starts = list(_CELL.finditer(text))
    if not starts:
        return [] if re.search(r"(?m)^\S+ +(?:No scan results|Scan completed)", text) else None
    ends = [one.start() for one in starts[1:]] + [len(text)]
    last = len(starts) - 1
    return [
        _cell(start["mac"].lower(), text[start.end() : end], place < last)
        for place, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _cell(mac: str, body: str, whole: bool) -> AirObservation:
    """One cell; of the last, what comes late may be cut off."""
    name = re.search(r'ESSID:"(.*)"', body)
    private = re.search(r"Encryption key:(on|off)", body)
    mhz = re.search(r"Frequency:(\d+(?:\.\d+)?) GHz", body)
    signal = re.search(r"Signal level[=:](-\d+) dBm", body)
    elements = list(_ELEMENT.finditer(body))
    versions: tuple[str, ...] = ()
    akm: tuple[str, ...] = ()
    pairwise: tuple[str, ...] = ()
    group = None
    if elements:
        told = [_suites(body[one.end() :]) for one in elements]
        groups = {one[0] for one in told}
        words = tuple(dict.fromkeys(word for one in told for word in one[2]))
        pairwise = tuple(dict.fromkeys(word for one in told for word in one[1]))
        if words and "" not in words:
            akm = words
            wpa = any("WPA Version" in one["name"] for one in elements)
            rsn = any("802.11i" in one["name"] for one in elements)
            versions = posture.versions(wpa=wpa, rsn=rsn, akm=akm)
            group = "tkip" if "tkip" in groups else next(iter(groups), None)
    elif private and whole:
        akm = ("open",)
        versions = pairwise = ("wep",) if private[1] == "on" else ()
        group = "wep" if pairwise else None
    raw = _bytes(name[1]) if name else ""
    others = {line[4:12].lower() for line in re.findall(r"(?m)^ *IE: Unknown: (\S+)", body)}
    twin = OWE_TRANSITION.hex() in others
    return AirObservation(
        bssid=mac,
        ssid=raw or None,
        hidden=True if name and not raw else None,
        frequency_mhz=float(mhz[1]) * 1000 if mhz else None,
        signal_dbm=float(signal[1]) if signal else None,
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        group=group,
        # What it has no name for it writes as bytes, where the driver handed them on.
        wps=True if WPS.hex() in others else None,
        transition="owe" if twin else posture.transition(akm),
    )


def _suites(below: str) -> tuple[str | None, list[str], list[str]]:
    """Group cipher, pairwise ciphers and key management below an element's line."""
    part = re.split(r"(?m)^ *IE: ", below)[0]
    found = {
        label: re.search(rf"(?m)^ *{label}[^:\n]*: *([^\n]*)$", part)
        for label in ("Group Cipher", "Pairwise Ciphers", "Authentication Suites")
    }
    # `unknown (8)` is one it has no name for.
    said = {
        label: match[1].casefold().replace("unknown (", "unknown(").split() if match else []
        for label, match in found.items()
    }
    group, *_ = [_IWLIST_CIPHERS.get(one, one) for one in said["Group Cipher"]] or [None]
    akm = [_IWLIST_AKM.get(one, "") for one in said["Authentication Suites"]]
    return group, [_IWLIST_CIPHERS.get(one, one) for one in said["Pairwise Ciphers"]], akm


def _bytes(written: str) -> str:
    r"""A name whose bytes beyond ASCII are written `\xNN`."""
    raw = re.sub(
        rb"\\x([0-9a-fA-F]{2})",
        lambda found: bytes.fromhex(found[1].decode()),
        written.encode("utf-8", "surrogateescape"),
    )
    return raw.strip(b"\0").decode("utf-8", "backslashreplace")


# --- the one that is joined ---

# A key of iwconfig's may be WPA's, and `off` stands beside WPA, too: neither tells the protection.
_JOINED = re.compile(
    rf'(?m)^(?P<interface>\S+) +IEEE 802\.11\S* +ESSID:"(?P<name>.*)" *(?:Nickname.*)?\r?\n'
    rf"(?P<more>(?:[ \t].*\r?\n)*?.*Access Point: (?P<mac>{_MAC})(?:.*\r?\n?)(?:[ \t].*\r?\n?)*)"
)
_NOT_JOINED = re.compile(r"(?m)^\S+ +IEEE 802\.11")


def iwconfig(text: str) -> list[AirObservation] | None:
    """The access points that interfaces are joined to; None where it is no such answer."""
    if not _NOT_JOINED.search(text):
        return None
    return [
        AirObservation(
            bssid=one["mac"].lower(),
            ssid=_bytes(one["name"]) or None,
            frequency_mhz=float(mhz[1]) * 1000
            if (mhz := re.search(r"Frequency[:=](\d+(?:\.\d+)?) GHz", one["more"]))
            else None,
            signal_dbm=float(signal[1])
            if (signal := re.search(r"Signal level[=:](-\d+) dBm", one["more"]))
            else None,
        )
        for one in _JOINED.finditer(text)
    ]


def airport_joined(text: str) -> list[AirObservation] | None:
    """The access point a Mac is joined to; None where it is no such answer. Of several ways in it
    names the one it took, and of WEP none: its protection is not told."""
    lines = (line.partition(":") for line in text.splitlines())
    said = {label.strip(): value.strip() for label, colon, value in lines if colon}
    if not {"BSSID", "SSID", "link auth"} <= said.keys():
        return None
    # It leaves leading zeros out: `2:0:0:0:0:3f`.
    address = posture.bssid(":".join(part.zfill(2) for part in said["BSSID"].split(":")))
    signal = re.fullmatch(r"-\d+", said.get("agrCtlRSSI", ""))
    return [
        AirObservation(
            bssid=address,
            ssid=said["SSID"] or None,
            signal_dbm=float(signal[0]) if signal else None,
        )
        for address in ([address] if address else [])
    ]
