"""Routers and access networks of carriers: Juniper, Huawei, Nokia, ZTE, Ericsson, Eltex …"""

from __future__ import annotations

from collectors.snmp.family import Family, Members, at, descr, entity, get, module, walk

_VRP = r"(?i)Version (\d[\d.]*) \((?:.*?)(V\d{3}R\d{3}\w*)\)"
# HUAWEI-ENTITY-EXTENT-MIB hwEntitySystemModel, then the first word of sysDescr.
_HUAWEI_MODEL = (
    get("2011.5.25.31.6.5.0"),
    descr(r"^(?:(?i:Huawei|Quidway) )?(?!(?i:Huawei|Quidway) )(\S+) (?:Huawei )?Versatile Routing"),
    descr(r"Technologies Co\., Ltd\.? (?i:Huawei |Quidway )?([A-Z]+\d\S*)$"),
    descr(r"\((\S+(?: \d+)?) V\d{3}R"),
    entity("model"),
)
# JUNIPER-VIRTUALCHASSIS-MIB jnxVirtualChassisMemberTable: 2 serial number, 5 version, 8 model.
_VIRTUAL_CHASSIS = "2636.3.40.1.4.1.1.1.{}".format
_MEMBERS = Members(
    serial=_VIRTUAL_CHASSIS(2), version=_VIRTUAL_CHASSIS(5), model=_VIRTUAL_CHASSIS(8)
)
_RADLAN_SERIAL = (walk("89.53.14.1.5"), entity("serial"))

