"""Cisco autonomous access points (Aironet with IOS): the SSIDs of the running configuration.

An SSID names its key management and VLAN; each radio says which SSIDs it carries and by which
ciphers each VLAN is encrypted. Key management `wpa` without a version takes WPA and WPA2;
`optional` lets clients in without either. Software, chassis and account are those of any IOS
device.

From the command reference; not confirmed on an access point of our own.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping

from collectors._cisco.answer import told
from collectors._wireless import posture
from collectors.ios import PRIVILEGE, SESSION, VENDOR, account
from evidence.ask import Ask, Secret
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, WirelessNetwork

__all__ = ["PRIVILEGE", "SESSION", "VENDOR", "account", "wireless"]
TRANSPORTS = ("ssh", "folder")
# The first is the driver that carries the terminal.
ALIASES = ("cisco_autonomous_ap",)

Flow = Generator[Ask, Capture, Iterable[Fact]]
Block = tuple[str, list[str]]

_KIND = r"(?:[0-9] )?"
_SECRETS = tuple(
    Secret("regex", rf"^[ \t]*{before}(?P<secret>\S[^\r\n]*?) *\r?$")
    for before in (
        rf"wpa-psk (?:ascii|hex) {_KIND}",
        rf"encryption (?:vlan \d+ )?key \d size \S+ {_KIND}",
        rf"(?:enable|username \S+(?: privilege \d+)?) (?:password|secret) {_KIND}",
        rf"(?:radius-server|tacacs-server)(?: host \S+.*?)? key {_KIND}",
        rf"(?:server-)?key {_KIND}",
        rf"password {_KIND}",
        r"snmp-server community ",
        rf"(?:nas|user) \S+ .*?(?:key|nthash|password) {_KIND}",
        rf"pre-shared-key .*? key {_KIND}",
    )
)
CONFIG = Ask(
    "running_config",
    "show running-config",
    secrets=_SECRETS,
    also=("show run", "show_running-config"),
)

_CIPHERS = {"aes-ccm": "ccmp", "tkip": "tkip", "wep128": "wep", "wep40": "wep"}
_RADIO = re.compile(r"interface Dot11Radio(\d+)")
_ENCRYPTION = re.compile(
    r"encryption (?:vlan (?P<vlan>\d+) )?mode (?P<mode>ciphers|wep) (?P<how>.+)"
)
_MANAGEMENT = re.compile(r"authentication key-management (?P<words>.+)")
_BANDS = {"0": ("2.4",), "1": ("5",)}


def wireless(device: Device) -> Flow:
    """Every SSID with the radios that carry it. Raises Incomplete, Unexpected: there is none."""
    answer = yield CONFIG
    text = told(answer)
    if not re.search(r"(?m)^end *$", text):
        raise Incomplete(f"{device.id}: {CONFIG.text!r} does not end with `end`")
    blocks = list(_blocks(text))
    radios = {radio[1]: lines for name, lines in blocks if (radio := _RADIO.fullmatch(name))}
    found = [
        _network(device, name.removeprefix("dot11 ssid ").strip(), lines, radios)
        for name, lines in blocks
        if name.startswith("dot11 ssid ")
    ]
    if not found:
        raise Unexpected(
            f"{device.id}: the configuration holds no SSID",
            code="result_empty_suspicious",
            next_step="an access point that a controller manages has none of its own: read the "
            "controller",
        )
    return found


def _network(
    device: Device, ssid: str, lines: list[str], radios: Mapping[str, list[str]]
) -> WirelessNetwork:
    vlan = _first(lines, r"vlan (\d+)(?: .*)?")
    carrying = {
        number: said
        for number, said in radios.items()
        if f"ssid {ssid}" in said and "shutdown" not in said
    }
    versions, akm, lax = _management(device, ssid, lines)
    pairwise = tuple(
        dict.fromkeys(one for said in (carrying or radios).values() for one in _ciphers(said, vlan))
    )
    if not versions:
        wep = "wep" in pairwise or any(one.startswith("authentication shared") for one in lines)
        versions, pairwise = (("wep",), ("wep",)) if wep else ((), ())
        akm = ("802.1x",) if wep and any(" eap " in f" {one} " for one in lines) else ("open",)
    elif lax:
        # Beside the protected clients anybody may come in the clear.
        akm = ("open",)
    secret = _first(lines, rf"wpa-psk (?:ascii|hex) {_KIND}(redacted:\S+)")
    return WirelessNetwork(
        ssid=ssid,
        enabled=bool(carrying),
        broadcast=any(one.startswith(("guest-mode", "mbssid guest-mode")) for one in lines),
        bound_to=tuple(f"Dot11Radio{number}" for number in carrying),
        bands=tuple(band for number in carrying for band in _BANDS.get(number, ())),
        versions=versions,
        akm=akm,
        pairwise=pairwise,
        group=posture.group(pairwise),
        pmf=_pmf(lines, versions),
        transition=posture.transition(akm),
        vlan=vlan,
        passphrase_digest=secret,
        user_keys=() if "psk" in akm or "ft-psk" in akm else None,
    )


def _management(
    device: Device, ssid: str, lines: list[str]
) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Versions, key management, and whether clients may do without. Raises Unexpected."""
    said = next((found for one in lines if (found := _MANAGEMENT.fullmatch(one))), None)
    if said is None:
        return (), (), False
    words = said["words"].split()
    known = {"wpa", "version", "1", "2", "cckm", "optional", "dot11r"}
    if unknown := [one for one in words if one not in known]:
        raise Unexpected(
            f"{device.id}: SSID {shown(ssid)} has key management {shown(unknown[0])!r}, which is "
            "not known",
            next_step="report the release; the SSIDs are not judged until it is read",
        )
    version = words[words.index("version") + 1 :][:1] if "version" in words else []
    versions = {"1": ("wpa",), "2": ("wpa2",)}.get("".join(version), ("wpa", "wpa2"))
    psk = any(one.startswith("wpa-psk ") for one in lines)
    wpa = ("psk" if psk else "802.1x",) if "wpa" in words else ()
    akm = (*posture.fast(wpa, roaming="dot11r" in words), *(("cckm",) if "cckm" in words else ()))
    return versions, akm, "optional" in words


def _ciphers(radio: list[str], vlan: str | None) -> Iterator[str]:
    """Ciphers by which a radio encrypts a VLAN."""
    for one in radio:
        said = _ENCRYPTION.fullmatch(one)
        if said is None or said["vlan"] != vlan:
            continue
        if said["mode"] == "wep":
            yield "wep"
        else:
            yield from (_CIPHERS.get(word, word) for word in said["how"].split())


def _pmf(lines: list[str], versions: tuple[str, ...]) -> str | None:
    if "wpa2" not in versions:
        return "disabled"
    return _first(lines, r"11w-pmf client (required|optional)(?: .*)?") or "disabled"


def _first(lines: Iterable[str], form: str) -> str | None:
    return next((found[1] for one in lines if (found := re.fullmatch(form, one))), None)


def _blocks(text: str) -> Iterator[Block]:
    """Each block by its first line, with the lines that stand below it, blanks taken off."""
    block: Block | None = None
    for line in text.splitlines():
        if line.startswith(" ") and block is not None:
            block[1].append(line.strip())
        elif line.strip():
            if block is not None:
                yield block
            block = (line.strip(), [])
    if block is not None:
        yield block
