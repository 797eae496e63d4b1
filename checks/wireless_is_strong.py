"""Is every wireless network strong? Each is described by traits, and the policy judges traits.

No regulation names a protocol, so what a trait is worth is a company criterion (公司判定準則).
The code only says which traits a network has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from evidence.facts import AirObservation, WirelessNetwork
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.text import Text
from evidence.wireless import Held, held_networks, unread_networks

CHECK = "wireless_is_strong"
WORST_FIRST = (Result.not_satisfied, Result.not_assessed, Result.partly, Result.satisfied)

TRAITS: Mapping[str, Text] = {
    "open": Text("open, no encryption", "開放、未加密"),
    "open_portal": Text("open with a portal only", "開放、僅入口網頁驗證"),
    "wep": Text("WEP", "WEP"),
    "wpa1": Text("WPA version 1 allowed", "允許 WPA 第一版"),
    "tkip": Text("TKIP allowed", "允許 TKIP"),
    "wps": Text("WPS on", "啟用 WPS"),
    "psk_without_pmf": Text(
        "WPA2 passphrase without frame protection", "WPA2 密碼、無管理訊框保護"
    ),
    "eap_without_pmf": Text(
        "WPA2 enterprise without frame protection", "WPA2 企業、無管理訊框保護"
    ),
    "sae_without_pmf": Text("WPA3 without required frame protection", "WPA3 未要求管理訊框保護"),
    "sae_transition": Text("WPA3 transition: can be downgraded", "WPA3 過渡模式，可能遭降級"),
    "sae_hunting_and_pecking": Text(
        "WPA3 by hunting-and-pecking only", "WPA3 僅採 hunting-and-pecking"
    ),
    "owe": Text("encrypted, nobody authenticated", "加密但未驗證身分（OWE）"),
    "owe_transition": Text("an open twin of it exists", "OWE 過渡模式，存在開放之孿生網路"),
    "osen": Text("sign-up network, nobody authenticated", "註冊用網路（OSEN），未驗證身分"),
    "pmf_unknown": Text("frame protection not said", "管理訊框保護狀態不明"),
    "cipher_unknown": Text("cipher not said or not known", "加密方式不明"),
    "akm_unknown": Text("key management not known", "金鑰管理方式不明"),
    "strong": Text("strong", "安全協定無已知弱點"),
}
WORTH: Mapping[str, str] = {
    **dict.fromkeys(("open", "open_portal", "wep", "wpa1", "tkip", "wps"), "not_satisfied"),
    **dict.fromkeys(("owe", "osen"), "not_satisfied"),
    **dict.fromkeys(("psk_without_pmf", "eap_without_pmf", "sae_without_pmf"), "partly_satisfied"),
    **dict.fromkeys(("sae_transition", "owe_transition"), "partly_satisfied"),
    **dict.fromkeys(("pmf_unknown", "cipher_unknown", "akm_unknown"), "not_assessed"),
    **dict.fromkeys(("sae_hunting_and_pecking", "strong"), "satisfied"),
}
_CIPHERS = ("tkip", "ccmp", "ccmp-256", "gcmp", "gcmp-256")
_AKM = re.compile(
    r"(?:ft-)?(?:psk|802\.1x|eap)(?:-sha256|-sha384)?|(?:ft-)?sae(?:-ext-key)?|owe|osen|cckm|dpp"
    r"|802\.1x-suite-b(?:-192)?|(?:ft-)?fils-sha(?:256|384)|open|none"
)


def check(
    readings: Readings,
    *,
    worth: Mapping[str, str] = WORTH,
    guest_worth: Mapping[str, str] | None = None,
    guest_ssids: Sequence[str] = (),
) -> Iterator[Observation]:
    """`worth`: the result of each trait; `guest_worth` replaces it for networks for guests, which
    are the `guest_ssids` and those that a device calls so."""
    yield from unread_networks(readings, CHECK)
    for held in held_networks(readings):
        guest = held.is_guest(guest_ssids)
        table = {**WORTH, **worth, **((guest_worth or {}) if guest else {})}
        yield _observed(readings, held, table, guest)


def traits(network: WirelessNetwork | AirObservation) -> tuple[str, ...]:
    """What a client could negotiate that is worth judging; `strong` when nothing else is."""
    akm = {word.casefold() for word in network.akm}
    ciphers = {word.casefold() for word in network.pairwise}
    ciphers |= {network.group.casefold()} if network.group else set()
    versions = {word.casefold() for word in network.versions}
    found = []
    if any(word.startswith("wep") for word in ciphers | versions | akm):
        found.append("wep")
    elif not akm:
        found.append("akm_unknown")  # nobody said that nothing is asked
    elif not akm - {"open", "none"}:
        portal = isinstance(network, WirelessNetwork) and network.portal
        found.append("open_portal" if portal else "open")
        # An open network that announces its encrypted twin.
        found += ["owe_transition"] if network.transition == "owe" else []
    if versions & {"wpa", "wpa1"}:
        found.append("wpa1")
    if "tkip" in ciphers:
        found.append("tkip")
    if network.wps:
        found.append("wps")
    found += _management_frames(network, akm) if not found else []
    unknown = {word for word in ciphers if word not in _CIPHERS and not word.startswith("wep")}
    if akm - {"open", "none"} and (unknown or not ciphers):
        found.append("cipher_unknown")
    if not all(_AKM.fullmatch(word) for word in akm):
        found.append("akm_unknown")
    return tuple(found) or ("strong",)


def _management_frames(network: WirelessNetwork | AirObservation, akm: set[str]) -> list[str]:
    """What concerns WPA2 and WPA3 only: protection of management frames, and transitions."""
    plain = {re.sub(r"-sha(?:256|384)$", "", word.removeprefix("ft-")) for word in akm}
    sae, psk, owe = "sae" in plain or "sae-ext-key" in plain, "psk" in plain, "owe" in plain
    eap = any(word.startswith(("802.1x", "eap", "cckm", "fils")) for word in plain)
    if owe:
        return ["owe", "owe_transition"] if network.transition == "owe" else ["owe"]
    if "osen" in plain:
        return ["osen"]
    if (sae and psk) or network.transition == "sae":
        return ["sae_transition"]
    if (psk or eap or sae) and network.pmf is None:
        return ["pmf_unknown"]
    if sae:
        weak = ["sae_without_pmf"] if network.pmf != "required" else []
        older = network.sae_pwe == "hunting-and-pecking"
        return [*weak, *(["sae_hunting_and_pecking"] if older else [])]
    if (psk or eap) and network.pmf == "disabled":
        return ["psk_without_pmf" if psk else "eap_without_pmf"]
    return []


def _observed(readings: Readings, held: Held, table: Mapping[str, str], guest: bool) -> Observation:
    network, device = held.network, held.device
    found = traits(network)
    result = min((Result(table[name]) for name in found), key=WORST_FIRST.index)
    state = "weak" if result is not Result.satisfied else "strong"
    words = [TRAITS[name] for name in found]
    # A profile that is switched off or on no access point is a note; one that is switched off
    # and that an access point still carries is not.
    if not held.on_air:
        off = network.enabled is False
        result, state = Result.not_applicable, "switched_off" if off else "on_no_access_point"
        why = (
            Text("switched off", "已停用") if off else Text("on no access point", "未套用至基地臺")
        )
        words = [why, *words]
    return Observation(
        check=CHECK,
        device=device.id,
        subject=held.subject,
        result=result,
        state=state,
        description=Text(
            f"{held.name} on {device.id}: {', '.join(one.en for one in words)}",
            f"{device.id} 之 {held.name}：{'、'.join(one.zh for one in words)}",
        ),
        at=readings.at,
        evidence=(held.reading.digest,),
        measures={
            "ssid": network.ssid,
            "traits": list(found),
            "guest": guest,
            "akm": list(network.akm),
            "pairwise": list(network.pairwise),
            "group": network.group,
            "pmf": network.pmf,
            "bands": list(network.bands),
        },
        scope=(f"site:{device.site}", f"about:{'guest' if guest else 'staff'}"),
    )
