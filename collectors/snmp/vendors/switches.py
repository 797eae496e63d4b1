"""Switches and small routers of the access layer: D-Link, Zyxel, TP-Link, Netgear, Edgecore …"""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, get, walk

# RMON-MIB probe configuration: probeSoftwareRev, probeHardwareRev.
_PROBE = get("1.3.6.1.2.1.16.19.2.0")
_RADLAN_SERIAL = (walk("89.53.14.1.5"), entity("serial"))
# ZYXEL-…-MIB sysInfo: sysSwPlatformMajorVers, …MinorVers, sysSwModelString, sysSwVersionControlNbr.
_ZYNOS_NUMBERS = " ".join(f"890.1.5.8.{{branch}}.1.{number}.0" for number in range(1, 5))


def _accton(vendor: str, product: str, name: str, tree: str, branch: str, says: str = "") -> Family:
    """A family of Accton-built switches below `tree`; `branch` is the pattern of what follows."""
    return Family(
        vendor=vendor,
        product=product,
        name=name,
        under=(tree,),
        says=says,
        branch=rf"{tree.replace('.', chr(92) + '.')}\.{branch}",
        version=(walk(f"{tree}.{{branch}}.1.1.3.1.6"), entity("firmware")),
        model=(
            get(f"{tree}.{{branch}}.1.1.5.1.0"),
            entity("model"),
            descr(r"((?:E[CS]S?|AS|SMC|S)\d{4}\S*)"),
        ),
        serial=(walk(f"{tree}.{{branch}}.1.1.3.1.10"), entity("serial")),
    )


def _fastpath(
    vendor: str, product: str, name: str, tree: str, under: tuple[str, ...], says: str
) -> Family:
    """A family of Broadcom FASTPATH: agentInventory holds 3 model, 4 serial, 13 software."""
    return Family(
        vendor=vendor,
        product=product,
        name=name,
        under=under,
        says=says,
        version=(
            get(f"{tree}.1.1.13.0"),
            descr(r"(?:, ?v?| [vV])(\d+(?:\.\d+){2,})"),
            # "USW-Flex 5.76.7.13442"
            descr(r"^(?:USW|US|USL|ES)-[^,]*? (\d+(?:\.\d+){2,})"),
        ),
        model=(descr(says), get(f"{tree}.1.1.3.0"), entity("model")),
        serial=(get(f"{tree}.1.1.4.0"), entity("serial")),
    )


