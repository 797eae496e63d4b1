"""Controllers, panels and switches of plants, beside those of industrial."""

from __future__ import annotations

from collectors.snmp.family import Family, at, descr

FAMILIES = (
    # "Siemens, SIMATIC S7, CPU315-2 PN/DP, 6ES7 315-2EH14-0AB0 , HW: 7, FW: V3.2.11, S C-H4C23…",
    # "Siemens, SIMATIC S7, CPU-1200, 6ES7 214-1BE30-0XB0 SZV… , 1, V.1.0.2, SZV…"
    Family(
        vendor="Siemens",
        product="simatic-s7",
        name="SIMATIC S7 firmware",
        under=("4329", "4196"),
        says=r"^Siemens, SIMATIC S7, (?P<model>[^,]+?) ?, 6ES7[^,]+, (?:HW: )?\d+, "
        r"(?:FW: )?(?:V\.)?(?P<version>V?\d[\d.]+), (?P<serial>S[ \w-]*\w)$",
        part="firmware",
    ),
    # "Siemens, SIMATIC HMI, TP900 Comfort, 6AV2 124-0JC01-0AX0, HW: 0, SW: V 13 0 1", "…, HW:1,
    # FW:V01.06.00"
    Family(
        vendor="Siemens",
        product="simatic-hmi",
        name="SIMATIC HMI",
        under=("4329", "4196"),
        says=r"^Siemens, SIMATIC HMI, (?P<model>[^,]+), 6AV",
        version=(descr(r"SW: V (\d+) (\d+) (\d+)", "{}.{}.{}"), descr(r"FW: ?(V\d[\d.]+)")),
        part="firmware",
    ),
    # "Siemens, SIMOCODE pro V PN, 3UF7 011-1AB00-0, FW: Version V01.02.00"
    Family(
        vendor="Siemens",
        product="simocode",
        name="SIMOCODE firmware",
        under=("4329", "4196"),
        says=r"^Siemens, (?P<model>SIMOCODE [^,]+), .*FW: (?:Version )?(?P<version>V\d[\d.]+)",
        part="firmware",
    ),
    # "Siemens AG, SICAM A8000, CP-8050, HW3, FW: 4.70, SN: BF1234567"
    Family(
        vendor="Siemens",
        product="sicam",
        name="SICAM firmware",
        under=("22638",),
        says=r"^Siemens AG, .*FW: (?P<version>[^,]+?)(?:, SN: (?P<serial>[^,]+))?$",
        model=(descr(r"^Siemens AG, *([^,]+), *([^,]+),"),),
        part="firmware",
    ),
    # MOXA-SYSTEM-INFO-MIB of the later switches, siStatProductInfo: 1 firmware, 3 serial number,
    # 4 revision, 5 model; MOXA-GENERAL-INFO-MIB: 3 serial number, 4 model.
    Family(
        vendor="Moxa",
        product="moxa",
        name="Moxa firmware",
        under=("8691.600",),
        version=at("8691.602.1.1.2.2.1.0"),
        model=at("8691.602.1.1.2.2.5.0", "8691.600.2.2.4.0"),
        serial=at("8691.602.1.1.2.2.3.0", "8691.600.2.2.3.0"),
    ),
    # EtherWAN-ewnSwitchM ewnSystem: 1 firmware, 6 model, 7 hardware.
    Family(
        vendor="EtherWAN",
        product="etherwan",
        under=("2736",),
        version=at("2736.1.1.1.1.0"),
        model=at("2736.1.1.1.6.0"),
        part="firmware",
    ),
    # RED-LION-RAM-MIB unitInfo: 1 model, 2 serial number, 3 firmware; behind 2 stands the modem.
    Family(
        vendor="Red Lion",
        product="red-lion-ram",
        under=("1890",),
        version=at("1890.1.1.3.0"),
        model=at("1890.1.1.1.0"),
        serial=at("1890.1.1.2.0"),
        part="firmware",
    ),
    # SIXNET-MIB etmsScalars: 4 serial number, 6 firmware.
    Family(
        vendor="Red Lion",
        product="sixnet",
        under=("20540",),
        version=at("20540.2.1.1.6.0"),
        serial=at("20540.2.1.1.4.0"),
        part="firmware",
    ),
)
