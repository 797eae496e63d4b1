"""Security, traffic and address appliances beside the firewalls, and what controls wireless."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, get
from collectors.snmp.vendors.products import PACKETEER

FAMILIES = (
    # HIPATH-WIRELESS-HWC-MIB systemObjects: 1 software version, 3 serial number.
    Family(
        vendor="Extreme Networks",
        product="identifi",
        name="Extreme Identifi",
        under=("4329.15",),
        version=at("4329.15.3.2.1.1.0"),
        serial=at("4329.15.3.2.1.3.0"),
    ),
    # FE-FIREEYE-MIB feSystemInfo: 2 hardware model, 3 serial number.
    Family(
        vendor="Trellix",
        product="fireeye",
        under=("25597",),
        model=at("25597.11.1.1.2.0"),
        serial=at("25597.11.1.1.3.0"),
        says=r"(?i)(?:FireEye|wMPS|eMPS|CMS|HX)\b(?:.*?(?P<version>\d+\.\d+\.\d+\S*))?",
    ),
    Family(
        vendor="Topsec",
        product="topsec",
        under=("14331",),
        version=at("14331.5.5.1.3.3.0"),
        model=at("14331.5.5.1.3.2.0"),
    ),
    # ACD-DESC-MIB: 1 commercial name, 4 firmware, 6 serial number.
    Family(
        vendor="Accedian",
        product="accedian",
        under=("22420",),
        version=at("22420.1.1.4.0"),
        model=at("22420.1.1.1.0"),
        serial=at("22420.1.1.6.0"),
        part="firmware",
    ),
    # "FireBrick FB2900 Kirk (V1.52.000 2019-09-18T12:29:53)"
    Family(
        vendor="FireBrick",
        product="firebrick",
        under=("24693",),
        says=r"(?P<model>FB\d\S*).*?\bV?(?P<version>\d+\.\d+\.\d+)",
    ),
    # "Apple AirPort - Apple Inc., 2006-2012.  All rights Reserved.", "Apple Base Station V5.7 …".
    Family(
        vendor="Apple",
        product="airport",
        name="Apple AirPort",
        under=("63.501",),
        says=r"(?:Base Station|AirPort).*?\bV(?P<version>\d+(?:\.\d+)+)",
    ),
    # "Cisco ONS 15454 M6-SA, …": the shelf is the model, the control card tells the release.
    Family(
        vendor="Cisco",
        product="ons",
        name="Cisco ONS",
        under=("3607",),
        says=r"(?P<model>(?:Cisco )?ONS ?\d+\S*(?: M\d\S*)?)",
        version=(descr(r"(?i)(?:SW |software )?version:? ([\d.]+\w*)"), entity("software")),
    ),
    # BCN-SYSTEM-MIB bcnSysIdentification: 2 OS release, 3 serial number, 5 platform. Before it,
    # what runs was named in sysDescr only.
    Family(
        vendor="BlueCat",
        product="bluecat",
        under=("13315",),
        says=r"(?i)(?P<model>Adonis\S*|Proteus\S*|BDDS\S*|BAM\S*)(?:.*?(?P<version>\d+\.\d+\.\d+\S*))?",
        version=at("13315.3.2.2.1.2.0"),
        model=at("13315.3.2.2.1.5.0"),
        serial=at("13315.3.2.2.1.3.0"),
    ),
    Family(
        vendor="BlueCat",
        product="bluecat",
        under=("13315",),
        version=at("13315.3.2.2.1.2.0"),
        model=at("13315.3.2.2.1.5.0"),
        serial=at("13315.3.2.2.1.3.0"),
    ),
    # MBG-SNMP-LTNG-MIB: 2 firmware, 3 serial number; before it, MBG-SNMP-LT-MIB.
    Family(
        vendor="Meinberg",
        product="lantime",
        name="LANTIME firmware",
        under=("5597", ANY),
        probe="5597.30.0.0.2.0",
        says=r"(?i)meinberg|lantime",
        version=(
            *at("5597.30.0.0.2.0", "5597.3.0.1.0"),
            descr(r"(?i)firmware ([\d.]+)|lantime \S+ (V\d\S+)"),
        ),
        model=(descr(r"(?i)(?:meinberg )?(lantime \S*\d\S*)"),),
        serial=at("5597.30.0.0.3.0"),
        part="firmware",
    ),
    # "VENUS VSOS-V0600R0705B20180507": the release of the system, no model.
    Family(
        vendor="Venustech",
        product="vsos",
        name="Venustech VSOS",
        under=("15227",),
        says=r"\bVSOS-(?P<version>V\d{4}R\w+)",
        model=(entity("model"),),
    ),
    # EXINDA-MIB systemInfo: 1 series, 3 version; 4 is a key of the licence.
    Family(
        vendor="Exinda",
        product="exos",
        name="ExOS",
        under=("21091",),
        version=at("21091.1.1.3.0"),
        model=at("21091.1.1.1.0"),
    ),
    # Of Greenbone's own MIB: the hardware's name, the version.
    Family(
        vendor="Greenbone",
        product="greenbone-os",
        name="Greenbone OS",
        under=("35847", ANY),
        says=r"^Greenbone (?:Security Manager|Enterprise Appliance)",
        version=(get("35847.1.3.2.1", r"^\d[\d.]+$"),),
        model=(get("35847.1.2.1", r"^Greenbone Enterprise .+"),),
    ),
    # "HyperIP 6.1.1 11-Jan-2018 13:09 (build 2) (r9200)"
    Family(
        vendor="NetEx",
        product="hyperip",
        name="HyperIP",
        under=(ANY,),
        says=r"^HyperIP (?P<version>\d[\d.]+)",
        model=(),
    ),
    # EIP-HW-MIB eipHwAppliance: 1 model, 2 serial number.
    Family(
        vendor="EfficientIP",
        product="solidserver",
        name="SOLIDserver",
        under=("2440",),
        model=at("2440.1.14.1.1.0"),
        serial=at("2440.1.14.1.2.0"),
    ),
    # ENDACE-SYSTEM-MIB systemAppliance: 1 version, 10 serial number, 11 model.
    Family(
        vendor="Endace",
        product="endace",
        under=("18418",),
        version=at("18418.1.1.1.1.0"),
        model=at("18418.1.1.1.11.0"),
        serial=at("18418.1.1.1.10.0"),
    ),
    # Talari's tnStatsApplianceScalars: 12 serial number, 14 software (13 the system below it).
    Family(
        vendor="Oracle",
        product="talari",
        name="Oracle SD-WAN (Talari)",
        under=("34086",),
        version=at("34086.2.2.12.1.14.0"),
        serial=at("34086.2.2.12.1.12.0"),
    ),
    # Citrix's sdWANStatsApplianceScalars: 10 serial number, 12 software.
    Family(
        vendor="Citrix",
        product="citrix-sdwan",
        name="Citrix SD-WAN",
        under=("3845.31.4", "3845"),
        version=at("3845.31.4.2.2.12.1.12.0"),
        serial=at("3845.31.4.2.2.12.1.10.0"),
    ),
    # PACKETEER-MIB names its products by sysObjectID.
    Family(
        vendor="Packeteer",
        product="packetshaper",
        name="PacketShaper",
        under=("2334",),
        models=PACKETEER,
    ),
)
