"""Wireless: SSIDs (`wireless-controller/vap`), and which access points carry them on which bands.

A radio of a profile names its SSIDs or groups of them, or takes all of one kind (`vap-all`); an
access point may override its profile. An SSID is bound where a radio that serves clients has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from collectors._wireless import posture
from collectors.fortios._answer import rows, said, words
from evidence.capture import Capture
from evidence.errors import Unexpected, shown
from evidence.facts import WirelessNetwork

Row = Mapping[str, Any]


class Security(NamedTuple):
    """What one value of `security` lets a client negotiate."""

    versions: tuple[str, ...]
    akm: tuple[str, ...]
    transition: str | None = None


# Trap: `wpa-personal` and `wpa-enterprise` mean WPA and WPA2 mixed.
_SECURITY = {
    "open": Security((), ("open",)),
    "captive-portal": Security((), ("open",)),
    "wep64": Security(("wep",), ("open",)),
    "wep128": Security(("wep",), ("open",)),
    "wpa-personal": Security(("wpa", "wpa2"), ("psk",)),
    "wpa-only-personal": Security(("wpa",), ("psk",)),
    "wpa2-only-personal": Security(("wpa2",), ("psk",)),
    "wpa-enterprise": Security(("wpa", "wpa2"), ("802.1x",)),
    "wpa-only-enterprise": Security(("wpa",), ("802.1x",)),
    "wpa2-only-enterprise": Security(("wpa2",), ("802.1x",)),
    "osen": Security(("wpa2",), ("osen",)),
    "owe": Security(("wpa3",), ("owe",)),
    "wpa3-sae": Security(("wpa3",), ("sae",)),
    "wpa3-sae-transition": Security(("wpa2", "wpa3"), ("psk", "sae"), "sae"),
    "wpa3-enterprise": Security(("wpa3",), ("802.1x-suite-b-192",)),
    "wpa3-only-enterprise": Security(("wpa3",), ("802.1x-sha256",)),
    "wpa3-enterprise-transition": Security(("wpa2", "wpa3"), ("802.1x", "802.1x-sha256"), "802.1x"),
}
_PMF = {"disable": "disabled", "optional": "optional", "enable": "required"}
_CIPHERS = {"tkip": ("tkip",), "aes": ("ccmp",), "tkip-aes": ("ccmp", "tkip")}
_MORE_AKM = {"akm6": "psk-sha256", "akm24": "sae-ext-key"}
_RADIOS = ("radio-1", "radio-2", "radio-3", "radio-4")
# Defaults of the CLI reference, from 6.0 on.
_LEFT_OUT = {"ssid": "fortinet", "security": "wpa2-only-personal"}
_EVERYWHERE = ("tunnel", "bridge", "enable")
_BAND = (
    ("6", re.compile(r"802\.11.*-6g")),
    ("5", re.compile(r"802\.11.*-5g|802\.11a(?:c(?!-2g).*|,.*|-only)?")),
    ("2.4", re.compile(r"802\.11.*")),
)


Rows = Sequence[tuple[str, Row]]  # each with its VDOM


class Told(NamedTuple):
    """What the controller says of SSIDs and of who carries them; None: not told to this account."""

    vap: Rows
    profiles: Rows | None = None
    access_points: Rows | None = None
    groups: Rows | None = None


def answered(*captures: Capture | None) -> Told:
    """By REST: SSIDs, profiles of access points, access points, groups of SSIDs."""
    vap, *others = (
        None if one is None else [(part.vdom, row) for part, row in rows(one)] for one in captures
    )
    return Told(vap or [], *others)


def configured(tables: Callable[[str], Iterable[tuple[str, Row]]]) -> Told:
    """By a configuration, whose tables these are. `show` leaves defaults out, and which SSIDs a
    radio takes has another in each release: who carries them is told by `show full-configuration`
    alone."""
    vap, profiles, access_points, groups = (
        list(tables(f"wireless-controller {name}"))
        for name in ("vap", "wtp-profile", "wtp", "vap-group")
    )
    radios = [row[one] for _, row in profiles for one in _RADIOS if isinstance(row.get(one), dict)]
    whole = bool(radios) and all("vap-all" in one or "mode" in one for one in radios)
    return Told(
        [(vdom, {**_LEFT_OUT, **row}) for vdom, row in vap],
        profiles if whole else None,
        access_points,
        groups,
    )


class Carried(NamedTuple):
    """Where an SSID is on a radio: by profile or access point, and in which bands."""

    by: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()


def networks(told: Told, who: str) -> Iterator[WirelessNetwork]:
    """Every SSID of every VDOM. Raises Unexpected for a mode this table does not know."""
    bound = _bound(told, {(vdom, str(row.get("name"))): row for vdom, row in told.vap})
    for vdom, row in told.vap:
        security = str(row.get("security", "")).removesuffix("+captive-portal")
        if security not in _SECURITY:
            raise Unexpected(
                f"{who}: SSID {shown(str(row.get('ssid')))} has security "
                f"{shown(security)!r}, which is not known",
                next_step="report the FortiOS release; the SSIDs are not judged until it is read",
            )
        name = str(row.get("name", ""))
        where = None if bound is None else bound.get((vdom, name), Carried())
        yield _network(row, name, _SECURITY[security], where)


def _network(row: Row, name: str, security: Security, where: Carried | None) -> WirelessNetwork:
    pairwise = _pairwise(row, security)
    akm = _akm(row, security)
    owe = _on(row.get("owe-transition"))
    return WirelessNetwork(
        ssid=said(row.get("ssid")),
        profile=name,
        enabled=row.get("status", "enable") == "enable",
        broadcast=row.get("broadcast-ssid", "enable") == "enable",
        bound_to=None if where is None else where.by,
        bands=() if where is None else where.bands,
        versions=security.versions,
        akm=akm,
        pairwise=pairwise,
        group=posture.group(pairwise),
        pmf=_pmf(row, security),
        transition="owe" if owe else security.transition,
        portal="captive-portal" in str(row.get("security")) or _on(row.get("captive-portal")),
        vlan=_vlan(row),
        user_keys=_user_keys(row, akm),
        sae_pwe=_sae_pwe(row, akm),
        isolated=None if (word := said(row.get("intra-vap-privacy"))) is None else _on(word),
    )


def _akm(row: Row, security: Security) -> tuple[str, ...]:
    more = str(row.get("additional-akms", "")).split()
    # From 7.6 on the longer key's way may stand in place of plain SAE.
    only = _on(row.get("akm24-only"))
    base = tuple("sae-ext-key" if only and one == "sae" else one for one in security.akm)
    own = dict.fromkeys((*base, *(_MORE_AKM[one] for one in more if one in _MORE_AKM)))
    return posture.fast(own, roaming=_on(row.get("fast-bss-transition")))


def _on(value: Any) -> bool:
    return str(value) == "enable"


def _pairwise(row: Row, security: Security) -> tuple[str, ...]:
    if not security.versions:
        return ()
    if security.versions == ("wep",):
        return ("wep",)
    if security.versions[-1:] == ("wpa3",):
        suite_b = security.akm == ("802.1x-suite-b-192",)
        return ("gcmp-256",) if suite_b else ("ccmp",)
    return _CIPHERS.get(str(row.get("encrypt", "aes")).casefold(), ())


def _pmf(row: Row, security: Security) -> str | None:
    """WPA3 and OWE require it whatever the setting says; transition makes it optional at least."""
    if security.versions == ("wpa3",):
        return "required"
    told = _PMF.get(str(row.get("pmf", "disable")))
    return "optional" if told == "disabled" and "wpa3" in security.versions else told


def _vlan(row: Row) -> str | None:
    if _on(row.get("dynamic-vlan")):
        return "dynamic"
    return None if str(row.get("vlanid", 0)) == "0" else str(row["vlanid"])


def _user_keys(row: Row, akm: tuple[str, ...]) -> tuple[str, ...] | None:
    """Names of single users' keys (6.2), or of the profile that holds them (6.4 and later)."""
    if not {"psk", "sae"} & set(akm):
        return None
    if profile := said(row.get("mpsk-profile")):
        return (profile,)
    if not _on(row.get("mpsk")):
        return ()
    keys = row.get("mpsk-key")
    if not isinstance(keys, list):
        return None
    return tuple(str(one.get("key-name")) for one in keys if isinstance(one, Mapping))