FAMILIES = (
    Family(
        vendor="Juniper",
        product="junos",
        name="Junos OS",
        under=("2636.1", "2636"),
        members=_MEMBERS,
        # "kernel JUNOS 12.3R11.2", of late without the name, of old "version 10.4R9.2".
        says=r"(?i)Juniper Networks, Inc\. (?P<model>\S+) .*?(?:kernel|version) (?:JUNOS )?"
        r"(?P<version>\d[^\s,]+)",
        version=(
            descr(r"(?:kernel|version) (?:JUNOS )?(\d[^\s,]+)"),
            get("2636.3.40.1.4.1.1.1.5.0"),
        ),
        # JUNIPER-MIB jnxBoxDescr and jnxBoxSerialNo.
        model=(entity("model"), get("2636.3.1.2.0")),
        serial=(get("2636.3.1.3.0"), entity("serial")),
    ),
    Family(
        vendor="Juniper",
        product="junos",
        name="Junos OS",
        under=("2636",),
        members=_MEMBERS,
        version=(
            get("2636.3.40.1.4.1.1.1.5.0"),
            walk("1.3.6.1.2.1.25.6.3.1.2", r"(?i)JUNOS.*\[([^\]]+)\]"),
        ),
        model=(entity("model"), get("2636.3.1.2.0")),
        serial=(get("2636.3.1.3.0"), entity("serial")),
    ),
    Family(
        vendor="Juniper",
        product="junose",
        name="JunosE",
        under=("4874",),
        says=r"Juniper Networks, Inc\. (?P<model>\S+).*?\((?P<version>[\d.]+ \S+)",
    ),
    # Juniper-System-MIB juniSystemSwVersion, where sysDescr is somebody's own.
    Family(
        vendor="Juniper",
        product="junose",
        name="JunosE",
        under=("4874",),
        version=(get("4874.2.2.2.1.1.1.0"),),
    ),
    # JUNIPER-WX-COMMON-MIB: 1 software, 3 serial number.
    Family(
        vendor="Juniper",
        product="wxos",
        name="Juniper WXOS",
        under=("8239",),
        version=(get("8239.2.1.2.1.1.0"),),
        serial=(get("8239.2.1.2.1.3.0"),),
    ),
    Family(
        vendor="Juniper",
        product="screenos",
        name="ScreenOS",
        under=("3224",),
        says=r"^(?P<model>\S+) version (?P<version>\S+) \(SN: (?P<serial>[^\s,]+)",
    ),
    Family(
        vendor="Huawei",
        product="vrp",
        name="Huawei VRP",
        under=("2011",),
        says=r"(?i)versatile routing platform|VRP",
        version=(
            descr(_VRP, "{} ({})"),
            # "Software Version: USG2200 V300R001C00SPC900 (VRP (R) Software, Version 5.30)".
            descr(
                r"\b(V\d{3}R\d{3}\w*) \(VRP \(R\) Software, Version (\d[\d.]*)\)",
                "{} (VRP {})",
            ),
            descr(r"(?i)Version (\d[\d.]*)"),
            entity("software", r"(V\d{3}R\d{3}\w*)"),
        ),
        # HUAWEI-SYS-MAN-MIB hwPatchVersion.
        build=(walk("2011.5.25.19.1.8.5.1.1.4", r"(\w*SP[HC]\w+)"),),
        model=_HUAWEI_MODEL,
        # A fixed switch has its serial number on the main board, its chassis none.
        serial=(entity("serial"), module("serial")),
    ),
    Family(
        vendor="Huawei",
        product="smartax",
        name="Huawei SmartAX",
        under=(
            "2011.2.80",
            "2011.2.115",
            "2011.2.123",
            "2011.2.133",
            "2011.2.169",
            "2011.2.186",
            "2011.2.248",
        ),
        # HUAWEI-DEVICE-MIB hwSysVersion.
        version=(get("2011.6.3.1.3.0"),),
    ),
    Family(
        vendor="Huawei",
        product="ibmc",
        name="Huawei iBMC",
        under=("2011.2.235",),
        # firmwareDescriptionTable by name: "Active iBMC", which is not the BIOS' or a CPLD's row.
        version=(get("2011.2.235.1.1.11.50.1.4.11.65.99.116.105.118.101.32.105.66.77.67"),),
        model=(get("2011.2.235.1.1.1.6.0"),),
        serial=(get("2011.2.235.1.1.1.7.0"),),
        part="management controller",
    ),
    Family(
        vendor="Nokia",
        product="sros",
        name="Nokia SR OS",
        under=("6527",),
        says=r"TiMOS-\w-(?P<version>\S+) \S+ (?:Nokia|Alcatel|ALCATEL)\S* "
        r"(?P<model>(?:SAS-\S+|\S+ SR(?:-\S+)?|\S+)(?: \S+)?) Copyright",
        # TIMETRA-CHASSIS-MIB tmnxHwSerialNumber of the chassis.
        serial=(get("6527.3.1.2.2.1.8.1.5.1.50331649"), entity("serial")),
    ),
    Family(
        vendor="Nokia",
        product="srlinux",
        name="Nokia SR Linux",
        under=("6527",),
        says=r"SRLinux-(?P<version>v?\d\S*) (?P<model>.+?)(?: Copyright| Kernel|$)",
        serial=(get("6527.3.1.2.2.1.8.1.5.1.50331649"), entity("serial")),
    ),
    Family(
        vendor="Nokia",
        product="isam",
        name="Nokia ISAM",
        under=("637.61",),
        says=r"(?P<version>R\d[\d.]*\w*) +(?P<model>\S+)",
    ),
    Family(
        vendor="Alcatel-Lucent Enterprise",
        product="aos",
        name="Alcatel-Lucent OmniSwitch AOS",
        under=("6486",),
        # "OS6860E-P24 8.4.1.229.R02 GA", of old "OmniSwitch 6850-P48X …", "6602-48 …".
        says=r"(?P<model>O[SA]\S+|OmniSwitch \S+|\d{4}\S*) (?P<version>\d+(?:\.\d+)+\.R\d+)",
    ),
    Family(
        vendor="ZTE",
        product="zxros",
        name="ZTE ZXROS",
        under=("3902",),
        says=r"(?:ZXR10 ROS |Version:? ?)+V(?P<version>[\d.]+\w*)",
        model=(
            entity("model"),
            descr(r"(ZXR10\w\S*|ZXR10 (?!ROS\b)[\w-]+)"),
            descr(r"^(C\d{3}\w*) Version"),
        ),
    ),
    Family(
        vendor="Ericsson",
        product="seos",
        name="Ericsson SEOS",
        under=("2352",),
        says=r"(?:OS Version (?:SEOS-|IPOS-)?|IPOS-)v?(?P<version>\d[\w.]*)",
    ),
    Family(
        vendor="Raisecom",
        product="roap",
        name="Raisecom ROAP",
        under=("8886",),
        # ROSMGMT-VERSION-MIB rosMgmtRosVersion; RAISECOM-SYSTEM-MIB raisecomDeviceType.
        version=(get("8886.60.131.1.1.1.0", r"(\d[\w.]+)"),),
        model=(entity("model"), get("8886.1.1.4.1.0"), descr(r"^([^\s,]+)")),
    ),
    Family(
        vendor="Eltex",
        product="eltex-mes",
        name="Eltex MES",
        under=("35265.1",),
        says=r"^(?P<model>\S+)",
        version=(get("89.2.4.0"), walk("89.53.14.1.2"), entity("software")),
        model=(entity("model"), descr(r"^(\S+)")),
        serial=_RADLAN_SERIAL,
        members=Members(serial="89.53.14.1.5", version="89.53.14.1.2"),
    ),
    Family(
        vendor="Ciena",
        product="saos",
        name="Ciena SAOS",
        under=("6141",),
        says=r"^(?P<model>\d{4}\S*)",
        version=(get("6141.2.60.10.1.1.3.1.2.1", r"saos-([\d-]+)"),),
        # WWP-LEOS-CHASSIS-MIB: the device's, then wwpLeosSystemSerialNumber.
        serial=(*at("6141.2.60.11.1.1.1.32.0", "6141.2.60.11.1.1.1.67.0"), entity("serial")),
    ),
    # FspR7-MIB: 5 software, 17 serial number of the network element.
    Family(
        vendor="ADVA",
        product="adva-fsp3000",
        name="ADVA FSP 3000R7",
        under=("2544.1.11.1.1",),
        version=at("2544.1.11.2.2.1.5.0"),
        serial=at("2544.1.11.2.2.1.17.0"),
    ),
    Family(
        vendor="ADVA",
        product="adva-fsp",
        under=("2544",),
        version=(entity("software"),),
    ),
    Family(
        vendor="Adtran",
        product="adtran-aos",
        name="ADTRAN OS",
        under=("664",),
        says=r"^(?P<model>.+?), Version:? (?P<version>[^\s,]+)",
        # ADTRAN-MIB adProductInfo: 1 name, 4 serial number, 6 software version; ADTRAN-AOSUNIT
        # adAOSDevice: 12 product name, 13 serial number, 14 version.
        version=at("664.3.1.6.0", "664.5.53.1.1.14.0"),
        model=(descr(r"^(.+?), Version"), *at("664.3.1.1.0", "664.5.53.1.1.12.0")),
        serial=at("664.3.1.4.0", "664.5.53.1.1.13.0"),
    ),
    # DMswitch-MIB switchInfoTable: 4 firmware, 8 serial number, 9 product.
    Family(
        vendor="Datacom",
        product="datacom",
        under=("3709",),
        says=r"(?P<model>DM\S*)?",
        version=(walk("3709.3.5.201.1.1.2.1.4"), entity("software")),
        model=(walk("3709.3.5.201.1.1.2.1.9"), entity("model")),
        serial=(walk("3709.3.5.201.1.1.2.1.8"), entity("serial")),
    ),
    # VIPRINET-MIB vpnRouterInfo: 2 serial number, 3 model, 4 firmware.
    Family(
        vendor="Viprinet",
        product="viprinet",
        under=("35424",),
        version=at("35424.1.1.4.0"),
        model=at("35424.1.1.3.0"),
        serial=at("35424.1.1.2.0"),
    ),
    # CIENA-WS-SOFTWARE-MIB active software, CIENA-WS-CHASSIS-MIB model of the chassis.
    Family(
        vendor="Ciena",
        product="waveserver",
        name="Ciena Waveserver",
        under=("1271.3",),
        version=(walk("1271.3.4.14.7.1.2"),),
        model=(walk("1271.3.4.6.3.1.2"),),
    ),
    # CIENA-CES-CHASSIS-MIB, and EXALT's and 4RF's radios by their own.
    Family(
        vendor="Ciena",
        product="saos",
        name="Ciena SAOS",
        under=("1271",),
        says=r"^(?P<model>\d{4}\S*)?",
        version=(
            entity("software"),
            get("1271.30.2.1.13.0"),
            descr(r"(?i)saos ?(\d+[\d.-]+)"),
        ),
        serial=(get("1271.2.1.5.1.1.4.0"), entity("serial")),
    ),
    Family(
        vendor="Exalt",
        product="exalt",
        under=("25651",),
        version=at("25651.1.2.1.5.0"),
        model=at("25651.1.2.1.1.0"),
        part="firmware",
    ),
    Family(
        vendor="4RF",
        product="4rf",
        under=("14817",),
        version=at("14817.7.1.2.1.2.0"),
        part="firmware",
    ),
    Family(
        vendor="OneAccess",
        product="oneos",
        name="OneOS",
        under=("13191",),
        says=r"(?P<version>ONEOS\S+|OneOS\S*[-_]V?\d\S+)",
    ),
    Family(
        vendor="Casa Systems",
        product="casa",
        under=("20858",),
        says=r"^Casa (?P<model>[^\s,]+).*?(?:Release|Version) (?P<version>[\d.]+)",
    ),
    Family(
        vendor="ARRIS",
        product="arris-c4",
        under=("4998", "4115"),
        says=r"(?:SW|Software)[_ ](?:REV|Version|rev)\S*[: ]+(?P<version>[^;,\s>]+)",
        model=(entity("model"), descr(r"MODEL: ([^;>]+)")),
    ),
    Family(
        vendor="Calix",
        product="calix",
        under=("6321",),
        says=r"^(?:Calix )?(?P<model>\S+)",
    ),
    # PRVT-SWITCH-MIB: 1 serial number, 2 model.
    Family(
        vendor="Telco Systems",
        product="binos",
        name="Telco Systems BiNOS",
        under=("738",),
        version=(descr(r"(?i)software version (\d\S*)"),),
        model=at("738.1.5.100.1.3.2.0"),
        serial=at("738.1.5.100.1.3.1.0"),
    ),
    # EKINOPS-MGNT2-MIB's inventory is a text of fields: "Serial Number : 12345".
    Family(
        vendor="Ekinops",
        product="ekinops360",
        name="Ekinops 360",
        under=("20044",),
        says=r"^Ekinops 360 Platform, (?P<model>[A-Z0-9]+), Release (?P<version>\d[\d.]*)",
        serial=(get("20044.7.6.8.0", r"Serial Number *: *(\w+)"),),
    ),
    # NBS-CMMC-MIB nbsCmmcSysFwVers.
    Family(
        vendor="MRV",
        product="mrv-nbs",
        under=("629.200", "629"),
        version=at("629.200.2.2.0"),
        part="firmware",
    ),
    # ZHONE's zhnSystemGeneralObjects: 1 model, 22 firmware.
    Family(
        vendor="Zhone",
        product="zhone",
        under=("5504",),
        version=at("5504.2.5.2.1.1.22.0"),
        model=at("5504.2.5.2.1.1.1.0"),
        part="firmware",
    ),
    # "ZNID-GPON-2426A-NA Zhone Indoor Network Interface … Release S3.0.546; Serial number 3058…"
    Family(
        vendor="Zhone",
        product="znid",
        name="Zhone ZNID",
        under=("5504",),
        says=r"^(?P<model>ZNID-\S+) .*Release (?P<version>S\d[\d.]*\d)"
        r"(?:; Serial number (?P<serial>\d+))?",
        part="firmware",
    ),
    # "… Version 1.2.3, … Serial num:AB123, …" of Pacific Broadband Networks.
    Family(
        vendor="PBN",
        product="pbn",
        under=("11606.10", "11606.11", "11606.25"),
        says=r"Version (?P<version>\d[^,]*),(?:.*?Serial num: ?(?P<serial>[^,\s]+))?",
    ),
    Family(
        vendor="PacketFront",
        product="drgos",
        name="DRGOS",
        under=("9303",),
        says=r"Version: ?drgos-\w+-(?P<version>\d[\w.-]*)",
    ),
    # White Rabbit's switch, WR-SWITCH-MIB wrsVersion: 1 software, 7 serial number.
    Family(
        vendor="CERN",
        product="wr-switch",
        name="White Rabbit switch",
        under=("96.100",),
        version=at("96.100.6.3.1.0"),
        serial=at("96.100.6.3.7.0"),
    ),
    # FSS-SYSTEM: 5 type of the network element, 6 software.
    Family(
        vendor="Fujitsu",
        product="1finity",
        name="Fujitsu 1FINITY",
        under=("211.1.24.12",),
        version=at("211.1.24.12.100.1.6.0"),
        model=at("211.1.24.12.100.1.5.0"),
    ),
    # NPT-SYSTEM-MIB nptNESoftwareVersion.
    Family(
        vendor="ECI Telecom",
        product="eci-npt",
        name="ECI Neptune (NPT)",
        under=("1286.5",),
        version=at("1286.5.1.1.2.1.2.0"),
    ),
)
