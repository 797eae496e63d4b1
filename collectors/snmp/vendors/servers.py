"""Controllers that manage servers and their enclosures."""

from __future__ import annotations

from collectors.snmp.family import Family, at

FAMILIES = (
    # "SUN FIRE X4170 M2 SERVER, ILOM v3.0.9.15.a, r55943"
    Family(
        vendor="Oracle",
        product="ilom",
        name="Oracle ILOM",
        under=("42.2",),
        says=r"^(?P<model>.+?), ILOM v(?P<version>[\w.]+)",
        part="management controller",
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
        # Of the management nodes the first one's firmware: the controller's own.
        version=at("231.2.10.2.2.10.3.4.1.4.1.1"),
        model=at("231.2.10.2.2.10.2.3.1.5.1"),
        serial=at("231.2.10.2.2.10.2.3.1.7.1"),
        part="management controller",
    ),
    # BLADE-MIB: the chassis' 2 type and 3 serial number; the first management module's build.
    Family(
        vendor="IBM",
        product="amm",
        name="IBM BladeCenter Management Module",
        under=("2.3.51.2",),
        version=at("2.3.51.2.2.21.3.1.1.3.1"),
        model=at("2.3.51.2.2.21.1.1.2.0"),
        serial=at("2.3.51.2.2.21.1.1.3.0"),
        part="management controller",
    ),
    # CPQRACK-MIB cpqRackCommonEnclosureTable: 3 model, 7 serial number, 8 firmware.
    Family(
        vendor="HPE",
        product="onboard-administrator",
        name="HPE Onboard Administrator",
        under=("11.5.7.1",),
        version=at("232.22.2.3.1.1.1.8.*"),
        model=at("232.22.2.3.1.1.1.3.*", "232.2.2.4.2.0"),
        serial=at("232.22.2.3.1.1.1.7.*", "232.2.2.2.1.0"),
        part="management controller",
    ),
)
