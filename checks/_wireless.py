"""What the checks of wireless share: the networks that are ours, and what is heard on the air."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from evidence.device import Device
from evidence.facts import AirObservation, BasicServiceSet, WirelessNetwork
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text, visible

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


def _good(readings: Readings) -> Iterator[tuple[Device, Reading]]:
    for device, reading in readings.each("wireless"):
        if reading is not None:
            yield device, reading
