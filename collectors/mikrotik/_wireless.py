"""Wireless of RouterOS: wifi (7), the older wireless package, and the older CAPsMAN.

In wifi and CAPsMAN a setting stands in a profile, in a configuration, or on the interface, each
before the last; in the older package an interface names one security profile. No key management
set is an open network, except that a passphrase alone turns WPA2 on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from collectors._wireless import posture
from collectors.mikrotik._answer import Row
from evidence.errors import Unexpected, shown
from evidence.facts import BasicServiceSet, Fact, WirelessNetwork

Named = Mapping[str, Row]

_AKM = {
    "wpa-psk": ("wpa", "psk"),
    "wpa2-psk": ("wpa2", "psk"),
    "wpa3-psk": ("wpa3", "sae"),
    "wpa-eap": ("wpa", "802.1x"),
    "wpa2-eap": ("wpa2", "802.1x"),
    "wpa3-eap": ("wpa3", "802.1x-sha256"),
    "wpa3-eap-192": ("wpa3", "802.1x-suite-b-192"),
    "owe": ("wpa3", "owe"),
}
_CIPHERS = {"aes-ccm": "ccmp", "ccmp": "ccmp", "tkip": "tkip", "gcmp": "gcmp"}
_CIPHERS |= {"ccmp-256": "ccmp-256", "gcmp-256": "gcmp-256"}
_PMF = {"disabled": "disabled", "allowed": "optional", "required": "required"}
_BANDS = (("2.4", ("2ghz", "2.4")), ("5", ("5ghz",)), ("6", ("6ghz",)))
_SECTIONS = ("security", "datapath", "channel")


@dataclass(frozen=True, slots=True)
class Menus:
    """The rows of one family's menus; profiles and configurations by name."""

    interfaces: Sequence[Row]
    configurations: Named
    security: Named
    datapath: Named
    channel: Named
    passphrases: Sequence[Row] = ()


def named(rows: Sequence[Row]) -> Named:
    return {row.get("name", ""): row for row in rows}


def layered(menus: Menus, device: str) -> Iterator[Fact]:
    """SSIDs of wifi or CAPsMAN: those on interfaces, and configurations that none uses."""
    used = set()
    for row in menus.interfaces:
        used.add(row.get("configuration", ""))
        settings = _effective(row, menus)
        if not settings.get("mode", "ap").startswith("ap") or "ssid" not in settings:
            continue
        network = _network(settings, row, menus, device)
        yield network
        yield from _served(row, network)
    for name, row in menus.configurations.items():
        settings = _effective(row, menus)
        if name not in used and "ssid" in settings and settings.get("mode", "ap") == "ap":
            yield _network(settings, row, menus, device, bound=False)


def older(interfaces: Sequence[Row], profiles: Named, device: str) -> Iterator[Fact]:
    """SSIDs of the older wireless package: one an interface, with one security profile.

    Raises Unexpected for a row that is none of its interfaces.
    """
    for row in interfaces:
        if not {"name", "mode", "ssid", "security-profile"} <= row.keys():
            raise Unexpected(f"{device}: a wireless interface without mode, SSID and profile")
        if row["mode"].startswith(("station", "alignment", "nstreme")):
            continue
        profile = profiles.get(row["security-profile"], {})
        keys = profile.get("mode", "none")
        settings = {
            "hide-ssid": "no",
            **row,
            "security.authentication-types": profile.get("authentication-types", ""),
            "security.encryption": profile.get("unicast-ciphers", ""),
            "security.group-encryption": profile.get("group-ciphers", ""),
            "security.management-protection": profile.get("management-protection", "disabled"),
            "security.wps": row.get("wps-mode", "disabled"),
            "channel.band": row.get("band", ""),
            "datapath.client-isolation": _opposite(row.get("default-forwarding")),
        }
        if row.get("vlan-mode", "no-tag") != "no-tag":
            settings["datapath.vlan-id"] = row.get("vlan-id", "")
        for name in ("wpa2-pre-shared-key", "wpa-pre-shared-key"):
            if value := profile.get(name):
                settings.setdefault("security.shared", value)
        if keys != "dynamic-keys":
            settings["security.authentication-types"] = ""
        network = _network(settings, row, None, device, wep=keys.startswith("static-keys"))
        yield network
        yield from _served(row, network)


def _effective(row: Row, menus: Menus) -> dict[str, str]:
    """The settings in force on an interface or in a configuration, each as `part.name`."""
    base = menus.configurations.get(row.get("configuration", ""), {})
    found = {**base, **_inline(row, "configuration")}
    found |= {name: row[name] for name in ("ssid", "mode") if name in row}
    for part in _SECTIONS:
        profiles: Named = getattr(menus, part)
        for holder in (base, row):
            profile = profiles.get(holder.get(part, ""), {})
            settings = {**profile, **_inline(holder, part)}
            found |= {f"{part}.{name}": value for name, value in settings.items()}
    return found


def _inline(row: Row, part: str) -> dict[str, str]:
    start = f"{part}."
    return {name.removeprefix(start): row[name] for name in row if name.startswith(start)}


