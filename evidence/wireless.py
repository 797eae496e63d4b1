"""Wireless as it is judged and shown: networks that are ours, what is heard, and words for both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence.device import Device
from evidence.facts import AirObservation, BasicServiceSet, WirelessNetwork
from evidence.observation import Observation
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text, visible

CHECKS = (
    *("wireless_is_strong", "wireless_agrees_with_air", "wireless_users_are_known"),
    *("wireless_key_is_changed", "guest_is_separated"),
)
# Platforms that hear networks and have none: what they were not read for, no network lacks.
LISTENERS = ("air_capture", "iw_scan", "air_survey")
WIRELESS = Text("its wireless networks", "無線網路設定")


@dataclass(frozen=True, slots=True)
class Held:
    """A network of ours, with the device and the reading that hold it."""

    device: Device
    reading: Reading
    network: WirelessNetwork

    @property
    def name(self) -> str:
        """Its SSID, or its profile where it hides behind one, safe to print."""
        return visible(self.network.ssid or self.network.profile or "?")

    @property
    def subject(self) -> str:
        """The network's name from month to month."""
        network = self.network
        unit = f"{network.subject_unit}/" if network.subject_unit else ""
        profile = visible(network.profile or "")
        more = f"/{profile}" if profile and profile != self.name else ""
        return f"{self.device.id}/{unit}wireless {self.name}{more}"

    @property
    def on_air(self) -> bool:
        """Whether it may be on the air: switched on or still bound, and not bound to nothing."""
        network = self.network
        if network.bound_to == ():
            return False
        return network.enabled is not False or bool(network.bound_to)

    def is_guest(self, guest_ssids: Sequence[str]) -> bool:
        """By the company's list, or because the device itself calls it so."""
        return self.network.ssid in guest_ssids or self.network.guest is True


@dataclass(frozen=True, slots=True)
class Heard:
    """A network heard on the air, with the device and the reading that hold it."""

    device: Device
    reading: Reading
    seen: AirObservation


def unread_networks(readings: Readings, check: str) -> Iterator[Observation]:
    """One `not_read` observation for each device that may have networks and was not read well."""
    for one in unread(readings, "wireless", check, WIRELESS):
        if readings.devices[one.device].platform not in LISTENERS:
            yield one


def held_networks(readings: Readings) -> Sequence[Held]:
    """Every network that a device has configured."""
    return readings.once(
        "held networks",
        lambda: tuple(
            Held(device, reading, network)
            for device, reading in _good(readings)
            for network in reading.of(WirelessNetwork)
        ),
    )


def heard_networks(readings: Readings) -> Sequence[Heard]:
    """Every network that a capture, a scan or a controller's access points heard."""
    return readings.once(
        "heard networks",
        lambda: tuple(
            Heard(device, reading, seen)
            for device, reading in _good(readings)
            for seen in reading.of(AirObservation)
        ),
    )


@dataclass(frozen=True, slots=True)
class Sent:
    """What an access point of ours sends, with the device that says so."""

    device: Device
    bss: BasicServiceSet


def served(readings: Readings) -> Mapping[str, Sent]:
    """What our access points send, by the address it is sent from."""
    return readings.once(
        "served networks",
        lambda: {
            one.bssid: Sent(device, one)
            for device, reading in _good(readings)
            for one in reading.of(BasicServiceSet)
        },
    )


def access_points_told(readings: Readings, name: str) -> bool:
    """Whether every device of ours that may send this name tells from which addresses: only then
    is another address that sends it a stranger's."""
    ours = {
        one.device.id for one in held_networks(readings) if one.network.ssid == name and one.on_air
    }
    return bool(ours) and ours <= _telling(readings, name)


def _telling(readings: Readings, name: str | None) -> set[str]:
    """Devices that tell an address of this name, or of access points whatever they send."""
    return {
        sent.device.id
        for sent in served(readings).values()
        if sent.bss.ssid is None or sent.bss.ssid == name
    }


def heard_of(readings: Readings, held: Held) -> Sequence[Heard]:
    """What captures and scans heard of a network of ours: from its device's access points, or,
    where that device tells no addresses, from any that is not another device's."""
    ours = served(readings)
    listed = held.device.id in _telling(readings, held.network.ssid)
    found = []
    for one in surveyed(readings):
        sent = ours.get(one.seen.bssid)
        mine = sent.device.id == held.device.id if sent else not listed
        # A beacon that hides its name is known by its address.
        name = one.seen.ssid or (sent.bss.ssid if sent else None)
        if name is not None and name == held.network.ssid and mine:
            found.append(one)
    return found


def surveyed(readings: Readings) -> Sequence[Heard]:
    """What captures and scans heard; controllers' lists tell less of each, and are not among it."""
    return [one for one in heard_networks(readings) if one.seen.classified_as is None]


def _good(readings: Readings) -> Iterator[tuple[Device, Reading]]:
    for device, reading in readings.each("wireless"):
        if reading is not None:
            yield device, reading


_VERSIONS = {"wep": "WEP", "wpa": "WPA", "wpa2": "WPA2", "wpa3": "WPA3"}
_PMF = {
    "disabled": Text("no PMF", "無 PMF"),
    "optional": Text("PMF optional", "PMF 選用"),
    "required": Text("PMF required", "PMF 必要"),
}
_TRANSITION = {
    "sae": Text("WPA3 transition", "WPA3 過渡模式"),
    "owe": Text("OWE transition", "OWE 過渡模式"),
    "802.1x": Text("WPA3 transition", "WPA3 過渡模式"),
}


def protection(said: WirelessNetwork | AirObservation) -> Text:
    """What a client could negotiate, on one line: versions, key management, ciphers, PMF."""
    wep = said.versions == ("wep",)
    versions = "/".join(_VERSIONS.get(one, one) for one in said.versions)
    words = [Text(versions, versions)] if versions else []
    if said.akm == ("open",) and not wep:
        words.append(Text("open", "開放"))
    elif not wep:
        ciphers = "/".join(one.upper() for one in said.pairwise)
        words += [Text(one, one) for one in ("/".join(said.akm), ciphers) if one]
        if said.group and (said.group,) != said.pairwise:
            name = said.group.upper()
            words.append(Text(f"group {name}", f"群組 {name}"))
    if said.akm and said.akm != ("open",):
        words += [_PMF[said.pmf]] if said.pmf in _PMF else []
    words += [_TRANSITION[said.transition]] if said.transition in _TRANSITION else []
    words += [Text("WPS on", "啟用 WPS")] if said.wps else []
    if not words:
        return Text("not told", "未揭露")
    return Text(", ".join(one.en for one in words), "，".join(one.zh for one in words))


def standing(held: Held) -> Text:
    """Whether a network of ours may be on the air, and what carries it where that is told."""
    network = held.network
    if network.enabled is False and not network.bound_to:
        return Text("switched off", "已停用")
    if network.bound_to == ():
        return Text("on no access point", "未套用至基地臺")
    by = ", ".join(visible(one) for one in network.bound_to or ())
    hidden = network.broadcast is False
    words = [
        Text(f"on {by}", f"套用：{by}") if by else Text("on the air", "已啟用"),
        *([Text("name hidden", "隱藏名稱")] if hidden else []),
        *([Text(f"VLAN {network.vlan}", f"VLAN {network.vlan}")] if network.vlan else []),
        *([Text("for guests", "訪客用")] if network.guest else []),
    ]
    bands = "/".join(network.bands)
    words += [Text(f"{bands} GHz", f"{bands} GHz")] if bands else []
    return Text(", ".join(one.en for one in words), "，".join(one.zh for one in words))
