"""endoflife.date's products as ours: who makes them, and which milestones their ends mean.

Where the vendor's own words are known, they decide: Fortinet's end of support is not its last
fix. Any other product is taken under the site's own name, and there the end it gives is that of
fixes, which is what the site says it is where a product names nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

_FIXES = ("end_of_security_fixes",)
_BOTH = ("end_of_security_fixes", "last_day_of_support")
_MAINTENANCE = ("end_of_software_maintenance",)


@dataclass(frozen=True, slots=True)
class Family:
    """How one of the site's products is ours.

    `end`: the milestones that its end (`eol`) means. `is_extended`: longer support, if only by a
    contract, moves the last day of support; the fixes for everybody end before.
    """

    vendor: str
    product: str
    name: str
    end: tuple[str, ...] = ("last_day_of_support",)
    maintenance: tuple[str, ...] = _MAINTENANCE
    is_extended: bool = False
    kind: str = "software"


_PALO_ALTO, _VMWARE, _MICROSOFT = "Palo Alto Networks", "VMware (Broadcom)", "Microsoft"
_FAMILIES = {
    "fortios": Family("Fortinet", "fortios", "FortiOS"),
    "panos": Family(_PALO_ALTO, "panos", "PAN-OS"),
    "pangp": Family(_PALO_ALTO, "globalprotect", "GlobalProtect app", _BOTH),
    "cisco-ios-xe": Family("Cisco", "iosxe", "IOS XE", _FIXES),
    "arista-eos": Family("Arista", "eos", "EOS"),
    "big-ip": Family("F5", "bigip", "BIG-IP (TMOS)"),
    "opnsense": Family("OPNsense", "opnsense", "OPNsense", _BOTH),
    "routeros": Family("MikroTik", "routeros", "RouterOS", _BOTH),
    "openwrt": Family("OpenWrt", "openwrt", "OpenWrt", _BOTH),
    "esxi": Family(_VMWARE, "esxi", "ESXi"),
    "vcenter": Family(_VMWARE, "vcenter", "vCenter Server"),
    "citrix-vad": Family("Citrix", "citrix-vad", "Virtual Apps and Desktops"),
    "sns-firmware": Family("Stormshield", "sns", "SNS firmware"),
    "sns-hardware": Family("Stormshield", "", "SNS", kind="hardware"),
    # Longer support of a distribution is another contract or another team: it is not counted.
    "debian": Family("Debian", "debian", "Debian", _FIXES),
    "ubuntu": Family("Canonical", "ubuntu", "Ubuntu", _FIXES),
    "rhel": Family("Red Hat", "rhel", "Red Hat Enterprise Linux", _FIXES),
    "rocky-linux": Family("Rocky", "rocky", "Rocky Linux", _FIXES),
    "almalinux": Family("AlmaLinux", "almalinux", "AlmaLinux", _FIXES),
    "centos": Family("CentOS", "centos", "CentOS", _FIXES),
    "centos-stream": Family("CentOS", "centos-stream", "CentOS Stream", _FIXES),
    "oracle-linux": Family("Oracle", "ol", "Oracle Linux", _FIXES),
    "sles": Family("SUSE", "sles", "SUSE Linux Enterprise Server", _FIXES),
    "opensuse": Family("openSUSE", "opensuse-leap", "openSUSE Leap", _FIXES),
    "alpine-linux": Family("Alpine", "alpine", "Alpine Linux", _FIXES),
    "amazon-linux": Family("Amazon", "amzn", "Amazon Linux", _FIXES),
    "windows": Family(_MICROSOFT, "windows", "Windows", _BOTH, is_extended=True),
    "windows-server": Family(
        _MICROSOFT, "windows-server", "Windows Server", _BOTH, is_extended=True
    ),
    "mssqlserver": Family(_MICROSOFT, "mssql", "SQL Server", _BOTH, is_extended=True),
    "msexchange": Family(_MICROSOFT, "exchange", "Exchange Server", _BOTH, is_extended=True),
    # Premier Support is what fixes everything; Extended Support is another fee.
    "oracle-database": Family(
        "Oracle",
        "oracle-database",
        "Oracle Database",
        ("end_of_software_maintenance", "last_day_of_support"),
        is_extended=True,
    ),
}
_OTHER_IDS = {
    "pan-os": "panos",
    "pan-gp": "pangp",
    "vmware-esxi": "esxi",
    "vmware-vcenter": "vcenter",
}
_DEVICES = "device"  # the site's category of things that one holds in the hand


def family_of(site_id: str, label: str, category: str) -> Family:
    """The family of a product of the site; `label` and `category` are the site's, "" where an
    older answer lacks them."""
    known = _FAMILIES.get(_OTHER_IDS.get(site_id, site_id))
    if known is not None:
        return known
    name = label or site_id
    if category == _DEVICES:
        return Family(name, "", name, _BOTH, is_extended=True, kind="hardware")
    return Family(site_id, site_id, name, _BOTH, is_extended=True)
