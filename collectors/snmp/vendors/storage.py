"""Storage: arrays, filers, network storage of offices, libraries of tapes."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, get, walk

FAMILIES = (
    # SYNOLOGY-SYSTEM-MIB: 1 model, 2 serial number, 3 version.
    Family(
        vendor="Synology",
        product="dsm",
        name="Synology DSM",
        under=("6574",),
        probe="6574.1.5.3.0",
        version=(get("6574.1.5.3.0", r"(?:DSM )?(\d.*)"),),
        model=(get("6574.1.5.1.0"),),
        serial=(get("6574.1.5.2.0"),),
    ),
    Family(
        vendor="QNAP",
        product="qts",
        name="QNAP QTS",
        under=("24681", "55062"),
        says=r"(?P<model>TS-\S+)?(?:.*? (?P<version>\d\.\d\.\d\S*))?",
        probe="24681.1.2.12.0",
        version=(get("55062.1.12.6.0"), entity("firmware")),
        # NAS-MIB: model; of its first enclosure 3 model and 4 serial number.
        model=at("24681.1.2.12.0", "55062.1.12.3.0", "24681.1.4.1.1.1.1.1.2.1.3.1"),
        serial=(*at("55062.1.12.5.0", "24681.1.4.1.1.1.1.1.2.1.4.1"), entity("serial")),
    ),
    # NETAPP-MIB: 2 version, 5 model, 9 serial number.
    Family(
        vendor="NetApp",
        product="ontap",
        name="ONTAP",
        under=("789",),
        says=r"NetApp Release (?P<version>[^\s:]+)",
        version=(get("789.1.1.2.0", r"Release ([^\s:]+)"),),
        # In a cluster each node has its own (nodeTable): 4 model, 5 serial number.
        model=(get("789.1.1.5.0"), walk("789.1.25.2.1.4")),
        serial=(get("789.1.1.9.0"), walk("789.1.25.2.1.5")),
    ),
    Family(
        vendor="Dell EMC",
        product="onefs",
        name="Isilon OneFS",
        under=("12124",),
        says=r"(?i)OneFS.*?v?(?P<version>\d+(?:\.\d+)+)",
        # ISILON-MIB chassisTable: 3 serial number, 4 model.
        model=(walk("12124.2.51.1.4"), entity("model")),
        serial=(walk("12124.2.51.1.3"), entity("serial")),
    ),
    Family(
        vendor="Dell EMC",
        product="ddos",
        name="Data Domain OS",
        under=("19746",),
        says=r"Data Domain OS (?P<version>[\d.]+)(?:-(?P<build>\d+))?",
        # DATA-DOMAIN-MIB systemProperties: 1 serial number, 3 version, 4 model.
        version=(descr(r"Data Domain OS ([\d.]+)"), get("19746.1.13.1.3.0", r"([\d.]+\d)")),
        model=(walk("19746.1.13.1.4"),),
        serial=(walk("19746.1.13.1.1"),),
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
    # ADIC-TAPE-LIBRARY-MIB library: 5 serial number, 7 model, 11 firmware.
    Family(
        vendor="Quantum",
        product="scalar",
        under=("3764",),
        version=at("3764.1.10.10.1.11.0"),
        model=at("3764.1.10.10.1.7.0"),
        serial=at("3764.1.10.10.1.5.0"),
        part="firmware",
    ),
    # QUANTUM-MIDRANGE-TAPE-LIBRARY-MIB: 5 model, 8 serial number, 9 firmware.
    Family(
        vendor="Quantum",
        product="scalar",
        under=("3697",),
        probe="3697.1.10.15.5.5.0",
        version=at("3697.1.10.15.5.9.0"),
        model=at("3697.1.10.15.5.5.0"),
        serial=at("3697.1.10.15.5.8.0"),
        part="firmware",
    ),
    # SNIA-SML-MIB product, of BDT's libraries under the names of IBM and Dell, on somebody else's
    # agent: 1 name, 2 serial number, 3 maker, 4 version.
    *(
        Family(
            vendor=vendor,
            product="tape-library",
            probe="14851.3.1.3.3.0",
            probed=probed,
            version=at("14851.3.1.3.4.0"),
            model=at("14851.3.1.3.1.0"),
            serial=at("14851.3.1.3.2.0"),
            part="firmware",
        )
        for vendor, probed in (("IBM", r"(?i)^IBM"), ("Dell", r"(?i)^DELL"))
    ),
    # IBM's 3584 (TS3500): 1 name, 2 serial number, 4 version.
    Family(
        vendor="IBM",
        product="tape-library",
        under=("2.6.182",),
        version=at("2.6.182.3.3.4.0"),
        model=at("2.6.182.3.3.1.0"),
        serial=at("2.6.182.3.3.2.0"),
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
    # ISM-STORAGE-SVC-MIB, of OceanStor: 1 the device's serial number, 6 version.
    Family(
        vendor="Huawei",
        product="oceanstor",
        name="Huawei OceanStor",
        under=("34774", "2011.2.91"),
        probe="34774.4.1.1.6.0",
        version=at("34774.4.1.1.6.0"),
        model=(),
        serial=at("34774.4.1.1.1.0"),
    ),
    # raidExMibRaidListTable: 1 serial number, 3 microcode, 4 product.
    Family(
        vendor="Hitachi",
        product="svos",
        name="Hitachi VSP microcode",
        under=("116.3.11.4.1.1", "116.5.11.4.1.1"),
        version=at("116.5.11.4.1.1.5.1.3.*"),
        model=at("116.5.11.4.1.1.5.1.4.*"),
        serial=at("116.5.11.4.1.1.5.1.1.*"),
        part="firmware",
    ),
    # IFT-SNMP-MIB sysInformation: 10 serial number, 15 model; the release stands in two numbers.
    Family(
        vendor="Infortrend",
        product="infortrend",
        under=("1714.1.1",),
        model=at("1714.1.1.1.1.15.0"),
        serial=at("1714.1.1.1.1.10.0"),
        part="firmware",
    ),
    # Promise's VTrak E and M: 4 model, 5 serial number; the first controller's firmware.
    Family(
        vendor="Promise",
        product="vtrak",
        under=("7933",),
        version=at("7933.1.20.1.3.1.13.*"),
        model=at("7933.1.20.1.2.1.4.*"),
        serial=at("7933.1.20.1.2.1.5.*"),
        part="firmware",
    ),
    # READYNAS-MIB, READYNASOS-MIB: the version of the manager's software.
    Family(
        vendor="NETGEAR",
        product="readynas",
        name="ReadyNAS OS",
        under=("4526.18", "4526.22"),
        probe="4526.22.1.0",
        version=at("4526.22.1.0", "4526.18.1.0"),
    ),
)
