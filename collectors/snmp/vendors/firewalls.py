"""Firewalls, gateways and load balancers, Cisco's and Juniper's excepted."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, descr, entity, get, walk
from collectors.snmp.vendors.products import PALO_ALTO

FAMILIES = (
    # PAN-COMMON-MIB panSys and panChassis.
    Family(
        vendor="Palo Alto Networks",
        product="panos",
        name="PAN-OS",
        under=("25461",),
        version=(get("25461.2.1.2.1.1.0"), entity("software")),
        model=(get("25461.2.1.2.2.1.0"), entity("model")),
        models=PALO_ALTO,
        serial=(get("25461.2.1.2.1.3.0"), entity("serial")),
    ),
    # CHECKPOINT-MIB: svnVersion, svnApplianceProductName, svnApplianceSerialNumber.
    Family(
        vendor="Check Point",
        product="gaia",
        name="Check Point Gaia",
        under=("2620",),
        probe="2620.1.6.4.1.0",
        version=(get("2620.1.6.4.1.0"),),
        model=(get("2620.1.6.16.7.0"),),
        serial=(get("2620.1.6.16.3.0"),),
    ),
    # SONICWALL-COMMON-MIB snwlSys: 1 model, 2 serial number, 3 firmware, 4 ROM.
    Family(
        vendor="SonicWall",
        product="sonicos",
        name="SonicOS",
        under=("8741", ANY),
        says=r"(?i)^SonicWALL (?P<model>.+?) \((?:[^()]*?)(?P<version>\d[^\s()]*)\)",
        version=(get("8741.2.1.1.3.0", r"(\d\S*)"),),
        model=(get("8741.2.1.1.1.0"),),
        serial=(get("8741.2.1.1.2.0"),),
    ),
    Family(
        vendor="SonicWall",
        product="sonicos",
        name="SonicOS",
        under=("8741",),
        version=(get("8741.2.1.1.3.0", r"(\d\S*)"),),
        model=(get("8741.2.1.1.1.0"),),
        serial=(get("8741.2.1.1.2.0"),),
    ),
    # SFOS-FIREWALL-MIB sfosDevice: 1 name, 2 type, 3 firmware, 4 appliance key.
    Family(
        vendor="Sophos",
        product="sfos",
        name="Sophos Firewall OS",
        under=("2604.5", "21067"),
        probe="2604.5.1.1.3.0",
        version=(get("2604.5.1.1.3.0"), get("21067.2.1.1.3.0")),
        model=(get("2604.5.1.1.2.0"), get("21067.2.1.1.2.0")),
        serial=(get("2604.5.1.1.4.0"), get("21067.2.1.1.4.0")),
    ),
    Family(
        vendor="WatchGuard",
        product="fireware",
        name="Fireware",
        under=("3097",),
        says=r"^(?P<model>(?!.*Fireware).+)$",
        # "<sysa:12.5.7><sysb:12.5.7>": the image that runs, and the one to recover with.
        version=(get("3097.6.3.1.0", r"(?:<sysa:|^)([\d.]+[\w.-]*)"),),
    ),
    # STORMSHIELD-PROPERTY-MIB: 1 model, 2 version, 3 serial number.
    Family(
        vendor="Stormshield",
        product="sns",
        name="Stormshield Network Security",
        under=("11256",),
        probe="11256.1.0.2.0",
        version=(get("11256.1.0.2.0"), get("11256.1.18.2.0")),
        model=(get("11256.1.0.1.0"), get("11256.1.18.1.0")),
        serial=(get("11256.1.0.3.0"), get("11256.1.18.3.0")),
    ),
    Family(
        vendor="Forcepoint",
        product="forcepoint-ngfw",
        name="Forcepoint NGFW Engine",
        under=("47565.1.1", "1369"),
        version=(get("47565.1.1.1.1.0"), get("1369.5.2.1.1.0", r"(\d[\d.]+)")),
        model=(get("47565.1.1.1.19.9.0"), get("1369.6.1.1.9.0")),
        serial=(get("47565.1.1.1.19.13.0"), get("1369.6.1.1.11.0")),
    ),
    Family(
        vendor="Hillstone",
        product="stoneos",
        name="StoneOS",
        under=("28557",),
        model=(descr(r"(SG-\S+)"),),
        version=(
            get("28557.2.2.1.2.0", r"-(\d+\.\d+R\w+)\.bin"),
            get("28557.2.2.1.2.0", r"Version ([\d.]+)"),
        ),
        serial=(get("28557.2.2.1.1.0"),),
    ),
    Family(
        vendor="McAfee",
        product="web-gateway",
        name="McAfee Web Gateway",
        under=("1230", "59732"),
        version=(get("1230.2.7.1.3.0"), get("59732.2.7.1.3.0")),
    ),
    Family(
        vendor="Broadcom",
        product="sgos",
        name="ProxySG",
        under=("3417",),
        says=r"(?:(?P<model>SG\S*|ASG\S*|S\d\S*)[^,]*,.*?)?Version:? SGOS (?P<version>[\d.]+)",
        # BLUECOAT-SG-PROXY-MIB sgProxySystem: software, version, serial number.
        version=(get("3417.2.11.1.3.0", r"SGOS ([\d.]+)"),),
        serial=(get("3417.2.11.1.4.0"),),
    ),
    Family(
        vendor="Ivanti",
        product="pulse-secure",
        name="Connect Secure",
        under=("12532",),
        says=r"(?P<model>[^,]+),(?P<version>\d+\.\d+R[\d.]+) \(build (?P<build>\d+)\)",
        # PULSESECURE-PSG-MIB: 6 productName, 7 productVersion.
        version=(get("12532.7.0"),),
    ),
    Family(
        vendor="Barracuda",
        product="cloudgen-firewall",
        name="Barracuda CloudGen Firewall",
        under=("10704",),
        probe="10704.1.11.2.0",
        version=(get("10704.1.11.2.0"),),
    ),
    Family(
        vendor="Clavister",
        product="cos-core",
        name="Clavister cOS Core",
        under=("5089",),
        says=r"(?i)(?:Clavister )?cOS Core (?P<version>[\d.]+)",
    ),
    # BARRACUDA-WAF: version and serial number.
    Family(
        vendor="Barracuda",
        product="barracuda-waf",
        name="Barracuda Web Application Firewall",
        under=("20632.8",),
        probe="20632.8.25.0",
        version=(get("20632.8.25.0", r"^(\S+)"),),
        serial=(get("20632.8.28.0"),),
    ),
    Family(
        vendor="HAProxy Technologies",
        product="aloha",
        name="ALOHA load balancer",
        under=("23263",),
        probe="23263.4.2.1.1.4",
        version=(get("23263.4.2.1.1.4"),),
        model=(get("23263.4.2.1.5.1"),),
        serial=(get("23263.4.2.1.5.3"),),
    ),
    # F5-BIGIP-SYSTEM-MIB: sysProduct, sysPlatformInfoMarketingName, sysGeneralChassisSerialNum.
    Family(
        vendor="F5",
        product="bigip",
        name="BIG-IP TMOS",
        under=("3375",),
        probe="3375.2.1.4.2.0",
        version=(get("3375.2.1.4.2.0"),),
        build=(get("3375.2.1.4.3.0"),),
        model=(
            get("3375.2.1.3.5.2.0"),
            get("3375.2.1.3.5.1.0"),
            descr(r"^(BIG-IP \S*\d\S*) :"),
        ),
        serial=(get("3375.2.1.3.3.3.0"),),
    ),
    # rSeries and VELOS: the system beneath the tenants, which are BIG-IPs of their own.
    Family(
        vendor="F5",
        product="f5os",
        name="F5OS",
        under=("12276",),
        model=(entity("model"), descr(r"\b(r\d{4,5}|VELOS \S+)")),
        version=(entity("software"), descr(r"(?:F5OS-\w |services version )(\d[\w.-]*)")),
    ),
    # SDX-ROOT-MIB and its twin of the management service: 1 platform, 3 build number.
    *(
        Family(
            vendor="Citrix",
            product=product,
            name=name,
            under=(tree,),
            version=(get(f"{tree}.2.3.0", r"(\d[\w.-]*)"),),
            model=(get(f"{tree}.2.1.0"),),
            serial=(get(f"{tree}.2.{serial}.0"),),
        )
        for product, name, tree, serial in (
            ("netscaler-sdx", "NetScaler SDX", "5951.6", 16),
            ("netscaler-adm", "NetScaler ADM", "5951.7", 13),
        )
    ),
    # NS-ROOT-MIB: sysBuildVersion is what runs; sysDescr may be older than the last upgrade.
    Family(
        vendor="Citrix",
        product="netscaler",
        name="NetScaler ADC",
        under=("5951",),
        says=r"(?P<version>NS[\d.]+)(?:: Build (?P<build>[^\s,]+))?",
        version=(get("5951.4.1.1.1.0", r"(NS[\d.]+)"),),
        build=(get("5951.4.1.1.1.0", r"Build ([^\s,]+)"),),
        model=(get("5951.4.1.1.11.0"),),
        serial=(get("5951.4.1.1.14.0"),),
    ),
    # A10-AX-MIB. sysDescr says what runs; the version on disk may be another.
    Family(
        vendor="A10",
        product="acos",
        name="ACOS",
        under=("22610",),
        says=r"(?P<model>\S+), ACOS (?P<version>[^\s,]+)",
        version=(descr(r"ACOS ([^\s,]+)"), get("22610.2.4.1.1.1.0")),
        serial=(get("22610.2.4.1.6.2.0"),),
    ),
    Family(
        vendor="Kemp",
        product="loadmaster",
        name="LoadMaster",
        under=("12196",),
        version=(get("12196.13.0.10.0"), descr(r"(?i)LoadMaster\D*(\d+(?:\.\d+){2,})")),
    ),
    Family(
        vendor="Radware",
        product="alteon",
        name="Alteon",
        under=("1872",),
        model=(entity("model"), descr(r"((?:Application Switch|Alteon) \S*\d\S*)")),
        # ALTEON-CHEETAH-SWITCH-MIB and ALTEON-TIGON-SWITCH-MIB agSoftwareVersion.
        version=(get("1872.2.5.1.1.1.10.0"), get("1872.2.1.2.1.7.0")),
        serial=(get("1872.2.5.1.3.1.18.0"),),
    ),
    # RADWARE-MIB: 12 serial number, 13 version of APSolute OS, 14 device type.
    Family(
        vendor="Radware",
        product="apsolute",
        name="Radware APSolute OS",
        under=("89",),
        says=r"(?i)radware|defense ?pro|link ?proof|app ?director|app ?xcel",
        version=(get("89.2.13.0"),),
        model=(get("89.2.14.0"),),
        serial=(get("89.2.12.0"),),
    ),
    Family(
        vendor="Array Networks",
        product="arrayos",
        name="ArrayOS",
        under=("7564",),
        says=r"ArrayOS \w* ?(?:Rel\.?)?(?:[A-Z]+\.)*(?P<version>\d[\w.]*)",
        # ARRAY-MIB systemInfo serialNumber.
        serial=(get("7564.3.1.0"),),
    ),
    # STEELHEAD-MIB: 1 model, 2 serial number, 3 version.
    Family(
        vendor="Riverbed",
        product="rios",
        name="Riverbed RiOS",
        under=("17163",),
        version=(get("17163.1.1.1.3.0"), get("17163.1.51.1.3.0")),
        model=(get("17163.1.1.1.1.0"), get("17163.1.51.1.1.0")),
        serial=(get("17163.1.1.1.2.0"), get("17163.1.51.1.2.0")),
    ),
    Family(
        vendor="Infoblox",
        product="nios",
        name="NIOS",
        under=("7779",),
        version=(get("7779.3.1.1.2.1.7.0"),),
        model=(get("7779.3.1.1.2.1.4.0"),),
        serial=(get("7779.3.1.1.2.1.6.0"),),
    ),
    Family(
        vendor="NETSCOUT",
        product="arbos",
        name="ArbOS",
        under=("9694",),
        says=r"(?P<name>Peakflow \S+|\S+ \S+) (?P<version>[\d.]+) \(build (?P<build>\w+)\)"
        r"(?:.*Model: (?P<model>\S+))?(?:.*Serial Number: (?P<serial>\S+))?",
    ),
    Family(
        vendor="Versa",
        product="versa",
        name="Versa Operating System",
        under=("42359",),
        probe="42359.2.2.1.1.6.6.0",
        version=(get("42359.2.2.1.1.6.6.0", r"-(\d+\.\d+\.\d+)(?:-|$)"),),
        model=(get("42359.2.2.1.1.7.1.0"),),
        serial=(get("42359.2.2.1.1.7.3.0"), walk("42359.2.2.1.1.4.1.4")),
    ),
    # GENUA's own: 3 release, 4 patch level, 5 hardware, 6 serial number.
    Family(
        vendor="genua",
        product="genua",
        under=("3717",),
        version=(get("3717.2.3.3.0"),),
        build=(get("3717.2.3.4.0"),),
        model=(get("3717.2.3.5.0", r"(?i)genua (\S+)"), get("3717.2.3.5.0")),
        serial=(get("3717.2.3.6.0"),),
    ),
    # Encryptors: 1.2 serial number, 1.6 model ("<…>"), 2.1 version.
    Family(
        vendor="atmedia",
        product="atmedia",
        under=("13458",),
        version=(get("13458.1.2.1.0"),),
        model=(get("13458.1.1.6.0", r"([^<>]+)"),),
        serial=(get("13458.1.1.2.0"),),
    ),
    # ALTIGA-VERSION-STATS-MIB alVersionString: "…VPN 3000 Concentrator Version 4.7.2.L built by …".
    Family(
        vendor="Cisco",
        product="vpn3000",
        name="Cisco VPN 3000",
        under=("3076",),
        version=(
            get("3076.2.1.2.1.1.4.0", r"(?:Version |^)(\d[\w.]*)"),
            descr(r"VPN 3000 .*?Version (\d[\w.]*)"),
        ),
    ),
    # tptNgfwSystemInfo: 1 serial number, 2 software version, 7 model.
    Family(
        vendor="Trend Micro",
        product="tippingpoint",
        name="TippingPoint",
        under=("10734",),
        version=(get("10734.3.9.2.1.2.0"),),
        model=(entity("model"), descr(r"\bModel (\w+)"), get("10734.3.9.2.1.7.0")),
        serial=(get("10734.3.9.2.1.1.0"),),
    ),
    # EXTRAHOP-MIB extrahopInfoVersionString.
    Family(
        vendor="ExtraHop",
        product="extrahop",
        under=("32015",),
        version=(get("32015.0.0.0"),),
    ),
    # HALON-SP-MIB serialNumber; the release is in sysDescr.
    Family(
        vendor="Halon",
        product="halon",
        under=("33234",),
        serial=(get("33234.1.1.1.1.0"),),
    ),
)