def _sae_pwe(row: Row, akm: tuple[str, ...]) -> str | None:
    if not {"sae", "sae-ext-key"} & set(akm) or "sae-h2e-only" not in row:
        return None
    if _on(row.get("sae-h2e-only")):
        return "hash-to-element"
    return "hunting-and-pecking" if _on(row.get("sae-hnp-only")) else "both"


def _bound(
    told: Told, known: Mapping[tuple[str, str], Row]
) -> dict[tuple[str, str], Carried] | None:
    """(VDOM, SSID profile) → where it is carried; None where that is not told."""
    if told.profiles is None:
        return None
    groups = {
        (vdom, str(row.get("name"))): words(row.get("vaps")) for vdom, row in told.groups or ()
    }
    profiles = {(vdom, str(row.get("name"))): row for vdom, row in told.profiles}
    carrying: dict[str, tuple[str, Row]] = {}
    if told.access_points is None:
        carrying = {f"{vdom}/{name}": (vdom, row) for (vdom, name), row in profiles.items()}
    else:
        for vdom, row in told.access_points:
            if str(row.get("admin", "enable")) == "disable":
                continue
            own = profiles.get((vdom, str(row.get("wtp-profile"))), {})
            merged = {**own, **_overrides(row, own)}
            carrying[f"{vdom}/{row.get('name') or row.get('wtp-id')}"] = (vdom, merged)
    found: dict[tuple[str, str], tuple[set[str], set[str]]] = {}
    for label, (vdom, row) in carrying.items():
        for radio in _RADIOS:
            settings = row.get(radio)
            for name in _on_radio(settings, vdom, known, groups):
                by, bands = found.setdefault((vdom, name), (set(), set()))
                by.add(label.partition("/")[2])
                bands |= _bands(settings)
    return {key: Carried(tuple(sorted(by)), tuple(sorted(on))) for key, (by, on) in found.items()}


