"""The lab's switches: what SNMP says of them, as snmprec."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

_ENTITY = "1.3.6.1.2.1.47.1.1.1.1"


def catalyst(hostname: str, model: str, serial: str, boot_at: datetime, at: datetime) -> bytes:
    """A Catalyst with classic IOS: system group and one chassis in ENTITY-MIB."""
    version = "15.2(2)E7"
    description = (
        f"Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version {version}, "
        "RELEASE SOFTWARE (fc3)"
    )
    return _recording(
        {
            "1.3.6.1.2.1.1.1.0": ("4", description),
            "1.3.6.1.2.1.1.2.0": ("6", "1.3.6.1.4.1.9.1.1208"),
            "1.3.6.1.2.1.1.3.0": ("67", str(int((at - boot_at).total_seconds() * 100))),
            "1.3.6.1.2.1.1.5.0": ("4", hostname),
            f"{_ENTITY}.2.1001": ("4", model),
            f"{_ENTITY}.5.1001": ("2", "3"),
            f"{_ENTITY}.7.1001": ("4", "1"),
            f"{_ENTITY}.10.1001": ("4", version),
            f"{_ENTITY}.11.1001": ("4", serial),
            f"{_ENTITY}.12.1001": ("4", "cisco"),
            f"{_ENTITY}.13.1001": ("4", model),
        }
    )


def beside() -> bytes:
    """What a switch's neighbour tables say: the floor switch, a camera nobody registered, and who
    spoke to it lately."""
    lldp, arp = "1.0.8802.1.1.2.1.4", "1.3.6.1.2.1.4.22.1.2.20"
    camera, floor = "b4a9fc000102", "001122330013"
    return _recording(
        {
            f"{lldp}.1.1.4.100.12.1": ("2", "4"),
            f"{lldp}.1.1.4.100.49.2": ("2", "4"),
            f"{lldp}.1.1.5.100.12.1": ("4x", camera),
            f"{lldp}.1.1.5.100.49.2": ("4x", floor),
            f"{lldp}.1.1.9.100.12.1": ("4", "cam-lobby"),
            f"{lldp}.1.1.9.100.49.2": ("4", "sw-floor-3"),
            f"{lldp}.1.1.10.100.12.1": ("4", "HIKVISION DS-2CD2143G2"),
            f"{lldp}.1.1.10.100.49.2": ("4", "Aruba JL678A 6100 24G 4SFP+ Swch PL.10.13.1010"),
            f"{lldp}.2.1.3.100.12.1.1.4.10.20.0.66": ("2", "2"),
            f"{lldp}.2.1.3.100.49.2.1.4.10.20.0.13": ("2", "2"),
            f"{arp}.10.20.0.10": ("4x", "005056a10010"),
            f"{arp}.10.20.0.66": ("4x", camera),
            f"{arp}.10.20.0.77": ("4x", "005056a10077"),
        }
    )


def arubacx(hostname: str, serial: str, boot_at: datetime, at: datetime) -> bytes:
    """An Aruba CX whose software is still maintained."""
    return _recording(
        {
            "1.3.6.1.2.1.1.1.0": ("4", "Aruba JL678A 6100 24G 4SFP+ Swch PL.10.13.1010"),
            "1.3.6.1.2.1.1.2.0": ("6", "1.3.6.1.4.1.47196.4.1.1.1.300"),
            "1.3.6.1.2.1.1.3.0": ("67", str(int((at - boot_at).total_seconds() * 100))),
            "1.3.6.1.2.1.1.5.0": ("4", hostname),
            f"{_ENTITY}.2.1": ("4", "JL678A 6100 24G 4SFP+ Swch"),
            f"{_ENTITY}.5.1": ("2", "3"),
            f"{_ENTITY}.7.1": ("4", "Chassis"),
            f"{_ENTITY}.10.1": ("4", "PL.10.13.1010"),
            f"{_ENTITY}.11.1": ("4", serial),
            f"{_ENTITY}.12.1": ("4", "Aruba"),
            f"{_ENTITY}.13.1": ("4", "JL678A"),
        }
    )


def _recording(rows: Mapping[str, tuple[str, str]]) -> bytes:
    return "".join(f"{oid}|{tag}|{value}\n" for oid, (tag, value) in rows.items()).encode()
