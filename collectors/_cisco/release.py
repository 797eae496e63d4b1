"""A software release, as a fact."""

from __future__ import annotations

from evidence.facts import SoftwareRelease
from evidence.trains import train

_NAMES = {
    "ios": "Cisco IOS Software",
    "iosxe": "Cisco IOS XE Software",
    "iosxr": "Cisco IOS XR Software",
    "nxos": "Cisco Nexus Operating System (NX-OS) Software",
    "aci": "Cisco ACI switch software",
    "aireos": "Cisco Wireless LAN Controller Software (AireOS)",
}


def release(
    product: str, version: str, *, build: str | None = None, part: str = "operating system"
) -> SoftwareRelease:
    """The release. An experimental build (`17.8.20211003:014100`) has no train: no dates hold."""
    return SoftwareRelease(
        vendor="Cisco",
        product=product,
        name=_NAMES[product],
        version=version,
        build=build,
        train=None if ":" in version else train(product, version),
        part=part,
    )
