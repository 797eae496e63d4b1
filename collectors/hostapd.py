"""hostapd, the access point daemon of Linux: what its file configures, and what it runs.

Rules from the comments in hostapd's own sample file: `wpa` is a bit mask (1 WPA, 2 RSN), ciphers
default to TKIP, the group cipher is the weakest pairwise one, every `bss=` begins with the
defaults again. What the daemon says it runs (`get_config`) stands before the file, which may
have been edited since. A file that is cut off cannot be told from a short one.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace

from collectors._wireless import posture
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected
from evidence.facts import BasicServiceSet, Fact, WirelessNetwork

VENDOR = "hostapd"
TRANSPORTS = ("ssh", "local", "folder")

Flow = Generator[Ask, Capture, Iterable[Fact]]
Settings = Mapping[str, str]

_SECRETS = (
    Secret(
        "regex",
        r"^[ \t]*(?:wpa_passphrase|wpa_psk|passphrase|psk|sae_password|wep_key[0-3]|r[01]kh|ap_pin"
        r"|(?:auth|acct)_server_shared_secret|radius_das_client|private_key_passwd2?|rxkh_\w*key"
        r"|pac_opaque_encr_key|dpp_(?:netaccesskey|csign)|imsi_privacy_key)=(?P<secret>[^\r\n]+)",
    ),
)
_PLACES = {
    "path": r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,8}\.conf",
    "control": r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,8}",
    "interface": r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}",
}

CONFIG = Ask(
    "config",
    "cat {path}",
    secrets=_SECRETS,
    holes=_PLACES,
    also=("cat /etc/hostapd/hostapd.conf", "/etc/hostapd/hostapd.conf", "hostapd.conf"),
)
RUNNING, STATUS = (
    Ask(
        name,
        f"hostapd_cli -p {{control}} -i {{interface}} {word}",
        secrets=_SECRETS,
        holes=_PLACES,
        also=(f"hostapd_cli {word}", f"hostapd_cli -i wlan0 {word}"),
    )
    for name, word in (("running_config", "get_config"), ("status", "status"))
)

_AKM = {
    "WPA-PSK": "psk",
    "WPA-EAP": "802.1x",
    "FT-EAP": "ft-802.1x",
    "WPA-PSK-SHA256": "psk-sha256",
    "WPA-PSK-SHA384": "psk-sha384",
    "WPA-EAP-SHA256": "802.1x-sha256",
    "WPA-EAP-SHA384": "802.1x-sha384",
    "WPA-EAP-SUITE-B": "802.1x-suite-b",
    "WPA-EAP-SUITE-B-192": "802.1x-suite-b-192",
    "FT-EAP-SHA384": "ft-802.1x-sha384",
}
# What the RSN override elements offer beside (2.12), to clients that know them.
_OVERRIDES = ("", "_2")
_SSID = {"ssid", "ssid2"}
_PMF = {"0": "disabled", "1": "optional", "2": "required"}
# States of the radio in between (waiting for a channel, a country's rules) are neither.
_ON_AIR = {"ENABLED": True, "DISABLED": False, "UNINITIALIZED": False}
_SAE_PWE = {"0": "hunting-and-pecking", "1": "hash-to-element", "2": "both"}
_BANDS = {"a": ("5",), "b": ("2.4",), "g": ("2.4",), "ad": ("60",)}


def wireless(device: Device) -> Flow:
    """Every SSID of the file, and on which of them the daemon says something else."""
    options = device.options
    path = options.get("config", "/etc/hostapd/hostapd.conf")
    config = yield from _optional(CONFIG(path=path))
    interface = options.get("interface", "wlan0")
    sections = _sections(config, interface) if config else [{"interface": interface}]
    found: list[Fact] = []
    for section in sections:
        # A section without an SSID serves a wire, or is a RADIUS server only.
        if config and not _SSID & section.keys():
            continue
        name = section["interface"]
        running = yield from _asked(RUNNING, device, name)
        if config or running:
            status = yield from _asked(STATUS, device, name)
            network = _network(section)
            told = _on_air(_running(network, running) if running else network, name, status)
            found += [told, *_served(told, name, status)]
    if not found and not config:
        yield CONFIG(path=path)  # its refusal is the reason
    if not found:
        raise Unexpected(
            f"{device.id}: hostapd serves no wireless network here",
            code="result_empty_suspicious",
            next_step="name the right file in the option `config`; a wired or RADIUS-only "
            "hostapd has no `wireless` subject",
        )
    return found


def _optional(ask: Ask) -> Generator[Ask, Capture, Capture | None]:
    try:
        return (yield ask)
    except NotAnswered:
        return None


def _asked(ask: Ask, device: Device, interface: str) -> Generator[Ask, Capture, Capture | None]:
    """What the running daemon says of one interface; None when it is not there to be asked."""
    if not re.fullmatch(_PLACES["interface"], interface):
        return None
    control = device.options.get("control", "/run/hostapd")
    return (yield from _optional(ask(control=control, interface=interface)))


def _sections(capture: Capture, interface: str) -> list[dict[str, str]]:
    """One set of settings a BSS: the radio's, then its own. Raises Unexpected.

    Lines stand in any order: what precedes `interface` is of the first BSS all the same. Where no
    line names one, hostapd was started with it: that is `interface`.
    """
    radio: dict[str, str] = {}
    sections: list[dict[str, str]] = [{}]
    for line in capture.text().splitlines():
        key, sign, value = line.strip("\ufeff").lstrip().partition("=")
        if key.startswith("#") or not sign:
            continue
        if value.strip() == "{":  # a block of wpa_supplicant's
            break
        if key == "bss":
            sections.append({"interface": value.strip()})
        elif key == "interface":
            sections[0]["interface"] = value.strip()
        elif key in ("hw_mode", "op_class", "channel", "driver"):
            radio[key] = value.strip()
        else:
            sections[-1][key] = value
    if "interface" not in sections[0] and not _SSID & sections[0].keys():
        raise Unexpected(
            # Not shown: what is no such file may be one of passwords.
            f"{capture.device}: {capture.ask.text!r} is no hostapd configuration"
        )
    return [{"interface": interface} | radio | one for one in sections]


def _network(said: Settings) -> WirelessNetwork:
    """What the file configures, with hostapd's defaults for what it leaves out."""
    mask = _number(said.get("wpa"))
    wpa = _ciphers(said.get("wpa_pairwise", "TKIP"))
    rsn = _ciphers(said["rsn_pairwise"]) if "rsn_pairwise" in said else wpa
    pairwise = tuple(dict.fromkeys((*(wpa if mask & 1 else ()), *(rsn if mask & 2 else ()))))
    akm = _akm(said.get("wpa_key_mgmt", "WPA-PSK")) if mask else ()
    wep = not mask and any(key.startswith("wep_key") for key in said)
    if wep:
        pairwise = ("wep",)
    if mask & 2:
        for one in _OVERRIDES:
            akm += _akm(said.get(f"rsn_override_key_mgmt{one}", ""))
            pairwise += _ciphers(said.get(f"rsn_override_pairwise{one}", ""))
        akm, pairwise = tuple(dict.fromkeys(akm)), tuple(dict.fromkeys(pairwise))
    if not mask:
        akm = ("802.1x",) if said.get("ieee8021x") == "1" else ("open",)
    if not mask and said.get("osen", "0").strip() == "1":
        akm, pairwise = ("osen",), ("ccmp",)
    pmf = _PMF.get(said.get("ieee80211w", "0"))
    owe = "owe_transition_ifname" in said or "owe_transition_ssid" in said
    secret = said.get("wpa_passphrase") or said.get("sae_password") or said.get("wpa_psk")
    return WirelessNetwork(
        ssid=_ssid(said),
        profile=said["interface"],
        broadcast=said.get("ignore_broadcast_ssid", "0").strip() == "0",
        bands=("6",) if _number(said.get("op_class")) in range(131, 138) else _band(said),
        versions=("wep",) if wep else _versions(mask, akm, pmf),
        akm=akm,
        pairwise=pairwise,
        group=_cipher(said["group_cipher"]) if "group_cipher" in said else _group(pairwise),
        pmf=pmf if mask & 2 else "disabled",
        wps=_number(said.get("wps_state")) > 0,
        transition="owe" if owe else posture.transition(akm),
        vlan="dynamic" if _number(said.get("dynamic_vlan")) else None,
        passphrase_digest=secret.strip() if secret and secret.startswith("redacted:") else None,
        user_keys=_user_keys(said, akm),
        sae_pwe=_SAE_PWE.get(said.get("sae_pwe", "0").strip()) if "sae" in akm else None,
        isolated=said.get("ap_isolate", "0").strip() == "1",
    )


