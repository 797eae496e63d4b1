"""Aruba Instant access points (8.3 and later): the running configuration of a cluster.

One virtual controller holds the SSIDs of every access point of its cluster. Passphrases stand
there encrypted, each anew, so equal ones cannot be seen as equal; every secret is replaced
anyway.

From the documentation and user guides; not confirmed on an access point of our own: how 6 GHz
and WPA3's switches are written in each release.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping

from collectors._aruba import bss, opmode
from collectors._wireless import posture
from evidence.ask import Ask, Secret, Session
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, NotAnswered, Unexpected, shown
from evidence.facts import (
    AirObservation,
    BasicServiceSet,
    Fact,
    HardwareItem,
    SoftwareRelease,
    WirelessNetwork,
)

VENDOR = "Aruba"
# The first is the driver that carries the terminal.
ALIASES = ("generic_ssh", "aruba_iap", "instant")
TRANSPORTS = ("ssh", "folder")

Flow = Generator[Ask, Capture, Iterable[Fact]]

EXIT = Ask("exit", "exit")
SESSION = Session(
    prompt=r"[\w.:\-]+ ?[>#] ?",
    logout=(EXIT,),
    pager=r"--More-- .*",
)
_SECRETS = (
    Secret(
        "regex",
        r"^[ \t]*(?:wpa-passphrase|wpa-hexkey|wep-key \S+|key|radius-key|passwd|password|ppp-passwd"
        r"|shared-key|pppoe-passwd|uplink-password|cppm-password|mgmt-user \S+|user \S+"
        r"|hash-mgmt-(?:user|password) \S+(?: password)? \S+|snmp-server (?:community|host \S+)"
        r"|virtual-controller-key|ap1x-peap-(?:user|password)|amp-key|rapids-key|mpsk-local-passphrase"
        r"\S*(?: \S+)?|vpn (?:username|password)|password-hash)[ \t]+(?P<secret>\S[^\r\n]*)",
    ),
)
CONFIG = Ask(
    "running_config",
    "show running-config",
    secrets=_SECRETS,
    also=("show run", "show_running-config"),
)
VERSION = Ask("version", "show version", also=("show_version",))
MEMBERS = Ask("access_points", "show aps", also=("show_aps",))
BSS_TABLE = Ask("bss_table", "show ap bss-table", also=("show_ap_bss-table",))
OTHERS = Ask("ids_aps", "show ids aps", also=("show_ids_aps",))

_RELEASE = re.compile(r"ArubaOS \(MODEL: (?P<model>[^)\s]+)\), Version (?P<version>\S+)")
_BANDS = {"all": ("2.4", "5"), "2.4": ("2.4",), "5.0": ("5",), "none": ()}
_BANDS |= dict.fromkeys(("6", "6.0"), ("6",))
_PROFILE = "wlan ssid-profile"
_MEMBERS = re.compile(r"(?m)^(\d+) Access Points? *$")
# MAC, network (which may be missing), classification, channel.
_OTHER = re.compile(
    r"(?m)^(?P<mac>(?:[0-9a-f]{2}:){5}[0-9a-f]{2})[ \t]+(?:(?P<network>\S.*?)[ \t]+)??"
    r"(?P<called>Interfering|(?:Suspected[ -])?Rogue|Manually[ -]contained|Contained|Neighbor"
    r"|Known[ -]Interfering|Valid|Unclassified|Unknown)[ \t]+\d{1,3}\S*[ \t]"
)


def wireless(device: Device) -> Flow:
    """Every SSID profile of the cluster, the addresses it is sent from where all are told, and who
    else it hears. Raises Incomplete, Unexpected: there is no profile."""
    answer = yield CONFIG
    blocks = _blocks(answer)
    found = [
        _network(device, name.removeprefix(_PROFILE).strip().strip('"'), lines)
        for name, lines in blocks
        if name.startswith(f"{_PROFILE} ")
    ]
    if not found:
        raise Unexpected(
            f"{device.id}: the configuration holds no SSID profile",
            code="result_empty_suspicious",
            next_step="read the access point that is the virtual controller",
        )
    return [*found, *(yield from _served(device)), *(yield from _others())]


def firmware(device: Device) -> Flow:
    """Release and model of the access point that is the virtual controller."""
    said = _RELEASE.search(_told((yield VERSION)))
    if said is None:
        raise Unexpected(f"{device.id}: `show version` names no release of ArubaOS")
    return [
        SoftwareRelease(vendor=VENDOR, product="aruba-instant", version=said["version"]),
        HardwareItem(vendor=VENDOR, model=said["model"], part="access point"),
    ]


def _served(device: Device) -> Generator[Ask, Capture, list[BasicServiceSet]]:
    """Where every SSID is sent from. An access point may tell its own addresses alone: of a larger
    cluster a list that lacks a member's is none, for what it lacks would be taken for a stranger's.
    """
    try:
        members = _MEMBERS.search(_told((yield MEMBERS)))
        found = list(bss.served(_told((yield BSS_TABLE)), device.id))
    except NotAnswered:
        return []
    told = {one.access_point for one in found}
    return found if members is not None and int(members[1]) == len(told) else []


def _others() -> Generator[Ask, Capture, list[AirObservation]]:
    """What the cluster hears and has classified; none where it is refused or was not delivered."""
    try:
        text = _told((yield OTHERS))
    except NotAnswered:
        return []
    return [
        AirObservation(
            bssid=address,
            ssid=row["network"],
            classified_as=row["called"].casefold().replace(" ", "-").removeprefix("manually-"),
        )
        for row in _OTHER.finditer(text)
        if (address := posture.bssid(row["mac"])) is not None
    ]


def _network(device: Device, name: str, said: Mapping[str, str]) -> WirelessNetwork:
    who = f"{device.id}: SSID profile {shown(name)!r}"
    if "opmode" not in said or "type" not in said:
        raise Incomplete(f"{who} breaks off before its encryption")
    mode = opmode.read(
        # Two at once stand with a comma (`wpa-psk-tkip,wpa2-psk-aes`).
        re.split(r"[ ,]+", said["opmode"]),
        who,
        transition="opmode-transition-disable" not in said,
        fast="dot11r" in said,
    )
    zone = said.get("zone")
    enabled = "enable" in said and "disable" not in said
    return WirelessNetwork(
        ssid=said.get("essid", "").strip('"') or name,
        profile=name,
        enabled=enabled,
        broadcast="hide-ssid" not in said,
        bound_to=() if not enabled else (f"zone {zone}",) if zone else ("all",),
        bands=_BANDS.get(said.get("rf-band", "all"), ()),
        versions=mode.versions,
        akm=mode.akm,
        pairwise=mode.pairwise,
        group=posture.group(mode.pairwise),
        pmf=opmode.pmf(
            mode.versions, capable="mfp-capable" in said, required="mfp-required" in said
        ),
        transition=mode.transition,
        portal=None
        if (portal := said.get("captive-portal")) is None
        else not portal.startswith("disable"),
        vlan=said.get("vlan"),
        user_keys=mode.user_keys,
        guest=said["type"] == "guest",
        isolated="deny-inter-user-bridging" in said,
    )


def _blocks(capture: Capture) -> list[tuple[str, dict[str, str]]]:
    """Each block by its first line, with its settings: the rest of a line by its first word."""
    found: list[tuple[str, dict[str, str]]] = []
    text = _told(capture)
    if not re.search(r"(?m)^version \d", text):
        raise Unexpected(f"{capture.device}: {capture.ask.text!r} is no configuration of Instant")
    for line in text.splitlines():
        if line.startswith((" ", "\t")) and found:
            word, _, rest = line.strip().partition(" ")
            found[-1][1].setdefault(word, rest.strip())
        elif line.strip():
            found.append((line.strip(), {}))
    return found


def _told(capture: Capture) -> str:
    """The answer. Raises NotAnswered for a refusal, Incomplete for a page that was left."""
    text = capture.text()
    if re.search(r"(?m)^--More--", text):
        raise Incomplete(f"{capture.device}: {capture.ask.text!r}: the pager was left on")
    refused = re.search(r"(?m)^(?:% ?Parse error|% ?Invalid|.*not authorized).*", text)
    if refused is not None and len(text) < 400:
        raise NotAnswered(f"{capture.device}: refused: {shown(refused[0])}")
    return text
