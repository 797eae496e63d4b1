"""A wireless network as Cisco's controllers print it: labels and values, nested by indentation.

Labels repeat (`AES Cipher` under WPA, WPA2 and WPA3; `802.1X` as dynamic WEP and as key
management), so a value is known by where it stands. A label that says `Enabled` and is not known
fails the reading: what may be negotiated is not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from collectors._wireless import posture
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import WirelessNetwork

_LINE = re.compile(r"^( *)(\S.*?) *(?::?\.{3,}|:)(?: +(.*?))? *$")
_WPA = ("Wi-Fi Protected Access (WPA/WPA2/WPA3)", "Wi-Fi Protected Access (WPA/WPA2)")
_HEADING = "authkeymanagement"
_ELEMENTS = {
    "wpassnie": "wpa",
    "wpa2rsnie": "wpa2",
    **dict.fromkeys(("wpa3wpa3ie", "wpa3rsnie"), "wpa3"),
}
_CIPHERS = {
    "tkip": "tkip",
    **dict.fromkeys(("aes", "ccmp128", "aesccmp128", "ccmp128aes"), "ccmp"),
    "ccmp256": "ccmp-256",
    "gcmp128": "gcmp",
    "gcmp256": "gcmp-256",
}
_AKM = {
    **dict.fromkeys(("8021x", "dot1x"), "802.1x"),
    "psk": "psk",
    "cckm": "cckm",
    **dict.fromkeys(("ftdot1x", "ft8021x", "ft1x80211r"), "ft-802.1x"),
    **dict.fromkeys(("ftpsk", "ftpsk80211r"), "ft-psk"),
    **dict.fromkeys(("dot1xsha256", "8021xsha256", "pmf1x80211w"), "802.1x-sha256"),
    **dict.fromkeys(("psksha256", "pmfpsk80211w"), "psk-sha256"),
    "sae": "sae",
    "ftsae": "ft-sae",
    "saeextkey": "sae-ext-key",
    "ftsaeextkey": "ft-sae-ext-key",
    "owe": "owe",
    "suiteb1x": "802.1x-suite-b",
    "suiteb1921x": "802.1x-suite-b-192",
    "osen1x": "osen",
}
# Protections of other standards. What they offer is not told by a table of ours.
_OTHERS = {"WAPI": "wapi", "CKIP": "ckip"}
_PORTALS = ("Conditional Web Redirect", "Splash-Page Web Redirect", "Web-Passthrough")
_PMF = ("disabled", "optional", "required")
# Printed behind protection of management frames, by releases that have none too (AireOS 7.0).
_AFTER_PMF = "Tkip MIC Countermeasure Hold-down Timer"

Path = tuple[str, ...]
Values = Mapping[Path, str]


def values(lines: list[str]) -> dict[Path, str]:
    """Every value by the labels above it, the first where one repeats in the same place."""
    found: dict[Path, str] = {}
    above: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        heading = _label(line) == _HEADING
        match = _LINE.match(line)
        if not heading and match is None and line.strip():
            above = _higher(above, _indent(line))
            above.append((_indent(line), _label(line)))
        if heading:
            # Some releases print it far to the right of what stands below it.
            below = next((one for one in lines[number + 1 :] if one.strip()), line)
            above = [*_higher(above, _indent(below) - 1), (_indent(below) - 1, _HEADING)]
        elif match is not None:
            above = [*_higher(above, len(match[1])), (len(match[1]), _label(match[2]))]
            found.setdefault(tuple(label for _, label in above), (match[3] or "").strip())
    return found


def network(told: Values, who: str) -> WirelessNetwork:
    """What a client could negotiate. Raises Incomplete (a line is missing), Unexpected."""
    wpa = _flag(told, who, *_WPA)
    versions, akm, pairwise = _protected(told, who) if wpa else _unprotected(told, who)
    pmf = _pmf(told, who)
    owe = _optional(told, "OWE Transition Mode") == "Enabled"
    return WirelessNetwork(
        ssid=_said(told, who, "Network Name (SSID)") or None,
        profile=_said(told, who, "WLAN Profile Name", "Profile Name"),
        enabled=_flag(told, who, "Status"),
        broadcast=_flag(told, who, "Broadcast SSID"),
        bands=_bands(told),
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        # TKIP wherever any client may use it; of several others the controller's choice.
        group="tkip" if "tkip" in pairwise else pairwise[0] if len(pairwise) == 1 else None,
        pmf=pmf if wpa else "disabled",
        transition="owe" if owe else posture.transition(akm),
        sae_pwe=_sae_pwe(told, akm),
        portal=_flag(told, who, "Web Based Authentication")
        or any(_on(_optional(told, label) or "") for label in _PORTALS),
    )


def identifier(told: Values) -> str:
    """The WLAN's number, by which access points name it."""
    return _optional(told, "WLAN Identifier") or _optional(told, "Identifier") or ""


