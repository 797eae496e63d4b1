"""Security, traffic and address appliances beside the firewalls, and what controls wireless."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, walk

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
    # "TrueNAS-13.0-U5.3. Hardware: amd64 Intel(R) … Software: FreeBSD 13.1-RELEASE-p7".
    Family(
        vendor="iXsystems",
        product="truenas",
        name="TrueNAS",
        under=("50536", ANY),
        says=r"^(?:True|Free)NAS-(?:SCALE-)?(?P<version>\d\S*?)\.? Hardware: (?P<model>\S+)",
    ),
    Family(
        vendor="Nimble Storage",
        product="nimbleos",
        name="NimbleOS",
        under=("37447",),
        says=r"Nimble Storage (?P<model>\S+) running software version (?P<version>[\w.-]+)",
    ),
    # QUANTUM-SMALL-TAPE-LIBRARY's forerunner of ADIC: 7 version, 10 serial number.
    Family(
        vendor="Quantum",
        product="scalar",
        under=("3764",),
        version=at("3764.1.1.10.7.0"),
        serial=at("3764.1.1.10.10.0"),
        part="firmware",
    ),
    # ASUSTOR-SYSTEM-MIB: 1 serial number, 2 ADM version.
    Family(
        vendor="ASUSTOR",
        product="adm",
        name="ASUSTOR ADM",
        under=("44738",),
        probe="44738.1.2.0",
        version=at("44738.1.2.0"),
        serial=at("44738.1.1.0"),
    ),
    # "SUN FIRE X4170 M2 SERVER, ILOM v3.0.9.15.a, r55943"
    Family(
        vendor="Oracle",
        product="ilom",
        name="Oracle ILOM",
        under=("42.2",),
        says=r"^(?P<model>.+?), ILOM v(?P<version>[\w.]+)",
        part="management controller",
    ),
    # DELL-STORAGE-SC-MIB productInfo: 1 name, 4 version, 5 serial number.
    Family(
        vendor="Dell EMC",
        product="compellent",
        name="Dell Storage Center",
        under=("674.11000.2000.500.1", "16139"),
        version=at("674.11000.2000.500.1.2.4.0"),
        model=at("674.11000.2000.500.1.2.1.0"),
        serial=at("674.11000.2000.500.1.2.5.0"),
    ),
    # EQLMEMBER-MIB eqlMemberInfoTable: 2 serial number, 9 product family.
    Family(
        vendor="Dell EMC",
        product="equallogic",
        under=("12740",),
        model=at("12740.2.1.11.1.9.*"),
        serial=at("12740.2.1.11.1.2.*"),
    ),
    # ARECA-SNMP-MIB systemInformation: 2 model, 3 serial number, 4 firmware.
    Family(
        vendor="Areca",
        product="areca",
        under=("18928.1",),
        version=at("18928.1.1.1.4.0"),
        model=at("18928.1.1.1.2.0"),
        serial=at("18928.1.1.1.3.0"),
        part="firmware",
    ),
    # MBG-SNMP-LTNG-MIB: 2 firmware, 3 serial number; before it, MBG-SNMP-LT-MIB.
    Family(
        vendor="Meinberg",
        product="lantime",
        name="LANTIME firmware",
        under=("5597", ANY),
        probe="5597.30.0.0.2.0",
        says=r"(?i)meinberg|lantime",
        version=(*at("5597.30.0.0.2.0", "5597.3.0.1.0"), descr(r"(?i)firmware ([\d.]+)")),
        model=(descr(r"(?i)(?:meinberg )?(lantime \S*\d\S*)"),),
        serial=at("5597.30.0.0.3.0"),
        part="firmware",
    ),
    # Dell's network cards of UPS, productIdentification: 1 name, 4 version.
    Family(
        vendor="Dell",
        product="dell-ups",
        under=("674.10902",),
        version=at("674.10902.2.100.4.0"),
        model=at("674.10902.2.100.1.0"),
        part="firmware",
    ),
    # XCC-MIB and IMM-MIB machineLevelVpd: 1 type, 2 model, 3 serial number, 5 product name; the
    # first firmware is the controller's own.
    Family(
        vendor="Lenovo",
        product="xcc",
        name="Lenovo XClarity Controller",
        under=("19046.11",),
        version=at("19046.11.1.1.5.1.1.3.1"),
        model=at("19046.11.1.1.5.2.1.5.0", "19046.11.1.1.5.2.1.2.0"),
        serial=at("19046.11.1.1.5.2.1.3.0"),
        part="management controller",
    ),
    Family(
        vendor="IBM",
        product="imm",
        name="IBM Integrated Management Module",
        under=("2.3.51.3",),
        version=at("2.3.51.3.1.5.1.1.3.1"),
        model=at("2.3.51.3.1.5.2.1.5.0", "2.3.51.3.1.5.2.1.2.0"),
        serial=at("2.3.51.3.1.5.2.1.3.0"),
        part="management controller",
    ),
    # FSC-SERVERCONTROL2-MIB: the unit's model and serial number.
    Family(
        vendor="Fujitsu",
        product="irmc",
        name="Fujitsu iRMC",
        under=("231",),
        says=r"\biRMC\b",
        model=at("231.2.10.2.2.10.2.3.1.5.1"),
        serial=at("231.2.10.2.2.10.2.3.1.7.1"),
        part="management controller",
    ),
    # CPQPOWER-MIB deviceIdent: 2 model, 3 firmware, 7 serial number.
    Family(
        vendor="HPE",
        product="hpe-power",
        name="HPE power management",
        under=("232.165",),
        version=at("232.165.1.2.3.0"),
        model=at("232.165.1.2.2.0"),
        serial=at("232.165.1.2.7.0"),
        part="firmware",
    ),
    # FCMGMT-MIB connUnit, as storage without a MIB of its own has it: 7 product, 8 serial number.
    Family(
        vendor="Dell EMC",
        product="powervault-me",
        name="Dell PowerVault ME",
        under=("674.10893.2",),
        model=(walk("1.3.6.1.3.94.1.6.1.7"),),
        serial=(walk("1.3.6.1.3.94.1.6.1.8"),),
        part="firmware",
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
)
