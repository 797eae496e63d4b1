"""Switches, routers and servers of serial lines for industry."""

from __future__ import annotations

from collectors.snmp.family import Family, at, descr, get

FAMILIES = (
    # MOXA-…-MIB: each series has its own number below 7: 1.2 model, 1.4 firmware.
    Family(
        vendor="Moxa",
        product="moxa",
        name="Moxa firmware",
        under=("8691.7",),
        branch=r"8691\.7\.(\d+)",
        says=r"^(?P<model>\S+)",
        version=at("8691.7.{branch}.1.4.0"),
        model=at("8691.7.{branch}.1.2.0"),
    ),
    # The routers have the same two behind 1.22.
    Family(
        vendor="Moxa",
        product="moxa",
        name="Moxa firmware",
        under=("8691.6",),
        branch=r"8691\.6\.(\d+)",
        version=(get("8691.6.{branch}.1.22.4.0", r"^(\S+)"),),
        model=(get("8691.6.{branch}.1.22.2.0"), descr(r"^(\S*\d\S*)")),
    ),
    # Servers of serial lines, overview: 1 model, 2 serial number, 3 firmware.
    Family(
        vendor="Moxa",
        product="moxa",
        name="Moxa firmware",
        under=("8691.2",),
        branch=r"8691\.2\.(\d+)",
        version=at("8691.2.{branch}.1.1.3.0"),
        model=at("8691.2.{branch}.1.1.1.0"),
        serial=at("8691.2.{branch}.1.1.2.0"),
    ),
    # Series of EKI, deviceInfo: 10 firmware.
    Family(
        vendor="Advantech",
        product="eki",
        name="Advantech EKI firmware",
        under=("10297.202",),
        branch=r"10297\.202\.(\d+)",
        says=r"(?P<model>EKI-\S+)",
        version=at("10297.202.{branch}.1.1.10.0"),
        part="firmware",
    ),
    # BM-SWITCH-MIB: 1 description, 9 firmware of the management.
    Family(
        vendor="Nexans",
        product="nexans",
        under=("266.20", "266"),
        version=at("266.20.1.9.0"),
        model=at("266.20.1.1.0"),
        part="firmware",
    ),
    # WESTERMO-OID of the older series, and the release that WeOS names in sysDescr.
    Family(
        vendor="Westermo",
        product="weos",
        name="WeOS",
        under=("16177",),
        # "Westermo RedFox Industrial, primary:v4.17.0, backup:v4.13.0, bootloader:v3.06"
        says=r"^(?:Westermo )?(?P<model>[^,]+?)(?:,| WeOS).*?(?:primary:|WeOS |[Vv]ersion:? )"
        r"v?(?P<version>\d[\d.]+)",
        version=(descr(r"(?:WeOS |primary:)v?([\d.]+)"), get("16177.1.2.1.2.0")),
        serial=at("16177.1.2.1.6.0"),
    ),
    # FL-MGUARD and FL-SWITCH tell the firmware in FL-MGMT's flWorkFWInfo.
    Family(
        vendor="Phoenix Contact",
        product="fl-switch",
        under=("4346",),
        says=r"(?P<model>FL \S+(?: \S*\d\S*)?)",
        version=at("4346.11.11.11.1.1.0"),
        part="firmware",
    ),
    # "Digi TransPort WR21-L52B-DE1-SU Ser#:237416 Software Build Ver5.2.9.6.  Mar  4 2014"
    Family(
        vendor="Digi",
        product="digi",
        under=("332",),
        says=r"(?P<model>(?:Digi )?(?:TransPort )?\S+) Ser#:(?P<serial>\w+) "
        r"Software Build Ver(?P<version>[\d.]+\w*)",
        # SARIAN-MONITOR's system: 15 serial number, 16 firmware; 19 and 20 are the modem's.
        version=at("332.11.6.1.3.0", "16378.10000.3.16.0"),
        model=at("332.11.6.1.1.0"),
        serial=at("16378.10000.3.15.0"),
        part="firmware",
    ),
    Family(
        vendor="Digi",
        product="digi",
        under=("332",),
        says=r"^(?P<model>[^,]+?),? (?:Version|Firmware) (?P<version>[\w.]+)",
        version=at("332.11.6.1.3.0", "16378.10000.3.16.0"),
        model=at("332.11.6.1.1.0"),
        serial=at("16378.10000.3.15.0"),
        part="firmware",
    ),
    # "SNR-S2985G-24T Device, Compiled … SoftWare Version 7.0.3.5(R0241.0124) …": DCN's switches,
    # under the names of several makers.
    *(
        Family(
            vendor=vendor,
            product=product,
            under=under,
            says=r"^(?:\S+ )?(?P<model>[A-Z]+[\w-]*\d\S*) (?:Device|Series|[^,]*,).*?"
            r"SoftWare (?:Package )?Version (?P<version>[\w.()]+)"
            r"(?:.*?(?:Serial No\.?|Device serial number) ?:? ?(?P<serial>\w+))?",
            version=at(*(f"{tree}.1.3.0" for tree in trees)),
        )
        for vendor, product, under, trees in (
            ("DCN", "dcn", ("6339",), ("6339.100",)),
            ("SNR", "snr", ("40418",), ("40418.7.100",)),
            ("QTECH", "qtech", ("27514",), ("27514.100",)),
        )
    ),
    # QTECH-SYSTEM-MIB of those that Ruijie makes: 2 software, 24 serial number, 26 model.
    Family(
        vendor="QTECH",
        product="qtech",
        under=("27514.1",),
        version=at("27514.1.1.10.2.1.1.2.0"),
        model=at("27514.1.1.10.2.1.1.26.0"),
        serial=at("27514.1.1.10.2.1.1.24.0"),
    ),
    # "BDCOM(tm) S2528 Software, Version 2.1.1A Build 16162 …; serial num:N0042 …", and what
    # NMS-CHASSIS calls chassis id: the serial number.
    Family(
        vendor="BDCOM",
        product="bdcom",
        under=("3320",),
        says=r"(?P<model>[A-Z]+\d{3,}\S*) Software, Version (?P<version>\w[\w.]*(?: Build \d+)?)"
        r"(?:.*?[Ss]erial num:? ?(?P<serial>\w+))?",
        serial=at("3320.3.6.3.0"),
    ),
    Family(
        vendor="PLANET",
        product="planet",
        name="PLANET firmware",
        under=("10456.1",),
        says=r"\b(?P<model>[A-Z]+-\w+(?:-\w+)*)",
        version=(get("10456.3.6.10.1.6.0"), descr(r"\b(v\d[\w.]+)")),
        serial=at("10456.3.6.3.0", "10456.3.1.3.0"),
    ),
    # RedLion N-Tron's MIB: 1.2 serial number, 1.3 firmware, 2.15 model.
    Family(
        vendor="Red Lion",
        product="n-tron",
        under=("1890",),
        says=r"(?i)n-?tron",
        version=at("1890.1.1.3.0"),
        model=at("1890.1.2.15.0"),
        serial=at("1890.1.1.2.0"),
        part="firmware",
    ),
    # MS-SWITCH30-MIB: 1.1 article, 1.2 serial number, 2.1 firmware of the agent.
    Family(
        vendor="MICROSENS",
        product="microsens",
        under=("3181.10.3",),
        version=at("3181.10.3.2.1.0"),
        model=at("3181.10.3.1.1.0"),
        serial=at("3181.10.3.1.2.0"),
        part="firmware",
    ),
    # MICROSENS G6: the firmware that runs; of the factory 1 article, 2 serial number.
    Family(
        vendor="MICROSENS",
        product="microsens-g6",
        under=("3181.10.6", "3181"),
        version=at("3181.10.6.1.30.106.1.2.*"),
        model=at("3181.10.6.1.32.1.0"),
        serial=at("3181.10.6.1.32.2.0"),
        part="firmware",
    ),
    Family(
        vendor="Perle",
        product="perle",
        under=("1966",),
        says=r"(?P<model>(?:IOLAN|IDS|IRG|MCR|SMI|CM)\S*(?: \S*\d\S*)?).*?[Vv](?:ersion:? ?)?"
        r"(?P<version>\d+\.\d\S*)",
        part="firmware",
    ),
    Family(
        vendor="Korenix",
        product="korenix",
        under=("24062",),
        says=r"(?P<model>Jet\w+\S*)(?:.*?\b[Vv](?P<version>\d+\.\d\S*))?",
        part="firmware",
    ),
    # IFOTEC-SMI ifoSysTable: 2 reference, 5 serial number, 7 firmware.
    Family(
        vendor="IFOTEC",
        product="ifotec",
        under=("21362",),
        version=at("21362.101.1.2.1.7.*"),
        model=at("21362.101.1.2.1.2.*"),
        serial=at("21362.101.1.2.1.5.*"),
        part="firmware",
    ),
)
