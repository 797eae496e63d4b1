"""How a network is protected, from the elements that announce it.

Suites by the numbers of IEEE 802.11, tables 9-188 and 9-190, and the Wi-Fi Alliance's. A suite
that is not known is told by its number.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from collectors._air import elements as e
from collectors._wireless import posture

_IEEE, _MICROSOFT, _ALLIANCE = b"\x00\x0f\xac", b"\x00\x50\xf2", b"\x50\x6f\x9a"
_CCKM = b"\x00\x40\x96\x00"
CIPHERS = {1: "wep", 2: "tkip", 4: "ccmp", 5: "wep", 8: "gcmp", 9: "gcmp-256", 10: "ccmp-256"}
_USE_GROUP, _NO_GROUP = 0, 7
AKM = {
    1: "802.1x",
    2: "psk",
    3: "ft-802.1x",
    4: "ft-psk",
    5: "802.1x-sha256",
    6: "psk-sha256",
    8: "sae",
    9: "ft-sae",
    11: "802.1x-suite-b",
    12: "802.1x-suite-b-192",
    13: "ft-802.1x-sha384",
    14: "fils-sha256",
    15: "fils-sha384",
    16: "ft-fils-sha256",
    17: "ft-fils-sha384",
    18: "owe",
    19: "ft-psk-sha384",
    20: "psk-sha384",
    22: "ft-802.1x-sha384",
    23: "802.1x-sha384",
    24: "sae-ext-key",
    25: "ft-sae-ext-key",
}
_ALLIANCE_AKM = {1: "osen", 2: "dpp"}
_REQUIRED, _CAPABLE = 0x40, 0x80
_H2E = 0x20


class Suites(NamedTuple):
    """One element's suites; `pmf` None where it is WPA's, which knows none."""

    group: str | None
    pairwise: tuple[str, ...]
    akm: tuple[str, ...]
    pmf: str | None


class Protection(NamedTuple):
    """What a client could negotiate. Empty `akm`: the frame does not tell it."""

    versions: tuple[str, ...]
    akm: tuple[str, ...]
    pairwise: tuple[str, ...]
    group: str | None
    pmf: str | None
    wps: bool | None
    transition: str | None
    sae_pwe: str | None


def protection(said: e.Announcement) -> Protection:
    """From RSN, WPA, WPS, OWE and RSNX elements; privacy without any of them is WEP, or the
    standard of another element (WAPI), of which nothing more is told."""
    told = said.elements
    rsn_bodies = [told[e.RSN]] if e.RSN in told else []
    rsn_bodies += [told[one][4:] for one in e.RSN_OVERRIDES if one in told]
    bodies = [(body, False) for body in rsn_bodies]
    bodies += [(told[one][4:], one == e.WPA) for one in (e.OSEN, e.WPA) if one in told]
    suites = [_suites(body, is_wpa) for body, is_wpa in bodies]
    wps = True if e.WPS in told else False if said.whole else None
    if not bodies:
        wapi = e.WAPI in told
        known = said.whole or e.OWE_TRANSITION in told or wapi
        wep = said.privacy and known and not wapi
        return Protection(
            versions=("wep",) if wep else (),
            akm=("wapi",) if wapi else ("open",) if known else (),
            pairwise=("wep",) if wep else ("wapi",) if wapi else (),
            group="wep" if wep else None,
            pmf="disabled" if known else None,
            wps=wps,
            transition="owe" if e.OWE_TRANSITION in told else None,
            sae_pwe=None,
        )
    read = [one for one in suites if one is not None]
    if len(read) < len(suites):
        return Protection((), (), (), None, None, wps, None, None)
    akm = tuple(dict.fromkeys(one for some in read for one in some.akm))
    pairwise = tuple(dict.fromkeys(one for some in read for one in some.pairwise))
    rsn_akm = [one for some in read if some.pmf is not None for one in some.akm]
    return Protection(
        versions=posture.versions(wpa=e.WPA in told, rsn=bool(rsn_akm), akm=rsn_akm),
        akm=akm,
        pairwise=pairwise,
        group=posture.group(one.group for one in read if one.group),
        pmf=_pmf(read),
        wps=wps,
        transition="owe" if e.OWE_TRANSITION in told else posture.transition(akm),
        sae_pwe=_sae_pwe(said, akm),
    )


def _suites(body: bytes, is_wpa: bool) -> Suites | None:
    """One element's; None where it contradicts itself. What it leaves out has IEEE's default."""
    default = "tkip" if is_wpa else "ccmp"
    group: str | None = default
    pairwise: tuple[str, ...] = (default,)
    akm: tuple[str, ...] = ("psk",) if is_wpa else ("802.1x",)
    capabilities = 0
    if len(body) < 2 or struct.unpack_from("<H", body)[0] != 1:
        return None
    place = 2
    if len(body) - place >= 4:
        group, place = _cipher(body[place : place + 4]), place + 4
    elif len(body) > place:
        return None
    for what in ("pairwise", "akm"):
        if len(body) - place < 2:
            if len(body) > place:
                return None
            break
        (count,) = struct.unpack_from("<H", body, place)
        place += 2
        if not count or place + 4 * count > len(body):
            return None
        told = [body[at : at + 4] for at in range(place, place + 4 * count, 4)]
        place += 4 * count
        if what == "pairwise":
            names = [group if one[3] == _USE_GROUP else _cipher(one) for one in told]
            pairwise = tuple(dict.fromkeys(one for one in names if one))
        else:
            akm = tuple(dict.fromkeys(map(_key_management, told)))
    if len(body) - place >= 2:
        (capabilities,) = struct.unpack_from("<H", body, place)
    pmf = (
        "required"
        if capabilities & _REQUIRED
        else "optional"
        if capabilities & _CAPABLE
        else "disabled"
    )
    return Suites(group, pairwise, akm, None if is_wpa else pmf)


def _cipher(suite: bytes) -> str | None:
    """None for the suite that says there is no group traffic."""
    if suite[:3] not in (_IEEE, _MICROSOFT):
        return f"suite {suite.hex('-')}"
    if suite[3] == _NO_GROUP:
        return None
    return CIPHERS.get(suite[3], f"suite {suite[3]}")


def _key_management(suite: bytes) -> str:
    if suite[:3] in (_IEEE, _MICROSOFT):
        return AKM.get(suite[3], f"akm {suite[3]}")
    if suite[:3] == _ALLIANCE:
        return _ALLIANCE_AKM.get(suite[3], f"akm {suite.hex('-')}")
    if suite == _CCKM:
        return "cckm"
    return f"akm {suite.hex('-')}"


def _pmf(read: list[Suites]) -> str | None:
    """Of several elements the weakest, for a client may choose; WPA alone has no protection."""
    told = {one.pmf for one in read if one.pmf}
    return next((one for one in ("disabled", "optional", "required") if one in told), "disabled")


def _sae_pwe(said: e.Announcement, akm: tuple[str, ...]) -> str | None:
    """Hash-to-element where RSNX says so; an access point does not announce whether it still
    takes the older way too."""
    if not any("sae" in one for one in akm):
        return None
    extended = said.elements.get(e.RSNX, b"") or said.elements.get(e.RSNX_OVERRIDE, b"")[4:]
    if extended and extended[0] & _H2E:
        return "hash-to-element"
    return "hunting-and-pecking" if said.whole else None
