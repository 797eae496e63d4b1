"""One slot's SSID: what a client could negotiate, and which access points carry it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from collectors._wireless import posture
from collectors.meraki._answer import Row, word
from evidence.device import Device
from evidence.errors import Unexpected, shown
from evidence.facts import WirelessNetwork

_EMPTY = re.compile(r"Unconfigured SSID \d+")


class Mode(NamedTuple):
    """What one `wpaEncryptionMode` lets a client negotiate, with a passphrase or with 802.1X."""

    versions: tuple[str, ...]
    psk: tuple[str, ...]
    eap: tuple[str, ...]
    pairwise: tuple[str, ...]


_MODES = {
    "WPA1 only": Mode(("wpa",), ("psk",), ("802.1x",), ("tkip",)),
    "WPA1 and WPA2": Mode(("wpa", "wpa2"), ("psk",), ("802.1x",), ("ccmp", "tkip")),
    "WPA2 only": Mode(("wpa2",), ("psk",), ("802.1x",), ("ccmp",)),
    "WPA3 Transition Mode": Mode(
        ("wpa2", "wpa3"), ("psk", "sae"), ("802.1x", "802.1x-sha256"), ("ccmp",)
    ),
    "WPA3 only": Mode(("wpa3",), ("sae",), ("802.1x-sha256",), ("ccmp",)),
    "WPA3 192-bit Security": Mode(("wpa3",), (), ("802.1x-suite-b-192",), ("gcmp-256",)),
}
_OPEN = ("open", "open-with-radius", "open-with-nac")
_BANDS = {
    "Dual band operation": ("2.4", "5"),
    "Dual band operation with Band Steering": ("2.4", "5"),
    "5 GHz band only": ("5",),
    "2.4 GHz band only": ("2.4",),
    "6 GHz band only": ("6",),
}


def is_empty(row: Row) -> bool:
    """A slot that nobody named and nobody switched on; one that is on the air is none."""
    return row.get("enabled") is False and bool(_EMPTY.fullmatch(str(row.get("name"))))


def network(device: Device, unit: str, row: Row, keys: tuple[str, ...] | None) -> WirelessNetwork:
    """Raises Unexpected for a mode that the tables do not know: it is not judged by a guess."""
    mode, akm = _posture(device, row)
    secret = word(row, "psk")
    shared = str(row.get("authMode")) == "psk" and secret and secret.startswith("redacted:")
    visible, alone = row.get("visible"), row.get("lanIsolationEnabled")
    nat = row.get("ipAssignmentMode") == "NAT mode"
    return WirelessNetwork(
        subject_unit=unit,
        ssid=word(row, "name"),
        profile=f"slot {row.get('number')}",
        enabled=found if isinstance(found := row.get("enabled"), bool) else None,
        broadcast=visible if isinstance(visible, bool) else None,
        bound_to=_bound(row),
        bands=_BANDS.get(str(row.get("bandSelection")), ()),
        versions=mode.versions,
        akm=akm,
        pairwise=mode.pairwise,
        group=posture.group(mode.pairwise),
        pmf=_pmf(row, mode),
        transition=posture.transition(akm),
        portal=None if (page := word(row, "splashPage")) is None else page != "None",
        vlan=word(row, "defaultVlanId") if row.get("useVlanTagging") is True else None,
        passphrase_digest=secret if shared else None,
        user_keys=keys,
        isolated=True if nat else alone if isinstance(alone, bool) else None,
    )


def _posture(device: Device, row: Row) -> tuple[Mode, tuple[str, ...]]:
    auth, wpa = str(row.get("authMode")), str(row.get("wpaEncryptionMode"))
    if auth in _OPEN:
        return Mode((), (), (), ()), ("open",)
    if auth == "open-enhanced":
        return Mode(("wpa3",), (), (), ("ccmp",)), ("owe",)
    if auth == "psk" and row.get("encryptionMode") == "wep":
        return Mode(("wep",), (), (), ("wep",)), ("open",)
    eap = auth.startswith("8021x-")
    if wpa in _MODES and (eap or auth == "psk" or auth.startswith("ipsk-")):
        mode = _MODES[wpa]
        if akm := mode.eap if eap else mode.psk:
            roaming = row.get("dot11r")
            on = isinstance(roaming, Mapping) and roaming.get("enabled") is True
            return mode, posture.fast(akm, roaming=on)
    raise Unexpected(
        f"{device.id}: SSID {shown(str(row.get('name')))} has {shown(auth)!r} with "
        f"{shown(wpa)!r}, which is not known",
        next_step="report both words; the SSIDs are not judged until they are read",
    )


def _pmf(row: Row, mode: Mode) -> str | None:
    if mode.versions == ("wpa3",):
        return "required"
    if not set(mode.versions) & {"wpa2", "wpa3"}:
        return "disabled"
    said = row.get("dot11w")
    if not isinstance(said, Mapping):
        return None
    if said.get("enabled") is not True:
        return "disabled"
    return "required" if said.get("required") is True else "optional"


def _bound(row: Row) -> tuple[str, ...] | None:
    """All access points, or those with one of these tags. A slot that is off is on none."""
    if row.get("enabled") is False:
        return ()
    everywhere, tags = row.get("availableOnAllAps"), row.get("availabilityTags")
    if everywhere is False and isinstance(tags, list):
        return tuple(f"tag {one}" for one in tags)
    return ("all",) if everywhere is True else None
