"""`show wlan summary`, where nobody delivered the WLANs themselves: names, and little of security.

IOS XE puts security in brackets (`[WPA2 + WPA3][SAE][PSK][AES]`); AireOS tells none. What the
summary leaves out (frame protection, WPS, the group cipher) stays unknown, and so no pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._wireless import posture
from evidence.facts import WirelessNetwork

# Columns move with the names in them: two blanks part them, or a name fills its column.
_IOS_XE = re.compile(
    r"(?m)^(?P<number>\d{1,4})[ \t]+(?P<profile>\S.*?)(?:[ \t]{2,}|(?<=.{32})[ \t])"
    r"(?P<ssid>\S.*?)[ \t]+(?P<status>UP|DOWN)(?:[ \t]+(?P<security>\S.*?))?[ \t]*$"
)
_AIREOS = re.compile(
    r"(?m)^(?P<number>\d{1,3})[ \t]+(?P<profile>\S.*?) / (?P<ssid>\S.*?)[ \t]+"
    r"(?P<status>Enabled|Disabled)\b(?P<security>(?!))?"
)
_WORDS = {
    "open": "open",
    "psk": "psk",
    "ft + psk": "ft-psk",
    "ft-psk": "ft-psk",
    "psk-sha2": "psk-sha256",
    "psk-sha256": "psk-sha256",
    "802.1x": "802.1x",
    "dot1x": "802.1x",
    "ft + 802.1x": "ft-802.1x",
    "802.1x-sha2": "802.1x-sha256",
    "802.1x-sha256": "802.1x-sha256",
    "cckm": "cckm",
    "sae": "sae",
    "ft + sae": "ft-sae",
    "sae-ext-key": "sae-ext-key",
    "owe": "owe",
    "suiteb-1x": "802.1x-suite-b",
    "suiteb192-1x": "802.1x-suite-b-192",
}
_CIPHERS = {
    "aes": "ccmp",
    "ccmp128": "ccmp",
    "tkip": "tkip",
    "gcmp128": "gcmp",
    "gcmp256": "gcmp-256",
    "ccmp256": "ccmp-256",
}


def numbers(text: str) -> list[str]:
    """The number of every row."""
    return [row["number"] for form in (_IOS_XE, _AIREOS) for row in form.finditer(text)]


def networks(text: str) -> Iterator[WirelessNetwork]:
    """Every row of either controller's table."""
    for row in (*_IOS_XE.finditer(text), *_AIREOS.finditer(text)):
        words = [
            one.strip().casefold()
            for part in re.findall(r"\[([^\]]*)\]", row["security"] or "")
            for one in re.split(r"[/,]", part)
        ]
        akm = tuple(dict.fromkeys(_WORDS[one] for one in words if one in _WORDS))
        pairwise = tuple(dict.fromkeys(_CIPHERS[one] for one in words if one in _CIPHERS))
        wep = any(one in ("wep", "static wep", "static-wep") for one in words)
        names = " ".join(words)
        # A word that is not known may be another way in: then none is told.
        known = all(_is_known(one) for one in words)
        yield WirelessNetwork(
            ssid=row["ssid"],
            profile=row["profile"],
            enabled=row["status"] in ("UP", "Enabled"),
            versions=("wep",) if wep else _versions(names),
            akm=("open",) if wep else akm if known else (),
            pairwise=("wep",) if wep else pairwise,
            group="tkip" if "tkip" in pairwise else None,
            transition=posture.transition(akm),
            portal=True if re.search(r"web ?-?auth|webauth", names) else None,
        )


def _versions(names: str) -> tuple[str, ...]:
    forms = ("wpa", r"\bwpa(?!\d)"), ("wpa2", r"\bwpa2"), ("wpa3", r"\bwpa3")
    return tuple(name for name, form in forms if re.search(form, names))


def _is_known(word: str) -> bool:
    if word in _WORDS or word in _CIPHERS:
        return True
    plain = re.sub(r"[ +-]", "", word)
    plain = re.sub(r"wpa[123]?|webauth|macfilter(?:ing)?|staticwep|wep", "", plain)
    return plain in ("", "none", "ftenabled", "ftadaptive")
