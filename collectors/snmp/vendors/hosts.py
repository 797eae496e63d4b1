"""Hosts and systems built on them: Linux, BSD firewalls, Windows, ESXi, OpenWrt, storage."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, get

# NET-SNMP-EXTEND-MIB: what administrators commonly extend net-snmp with. The index of an
# output is its name in ASCII, after the name's length for nsExtendOutLine.
_DISTRO = "8072.1.3.2.3.1.1.6.100.105.115.116.114.111"
_HARDWARE = "8072.1.3.2.3.1.1.8.104.97.114.100.119.97.114.101"
_SERIAL = "8072.1.3.2.3.1.1.6.115.101.114.105.97.108"
_VERSION = "8072.1.3.2.3.1.1.7.118.101.114.115.105.111.110"
_VERSION_FULL = "8072.1.3.2.3.1.2.7.118.101.114.115.105.111.110"
# The same by UCD's older `extend OID`: 1 distribution, 2 hardware, 4 serial number.
_OLD = "2021.7890.{}.101.1"
# Beside them what the maker's own agent tells of the machine: Insight's (CPQSINFO-MIB) here.
_EXTENDED = (get(_HARDWARE), get(_OLD.format(2)), entity("model"), get("232.2.2.4.2.0"))
_EXTENDED_SERIAL = (get(_SERIAL), get(_OLD.format(4)), entity("serial"), get("232.2.2.2.1.0"))
# Windows calls itself 6.3 in sysDescr for ever after; from build 10240 on it is 10.0.
_WINDOWS = (
    descr(r"\(Build ([1-9]\d{4})", "10.0.{}"),
    descr(r"Version (\d+\.\d+) \(Build (\d+)", "{}.{}"),
)

FAMILIES = (
    Family(
        vendor="Netgate",
        product="pfsense",
        name="pfSense",
        under=("12325", ANY),
        says=r"pfSense \S+ (?P<version>[\d.]+-\w+(?:-p\d+)?) pfSense FreeBSD \S+ (?P<model>\S+)",
    ),
    Family(
        vendor="Deciso",
        product="opnsense",
        name="OPNsense",
        under=("12325", ANY),
        says=r"^OPNsense \S+ (?P<version>\S+) OPNsense FreeBSD \S+ (?P<model>\S+)",
    ),
    Family(
        vendor="Deciso",
        product="opnsense",
        name="OPNsense",
        under=(ANY,),
        # Its kernel is built by sensey, or by HardenedBSD before 22.1; the release is not in it.
        says=r"^FreeBSD .*(?:sensey|-HBSD|stable/\d\d\.\d).* (?P<model>amd64|i386)$",
        version=(
            get(_VERSION_FULL, r"OPNsense (\S+)"),
            get(_VERSION, r"OPNsense (\S+)"),
        ),
    ),
    Family(
        vendor="VyOS",
        product="vyos",
        name="VyOS",
        under=("30803", "44641", ANY),
        says=r"^(?:Vyatta )?VyOS (?P<version>\S+)",
    ),
    Family(
        vendor="Ubiquiti",
        product="edgeos",
        name="EdgeOS",
        under=("30803",),
        says=r"^EdgeOS v?(?P<version>\d[\w.-]+)",
    ),
    Family(
        vendor="Vyatta",
        product="vyatta",
        name="Vyatta",
        under=("30803",),
        says=r"^Vyatta (?:\w+ )?(?P<version>[\w.]+)",
    ),
    # sysObjectID tells work places (…1), servers (…2) and domain controllers (…3) apart.
    Family(
        vendor="Microsoft",
        product="windows-server",
        name="Windows Server",
        under=("311.1.1.3.1.2", "311.1.1.3.1.3"),
        says=r"Software: Windows .*?\(Build (?P<build>\d+)",
        version=_WINDOWS,
        model=(),
    ),
    Family(
        vendor="Microsoft",
        product="windows",
        name="Windows",
        under=("311", ANY),
        says=r"Software: Windows .*?\(Build (?P<build>\d+)",
        version=_WINDOWS,
        model=(),
    ),
    # "IBM PowerPC CHRP Computer … Base Operating System Runtime AIX version: 05.03.0000.0060 TCP/IP
    # Client Support version: …"; the last one is that of a part.
    Family(
        vendor="IBM",
        product="aix",
        name="IBM AIX",
        under=("2.3.1.2.1.1",),
        version=(descr(r"AIX version: ([\d.]+)"),),
        model=(),
    ),
    # "HP-UX rx2600 B.11.23 U ia64 3979036319": the host's name behind the system's.
    Family(
        vendor="HPE",
        product="hp-ux",
        name="HP-UX",
        under=("11.2.3.2", ANY),
        says=r"^HP-UX \S+ (?P<version>[A-Z]\.\d\d\.\d\d) ",
        model=(),
    ),
    # "localhost.localdomain AlphaServer 1200 5/533 4MB OpenVMS V7.3-1 Compaq TCP/IP Services …"
    Family(
        vendor="VSI",
        product="openvms",
        name="OpenVMS",
        under=("36", ANY),
        says=r"\bOpenVMS V(?P<version>\d[\w.-]*)",
        model=(descr(r"(Alpha\w+ .+?) OpenVMS"),),
    ),
    Family(
        vendor="IBM",
        product="ibm-i",
        name="IBM i",
        under=("2.6.11", ANY),
        # That sysDescr names no model, is what the empty group says.
        says=r"^IBM OS/400 (?P<version>V\d+R\d+M\d+)(?P<model>(?!))?",
    ),
    # "Novell NetWare 5.70.08 October 3, 2008"
    Family(
        vendor="Novell",
        product="netware",
        name="Novell NetWare",
        under=("23", ANY),
        says=r"^Novell NetWare (?P<version>\d[\d.]+)",
        model=(),
    ),
    # "Silicon Graphics Octane2 running IRIX64 version 6.5"
    Family(
        vendor="SGI",
        product="irix",
        name="IRIX",
        under=("59", ANY),
        says=r"^Silicon Graphics (?P<model>\S+) running IRIX(?:64)? version (?P<version>\d[\d.]+)",
    ),
    # "Linux Tower 6.6.68-Unraid #1 SMP …": the kernel's release, not its own.
    Family(
        vendor="Lime Technology",
        product="unraid",
        name="Unraid",
        under=(ANY,),
        says=r"^Linux \S+ \d[\d.]+-Unraid ",
        model=(),
    ),
    # VMWARE-SYSTEM-MIB: 1 product, 2 version, 4 build.
    Family(
        vendor="VMware",
        product="esxi",
        name="VMware ESXi",
        under=("6876",),
        says=r"VMware ESXi? (?P<version>[\d.]+) build-(?P<build>\d+)",
        version=(get("6876.1.2.0"),),
        build=(get("6876.1.4.0"),),
        # ENTITY-MIB's first chassis and HOST-RESOURCES say nothing of the machine's serial here.
        model=(entity("model"), entity("description")),
    ),
    Family(
        vendor="OpenWrt",
        product="openwrt",
        name="OpenWrt",
        under=(ANY,),
        says=r"(?i)OpenWrt",
        version=(
            get(_DISTRO, r"OpenWrt (\S+)"),
            get(_OLD.format(1), r"OpenWrt (\S+)"),
            descr(r"OpenWrt (\d\d\.\S+)"),
        ),
        model=_EXTENDED,
    ),
    Family(
        vendor="Check Point",
        product="gaia",
        name="Check Point Gaia",
        under=(ANY,),
        says=r"^Linux \S+ \S+cpx86_64 ",
    ),
    Family(
        vendor="DD-WRT",
        product="dd-wrt",
        name="DD-WRT",
        under=(ANY,),
        says=r"DD-WRT|^Linux \S+ \S+-d\d+ #",
        version=(get(_DISTRO, r"(?i)dd-wrt (\S+)"),),
        model=_EXTENDED,
    ),
    Family(
        vendor="ASUS",
        product="asuswrt-merlin",
        name="Asuswrt-Merlin",
        under=(ANY,),
        probe="2021.7890.1.101.1",
        probed=r"ASUSWRT-Merlin",
        version=(get(_OLD.format(1), r"Merlin \S+ (\S+)"),),
        model=(get(_OLD.format(1), r"Merlin (\S+)"),),
    ),
    # Any other system on net-snmp: its own release is not in sysDescr, only the kernel's.
    Family(
        vendor=None,
        under=(ANY,),
        says=r"^(?:Linux|FreeBSD|OpenBSD|NetBSD|Darwin|SunOS) ",
        version=(),
        model=_EXTENDED,
        serial=_EXTENDED_SERIAL,
    ),
    # "5070 ThinOS 9.1.3129"
    Family(
        vendor="Dell",
        product="thinos",
        name="Wyse ThinOS",
        under=("714.1.2",),
        says=r"^\w+ (?:ThinOS )?(?P<version>\d[\d._]+)$",
        model=(descr(r"^(\d\w*) ", "Wyse {}"),),
        serial=at("714.1.2.6.2.1.0"),
    ),
)
