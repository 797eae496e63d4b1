"""HPE and its brands: ArubaOS-Switch (ProCurve), AOS-CX, ArubaOS, Instant, Comware, MSM."""

from __future__ import annotations

from collectors.snmp.family import Family, descr, entity, get, walk

_PROCURVE = (
    r"^(?:HPE?|Hewlett[- ]Packard\w*|ProCurve|PROCURVE|Aruba)(?: OfficeConnect)?(?: Switch)? "
)
# "Aruba JL727A 6200F 48G CL4 4SFP+370W Swch ML.10.07.0005"
_AOSCX = r"(?:^|Aruba |ANW )([JRS]\w{4,5}A?\b.*?)(?: Swch)?"
_AOSCX_MODEL = (entity("model"), descr(rf"{_AOSCX} [A-Z]{{2}}\.\d\d\.\d\d\."))

FAMILIES = (
    # STATISTICS-MIB hpSwitchOsVersion and SEMI-MIB's serial number.
    Family(
        vendor="HPE Aruba",
        product="arubaos-switch",
        name="ArubaOS-Switch",
        under=("11.2.3.7.11", "11.2.3.7.8"),
        says=rf"{_PROCURVE}.*?(?:,(?: revision)?| -) (?P<version>[A-Z]{{1,2}}\.[\d.]+\w*)",
        # "Aruba Instant On 1930 … JL682A, InstantOn_1930_1.0.2.0 (39)".
        version=(get("11.2.14.11.5.1.1.3.0"), descr(r", InstantOn_\w+?_(\d+(?:\.\d+)+)")),
        model=(
            descr(rf"{_PROCURVE}(\S+(?: \S+)*?) Switch(?: Stack)? ([^,\s]+),"),
            descr(rf"{_PROCURVE}([^,]+?)(?: Switch(?: Stack)?)?(?: \([^)]*\))?,"),
            # "PROCURVE J9028A - PB.03.10", "HP ProCurve 1800-24G".
            descr(rf"{_PROCURVE}(?:ProCurve )?([A-Z]?\d\S*)(?: - [A-Z]|$)"),
            entity("model"),
        ),
        serial=(get("11.2.36.1.1.2.9.0"), entity("serial")),
    ),
    Family(
        vendor="HPE Aruba",
        product="aoscx",
        name="AOS-CX",
        under=("47196",),
        says=rf"{_AOSCX} (?P<version>[A-Z]{{2}}\.\d\d\.\d\d\.\w+)",
        version=(entity("software"),),
        model=_AOSCX_MODEL,
    ),
    Family(
        vendor="HPE Aruba",
        product="aoscx",
        name="AOS-CX",
        under=("47196",),
        version=(entity("software"),),
        model=(*_AOSCX_MODEL, entity("description")),
    ),
    # AI-AP-MIB: the cluster's version, and its access points by MAC address.
    Family(
        vendor="HPE Aruba",
        product="aruba-instant",
        name="Aruba Instant",
        under=("14823.1.2",),
        says=r"\(MODEL: (?P<model>[^)]+)\), Version (?P<version>\S+)",
        version=(descr(r"Version (\S+)"), get("14823.2.3.3.1.1.4.0")),
        serial=(walk("14823.2.3.3.1.2.1.1.4"),),
    ),
    # WLSX-SYSTEMEXT-MIB: 3 model, 28 software version, 29 serial number.
    Family(
        vendor="HPE Aruba",
        product="arubaos",
        name="ArubaOS",
        under=("14823", "6486.800.1.1.2.2.2"),
        says=r"(?:ArubaOS|AOS-W).*?Version (?P<version>\S+)",
        version=(descr(r"Version (\S+)"), get("14823.2.2.1.2.1.28.0")),
        model=(descr(r"\(MODEL: ([^)]+)\)"), get("14823.2.2.1.2.1.3.0")),
        serial=(get("14823.2.2.1.2.1.29.0"), entity("serial")),
    ),
    Family(
        vendor="HPE Aruba",
        product="clearpass",
        name="ClearPass Policy Manager",
        under=("14823.1.6",),
        probe="14823.1.6.1.1.1.1.1.1.0",
        version=(walk("14823.1.6.1.1.1.1.1.3"),),
        model=(walk("14823.1.6.1.1.1.1.1.1"),),
    ),
    # sysDescr: "HPE Comware Platform Software, Software Version 7.1.070, Release 6126P20 HPE …".
    Family(
        vendor="HPE",
        product="comware",
        name="Comware",
        under=("25506", "43.1", "2011.10"),
        says=r"(?:Comware|3Com|H3C|^HPE? .*(?:Switch|Router)).*Version (?:3Com OS )?V?"
        r"(?P<version>\d[\w.]*?)(?:\.?,? |$)"
        r"(?:(?:Release|Feature|ESS|Ess|Beta|Alpha|Demo|Test|Customer|Draft|R) (?P<build>\S+))?",
        model=(
            descr(r"(?:Release|Feature|ESS|Ess) \S+ (?:HPE?|H3C|3Com)? ?(.+?) Copyright"),
            # "HPE Series Router MSR954 Comware Software", "HPE 5130 24G … EI Switch Software".
            descr(r"^HPE? Series Router (\S+) "),
            descr(r"^HPE? ((?!Comware)\S*\d\S*(?: .+?)??)(?: Switch| Router)? Software Version"),
            # "HPE OfficeConnect Switch 1950 24G 2SFP+ 2XGT JG960A Comware Platform Software".
            descr(r"^HPE? (?:OfficeConnect )?(?:Switch )?(\d{4} .+? J[A-Z]\d{3}A)\b"),
            # "H3C Switch S5120-28P-SI Software Version", "HP V1910-24G Switch Software Version".
            descr(
                r"(?:HPE?|H3C|3Com) (?:Baseline )?(?:Switch |Router )?"
                r"((?:SecPath |SecBlade )?\S*\d\S*(?: \d+-Port| Plus)?)(?: Switch| Router)? "
                r"(?:Software )?Version"
            ),
            entity("model"),
        ),
        serial=(walk("25506.2.6.1.2.1.1.2"), entity("serial")),
    ),
    # A3COM-SWITCHING-SYSTEMS-STACK-MIB stackUnitTable, of 3Com before Comware.
    Family(
        vendor="3Com",
        product="3com",
        under=("43",),
        version=(walk("43.10.27.1.1.1.12"),),
        model=(descr(r"(?i)^3Com ([^,]+)"), entity("model")),
        serial=(walk("43.10.27.1.1.1.13"),),
    ),
    Family(
        vendor="HPE",
        product="msm",
        name="HPE MSM",
        under=("8744",),
        says=r"^(?P<model>\S+) - Hardware revision .*? - Serial number (?P<serial>\S+) - "
        r"Firmware version (?P<version>\S+)",
        # COLUBRIS-SYSTEM-MIB: product name, firmware revision, serial number.
        version=(descr(r"Firmware version (\S+)"), get("8744.5.6.1.1.2.0")),
        model=(descr(r"^(\S+) - "), get("8744.5.6.1.1.1.0")),
        serial=(descr(r"Serial number (\S+)"), get("8744.5.6.1.1.5.0")),
    ),
    # CPQSINFO-MIB and CPQSM2-MIB: product name, serial number, iLO firmware.
    Family(
        vendor="HPE",
        product="ilo",
        name="HPE iLO",
        under=("232",),
        says=r"Integrated Lights-Out (?P<name>\d+) (?P<version>[\d.]+)",
        version=(get("232.9.2.2.2.0"),),
        model=(get("232.2.2.4.2.0"),),
        serial=(get("232.2.2.2.1.0"),),
        part="management controller",
    ),
    Family(
        vendor="HPE",
        product="virtual-connect",
        under=("11.5.7.5",),
        says=r"^(?P<model>HPE? .*?Virtual Connect.*?)(?: (?P<version>\d+\.\d+\S*))?$",
    ),
)
