"""One SSID's row of the classic API: what a client could negotiate, and who carries it."""

from __future__ import annotations

from collections.abc import Mapping

from collectors._wireless import posture
from collectors.unifi._answer import Row, flag, word
from evidence.device import Device
from evidence.errors import Unexpected, shown
from evidence.facts import WirelessNetwork

# `auto` is both: the weaker is what a client may choose.
_VERSIONS = {"auto": ("wpa", "wpa2"), "wpa1": ("wpa",), "wpa2": ("wpa2",)}
_CIPHERS = {
    "auto": ("ccmp", "tkip"),
    "tkip": ("tkip",),
    **{name: (name,) for name in ("ccmp", "gcmp", "ccmp-256", "gcmp-256")},
}
_PMF = ("disabled", "optional", "required")
_BANDS = {"2g": ("2.4",), "5g": ("5",), "6g": ("6",), "both": ("2.4", "5")}
_KEYS = {"wpapsk": "x_passphrase", "wep": "x_wep"}
_STRENGTHENED = ("wpa3_support", "wpa3_transition", "wpa3_enhanced_192")


def network(
    device: Device, row: Row, groups: list[Row] | None, networks: list[Row] | None
) -> WirelessNetwork:
    """What a client could negotiate. Raises Unexpected for a mode this table does not know."""
    security = str(row.get("security"))
    versions, akm = _posture(device, row, security)
    pairwise = _pairwise(row, security, versions)
    secret = word(row, _KEYS.get(security, ""))
    # With keys of single users the row's own is used by nobody.
    single = row.get("private_preshared_keys_enabled") is not False
    replaced = single and bool(row.get("private_preshared_keys"))
    own = secret and secret.startswith("redacted:") and not replaced
    return WirelessNetwork(
        ssid=word(row, "name"),
        profile=word(row, "_id"),
        enabled=flag(row, "enabled"),
        broadcast=None if (hidden := flag(row, "hide_ssid")) is None else not hidden,
        bound_to=_bound(row, groups),
        bands=_bands(row),
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        group=posture.group(pairwise),
        pmf=_pmf(row, versions),
        transition=posture.transition(akm),
        # A guest network may have a portal; that is a setting of the site, which is not read.
        portal=False if row.get("is_guest") is False else None,
        vlan=_vlan(row, networks),
        passphrase_digest=secret if own else None,
        user_keys=_user_keys(row, networks),
        guest=flag(row, "is_guest"),
        isolated=flag(row, "l2_isolation"),
    )


def _user_keys(row: Row, networks: list[Row] | None) -> tuple[str, ...] | None:
    """Keys beside the row's own, called by the network each leads into, by its number or its
    machine; None where this release tells of none."""
    if not isinstance(row.get("private_preshared_keys"), list):
        return None
    if row.get("private_preshared_keys_enabled") is False:
        return ()  # those it had are kept in the row
    names = {word(one, "_id"): word(one, "name") for one in networks or ()}
    return tuple(
        called
        for one in (*row["private_preshared_keys"], *(row.get("sae_psk") or ()))
        if isinstance(one, Mapping)
        and (
            called := names.get(word(one, "networkconf_id"))
            or word(one, "id")
            or word(one, "mac")
            or word(one, "networkconf_id")
            or "?"
        )
    )


def _posture(device: Device, row: Row, security: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """WPA versions and key management. WPA3 stands beside `wpa_mode`, which still says WPA2."""
    if security in ("open", "wep"):
        return ("wep",) if security == "wep" else (), ("open",)
    mode = str(row.get("wpa_mode"))
    newer, mixed, suite_b = (row.get(name) is True for name in _STRENGTHENED)
    known = security in ("wpapsk", "wpaeap", "osen")
    if not known or not (mode in _VERSIONS or (newer and not mixed)):
        raise Unexpected(
            f"{device.id}: SSID {shown(str(row.get('name')))} has security {shown(security)!r} "
            f"with mode {shown(mode)!r}, which is not known",
            next_step="report the release of UniFi Network; the SSIDs are not judged until it "
            "is read",
        )
    old = () if newer and not mixed else _VERSIONS[mode]
    if security == "osen":
        return old, ("osen",)
    names = ("psk", "sae") if security == "wpapsk" else ("802.1x", "802.1x-sha256")
    if security == "wpaeap" and suite_b and not old:
        names = ("802.1x", "802.1x-suite-b-192")
    akm = ((names[0],) if old else ()) + ((names[1],) if newer else ())
    akm = posture.fast(akm, roaming=row.get("fast_roaming_enabled") is True)
    return (*old, *(("wpa3",) if newer else ())), akm


def _pairwise(row: Row, security: str, versions: tuple[str, ...]) -> tuple[str, ...]:
    """Ciphers; none where the row does not tell them. WPA3 alone knows no TKIP."""
    if security in ("open", "wep"):
        return ("wep",) if security == "wep" else ()
    told = _CIPHERS.get(str(row.get("wpa_enc")), ())
    if versions == ("wpa3",):
        suite_b = security == "wpaeap" and row.get("wpa3_enhanced_192") is True
        return ("gcmp-256",) if suite_b else tuple(one for one in told if one != "tkip")
    return told


def _pmf(row: Row, versions: tuple[str, ...]) -> str | None:
    """WPA3 alone requires it whatever the row says; a row without it says nothing."""
    if versions == ("wpa3",):
        return "required"
    if not set(versions) & {"wpa2", "wpa3"}:
        return "disabled"
    said = row.get("pmf_mode")
    return said if said in _PMF else None


def _bands(row: Row) -> tuple[str, ...]:
    told = row.get("wlan_bands")
    names = told if isinstance(told, list) else [row.get("wlan_band")]
    return tuple(dict.fromkeys(band for name in names for band in _BANDS.get(str(name), ())))


def _bound(row: Row, groups: list[Row] | None) -> tuple[str, ...] | None:
    """Groups that carry it and have an access point; None: not told, or by an older release."""
    own = row.get("ap_group_ids")
    if groups is None or not isinstance(own, list):
        return None
    known = {word(one, "_id"): one for one in groups}
    # A group that the list does not name may have access points.
    carrying = [known.get(str(uid), {"name": str(uid), "device_macs": [uid]}) for uid in own]
    return tuple(sorted(str(one.get("name")) for one in carrying if one.get("device_macs", True)))


def _vlan(row: Row, networks: list[Row] | None) -> str | None:
    """The number, from the network it leads into, or from the row before there were such."""
    uid = word(row, "networkconf_id")
    known = [one for one in networks or () if uid is not None and word(one, "_id") == uid]
    for one in known or [row]:
        if one.get("vlan_enabled") is True:
            return word(one, "vlan")
    return None
