"""Wireless: Ruckus, Ubiquiti, MikroTik, Aerohive, Cambium, radios and their controllers."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, get, walk

# IEEE802dot11-MIB: manufacturer's product name and version of the first radio.
_RADIO_MODEL = walk("1.2.840.10036.3.1.2.1.3")
_RADIO_VERSION = walk("1.2.840.10036.3.1.2.1.4")

FAMILIES = (
    # RUCKUS-UNLEASHED-SYSTEM-MIB, and RUCKUS-ZD-SYSTEM-MIB with the same places: 9 model,
    # 15 serial number, 18 version. Both products share sysObjectIDs.
    Family(
        vendor="Ruckus",
        product="ruckus-unleashed",
        name="Ruckus Unleashed or ZoneDirector",
        under=("25053.3.1.5",),
        version=(get("25053.1.15.1.1.1.1.18.0"), get("25053.1.2.1.1.1.1.18.0")),
        model=(
            get("25053.1.15.1.1.1.1.9.0"),
            get("25053.1.2.1.1.1.1.9.0"),
            descr(r"Ruckus Wireless,? (?:Inc\.?,? )?([A-Za-z]+\d\S*)"),
            descr(r"^(ZD\d+)$"),
        ),
        serial=(get("25053.1.15.1.1.1.1.15.0"), get("25053.1.2.1.1.1.1.15.0")),
    ),
    # RUCKUS-CTRL-MIB ruckusCtrlSystemNodeTable: 1 serial number, 3 model, 9 version.
    Family(
        vendor="Ruckus",
        product="smartzone",
        name="Ruckus SmartZone",
        under=("25053.3.1.10", "25053.3.1.11", "25053.3.1.13", "25053.3.1.14"),
        version=(walk("25053.1.8.1.1.1.1.1.1.9"),),
        model=(walk("25053.1.8.1.1.1.1.1.1.3"),),
        serial=(walk("25053.1.8.1.1.1.1.1.1.1"), get("25053.1.4.1.1.1.15.13.0")),
    ),
    # RUCKUS-HWINFO-MIB and RUCKUS-SWINFO-MIB: an access point that stands alone.
    Family(
        vendor="Ruckus",
        product="ruckus-ap",
        name="Ruckus access point software",
        under=("25053",),
        version=(walk("25053.1.1.3.1.1.1.1.1.3"),),
        model=(
            get("25053.1.1.2.1.1.1.1.0"),
            descr(r"Ruckus Wireless,? (?:Inc\.?,? )?([A-Za-z]+\d\S*)"),
        ),
        serial=(get("25053.1.1.2.1.1.1.2.0"),),
    ),
    # UBNT-UniFi-MIB: unifiApSystemModel and unifiApSystemVersion.
    Family(
        vendor="Ubiquiti",
        product="unifi",
        name="UniFi",
        under=("41112", "10002.1"),
        says=r"^(?P<model>U[A-Z0-9]\S*) (?P<version>\d+\.\d+\S*)",
        probe="41112.1.6.3.6.0",
        version=(get("41112.1.6.3.6.0"), descr(r"^U[A-Z0-9]\S* (\d+\.\d+\S*)")),
        model=(get("41112.1.6.3.3.0"), descr(r"^(U[A-Z0-9]\S*)")),
    ),
    # "Ubiquiti UniFi UDM-SE 5.1.19 Linux 4.19.152 al324": consoles and gateways.
    Family(
        vendor="Ubiquiti",
        product="unifi-os",
        name="UniFi OS",
        under=("41112", ANY),
        says=r"^Ubiquiti UniFi (?P<model>\S+) (?P<version>\d+(?:\.\d+)+) Linux ",
    ),
    Family(
        vendor="Ubiquiti",
        product="edgeos",
        name="EdgeOS",
        under=("41112.1.5", ANY),
        says=r"^(?:EdgeOS v?(?P<version>\d[\w.-]+)|(?P<model>EdgeRouter.*))",
    ),
    Family(
        vendor="Ubiquiti",
        product="airos",
        name="airOS",
        under=("10002.1", "41112.1.4", "41112.1.10"),
        # UI-AF-LTU-MIB afLTUStatus: 2 model, 4 firmware; airFiber's own table.
        version=(_RADIO_VERSION, *at("41112.1.10.1.3.4.0", "41112.1.3.2.1.40.1")),
        model=(_RADIO_MODEL, *at("41112.1.10.1.3.2.0")),
        part="firmware",
    ),
    # MIKROTIK-MIB: licence and health; 7.3 serial number, 7.9 board, 4.4 RouterOS version.
    Family(
        vendor="MikroTik",
        product="routeros",
        name="RouterOS",
        under=("14988.1",),
        version=(get("14988.1.1.4.4.0"), entity("description", r"RouterOS (\S+)")),
        model=(
            get("14988.1.1.7.9.0"),
            descr(r"RouterOS (\S.*)"),
            walk("1.3.6.1.2.1.47.1.1.1.1.2", r"RouterOS .* on (\S+)"),
        ),
        serial=(get("14988.1.1.7.3.0"),),
    ),
    Family(
        vendor="MikroTik",
        product="swos",
        name="SwOS",
        under=("14988.2",),
        says=r"^(?P<model>.+?)(?: SwOS v(?P<version>\S+))?$",
        version=(get("14988.1.1.7.4.0"),),
        serial=(get("14988.1.1.7.3.0"),),
    ),
    # AH-SYSTEM-MIB: 5 serial number, 6 model, 12 version.
    Family(
        vendor="Extreme Networks",
        product="hiveos",
        name="HiveOS",
        under=("26928",),
        says=r"(?P<model>\S+), (?:HiveOS|IQ Engine) (?P<version>.+)",
        version=(get("26928.1.2.12.0", r"(?:HiveOS|IQ Engine) (.+)"),),
        model=(get("26928.1.2.6.0"),),
        serial=(get("26928.1.2.5.0"),),
    ),
    Family(
        vendor="Cambium",
        product="xirrus-aos",
        name="Xirrus AOS",
        under=("21013",),
        says=r"^(?:Xirrus )?(?P<model>X\S+).*?(?:ArrayOS|AOS)\S* Version (?P<version>[\w.-]+)",
        version=(walk("21013.1.2.1.1.1"), descr(r"Version ([\w.-]+)")),
        serial=(get("21013.1.2.1.3.0"),),
    ),
    # CAMBIUM-PMP80211-MIB: current software and serial number; its hardware is a bare number.
    Family(
        vendor="Cambium",
        product="epmp",
        name="Cambium ePMP",
        under=("17713.21",),
        version=(get("17713.21.1.1.1.0"),),
        model=(descr(r"^(ePMP.+|Force.+)"),),
        serial=(get("17713.21.1.1.31.0"),),
    ),
    Family(
        vendor="Cambium",
        product="cnpilot",
        name="Cambium cnPilot",
        under=("17713.22",),
        version=(walk("17713.22.1.1.1.8"),),
        model=(walk("17713.22.1.1.1.5"), descr(r"^(.+)$")),
        serial=(walk("17713.22.1.1.1.4"),),
    ),
    # WHISP-BOX-MIBV2-MIB whispBoxSoftwareVer: "CANOPY 13.1.3 AP-DES".
    Family(
        vendor="Cambium",
        product="canopy",
        name="Cambium Canopy",
        under=("161.19",),
        version=(get("161.19.3.3.1.1.0", r"(\d[\d.]+)"),),
        model=(get("161.19.3.3.1.266.0"),),
        serial=(get("161.19.3.3.1.3.0"),),
    ),
    Family(
        vendor="Cambium",
        product="cnmatrix",
        name="Cambium cnMatrix",
        under=("17713.24",),
        version=(entity("software"), entity("firmware")),
        model=(entity("model"), descr(r"\b((?:EX|TX)\d\S*)")),
    ),
    Family(
        vendor="Cambium",
        product="cambium-ptp",
        name="Cambium PTP",
        under=("17713",),
        # Each series has its tree: 19 software versions, 8.3 product name.
        branch=r"17713\.(\d+)",
        version=at("17713.{branch}.19.1.0"),
        model=(get("17713.{branch}.8.3.0"), descr(r"^(.+)$")),
    ),
    Family(
        vendor="Grandstream",
        product="gwn",
        name="Grandstream GWN",
        under=("42397.1.1",),
        probe="42397.1.1.2.4.0",
        version=(get("42397.1.1.2.4.0"),),
        model=(get("42397.1.1.2.1.0"),),
    ),
    Family(
        vendor="Mimosa",
        product="mimosa",
        under=("43356",),
        version=(get("43356.2.1.2.1.3.0"),),
        serial=(get("43356.2.1.2.1.2.0"),),
    ),
    Family(
        vendor="Siklu",
        product="siklu",
        under=("31926",),
        says=r"^(?P<model>EH-\S+)",
        version=(entity("software"),),
    ),
    Family(
        vendor="Ceragon",
        product="ceragon",
        under=("2281",),
        # MWRM-RADIO-MIB: the running version of the indoor unit, the chassis' serial number.
        version=(get("2281.10.4.1.13.1.1.4.1"), entity("software")),
        model=(entity("model"), descr(r"^(.+)$")),
        serial=(get("2281.10.1.2.10.1.1.6.127"), entity("serial")),
    ),
    Family(
        vendor="Radwin",
        product="radwin",
        under=("4458",),
        # winlink1000OduAdmin: 1 product, 3 software.
        version=at("4458.1000.1.1.3.0"),
        model=(*at("4458.1000.1.1.1.0"), descr(r"^(.+)$")),
    ),
    Family(
        vendor="Proxim",
        product="proxim",
        under=("11898",),
        says=r"(?P<model>\S+).*? v(?P<version>[\d.]+)(?:.*?SN[- :]*(?P<serial>\w+))?",
    ),
    # INFINET: sysSoftwareVersion, sysModel.
    Family(
        vendor="InfiNet",
        product="infinet",
        under=("3942",),
        version=at("3942.1.1.3.14.0"),
        model=at("3942.1.1.3.15.0"),
        part="firmware",
    ),
    # RAY3-MIB: product name, serial number, software.
    Family(
        vendor="RACOM",
        product="racom-ray",
        under=("33555.4",),
        version=at("33555.4.1.2.2.0"),
        model=at("33555.4.1.1.1.0"),
        serial=at("33555.4.1.1.2.0"),
        part="firmware",
    ),
    # IGNITENET-MIB: 1 model, 3 firmware.
    Family(
        vendor="IgniteNet",
        product="ignitenet",
        under=("47307",),
        version=at("47307.1.1.3.0"),
        model=at("47307.1.1.1.0"),
        part="firmware",
    ),
    # SAF-INTEGRAB-MIB: 12 serial number, 13 product; sysDescr is a list of words and colons.
    Family(
        vendor="SAF Tehnika",
        product="saf-integra",
        under=("7571.100",),
        says=r"(?i)(?:.*?;Vers: ?(?P<version>[^;]+))?",
        model=at("7571.100.1.1.7.1.4.13.0"),
        serial=at("7571.100.1.1.7.1.4.12.0"),
        part="firmware",
    ),
    Family(
        vendor="Alta Labs",
        product="altalabs",
        under=(ANY,),
        says=r"^Alta (?P<model>\S+) (?P<version>\d\S*)",
    ),
    # SUB10SYSTEMS-MIB sub10UnitLcl: 4 serial number, 11 firmware.
    Family(
        vendor="Sub10",
        product="sub10",
        under=("39003",),
        version=at("39003.3.1.1.11.0"),
        serial=at("39003.3.1.1.4.0"),
        part="firmware",
    ),
    # ALVARION-DOT11-WLAN-MIB of BreezeACCESS VL: 4 main version, 21 serial number.
    Family(
        vendor="Alvarion",
        product="alvarion",
        under=("12394",),
        version=at("12394.1.1.1.4.0"),
        serial=at("12394.1.1.1.21.0"),
        part="firmware",
    ),
    # TACHYON-MIB system-ext: 1 model, 2 serial number, 4 firmware that runs (5 the other one).
    Family(
        vendor="Tachyon Networks",
        product="tachyon",
        under=("57344",),
        version=at("57344.1.3.4.0"),
        model=at("57344.1.3.1.0"),
        serial=at("57344.1.3.2.0"),
        part="firmware",
    ),
)