FAMILIES = (
    Family(
        vendor="D-Link",
        product="dlink",
        name="D-Link firmware",
        under=("171",),
        says=r"(?P<model>D[A-Z]{2}-\S+)",
        version=(
            _PROBE,
            entity("software"),
            descr(r"(?i)(?:Firmware|Version|V(?:er)?\.?) ?:?v?(\d[\w.]+)"),
            # Smart switches close with it: "DGS-1210-28 Rev.FX 6.10.007".
            descr(r" (\d+\.\d+\.[\w-]+)$"),
            # DGS-1210 and DES-1210 have companySystem below their own sysObjectID.
            get("171.{branch}.1.3.0"),
            # Later ones have it in the series' own place, as others have (deviceInfo).
            *at("171.11.153.1000.1.3.0", "171.10.139.1.1.1.1.1.3.0"),
        ),
        branch=r"171\.(10\.(?:75|76|126|134|153)(?:\.\d+){1,3})$",
        model=(descr(r"(D[A-Z]{2}-[^\s,]+)"), entity("model")),
        # AGENT-GENERAL-MIB agentSerialNumber, then the unit management table.
        serial=(
            get("171.12.1.1.12.0"),
            walk("171.12.11.1.9.4.1.17"),
            entity("serial"),
            get("171.{branch}.1.30.0"),
            *at("171.11.153.1000.1.33.1.0", "171.10.139.1.1.1.1.1.7.0"),
        ),
    ),
    Family(
        vendor="Zyxel",
        product="zynos",
        name="Zyxel ZyNOS",
        under=("890",),
        says=r"^(?P<model>(?!ZyWALL|USG|ATP|VPN)\S+)",
        # ZYXEL-ES-COMMON and ZYXEL-SYSTEM: 6 software version, 11 model, 12 serial number.
        # Older ones keep four numbers below their own: release, its model, and the patch.
        branch=r"890\.1\.5\.8\.(\d+)$",
        version=(
            get("890.1.15.3.1.6.0", r"(V?\d[^|\s]*)"),
            get(_ZYNOS_NUMBERS, r"^(\d+) (\d) (\w+) (\d+)$", "V{}.{}0({}.{})"),
            get(_ZYNOS_NUMBERS, r"^(\d+) (\d\d) (\w+) (\d+)$", "V{}.{}({}.{})"),
        ),
        model=(
            # "GS1920-24HP", "NWA1123-AC PRO".
            descr(r"^([A-Z]\S*(?: [A-Z]+)?)$"),
            get("890.1.15.3.1.11.0"),
            descr(r"^(\S+)"),
        ),
        serial=(
            get("890.1.15.3.1.12.0"),
            entity("serial"),
            get("890.1.5.8.{branch}.1.10.0"),
        ),
    ),
    Family(
        vendor="Zyxel",
        product="zld",
        name="Zyxel ZLD",
        under=("890",),
        says=r"^(?P<model>(?:ZyWALL|USG|ATP|VPN|NXC|Zy).*?)$",
        # ZYXEL-ZYWALL-ZLD-COMMON and ZYXEL-SYSTEM.
        version=(
            get("890.1.15.3.1.6.0", r"(V?\d[^|\s]*)"),
            get("890.1.6.22.3.1.0", r"(V?\d[^|\s]*)"),
        ),
        serial=(get("890.1.15.3.1.12.0"), get("890.1.6.22.3.3.0"), entity("serial")),
    ),
    # TPLINK-SYSINFO-MIB: 5 hardware, 6 software, 8 serial number.
    Family(
        vendor="TP-Link",
        product="tplink",
        name="TP-Link firmware",
        under=("11863",),
        version=(get("11863.6.1.1.6.0"),),
        # Access points have nothing there, and their model for a sysDescr.
        model=(get("11863.6.1.1.5.0"), entity("model"), descr(r"^([A-Z]+\w*-?\w*\d\S*)$")),
        serial=(get("11863.6.1.1.8.0"), entity("serial")),
    ),
    # Managed switches have FASTPATH's tree below 4526.10, smart ones below 4526.11.
    Family(
        vendor="NETGEAR",
        product="netgear",
        name="NETGEAR firmware",
        under=("4526.100.4",),
        says=r"^(?:NETGEAR )?(?P<model>\S*\d\S*?)(?:[,\s]|$)",
        # RADLAN's tree, for switches of that make, is below 4526.17.
        version=(
            get("4526.11.1.1.1.13.0"),
            get("4526.10.1.1.1.13.0"),
            walk("4526.17.53.14.1.2"),
            descr(r"(?:, ?v?| [vV])(\d+(?:\.\d+){2,})"),
        ),
        model=(descr(r"^(?:NETGEAR )?(\S*\d\S*?)(?:[,\s]|$)"), entity("model")),
        serial=(
            get("4526.11.1.1.1.4.0"),
            get("4526.10.1.1.1.4.0"),
            walk("4526.17.53.14.1.5"),
            entity("serial"),
        ),
    ),
    _fastpath(
        "NETGEAR",
        "netgear",
        "NETGEAR firmware",
        "4526.10.1",
        ("4526",),
        r"^(?:NETGEAR )?(\S*\d\S*?)[,\s]",
    ),
    _fastpath(
        "Ubiquiti",
        "edgeswitch",
        "EdgeSwitch",
        "4413.1.1.1",
        ("4413", "10002.1", ANY),
        r"^((?:EdgeSwitch|USW|US-|USL|ES-)[^,]*?)(?:,| \d+\.\d)",
    ),
    _fastpath("Quanta", "fastpath", "FASTPATH", "4413.1.1.1", ("4413", "7244"), r"^([^,]+),"),
    _fastpath("LANCOM", "lcos-sx", "LCOS SX", "2356.16.1", ("2356.16",), r"^(?:LANCOM )?(\S+-\S+)"),
    _accton("Dell", "powerconnect", "Dell PowerConnect", "674.10895.3", r"(\d+)", r"^\S*\d"),
    _accton("Edgecore", "edgecos", "Edgecore ECS", "259", r"(\d+\.\d+\.\d+)"),
    _accton("SMC", "smc", "SMC TigerSwitch", "202.20", r"(\d+)"),
    _accton("FS", "fsos", "FSOS", "52642.2.1", r"(\d+)"),
    # Switches built on RADLAN's software that kept its number (RADLAN-MIB rndBrgVersion,
    # RADLAN-Physicaldescription-MIB: 2 software, 5 serial number).
    Family(
        vendor=None,
        product="radlan",
        under=("89",),
        version=at("89.53.14.1.2.*", "89.2.4.0"),
        serial=_RADLAN_SERIAL,
    ),
    Family(
        vendor="Linksys",
        product="linksys",
        under=("3955",),
        version=at("89.53.14.1.2.*", "89.2.4.0"),
        serial=at("89.53.14.1.5.*"),
        part="firmware",
    ),
    Family(
        vendor="FS",
        product="fsos",
        name="FSOS",
        under=("52642.1",),
        says=r"\((?P<model>\S+)\) By FS",
        # RUIJIE-SYSTEM-MIB under FS' number: 2 version, 24 serial number, 26 product.
        version=(get("52642.1.1.10.2.1.1.2.0"),),
        model=(get("52642.1.1.10.2.1.1.26.0"), descr(r"\((\S+)\) By")),
        serial=(get("52642.1.1.10.2.1.1.24.0"), entity("serial")),
    ),
    Family(
        vendor="FS",
        product="fsos",
        name="FSOS",
        under=("27975",),
        says=r"\(\S+ (?P<model>\S+)\), Version (?P<version>\S+)",
        version=(get("27975.1.3.5.0"),),
        model=(walk("27975.37.1.5.1.4"),),
        serial=(walk("27975.37.1.5.1.10"),),
    ),
    Family(
        vendor="FS",
        product="fsos",
        name="FSOS",
        under=("52642", "11606"),
        says=r"(?i)(?:FS\.?COM|FSOS).*?\b(?P<model>S\d{4}\S*|\w+-\w+) .*?"
        r"Version (?P<version>[\w.]+(?: Build \w+)?)(?:.*?Serial(?: num)?:? ?(?P<serial>\w+))?",
    ),
    Family(
        vendor="Ruijie",
        product="rgos",
        name="Ruijie RGOS",
        under=("4881",),
        says=r"\((?P<model>[^()]+)\) [Bb]y Ruijie",
        # RUIJIE-SYSTEM-MIB: 2 software version, 24 serial number, 26 model.
        version=(get("4881.1.1.10.2.1.1.2.0", r"(?:RGOS )?(\d.*)"),),
        model=(
            entity("model"),
            descr(r"\(([^()]+)\) [Bb]y Ruijie"),
            get("4881.1.1.10.2.1.1.26.0"),
        ),
        serial=(get("4881.1.1.10.2.1.1.24.0"), entity("serial")),
    ),
    Family(
        vendor="Allied Telesis",
        product="awplus",
        name="AlliedWare Plus",
        under=("207",),
        says=r"(?P<model>\S*\d\S*)?.*?(?:AlliedWare Plus\)? (?:\(TM\)|Version)|AW\+) v?"
        r"(?P<version>[\w.-]+)",
        # AT-SETUP-MIB currSoftVersion; the board's name and serial number of AT-BOARDS-MIB's
        # successor (rscBoard) and of its forerunner.
        version=(
            get("207.8.4.4.4.500.2.1.1.0"),
            descr(r"(?:\(TM\)|AW\+|Plus\) Version) v?([\w.-]+)"),
        ),
        model=(
            walk("207.8.4.4.3.21.1.1.4"),
            walk("207.8.4.4.5.2.1.3"),
            entity("model"),
            descr(r"\b((?:AT-)?x\d{3}\S*|AT-\S*\d\S*)"),
        ),
        serial=(walk("207.8.4.4.3.21.1.1.8"), walk("207.8.4.4.5.2.1.5"), entity("serial")),
    ),
    Family(
        vendor="Allied Telesis",
        product="alliedware",
        name="AlliedWare",
        under=("207",),
        says=r"^(?P<model>.+?),? version (?P<version>[\d.-]+)",
        model=(walk("207.8.4.4.5.2.1.3"), entity("model")),
        serial=(walk("207.8.4.4.5.2.1.5"), entity("serial")),
    ),
    Family(
        vendor="Allied Telesis",
        product="at-websmart",
        name="Allied Telesis WebSmart",
        under=("207",),
        says=r"^(?P<model>AT-\S+)",
        branch=r"(207(?:\.\d+)+)",
        # AtiStackSwitch-MIB atiStkSwSysSwVersion, of AT-8000 and its like.
        version=(
            get("{branch}.81.1.3.0"),
            descr(r"(?i)(?:version|ver\.?|v)\s?([\d.]+)"),
            walk("207.8.17.1.3.1.5"),
        ),
    ),
    Family(
        vendor="EnGenius",
        product="engenius",
        name="EnGenius firmware",
        under=("44194", "14125"),
        says=r"(?:EnGenius )?(?P<model>E\w+\d\w*)",
        version=(get("14125.3.1.1.5.0"), entity("software")),
        model=(entity("name"), descr(r"(E\w+\d\w*)")),
    ),
    Family(
        vendor="PLANET",
        product="planet",
        name="PLANET firmware",
        under=("10456",),
        says=r"(?:PLANET,? )?\b(?P<model>[A-Z]+-\w+)(?:.*?\b(?P<version>v\d[\w.]+))?",
    ),
    # HMPRIV-MAX-MIB systemGroup: 3 firmware, 12 serial number.
    Family(
        vendor="Hirschmann",
        product="hirschmann-max",
        name="Hirschmann MAX firmware",
        under=("248.70",),
        version=(get("248.70.1.1.3.0"),),
        serial=(get("248.70.1.1.12.0"),),
        part="firmware",
    ),
    Family(
        vendor="Hirschmann",
        product="hios",
        name="Hirschmann software",
        under=("248.14",),
        # HMPRIV-MGMT-SNMP-MIB: hmSysVersion, product name and serial number of the first unit.
        version=(get("248.14.1.1.2.0"),),
        model=(walk("248.14.1.1.9.1.3"), descr(r"Hirschmann (.+)")),
        serial=(walk("248.14.1.1.9.1.10"),),
    ),
    Family(
        vendor="Hirschmann",
        product="hios",
        name="HiOS",
        under=("248.11",),
        # HM2-DEVMGMT-MIB; what is loaded is the first row of hm2DevMgmtSwVersTable.
        version=(descr(r"HiOS-\w+-([\d.]+)"), walk("248.11.10.1.3.1.10.1.5", r"(\d\d\.[\d.]+)")),
        model=(get("248.11.10.1.1.2.0"), entity("model")),
        serial=(get("248.11.10.1.1.3.0"), entity("serial")),
    ),
    Family(
        vendor="Siemens",
        product="scalance",
        name="SCALANCE firmware",
        under=("4329", "4196"),
        says=r"(?P<model>SCALANCE [^,]+)(?:.*?FW: (?:Version )?(?P<version>V?[\w.]+))?"
        r"(?:.*?, (?P<serial>(?!HW|FW)[A-Z]{2}[A-Z0-9]{6,}))?",
        # AUTOMATION-SYSTEM-MIB: 2 order number, 3 serial number, 5 software.
        version=(descr(r"FW: (?:Version )?(V?[\w.]+)"), get("4329.6.3.2.1.1.5.0")),
        model=(descr(r"(SCALANCE [^,]+)"), get("4329.6.3.2.1.1.2.0")),
        serial=at("4329.6.3.2.1.1.3.0"),
    ),
    Family(
        vendor="Siemens",
        product="ros",
        name="RUGGEDCOM ROS",
        under=("15004",),
        # RUGGEDCOM-SYS-INFO-MIB.
        version=(get("15004.4.2.3.3.0"),),
        serial=(get("15004.4.2.3.1.0"),),
        says=r"^(?:RuggedCom )?(?P<model>\S+)",
    ),
    Family(
        vendor="Draytek",
        product="draytek",
        name="DrayOS",
        under=("7367",),
        says=r"Router Model: (?P<model>[^,]+), Version: (?P<version>[^,]+?)(?:,|$)",
        version=(descr(r"Version: ([^,\s]+)"), get("7367.3.2.0", r"^(\S+)")),
        model=(descr(r"Model: ([^,]+)"), get("7367.3.1.0")),
    ),
    Family(
        vendor="Peplink",
        product="peplink",
        name="Peplink firmware",
        under=("23695", "27662"),
        says=r"^(?:Peplink |Pepwave )?(?P<model>.+)$",
        # DEVICE: deviceModel, deviceSerialNumber, deviceFirmwareVersion, below either number.
        version=at("23695.200.1.1.1.1.3.0", "27662.200.1.1.1.1.3.0"),
        model=at("23695.200.1.1.1.1.1.0", "27662.200.1.1.1.1.1.0"),
        serial=at("23695.200.1.1.1.1.2.0", "27662.200.1.1.1.1.2.0"),
    ),
    Family(
        vendor="Teltonika",
        product="rutos",
        name="RutOS",
        under=("48690",),
        probe="48690.1.6.0",
        version=(get("48690.1.6.0"),),
        model=(get("48690.1.2.0"), descr(r"^((?:RUT|TRB|TCR)\w+)$")),
        serial=(get("48690.1.1.0"),),
    ),
    Family(
        vendor="Cradlepoint",
        product="netcloud-os",
        name="NetCloud OS",
        under=("20992",),
        says=r"Cradlepoint (?P<model>[^,]+), (?:Firmware Version )?(?P<version>[\d.]+)",
        # WIPIPE-MIB devFWVersion.
        version=(
            descr(r"Cradlepoint [^,]+, (?:Firmware Version )?([\d.]+)"),
            get("20992.1.1.1.0", r"(\d+(?:\.\d+)+)"),
        ),
    ),
    Family(
        vendor="Cradlepoint",
        product="netcloud-os",
        name="NetCloud OS",
        under=("20992",),
        version=(get("20992.1.1.1.0", r"(\d+(?:\.\d+)+)"),),
    ),
)