def _network(
    settings: Mapping[str, str],
    row: Row,
    menus: Menus | None,
    device: str,
    *,
    bound: bool = True,
    wep: bool = False,
) -> WirelessNetwork:
    name = row.get("name", "")
    secret = settings.get("security.passphrase") or settings.get("security.shared")
    types = _words(settings.get("security.authentication-types"))
    if not types and settings.get("security.passphrase"):
        types = ("wpa2-psk",)
    versions, akm = _posture(types, name, device, settings.get("security.ft") in _ON)
    pairwise = _pairwise(settings, versions, wep)
    enabled = row.get("disabled", "false") not in _ON
    return WirelessNetwork(
        ssid=settings.get("ssid") or None,
        profile=name,
        enabled=enabled,
        broadcast=settings.get("hide-ssid", "no") not in _ON,
        bound_to=(name,) if bound and enabled else (),
        bands=_bands(settings.get("channel.band", "")),
        versions=("wep",) if wep else versions,
        akm=akm or ("open",),
        pairwise=pairwise,
        group=_group(settings, pairwise),
        pmf=_pmf(settings, versions, akm),
        wps=_wps(settings),
        transition=_transition(settings, akm),
        vlan=settings.get("datapath.vlan-id") or None,
        passphrase_digest=secret if secret and secret.startswith("redacted:") else None,
        user_keys=_user_keys(settings, akm, menus),
        sae_pwe=settings.get("security.sae-pwe") if "sae" in akm else None,
        isolated=None
        if (alone := settings.get("datapath.client-isolation")) is None
        else alone in _ON,
    )


_ON = ("yes", "true")


def _opposite(forwarding: str | None) -> str:
    return "no" if forwarding is None or forwarding in _ON else "yes"


def _posture(
    types: Sequence[str], name: str, device: str, roaming: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Versions and key management. Raises Unexpected for a type the table does not know."""
    unknown = [one for one in types if one not in _AKM]
    if unknown:
        raise Unexpected(
            f"{device}: {shown(name)} has authentication type {shown(unknown[0])!r}, which is "
            "not known",
            next_step="report the release; the SSIDs are not judged until it is read",
        )
    order = ("wpa", "wpa2", "wpa3")
    told = {_AKM[one][0] for one in types}
    akm = dict.fromkeys(_AKM[one][1] for one in types)
    return tuple(one for one in order if one in told), posture.fast(akm, roaming=roaming)


def _pairwise(settings: Mapping[str, str], versions: tuple[str, ...], wep: bool) -> tuple[str, ...]:
    """Ciphers as set; CCMP where none is set, the documented default of each family."""
    if wep:
        return ("wep",)
    if not versions:
        return ()
    told = _words(settings.get("security.encryption"))
    return tuple(_CIPHERS.get(one, one) for one in told) or ("ccmp",)


def _group(settings: Mapping[str, str], pairwise: tuple[str, ...]) -> str | None:
    """As set, and of several the weakest that is offered."""
    told = _words(settings.get("security.group-encryption"))
    if told and pairwise and pairwise != ("wep",):
        return posture.group(_CIPHERS.get(one, one) for one in told)
    return posture.group(pairwise)


def _pmf(
    settings: Mapping[str, str], versions: tuple[str, ...], akm: tuple[str, ...]
) -> str | None:
    """As set; else by key management: required for WPA3 alone, allowed beside it, else off."""
    if not set(versions) & {"wpa2", "wpa3"}:
        return "disabled"
    if versions == ("wpa3",):
        return "required"
    if told := settings.get("security.management-protection"):
        return _PMF.get(told)
    return "optional" if "wpa3" in versions else "disabled"


def _wps(settings: Mapping[str, str]) -> bool | None:
    """Off where that is said; the wifi package has the push button on where nothing is said, and
    announces it only for two minutes after a command: unknown."""
    told = settings.get("security.wps")
    return told not in ("disable", "disabled") if told else None


def _transition(settings: Mapping[str, str], akm: tuple[str, ...]) -> str | None:
    if settings.get("security.owe-transition-interface"):
        return "owe"
    return posture.transition(akm)


def _user_keys(
    settings: Mapping[str, str], akm: tuple[str, ...], menus: Menus | None
) -> tuple[str, ...] | None:
    """Keys of the group of passphrases that the security names, by their comments."""
    if not {"psk", "sae"} & set(akm):
        return None
    group = settings.get("security.multi-passphrase-group")
    if not group:
        return ()
    rows = menus.passphrases if menus else ()
    return tuple(
        row.get("comment") or f"{group} {number}"
        for number, row in enumerate(rows, 1)
        if row.get("group") == group and row.get("disabled", "false") not in _ON
    ) or (group,)


def _served(row: Row, network: WirelessNetwork) -> Iterator[BasicServiceSet]:
    address = posture.bssid(row.get("mac-address"))
    if address is None:
        return
    running = row.get("running")
    yield BasicServiceSet(
        bssid=address,
        ssid=network.ssid,
        access_point=row.get("name"),
        band=network.bands[0] if len(network.bands) == 1 else None,
        on_air=False if network.enabled is False else None if running is None else running in _ON,
    )


def _bands(text: str) -> tuple[str, ...]:
    return tuple(name for name, starts in _BANDS if text.startswith(starts))


def _words(text: str | None) -> tuple[str, ...]:
    return tuple(one for one in (text or "").split(",") if one)
