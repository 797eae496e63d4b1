"""What follows from key management and ciphers, whoever tells them, and how addresses are written.

IEEE 802.11 gives the group one cipher that every client can read, so the weakest pairwise one;
WPA3 is RSN with key management of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WEAKEST_FIRST = ("wep", "tkip", "ccmp", "gcmp", "ccmp-256", "gcmp-256")
_WPA3 = ("sae", "sae-ext-key", "owe", "802.1x-suite-b-192")
_MAC = re.compile(r"(?:[0-9a-f]{2}([:.-]?)){5}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}")


def group(pairwise: Iterable[str]) -> str | None:
    """The cipher of broadcasts: the weakest that any client may have."""
    known = set(pairwise)
    return next((one for one in _WEAKEST_FIRST if one in known), None)


def transition(akm: Iterable[str]) -> str | None:
    """`sae` or `802.1x` where a client may still take the older of two ways in."""
    plain = {one.removeprefix("ft-").removesuffix("-sha256") for one in akm}
    return "sae" if plain & {"sae", "sae-ext-key"} and "psk" in plain else None


def is_wpa3(akm: str) -> bool:
    """Whether this key management is WPA3's alone."""
    return akm.removeprefix("ft-") in _WPA3


def versions(*, wpa: bool, rsn: bool, akm: Iterable[str]) -> tuple[str, ...]:
    """WPA versions from the elements that a network announces and the key management in RSN's."""
    told = tuple(akm)
    newer = [one for one in told if is_wpa3(one)]
    names = ("wpa", wpa), ("wpa2", rsn and len(newer) < len(told)), ("wpa3", rsn and newer)
    return tuple(name for name, there in names if there)


def fast(akm: Iterable[str], *, roaming: bool) -> tuple[str, ...]:
    """Key management with what 802.11r adds to it."""
    told = tuple(akm)
    more = (one for one in told if roaming and one in ("psk", "sae", "802.1x"))
    return tuple(dict.fromkeys((*(f"ft-{one}" for one in more), *told)))


def bssid(text: object) -> str | None:
    """An address as we write it, lower case with colons; None for what is none, and
    for nobody's and everybody's."""
    said = str(text).strip().casefold()
    if not _MAC.fullmatch(said):
        return None
    digits = re.sub(r"[^0-9a-f]", "", said)
    if digits in ("0" * 12, "f" * 12):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def block(first: str, many: int) -> list[str]:
    """So many addresses, counted up from the first."""
    start = int(first.replace(":", ""), 16)
    told = (bssid(f"{start + number:012x}") for number in range(many) if start + number < 2**48)
    return [one for one in told if one is not None]


def band(frequency_mhz: float | None) -> str | None:
    """The band in GHz of a channel's centre frequency."""
    for name, low, high in (("2.4", 2400, 2500), ("5", 4900, 5925), ("6", 5925, 7125)):
        if frequency_mhz is not None and low <= frequency_mhz < high:
            return name
    return None