def _protected(told: Values, who: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Versions, key management and pairwise ciphers of a network with WPA."""
    on = [label for path, value in told.items() if (label := path[-1]) in _ELEMENTS and _on(value)]
    versions = tuple(_ELEMENTS[label] for label in on)
    pairwise = [
        _known(_CIPHERS, path[-1].removesuffix("cipher"), who)
        for path, value in told.items()
        if path[-1].endswith("cipher") and path[-2] in on and _on(value)
    ]
    akm = [
        _known(_AKM, path[-1], who)
        for path, value in told.items()
        if path[-2:-1] == (_HEADING,) and _on(value)
    ]
    if not versions or not akm:
        raise Incomplete(f"{who}: WPA is on, and no version or no key management is told")
    return versions, tuple(dict.fromkeys(akm)), tuple(dict.fromkeys(pairwise))


def _unprotected(
    told: Values, who: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The same without WPA: open, or WEP with static keys or those of 802.1X."""
    dynamic = any(path == ("security", "8021x") and _on(value) for path, value in told.items())
    shared = "shared" in _said(told, who, "802.11 Authentication").casefold()
    wep = _flag(told, who, "Static WEP Keys") or dynamic or shared
    akm = ("802.1x",) if dynamic else ("open",)
    others = [name for label, name in _OTHERS.items() if _on(_optional(told, label) or "")]
    if others and not wep:
        return (), tuple(others), tuple(others)
    return (("wep",), akm, ("wep",)) if wep else ((), akm, ())


def _known(table: Mapping[str, str], label: str, who: str) -> str:
    if label not in table:
        raise Unexpected(
            f"{who}: {shown(label)!r} is on, which is not known",
            next_step="report the controller's release; its networks are not judged until it "
            "is read",
        )
    return table[label]


def _pmf(told: Values, who: str) -> str | None:
    """Protection of management frames; None where the release prints none.

    Raises Incomplete: the answer breaks off before it.
    """
    if _optional(told, _AFTER_PMF) is not None and _optional(told, "PMF") is None:
        return None
    said = _said(told, who, "PMF Support", "PMF").casefold()
    if said not in _PMF:
        raise Incomplete(f"{who}: protection of management frames is not told")
    return said


def _sae_pwe(told: Values, akm: tuple[str, ...]) -> str | None:
    """`Hash to Element(H2E)`, `Hunting and Pecking(HNP)` or both of them (IOS XE 17.7)."""
    if not any("sae" in one for one in akm):
        return None
    said = (_optional(told, "SAE PWE Method") or "").casefold()
    newer, older = ("h2e" in said or "hash" in said), ("hnp" in said or "hunting" in said)
    if (newer and older) or "both" in said:
        return "both"
    return "hash-to-element" if newer else "hunting-and-pecking" if older else None


def _bands(told: Values) -> tuple[str, ...]:
    """The bands that the policy allows, and those whose state is told of each (IOS XE 17.7).

    `All` is told as the two bands that every release means by it.
    """
    text = (_optional(told, "Radio Policy") or "").casefold()
    state = {path[-1] for path, value in told.items() if value.startswith("UP")}
    lower = text == "all" or "802.11b" in text or "802.11g" in text or "24ghz" in state
    upper = text == "all" or bool(re.search(r"802\.11a(?!x)", text)) or "5ghz" in state
    six = bool(re.search(r"\b6 ?ghz", text)) or "6ghz" in state
    bands = ("2.4", lower), ("5", upper), ("6", six)
    return tuple(name for name, there in bands if there)


def _flag(told: Values, who: str, *labels: str) -> bool:
    said = _said(told, who, *labels)
    if not said.startswith(("Enabled", "Disabled")):
        raise Incomplete(f"{who}: {labels[0]!r} says {shown(said)!r}")
    return said.startswith("Enabled")


def _said(told: Values, who: str, *labels: str) -> str:
    """The value of the first of these labels. Raises Incomplete: none of them is there."""
    for label in labels:
        if (found := _optional(told, label)) is not None:
            return found
    raise Incomplete(f"{who}: {labels[0]!r} is not told: the answer breaks off")


def _optional(told: Values, label: str) -> str | None:
    wanted = _label(label)
    return next((value for path, value in told.items() if path[-1] == wanted), None)


def _on(value: str) -> bool:
    return value.startswith("Enabled")


def _higher(above: list[tuple[int, str]], indent: int) -> list[tuple[int, str]]:
    return [one for one in above if one[0] < indent]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _label(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())