def _user_keys(said: Settings, akm: tuple[str, ...]) -> tuple[str, ...] | None:
    """Where the keys of single users stand; their names are not read."""
    if not {"psk", "sae"} & set(akm):
        return None
    kept = ("wpa_psk_file", "wpa_psk_radius")
    return tuple(name for name in kept if said.get(name, "0").strip() not in ("", "0"))


def _running(network: WirelessNetwork, capture: Capture) -> WirelessNetwork:
    """The network as `hostapd_cli get_config` tells it, where it tells."""
    said = dict(line.partition("=")[::2] for line in capture.text().splitlines() if "=" in line)
    if "ssid" not in said:
        raise Unexpected(
            f"{capture.device}: {capture.ask.text!r} names no SSID: is the daemon running?"
        )
    # Before 2.10 it told the ciphers of each, and no mask.
    mask = _number(said.get("wpa")) or (
        2 * ("rsn_pairwise_cipher" in said) + ("wpa_pairwise_cipher" in said)
    )
    if not mask and network.akm not in (("open",), ("802.1x",)):
        raise Incomplete(
            f"{capture.device}: {capture.ask.text!r} tells no encryption where the file has one",
            next_step="the file was edited since, or the answer was cut off: reload hostapd "
            "and read again",
        )
    network = replace(network, ssid=_unescaped(said["ssid"]))
    if "wps_state" in said:
        network = replace(network, wps=said["wps_state"] != "disabled")
    if not mask:
        return network
    akm = _akm(said.get("key_mgmt", ""))
    wpa = _ciphers(said.get("wpa_pairwise_cipher", "")) if mask & 1 else ()
    rsn = _ciphers(said.get("rsn_pairwise_cipher", "")) if mask & 2 else ()
    pairwise = tuple(dict.fromkeys((*wpa, *rsn)))
    if not akm or not pairwise:
        raise Incomplete(f"{capture.device}: {capture.ask.text!r} breaks off before its ciphers")
    # It does not tell protection of management frames; a file that differs is no witness of it.
    same = (set(akm), set(pairwise)) == (set(network.akm), set(network.pairwise))
    return replace(
        network,
        versions=_versions(mask, akm, network.pmf if same else None),
        akm=akm,
        pairwise=pairwise,
        group=_cipher(said["group_cipher"]) if "group_cipher" in said else _group(pairwise),
        pmf=network.pmf if same else None,
        transition="owe" if network.transition == "owe" else posture.transition(akm),
        passphrase_digest=network.passphrase_digest if same else None,
    )


