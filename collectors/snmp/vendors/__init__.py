"""What vendors' devices say and where: data, one module for each kind of device.

A family of an unlisted product is a few lines in one of these modules, and a case with it.
"""

from __future__ import annotations

from collectors.snmp.family import Family
from collectors.snmp.vendors import (
    access,
    appliances,
    automation,
    carrier,
    cisco,
    datacentre,
    firewalls,
    fortinet,
    hosts,
    hpe,
    industrial,
    media,
    power,
    printers,
    servers,
    storage,
    switches,
    wireless,
)
from collectors.snmp.vendors.makers import VENDORS

__all__ = ["FAMILIES", "PROBES", "VENDORS"]

FAMILIES: tuple[Family, ...] = (
    *cisco.FAMILIES,
    *firewalls.FAMILIES,
    *fortinet.FAMILIES,
    *hpe.FAMILIES,
    *datacentre.FAMILIES,
    *carrier.FAMILIES,
    *switches.FAMILIES,
    *wireless.FAMILIES,
    *industrial.FAMILIES,
    *access.FAMILIES,
    *appliances.FAMILIES,
    *automation.FAMILIES,
    *media.FAMILIES,
    *power.FAMILIES,
    *printers.FAMILIES,
    *servers.FAMILIES,
    *storage.FAMILIES,
    *hosts.FAMILIES,
)

# What only one family answers, asked where sysObjectID names the agent's maker alone.
PROBES = tuple(dict.fromkeys(f"1.3.6.1.4.1.{family.probe}" for family in FAMILIES if family.probe))
