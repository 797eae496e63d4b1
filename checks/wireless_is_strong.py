"""Is every wireless network strong? Each is described by traits, and the policy judges traits.

No regulation names a protocol, so what a trait is worth is a company criterion (公司判定準則).
The code only says which traits a network has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evidence.device import Device
from evidence.facts import WirelessNetwork
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "wireless_is_strong"
WIRELESS = Text("its wireless networks", "無線網路設定")
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
    "sae_without_pmf": Text("WPA3 without frame protection", "WPA3 未要求管理訊框保護"),
    "sae_transition": Text("WPA3 transition: can be downgraded", "WPA3 過渡模式，可能遭降級"),
    "owe": Text("encrypted, nobody authenticated", "加密但未驗證身分（OWE）"),
    "owe_transition": Text("an open twin of it exists", "OWE 過渡模式，存在開放之孿生網路"),
    "pmf_unknown": Text("frame protection not said", "管理訊框保護狀態不明"),
    "cipher_unknown": Text("cipher not said", "加密方式不明"),
    "strong": Text("strong", "安全協定無已知弱點"),
}
WORTH: Mapping[str, str] = {
    **dict.fromkeys(("open", "open_portal", "wep", "wpa1", "tkip", "wps", "owe"), "not_satisfied"),
    **dict.fromkeys(("psk_without_pmf", "eap_without_pmf", "sae_without_pmf"), "partly_satisfied"),
    **dict.fromkeys(("sae_transition", "owe_transition"), "partly_satisfied"),
    **dict.fromkeys(("pmf_unknown", "cipher_unknown"), "not_assessed"),
    "strong": "satisfied",
}


def check(
    readings: Readings,
    *,
    worth: Mapping[str, str] = WORTH,
    guest_worth: Mapping[str, str] | None = None,
    guest_ssids: Sequence[str] = (),
) -> Iterator[Observation]:
    """`worth`: the result of each trait; `guest_worth` replaces it for the `guest_ssids`."""
    yield from unread(readings, "wireless", CHECK, WIRELESS)
    for device, reading in readings.each("wireless"):
        for network in reading.of(WirelessNetwork) if reading else ():
            guest = network.ssid in guest_ssids
            table = {**WORTH, **worth, **((guest_worth or {}) if guest else {})}
            if reading is not None:
                yield _observed(readings, device, reading, network, table, guest)


def traits(network: WirelessNetwork) -> tuple[str, ...]:
    """What a client could negotiate that is worth judging; `strong` when nothing else is."""
    akm = {word.casefold() for word in network.akm}
    ciphers = {word.casefold() for word in network.pairwise}
    ciphers |= {network.group.casefold()} if network.group else set()
    versions = {word.casefold() for word in network.versions}
    found = []
    if any(word.startswith("wep") for word in ciphers | versions | akm):
        found.append("wep")
    elif not akm - {"open", "none"}:
        found.append("open_portal" if network.portal else "open")
    if versions & {"wpa", "wpa1"}:
        found.append("wpa1")
    if "tkip" in ciphers:
        found.append("tkip")
    if network.wps:
        found.append("wps")
    found += _management_frames(network, akm) if not found else []
    if akm - {"open", "none"} and not ciphers:
        found.append("cipher_unknown")
    return tuple(found) or ("strong",)


def _management_frames(network: WirelessNetwork, akm: set[str]) -> list[str]:
    """What concerns WPA2 and WPA3 only: protection of management frames, and transitions."""
    plain = {word.removeprefix("ft-").removesuffix("-sha256") for word in akm}
    sae, psk, owe = "sae" in plain or "sae-ext-key" in plain, "psk" in plain, "owe" in plain
    eap = bool(plain & {"802.1x", "eap", "cckm"})
    if owe:
        return ["owe", "owe_transition"] if network.transition == "owe" else ["owe"]
    if (sae and psk) or network.transition == "sae":
        return ["sae_transition"]
    if (psk or eap or sae) and network.pmf is None:
        return ["pmf_unknown"]
    if sae and network.pmf == "disabled":
        return ["sae_without_pmf"]
    if (psk or eap) and network.pmf == "disabled":
        return ["psk_without_pmf" if psk else "eap_without_pmf"]
    return []


def _observed(
    readings: Readings,
    device: Device,
    reading: Reading,
    network: WirelessNetwork,
    table: Mapping[str, str],
    guest: bool,
) -> Observation:
    found = traits(network)
    result = min((Result(table[name]) for name in found), key=WORST_FIRST.index)
    state = "weak" if result is not Result.satisfied else "strong"
    words = [TRAITS[name] for name in found]
    # A profile that is switched off is a note; one that an access point still carries is not.
    if network.enabled is False and not network.bound_to:
        result, state = Result.not_applicable, "switched_off"
        words = [Text("switched off", "已停用"), *words]
    name = network.ssid or network.profile or "?"
    unit = f"{network.subject_unit}/" if network.subject_unit else ""
    profile = f"/{network.profile}" if network.profile and network.profile != name else ""
    return Observation(
        check=CHECK,
        device=device.id,
        subject=f"{device.id}/{unit}wireless {name}{profile}",
        result=result,
        state=state,
        description=Text(
            f"{name} on {device.id}: {', '.join(one.en for one in words)}",
            f"{device.id} 之 {name}：{'、'.join(one.zh for one in words)}",
        ),
        at=readings.at,
        evidence=(reading.digest,),
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
