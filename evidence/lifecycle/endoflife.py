"""endoflife.date's answers as rows: API v1 (one product, or `products/full`) and the older v0.

A field is a day or a boolean. `false` for an end is "no day announced": a blank, which is never
"supported". `true` is "has ended, the day is not told": the row then ends the day before it was
read, and its note says so. In v0 `support` is the other way round: `true` is still maintained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from evidence.errors import ConfigurationError, shown
from evidence.lifecycle.entry import Entry, day_of

SITE = "https://endoflife.date"
ENDED = "ended by then; the day is not told"


@dataclass(frozen=True, slots=True)
class _Product:
    """How one of the site's products is ours: the milestones its two ends mean."""

    vendor: str
    product: str
    name: str
    end: tuple[str, ...] = ("last_day_of_support",)
    maintenance: tuple[str, ...] = ("end_of_software_maintenance",)


_End = date | Literal[True] | None

_FIXES = ("end_of_security_fixes",)
_BOTH = ("end_of_security_fixes", "last_day_of_support")
_PALO_ALTO, _VMWARE = "Palo Alto Networks", "VMware (Broadcom)"
_PRODUCTS = {
    "fortios": _Product("Fortinet", "fortios", "FortiOS"),
    "panos": _Product(_PALO_ALTO, "panos", "PAN-OS"),
    "pangp": _Product(_PALO_ALTO, "globalprotect", "GlobalProtect app", _BOTH),
    "cisco-ios-xe": _Product("Cisco", "iosxe", "IOS XE", _FIXES),
    "big-ip": _Product("F5", "bigip", "BIG-IP (TMOS)"),
    "opnsense": _Product("OPNsense", "opnsense", "OPNsense", _BOTH),
    "routeros": _Product("MikroTik", "routeros", "RouterOS", _BOTH),
    "openwrt": _Product("OpenWrt", "openwrt", "OpenWrt", _BOTH),
    "esxi": _Product(_VMWARE, "esxi", "ESXi"),
    "vcenter": _Product(_VMWARE, "vcenter", "vCenter Server"),
    "citrix-vad": _Product("Citrix", "citrix-vad", "Virtual Apps and Desktops"),
    "sns-firmware": _Product("Stormshield", "sns", "SNS firmware"),
    # Longer support of a distribution is another contract or another team: it is not counted.
    "debian": _Product("Debian", "debian", "Debian", _FIXES),
    "ubuntu": _Product("Canonical", "ubuntu", "Ubuntu", _FIXES),
    "rhel": _Product("Red Hat", "rhel", "Red Hat Enterprise Linux", _FIXES),
    "rocky-linux": _Product("Rocky", "rocky", "Rocky Linux", _FIXES),
    "almalinux": _Product("AlmaLinux", "almalinux", "AlmaLinux", _FIXES),
    "centos": _Product("CentOS", "centos", "CentOS", _FIXES),
    "oracle-linux": _Product("Oracle", "ol", "Oracle Linux", _FIXES),
    "windows": _Product("Microsoft", "windows", "Windows", _BOTH),
    "windows-server": _Product("Microsoft", "windows-server", "Windows Server", _BOTH),
}
_OTHER_IDS = {
    "pan-os": "panos",
    "pan-gp": "pangp",
    "vmware-esxi": "esxi",
    "vmware-vcenter": "vcenter",
}
_BUILDS = ("windows", "windows-server")


def rows_of_products(
    products: Sequence[tuple[str, Sequence[Mapping[str, Any]]]],
    known: Sequence[Entry],
    read_on: date,
) -> tuple[list[Entry], list[str]]:
    """The rows in products (id, releases), and what was left out and why.

    `known` are the rows there are: a Windows release is named by build and edition, which the
    site does not give, so only releases already known are taken. Raises ConfigurationError
    (`catalogue_row`) naming the release whose date is none.
    """
    rows: list[Entry] = []
    left: list[str] = []
    for site_id, releases in products:
        ours = _PRODUCTS.get(_OTHER_IDS.get(site_id, site_id))
        if ours is None:
            left.append(f"{site_id}: none of our product families")
            continue
        by_name = {one.name: one for one in known if one.product == ours.product}
        for release in releases:
            cycle = str(release.get("name") or release.get("cycle") or "")
            if not cycle:
                raise ConfigurationError(f"{site_id}: a release has no name", code="catalogue_row")
            made = _row(site_id, ours, cycle, release, by_name, read_on)
            if made is None:
                left.append(f"{site_id} {cycle}: its build and edition are not known")
            else:
                rows.append(made)
    return rows, left


def _row(
    site_id: str,
    ours: _Product,
    cycle: str,
    release: Mapping[str, Any],
    by_name: Mapping[str, Entry],
    read_on: date,
) -> Entry | None:
    before = by_name.get(f"{ours.name} {cycle}")
    if ours.product in _BUILDS:
        before = next(_windows(ours, cycle, release, by_name), None)
        if before is None:
            return None
    ends = _ends(f"{site_id} {cycle}", release)
    milestones: dict[str, date] = {}
    paid = release.get("eoesFrom") or release.get("extendedSupport")
    undated = False
    for end, names in zip(ends, (ours.maintenance, ours.end), strict=True):
        if end is None:
            continue
        undated |= end is True
        day = read_on - timedelta(days=1) if end is True else end
        milestones |= dict.fromkeys(names, day)
    if ours.product in _BUILDS and isinstance(paid, str):
        # Paid updates: fixes for everybody end before, and that milestone stays.
        milestones["last_day_of_support"] = _day(f"{site_id} {cycle}", paid)
    return Entry(
        vendor=ours.vendor,
        kind="software",
        product=ours.product,
        name=before.name if before else f"{ours.name} {cycle}",
        match=before.match if before else cycle,
        rule=before.rule if before else "train",
        edition=before.edition if before else "",
        milestones=milestones,
        source_url=f"{SITE}/{site_id}",
        retrieved_on=read_on.isoformat(),
        confidence="secondary",
        note=ENDED if undated else "",
    )


def _windows(
    ours: _Product, cycle: str, release: Mapping[str, Any], by_name: Mapping[str, Entry]
) -> Iterator[Entry]:
    label = str(release.get("label") or release.get("releaseLabel") or "")
    for name, entry in by_name.items():
        if name.endswith(f"[{cycle}]") or name in (f"{ours.name} {cycle}", label):
            yield entry


def _ends(name: str, release: Mapping[str, Any]) -> tuple[_End, _End]:
    """Ends of maintenance and of support: a day, True for "ended, no day told", None: not told."""
    if "isEol" in release or "eolFrom" in release:
        return (
            _end(name, release.get("eoasFrom"), release.get("isEoas")),
            _end(name, release.get("eolFrom"), release.get("isEol")),
        )
    support, eol = release.get("support"), release.get("eol")
    return (
        _end(name, support if isinstance(support, str) else None, support is False),
        _end(name, eol if isinstance(eol, str) else None, eol),
    )


def _end(name: str, day: object, ended: object) -> _End:
    if not day:
        return True if ended is True else None
    return _day(name, str(day))


def _day(name: str, text: str) -> date:
    try:
        return day_of(text)
    except ValueError:
        raise ConfigurationError(
            f"{name}: {shown(text)} is no date of this time", code="catalogue_row"
        ) from None
