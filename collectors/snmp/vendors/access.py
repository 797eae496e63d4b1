"""Routers, gateways, consoles and voice of smaller makers: what they say is in sysDescr."""

from __future__ import annotations

from collectors.snmp.family import Family, at, descr, entity, get

FAMILIES = (
    # "LANCOM 1781AW 10.12.0321RU9 / 15.02.2019 4004610318100231"
    Family(
        vendor="LANCOM",
        product="lcos",
        name="LCOS",
        under=("2356",),
        says=r"^LANCOM (?P<model>.+?) (?P<version>\d+\.\d+\.\d+\w*) / "
        r"[\d.]+(?: (?P<serial>\w+))?",
    ),
    Family(
        vendor="bintec elmeg",
        product="boss-bintec",
        name="BOSS",
        under=("272",),
        says=r"^(?:bintec )?(?P<model>\S+).*? V\.?(?P<version>\d+\.\d+ Rev\. ?[\d.]+)",
    ),
    # "RTX1200 Rev.10.01.53 (Tue Oct 15 16:50:12 2013)"
    Family(
        vendor="Yamaha",
        product="yamaha-rt",
        under=("1182",),
        says=r"^(?P<model>\S+) (?:.*?)Rev\.(?P<version>[\d.]+)",
    ),
    Family(
        vendor="NEC",
        product="univerge-ix",
        name="UNIVERGE IX",
        under=("119",),
        says=r"IX Series (?P<model>IX\S+).*?Version (?P<version>[\d.]+)",
    ),
    # "Product: Mediant 1000;SW Version: 6.60A.034"
    Family(
        vendor="AudioCodes",
        product="audiocodes",
        under=("5003",),
        says=r"Product:? ?(?P<model>[^;]+);.*?SW Version:? ?(?P<version>[^;\s]+)",
    ),
    Family(
        vendor="innovaphone",
        product="innovaphone",
        under=("6666",),
        says=r"(?P<version>\d+r\d+(?: sr\d+)?).*?(?P<model>IP\w+)",
    ),
    Family(
        vendor="Oracle",
        product="acme-packet",
        name="Acme Packet SBC",
        under=("9148",),
        says=r"(?:Net-Net (?P<model>\S+).*?)?\b(?P<version>[A-Z]{1,3}[CXZ]\w?\d+\.\d\S*"
        r"(?: (?:MR-\d+|[Pp]atch \d+))*)",
    ),
    Family(
        vendor="RAD",
        product="rad-etx",
        under=("164",),
        says=r"^(?P<model>[\w/-]+).*?[Ss][Ww](?:[ :]|Ver)*\s*(?P<version>\d[\w.()]+)",
    ),
    Family(
        vendor="Lenovo",
        product="cnos",
        name="Lenovo CNOS",
        under=("19046", "20301", "26543"),
        says=r"^(?:Lenovo|IBM|Blade Network Technologies) .*?"
        r"(?P<model>(?:RackSwitch |ThinkSystem |G8|NE|Flex System Fabric )\S+)"
        r"(?:.*?version (?P<version>[\d.]+))?",
    ),
    # "Juniper Networks, Inc. WLC880R 9.1.3.4 REL", "Trapeze Networks, Inc. MXR-2 7.0.13.3 REL"
    Family(
        vendor="Juniper",
        product="mss",
        name="Mobility System Software",
        under=("14525",),
        says=r"^(?:Juniper|Trapeze) Networks, Inc\. (?P<model>\S+) (?P<version>\d+(?:\.\d+)+)",
        version=(get("14525.4.2.1.4.0", r"^(\S+)"),),
        serial=(get("14525.4.2.1.1.0"), entity("serial")),
    ),
    # TRAPEZE-NETWORKS-BASIC-MIB, and Nortel's copy of it: 1 serial number, 4 version.
    *(
        Family(
            vendor=vendor,
            product="mss",
            name="Mobility System Software",
            under=(under,),
            version=(get(f"{tree}.4.2.1.4.0", r"^(\S+)"),),
            serial=(get(f"{tree}.4.2.1.1.0"), entity("serial")),
        )
        for vendor, under, tree in (
            ("Juniper", "14525", "14525"),
            ("Nortel", "45.6.1", "45.6.1"),
        )
    ),
    # "Hardware Model:Ufi Space S9500-30XS, Software version: OcNOS,4.1.0"
    Family(
        vendor="IP Infusion",
        product="ocnos",
        name="OcNOS",
        under=("36673",),
        says=r"(?:Hardware Model: ?(?P<model>[^,]+),.*?)?OcNOS[, -]+(?P<version>\d[\w.-]*)",
    ),
    Family(
        vendor="Opengear",
        product="opengear",
        under=("25049",),
        says=r"(?P<model>(?:ACM|CM|IM|OM|SD)\S*).*?(?:Version|version|/) ?(?P<version>\d[\w.]+)",
        # OG-STATUSv2-MIB: 1 firmware, 2 serial number; OG-OMTELEM-MIB ogOmSystem: 2 serial number,
        # 3 firmware, 5 model.
        version=(
            descr(r"(?:Version|version|/) ?(\d[\w.]+)"),
            get("25049.17.1.1.0", r"(\d[\w.]+)"),
            get("25049.10.19.1.3.0"),
        ),
        model=(entity("model"), get("25049.10.19.1.5.0")),
        serial=at("25049.17.1.2.0", "25049.10.19.1.2.0"),
    ),
    # FD-SYSTEM-MIB mainCardSWVersion of an EPON head end.
    Family(
        vendor="C-Data",
        product="cdata",
        name="C-Data OLT firmware",
        under=("34592",),
        version=at("34592.1.3.1.5.1.4.0"),
        part="firmware",
    ),
    # ACS-MIB: 2 product, 4 serial number, 7 firmware.
    Family(
        vendor="Vertiv",
        product="avocent-acs",
        name="Avocent ACS",
        under=("10418",),
        version=(get("10418.16.2.1.7.0"), get("10418.26.2.1.7.0")),
        model=(get("10418.16.2.1.2.0"), get("10418.26.2.1.2.0")),
        serial=(get("10418.16.2.1.4.0"), get("10418.26.2.1.4.0")),
    ),
    Family(
        vendor="Gigamon",
        product="gigavue-os",
        name="GigaVUE-OS",
        under=("26866",),
        says=r"GigaVUE.*?(?P<version>\d+\.\d+(?:\.\d+)+)",
        model=(entity("model"), descr(r"(GigaVUE-(?!OS\b)\w+)")),
        # GIGAMON-SNMP-MIB chassisSerialNumber.
        serial=(entity("serial"), get("26866.2.8.0")),
    ),
    Family(
        vendor="HPE Aruba",
        product="edgeconnect",
        name="EdgeConnect ECOS",
        under=("23867",),
        version=(get("23867.3.1.1.1.1.0", r"(\d[\w.]+)"),),
        model=(get("23867.3.1.1.1.7.0"), get("23867.3.1.1.1.2.0")),
        serial=(get("23867.3.1.1.1.6.0"),),
    ),
    Family(
        vendor="Ubiquoss",
        product="ubiquoss",
        under=("7800",),
        says=r"(?i)ubiquoss.*?(?P<model>[EPU]\d{3,}\S*)",
        version=at("7800.2.100.1.1.1.9.*"),
        serial=at("7800.2.100.1.1.1.6.*"),
    ),
    # UBIQUOSS-SYSINFO-MIB: 6 serial number, 9 software.
    Family(
        vendor="Ubiquoss",
        product="ubiquoss",
        under=("7800",),
        version=at("7800.2.100.1.1.1.9.*"),
        serial=at("7800.2.100.1.1.1.6.*"),
    ),
    Family(
        vendor="Dasan",
        product="dasan-nos",
        name="Dasan NOS",
        under=("6296",),
        says=r"^(?:(?i:Dasan) )?(?P<model>[A-Z]\w+?) .*?NOS (?P<version>[\d.]+)",
    ),
    Family(
        vendor="Maipu",
        product="mypower",
        name="MyPower OS",
        under=("5651",),
        says=r"(?P<model>(?:S|SM|MP|NSS|IS)\d{3,}\S*).*?[Vv]ersion "
        r"(?:[A-Z]+\d[\w-]*_)?(?P<version>\w[\w.]*(?:\(\w+\))?)",
    ),
    Family(
        vendor="Netonix",
        product="netonix",
        under=("46242",),
        says=r"^(?:Netonix )?(?P<model>WS\S+)",
        version=(get("46242.1.0"),),
    ),
    Family(
        vendor="Patton",
        product="smartware",
        under=("1768",),
        says=r"^(?:Patton )?(?P<model>\S*\d\S*)(?:.*?\bR(?P<version>\d[\w.]+))?",
    ),
    Family(
        vendor="Aviat",
        product="aviat-wtm",
        under=("2509",),
        version=(entity("software"),),
        model=(entity("model"), descr(r"(WTM \d+|CTR \d+)")),
    ),
    # "Lantronix EDS4100 V5.1.0.0R7 (12345678)"
    Family(
        vendor="Lantronix",
        product="lantronix-eds",
        under=("244",),
        says=r"Lantronix (?P<model>EDS\w+) V(?P<version>\d[\d.R]*)(?: \((?P<serial>\w+)\))?",
        part="firmware",
    ),
    # MULTITECH's mtsRouterSystemObjects: 1 model, 2 serial number, 3 firmware.
    Family(
        vendor="MultiTech",
        product="multitech",
        under=("995",),
        version=at("995.15.1.1.3.0"),
        model=at("995.15.1.1.1.0"),
        serial=at("995.15.1.1.2.0"),
        part="firmware",
    ),
    # MX-SYSTEM-MGMT-MIB: 3 software, 5 serial number.
    Family(
        vendor="Mediatrix",
        product="mediatrix",
        under=("4935",),
        version=at("4935.10.15.1.3.0"),
        serial=at("4935.10.15.1.5.0"),
    ),
    # G700-MG-MIB: 2 model, 4 serial number.
    Family(
        vendor="Avaya",
        product="avaya-gateway",
        name="Avaya media gateway",
        under=("6889",),
        says=r"(?i)media gateway",
        model=at("6889.2.9.1.1.2.0"),
        serial=at("6889.2.9.1.1.4.0"),
        part="firmware",
    ),
    # NT-ENTERPRISE-DATA-MIB: "SW: 10.3.6 …" of the system, and the chassis' model.
    Family(
        vendor="Nortel",
        product="secure-router",
        name="Nortel Secure Router",
        under=("562.73",),
        version=(
            get("562.73.1.1.1.1.1.4.0", r"SW: *(\S+)"),
            descr(r"Software Version += +r?([\w.]+)"),
        ),
        model=at("562.73.1.1.1.2.1.0"),
    ),
    # "MPU2016 1.2.3": Avocent's MergePoint Unity.
    Family(
        vendor="Vertiv",
        product="mergepoint-unity",
        name="Avocent MergePoint Unity",
        under=("10418",),
        says=r"^(?P<model>MPU\d+\w*) (?P<version>\d[\d.]+)$",
        part="firmware",
    ),
    # LANTRONIX-SLC-MIB slcSystem: 1 model, 2 serial number, 3 firmware.
    Family(
        vendor="Lantronix",
        product="lantronix-slc",
        under=("244.1.1",),
        version=at("244.1.1.6.3.0"),
        model=at("244.1.1.6.1.0"),
        serial=at("244.1.1.6.2.0"),
        part="firmware",
    ),
    # CYCLADES-ACS-SYS-MIB: 1 name, 2 version, 8 serial number.
    Family(
        vendor="Vertiv",
        product="cyclades-acs",
        name="Cyclades ACS",
        under=("2925.4",),
        version=at("2925.4.1.2.0"),
        model=at("2925.4.1.1.0"),
        serial=at("2925.4.1.8.0"),
        part="firmware",
    ),
)