def _on_air(network: WirelessNetwork, name: str, status: Capture | None) -> WirelessNetwork:
    """Whether the radio serves it, from `hostapd_cli status`."""
    found = re.search(r"^state=(\w+)", status.text(), re.MULTILINE) if status else None
    return (
        network
        if found is None
        else replace(network, enabled=_ON_AIR.get(found[1]), bound_to=(name,))
    )


def _served(
    network: WirelessNetwork, name: str, status: Capture | None
) -> Iterator[BasicServiceSet]:
    """The address it is sent from, among those of its radio."""
    said = dict(line.partition("=")[::2] for line in status.text().splitlines()) if status else {}
    for key, value in said.items():
        number = re.fullmatch(r"bss(\[\d+\])", key)
        if number and value == name and (address := posture.bssid(said.get(f"bssid{number[1]}"))):
            frequency = re.fullmatch(r"\d{4,5}", said.get("freq", ""))
            yield BasicServiceSet(
                bssid=address,
                ssid=network.ssid,
                access_point=name,
                band=posture.band(float(frequency[0])) if frequency else None,
                channel=said.get("channel") or None,
                on_air=network.enabled,
            )


def _versions(mask: int, akm: tuple[str, ...], pmf: str | None) -> tuple[str, ...]:
    """WPA3 is RSN with its own key management; with 802.1X it is SHA-256 and PMF required."""
    enterprise3 = pmf == "required" and set(akm) <= {"802.1x-sha256", "802.1x-suite-b-192"}
    newer = [one for one in akm if posture.is_wpa3(one) or enterprise3]
    names = ("wpa", mask & 1), ("wpa2", mask & 2 and len(newer) < len(akm)), ("wpa3", newer)
    return tuple(name for name, there in names if there)


def _group(pairwise: tuple[str, ...]) -> str | None:
    """hostapd's own choice: TKIP where any client may use it, else what all can read."""
    order = ("wep", "tkip", "ccmp", "gcmp", "gcmp-256", "ccmp-256")
    return next((one for one in order if one in pairwise), None)


def _akm(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_AKM.get(one.upper(), one.lower()) for one in text.split()))


def _ciphers(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_cipher, text.split())))


def _cipher(text: str) -> str:
    return text.strip().lower()


def _band(said: Settings) -> tuple[str, ...]:
    return _BANDS.get(said.get("hw_mode", "b"), ())


def _ssid(said: Settings) -> str | None:
    """`ssid` is taken as it stands; `ssid2` is quoted, or hexadecimal."""
    if "ssid2" not in said:
        return said.get("ssid")
    text = said["ssid2"].strip()
    if text.startswith(('"', 'P"')):
        inner = text.lstrip("P")[1:-1]
        return _unescaped(inner) if text.startswith("P") else inner
    try:
        return bytes.fromhex(text).decode("utf-8", "backslashreplace")
    except ValueError:
        return text


def _unescaped(text: str) -> str:
    r"""Text with `\xNN`, `\\` and `\"` as hostapd prints an SSID's bytes."""
    raw = re.sub(
        rb"\\(?:x([0-9a-fA-F]{2})|([\\\"]))",
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[2],
        text.encode("utf-8", "surrogateescape"),
    )
    return raw.decode("utf-8", "backslashreplace")


def _number(text: str | None) -> int:
    """A number setting; 0, hostapd's default, where it is not set."""
    found = re.match(r"\s*(\d+)", text or "")
    return int(found[1]) if found else 0
