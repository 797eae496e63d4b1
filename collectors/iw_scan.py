"""What `iw` hears on the air: every access point's network, ours or not.

A scan sends probes and needs root on the host that has the radio, so it is not run by the agent:
a unit of that host, or a person, writes its output into a folder. One scan hears what was near
and loud at that time.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping

from collectors._air.protection import AKM, CIPHERS
from collectors._wireless import posture
from evidence.ask import Ask
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected
from evidence.facts import AirObservation, Fact

VENDOR = "Linux wireless"
TRANSPORTS = ("folder",)

Flow = Generator[Ask, Capture, Iterable[Fact]]

SCAN = Ask(
    "scan",
    "iw dev {interface} scan",
    holes={"interface": r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}"},
    also=("iw dev wlan0 scan", "iw scan"),
)
_BSS = re.compile(r"(?m)^BSS ((?:[0-9a-f]{2}:){5}[0-9a-f]{2}) ?\(on [^)\n]*\)[^\n]*$")
# As iw names suites; one that it knows no name for stands as `00-0f-ac:24`.
_AKM = {
    "ieee-802.1x": "802.1x",
    "psk/sha-256": "psk-sha256",
    "psk/sha-384": "psk-sha384",
    "ieee-802.1x/sha-256": "802.1x-sha256",
    "ieee-802.1x/sha-384": "802.1x-sha384",
    "ieee-802.1x/suite-b": "802.1x-suite-b",
    "ieee-802.1x/suite-b-192": "802.1x-suite-b-192",
    "ft/ieee-802.1x": "ft-802.1x",
    "ft/ieee-802.1x/sha-384": "ft-802.1x-sha384",
    "ft/psk": "ft-psk",
    "ft/psk/sha-384": "ft-psk-sha384",
    "ft/sae": "ft-sae",
    "fils/sha-256": "fils-sha256",
    "fils/sha-384": "fils-sha384",
    "ft/fils/sha-256": "ft-fils-sha256",
    "ft/fils/sha-384": "ft-fils-sha384",
    "00-40-96:0": "cckm",
    "50-6f-9a:1": "osen",
    "50-6f-9a:2": "dpp",
    **{f"00-0f-ac:{number}": name for number, name in AKM.items()},
}
_CIPHERS = {
    **dict.fromkeys(("wep-40", "wep-104"), "wep"),
    "gcmp-128": "gcmp",
    **{f"00-0f-ac:{number}": name for number, name in CIPHERS.items()},
}
_NO_GROUP = ("no-group", "00-0f-ac:7")
_USE_GROUP = "use-group-cipher-suite"

Elements = Mapping[str, Mapping[str, str]]


def wireless(device: Device) -> Flow:
    """Every network heard. Raises Incomplete (cut off), Unexpected (nothing heard, no scan)."""
    answer = yield SCAN(interface=device.options.get("interface", "wlan0"))
    text = answer.text()
    _, *heard = _BSS.split(text)
    if not heard:
        raise Unexpected(
            f"{device.id}: {answer.ask.text!r} heard no access point",
            code="result_empty_suspicious",
            next_step="scan as root with the radio up, and deliver the whole output",
        )
    pairs = list(zip(heard[::2], heard[1::2], strict=True))
    last = len(pairs) - 1
    return [
        _observed(device, bssid, _elements(body), number < last)
        for number, (bssid, body) in enumerate(pairs)
    ]


def _observed(device: Device, bssid: str, said: Elements, whole: bool) -> AirObservation:
    """One network. Of the last, what comes late may be cut off: then its security is unknown."""
    capability = said.get("capability", {}).get("")
    if capability is None:
        raise Incomplete(f"{device.id}: {bssid} breaks off before its capability")
    signal, frequency = (_number(said.get(name, {}).get("")) for name in ("signal", "freq"))
    wpa, rsn = said.get("WPA"), said.get("RSN")
    if wpa is None and rsn is None:
        rsn = said.get("HotSpot 2.0 OSEN")  # written as RSN's
    akm = tuple(dict.fromkeys((*_suites(wpa), *_suites(rsn))))
    pairwise = tuple(dict.fromkeys((*_ciphers(wpa), *_ciphers(rsn))))
    private = "Privacy" in capability.split()
    own = tuple(_suites(rsn))
    versions = posture.versions(wpa=wpa is not None, rsn=rsn is not None, akm=own)
    if wpa is None and rsn is None and whole:
        akm, pairwise, versions = (
            (("open",), ("wep",), ("wep",)) if private else (("open",), (), ())
        )
    groups = [found for one in (wpa, rsn) if (found := _group(one)) is not None]
    group = posture.group(groups) or next(iter(groups), None)
    return AirObservation(
        bssid=bssid,
        ssid=_ssid(said.get("SSID", {}).get("")),
        frequency_mhz=frequency,
        signal_dbm=signal,
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        group=group or ("wep" if versions == ("wep",) else None),
        pmf=_pmf(rsn),
        wps=True if "WPS" in said else False if whole else None,
        transition="owe" if "OWE Transition Mode" in said else posture.transition(akm),
    )


def _elements(body: str) -> dict[str, dict[str, str]]:
    """Each element's values by their names; what stands on its own line under the name ""."""
    found: dict[str, dict[str, str]] = {}
    element = ""
    for line in body.splitlines():
        text = line.strip()
        if not text.startswith("*"):
            element, _, text = (word.strip() for word in text.partition(":"))
            found.setdefault(element, {})
            if not text.startswith("*"):
                found[element].setdefault("", text)
                continue
        name, _, value = text.lstrip("* ").partition(":")
        found.setdefault(element, {}).setdefault(name.strip(), value.strip())
    return found


def _suites(element: Mapping[str, str] | None) -> Iterator[str]:
    told = (element or {}).get("Authentication suites", "").replace("IEEE 802", "IEEE-802")
    return (_AKM.get(one, one) for one in told.lower().split())


def _ciphers(element: Mapping[str, str] | None) -> list[str]:
    told = (element or {}).get("Pairwise ciphers", "").lower()
    words = told.replace("use group cipher suite", _USE_GROUP).split()
    group = _group(element)
    named = [group if one == _USE_GROUP else _CIPHERS.get(one, one) for one in words]
    return [one for one in named if one]


def _group(element: Mapping[str, str] | None) -> str | None:
    told = (element or {}).get("Group cipher", "").lower()
    return None if told in _NO_GROUP else _CIPHERS.get(told, told) or None


def _pmf(rsn: Mapping[str, str] | None) -> str | None:
    """From the capabilities of the RSN element; None where it does not hold them."""
    told = (rsn or {}).get("Capabilities")
    if told is None:
        return None
    words = told.split()
    return (
        "required"
        if "MFP-required" in words
        else "optional"
        if "MFP-capable" in words
        else "disabled"
    )


def _ssid(text: str | None) -> str | None:
    r"""The name, whose bytes beyond printable ASCII are written `\xNN`; None where it is hidden."""
    raw = re.sub(
        rb"\\x([0-9a-fA-F]{2})",
        lambda found: bytes.fromhex(found[1].decode()),
        (text or "").encode("utf-8", "surrogateescape"),
    )
    return raw.strip(b"\0").decode("utf-8", "backslashreplace") or None


def _number(text: str | None) -> float | None:
    found = re.match(r"-?\d+(?:\.\d+)?", text or "")
    return float(found[0]) if found else None
