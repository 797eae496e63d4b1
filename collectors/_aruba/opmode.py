"""Aruba's `opmode` words: several may stand in one SSID profile, and a client may choose any.

`wpa3-sae-aes` and `enhanced-open` open a second, older way in unless the transition is switched
off; where the profile does not say, the documented default holds: it is on.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from collectors._wireless import posture
from evidence.errors import Unexpected, shown


class Mode(NamedTuple):
    version: str | None
    akm: str
    cipher: str | None


_MODES = {
    "opensystem": Mode(None, "open", None),
    "enhanced-open": Mode("wpa3", "owe", "ccmp"),
    "static-wep": Mode("wep", "open", "wep"),
    "dynamic-wep": Mode("wep", "802.1x", "wep"),
    "wpa-tkip": Mode("wpa", "802.1x", "tkip"),
    "wpa-aes": Mode("wpa", "802.1x", "ccmp"),
    "wpa-psk-tkip": Mode("wpa", "psk", "tkip"),
    "wpa-psk-aes": Mode("wpa", "psk", "ccmp"),
    "wpa2-tkip": Mode("wpa2", "802.1x", "tkip"),
    "wpa2-aes": Mode("wpa2", "802.1x", "ccmp"),
    "wpa2-psk-tkip": Mode("wpa2", "psk", "tkip"),
    "wpa2-psk-aes": Mode("wpa2", "psk", "ccmp"),
    "wpa2-aes-gcm-128": Mode("wpa2", "802.1x-suite-b", "gcmp"),
    "wpa2-aes-gcm-256": Mode("wpa2", "802.1x-suite-b-192", "gcmp-256"),
    "mpsk-aes": Mode("wpa2", "psk", "ccmp"),
    "mpsk-local": Mode("wpa2", "psk", "ccmp"),
    "wpa3-sae-aes": Mode("wpa3", "sae", "ccmp"),
    "wpa3-aes-ccm-128": Mode("wpa3", "802.1x-sha256", "ccmp"),
    "wpa3-aes-gcm-256": Mode("wpa3", "802.1x-sha256", "gcmp-256"),
    "wpa3-cnsa": Mode("wpa3", "802.1x-suite-b-192", "gcmp-256"),
}
_USER_KEYS = ("mpsk-aes", "mpsk-local")
_ORDER = ("wep", "wpa", "wpa2", "wpa3")


class Posture(NamedTuple):
    """What the words of one profile let a client negotiate."""

    versions: tuple[str, ...]
    akm: tuple[str, ...]
    pairwise: tuple[str, ...]
    transition: str | None
    user_keys: tuple[str, ...] | None


def read(words: Iterable[str], who: str, *, transition: bool | None, fast: bool) -> Posture:
    """Raises Unexpected for a word that the table does not know, and for none at all.

    `transition`: the profile's switch, None where it says nothing.
    """
    told = tuple(dict.fromkeys(words))
    unknown = [one for one in told if one not in _MODES]
    if unknown or not told:
        raise Unexpected(
            f"{who} has encryption {shown(unknown[0]) if unknown else 'nothing'!r}, which is not "
            "known",
            next_step="report the release; the SSIDs are not judged until it is read",
        )
    modes = [_MODES[one] for one in told]
    older = transition is not False
    if older and "wpa3-sae-aes" in told:
        modes.append(_MODES["wpa2-psk-aes"])
    akm = posture.fast(dict.fromkeys(one.akm for one in modes), roaming=fast)
    versions = {one.version for one in modes}
    return Posture(
        versions=tuple(one for one in _ORDER if one in versions),
        akm=akm,
        pairwise=tuple(dict.fromkeys(one.cipher for one in modes if one.cipher)),
        transition="owe" if older and "enhanced-open" in told else posture.transition(akm),
        user_keys=_user_keys(told, akm),
    )


def _user_keys(told: tuple[str, ...], akm: tuple[str, ...]) -> tuple[str, ...] | None:
    if not {"psk", "sae"} & set(akm):
        return None
    return ("multiple PSK",) if set(told) <= set(_USER_KEYS) else ()


def pmf(versions: tuple[str, ...], *, capable: bool | None, required: bool | None) -> str | None:
    """WPA3 alone requires it; else as the profile's two switches say."""
    if not set(versions) & {"wpa2", "wpa3"}:
        return "disabled"
    if versions == ("wpa3",) or required:
        return "required"
    if capable is None:
        return None
    return "optional" if capable or "wpa3" in versions else "disabled"