def _overrides(row: Row, profile: Row) -> dict[str, Any]:
    """The radios of an access point that carry other SSIDs than its profile says."""
    found = {}
    for radio in _RADIOS:
        own = row.get(radio)
        if isinstance(own, Mapping) and _on(own.get("override-vaps")):
            base = profile.get(radio)
            kept = base if isinstance(base, Mapping) else {}
            found[radio] = {**kept, "vaps": own.get("vaps"), "vap-all": own.get("vap-all")}
    return found


def _on_radio(
    settings: Any,
    vdom: str,
    known: Mapping[tuple[str, str], Row],
    groups: Mapping[tuple[str, str], tuple[str, ...]],
) -> Iterator[str]:
    """The SSID profiles of one radio."""
    if not isinstance(settings, Mapping) or str(settings.get("mode", "ap")) != "ap":
        return
    everywhere = str(settings.get("vap-all", "manual"))
    if everywhere in _EVERYWHERE:
        for (of, name), row in known.items():
            bridged = _on(row.get("local-bridging"))
            if of == vdom and everywhere in ("enable", "bridge" if bridged else "tunnel"):
                yield name
        return
    for name in words(settings.get("vaps")):
        yield from groups.get((vdom, name), (name,))


def _bands(settings: Any) -> set[str]:
    """The bands of a radio, by the vendor's words for them (`802.11ax-5G`, `802.11n,g-only`)."""
    told = settings.get("band") if isinstance(settings, Mapping) else None
    names = told.split() if isinstance(told, str) else words(told)
    return {
        found
        for name in names
        if (found := next((b for b, form in _BAND if form.fullmatch(name.casefold())), None))
    }
