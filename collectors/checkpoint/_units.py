"""The gateways: which package each one has installed and since when, and how long hits are kept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from collectors.checkpoint._answer import Row, moment, words
from evidence.facts import HardwareItem, SoftwareRelease, Unit
from evidence.trains import train

VENDOR = "Check Point"
CLUSTER, MEMBER = "CpmiGatewayCluster", "CpmiClusterMember"
_CLUSTERS = (CLUSTER, "simple-cluster")
_MEMBERS = (MEMBER, "cluster-member")
_KEPT = re.compile(r"(\d+)\s*(month|year)s?")


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway or cluster. `package`: the access policy in force on it; None: none is.

    `counts`: whether hit count is switched on for it; None: not told.
    """

    uid: str
    name: str
    cluster: bool
    version: str | None
    hardware: str | None
    package: str | None
    installed_at: datetime | None
    counts: bool | None


@dataclass(frozen=True, slots=True)
class Counting:
    """The manager's settings: whether hits are counted, and for how many months they are kept."""

    on: bool | None = None
    kept_months: int | None = None


def gateways(rows: Iterable[Row]) -> list[Gateway]:
    """Every gateway and cluster; a cluster's members enforce and count under its name."""
    return [_gateway(row) for row in rows if row.get("type") not in _MEMBERS and _enforces(row)]


def counting(properties: Row | None, option: str | None) -> Counting:
    """What the global properties say, else the device's option `hits_kept` (`6 months`)."""
    said = (properties or {}).get("hit-count")
    told = said if isinstance(said, dict) else {}
    on = told.get("enable-hit-count")
    kept = _KEPT.fullmatch(str(told.get("keep-hit-count-data-up-to") or option or "").lower())
    months = None if kept is None else int(kept[1]) * (12 if kept[2] == "year" else 1)
    return Counting(on if isinstance(on, bool) else None, months)


def units(found: Iterable[Gateway]) -> Iterator[Unit]:
    for one in found:
        yield Unit(
            subject_unit=one.name,
            vendor=VENDOR,
            model=one.hardware,
            hostname=one.name,
            ha_mode="cluster" if one.cluster else None,
            rules_loaded_at=one.installed_at,
        )


def releases(rows: Iterable[Row]) -> Iterator[SoftwareRelease | HardwareItem]:
    """Release and appliance of everything the manager lists, members and itself included."""
    for row in rows:
        name, version = str(row.get("name")), words(row.get("version"))
        if version and row.get("type") not in _CLUSTERS:
            yield SoftwareRelease(
                subject_unit=name,
                vendor=VENDOR,
                product="gaia",
                name=words(row.get("operating-system")) or "Gaia",
                version=version,
                train=train("gaia", version),
            )
        if (hardware := words(row.get("hardware"))) and row.get("type") not in _CLUSTERS:
            open_server = hardware.lower() in ("open server", "vmware", "cloudguard iaas")
            yield HardwareItem(
                subject_unit=name, vendor=VENDOR, model=hardware, virtual=open_server
            )


def _enforces(row: Row) -> bool:
    blades = row.get("network-security-blades") or {}
    return bool(row.get("policy")) or blades.get("firewall") is True or row.get("firewall") is True


def _gateway(row: Row) -> Gateway:
    policy = row.get("policy") or {}
    installed = policy.get("access-policy-installed", bool(policy.get("access-policy-name")))
    counts = row.get("hit-count")
    return Gateway(
        uid=str(row.get("uid", "")),
        name=str(row.get("name", "")),
        cluster=row.get("type") in _CLUSTERS,
        version=words(row.get("version")),
        hardware=words(row.get("hardware")),
        package=words(policy.get("access-policy-name")) if installed else None,
        installed_at=moment(policy.get("access-policy-installation-date")),
        counts=counts if isinstance(counts, bool) else None,
    )
