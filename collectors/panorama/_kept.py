"""Panorama's configuration, as somebody kept it: the rules of its device groups, without hits.

In the same three forms as a firewall's (`collectors.panos._kept`). Which group stands below which
it tells below `readonly`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from collectors.panorama._groups import BASES, SHARED, Firewall, Place
from collectors.panos import _kept
from evidence.capture import Capture


@dataclass(frozen=True, slots=True)
class Kept:
    """Places by name (the shared group first), the firewalls of each device group, and the group
    above each group that stands below one."""

    places: Mapping[str, Place]
    groups: Mapping[str, list[Firewall]]
    parents: Mapping[str, str]


def kept(capture: Capture) -> Kept:
    """What a configuration tells of device groups. Raises Unexpected where it is in no form that
    PAN-OS prints, Incomplete where it breaks off."""
    found = _kept.configuration(capture)
    shared = found.shared[0] if found.shared else Element(SHARED)
    return Kept(
        {SHARED: _place(SHARED, shared)}
        | {name: _place(name, entry) for name, entry in found.groups.items()},
        {name: list(map(_firewall, _serials(entry))) for name, entry in found.groups.items()},
        found.parents,
    )


def _place(name: str, entry: Element) -> Place:
    bases = {base: node for base in BASES if (node := entry.find(f"{base}-rulebase")) is not None}
    return Place(name, bases, (entry,))


def _serials(entry: Element) -> list[str]:
    return [one.get("name", "") for one in entry.findall("devices/entry")]


def _firewall(serial: str) -> Firewall:
    """A firewall by its serial number alone: what is kept tells no name, release or role."""
    return Firewall(
        serial=serial,
        vsys="vsys1",
        alone=True,
        hostname=None,
        version=None,
        role=None,
        peer=None,
        in_sync=None,
    )
