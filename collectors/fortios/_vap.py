"""Wireless: SSIDs (`wireless-controller/vap`), and which access points carry them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from collectors.fortios._answer import rows, said, words
from evidence.capture import Capture
from evidence.errors import Unexpected, shown
from evidence.facts import WirelessNetwork


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


def networks(vap: Capture, profiles: Capture | None) -> Iterator[WirelessNetwork]:
    """Every SSID of every VDOM. Raises Unexpected for a mode this table does not know."""
    bound = _bound(profiles)
    for part, row in rows(vap):
        security = str(row.get("security", "")).removesuffix("+captive-portal")
        if security not in _SECURITY:
            raise Unexpected(
                f"{vap.device}: SSID {shown(str(row.get('ssid')))} has security "
                f"{shown(security)!r}, which is not known",
                next_step="report the FortiOS release; the SSIDs are not judged until it is read",
            )
        name = str(row.get("name", ""))
        yield _network(row, name, _SECURITY[security], bound.get((part.vdom, name), ()), profiles)


def _network(
    row: Mapping[str, Any],
    name: str,
    security: Security,
    bound: Iterable[str],
    profiles: Capture | None,
) -> WirelessNetwork:
    pairwise = _pairwise(row, security)
    owe = str(row.get("owe-transition", "disable")) == "enable"
    return WirelessNetwork(
        ssid=said(row.get("ssid")),
        profile=name,
        enabled=row.get("status", "enable") == "enable",
        broadcast=row.get("broadcast-ssid", "enable") == "enable",
        bound_to=None if profiles is None else tuple(sorted(set(bound))),
        versions=security.versions,
        akm=tuple(f"ft-{one}" for one in security.akm if _fast(row, one)) + security.akm,
        pairwise=pairwise,
        # A group key is the weakest cipher that any client may have.
        group="tkip" if "tkip" in pairwise else pairwise[0] if pairwise else None,
        pmf=_pmf(row, security),
        transition="owe" if owe else security.transition,
        portal="captive-portal" in str(row.get("security")) or _on(row.get("captive-portal")),
        vlan=None if str(row.get("vlanid", 0)) == "0" else str(row["vlanid"]),
    )


def _fast(row: Mapping[str, Any], akm: str) -> bool:
    return _on(row.get("fast-bss-transition")) and akm in ("psk", "802.1x", "sae")


def _on(value: Any) -> bool:
    return str(value) == "enable"


def _pairwise(row: Mapping[str, Any], security: Security) -> tuple[str, ...]:
    if not security.versions:
        return ()
    if security.versions == ("wep",):
        return ("wep",)
    if security.versions[-1:] == ("wpa3",):
        suite_b = security.akm == ("802.1x-suite-b-192",)
        return ("gcmp-256",) if suite_b else ("ccmp",)
    return _CIPHERS.get(str(row.get("encrypt", "aes")).casefold(), ())


def _pmf(row: Mapping[str, Any], security: Security) -> str | None:
    """WPA3 and OWE require it whatever the setting says; transition makes it optional at least."""
    if security.versions == ("wpa3",):
        return "required"
    return _PMF.get(str(row.get("pmf", "disable")))


def _bound(profiles: Capture | None) -> dict[tuple[str, str], list[str]]:
    """(VDOM, SSID profile) → access point profiles that carry it on a radio."""
    found: dict[tuple[str, str], list[str]] = {}
    for part, row in rows(profiles) if profiles else ():
        for radio in ("radio-1", "radio-2", "radio-3", "radio-4"):
            settings = row.get(radio)
            if isinstance(settings, Mapping):
                for name in words(settings.get("vaps")):
                    found.setdefault((part.vdom, name), []).append(str(row.get("name")))
    return found
