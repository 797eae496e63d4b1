"""Power and environment: UPS, power strips, transfer switches, sensors."""

from __future__ import annotations

from collectors.snmp.family import Family, at, descr, get, walk

# UPS-MIB (RFC 1628) identification: 2 model, 3 UPS software, 4 agent software.
_UPS_MODEL = get("1.3.6.1.2.1.33.1.1.2.0")
_UPS_VERSION = (get("1.3.6.1.2.1.33.1.1.3.0"), get("1.3.6.1.2.1.33.1.1.4.0"))
_PRINTER = get("1.3.6.1.2.1.25.3.2.1.3.1")
_PRINTER_SERIAL = walk("1.3.6.1.2.1.43.5.1.1.17")


FAMILIES = (
    # PowerNet-MIB; sysDescr of a management card: "… MN:AP9641 HR:… SN: … (… AF1:v6.8.2 …".
    Family(
        vendor="APC",
        product="apc-pdu",
        name="APC rack PDU firmware",
        under=("318.1.3.4",),
        version=(
            descr(r"AF1:(\S+)"),
            get("318.1.4.2.4.1.4.2"),
            get("318.1.1.26.2.1.6.1"),
            # Before rack PDUs, MasterSwitch: 2 firmware, 4 model, 5 serial number.
            *at("318.1.1.12.1.3.0", "318.1.1.4.1.2.0"),
        ),
        model=(
            *at("318.1.1.26.2.1.8.1", "318.1.1.12.1.5.0", "318.1.1.4.1.4.0"),
            descr(r"MN: ?(\S+)"),
        ),
        serial=(
            *at("318.1.1.26.2.1.9.1", "318.1.1.12.1.6.0", "318.1.1.4.1.5.0"),
            descr(r"SN: ?(\w+)"),
        ),
        part="firmware",
    ),
    Family(
        vendor="APC",
        product="apc",
        name="APC firmware",
        under=("318",),
        # The card's application, then the device's own; 8 is the transfer switch.
        version=(
            descr(r"AF1:(v?[\w.]+)"),
            *at("318.1.4.2.4.1.4.2", "318.1.1.8.1.2.0", "318.1.1.1.1.2.1.0"),
        ),
        model=(
            *at("318.1.1.1.1.1.1.0", "318.1.1.8.1.5.0"),
            descr(r"MN: ?(\S+)"),
        ),
        serial=(
            *at("318.1.1.1.1.2.3.0", "318.1.1.8.1.6.0"),
            descr(r"SN: ?(\w+)"),
        ),
        part="firmware",
    ),
    Family(
        vendor="Eaton",
        product="eaton-ups",
        under=("534.1", "534.2"),
        version=(get("534.1.1.3.0"), *_UPS_VERSION),
        model=(get("534.1.1.2.0"), _UPS_MODEL),
        serial=(get("534.1.1.6.0"),),
        part="firmware",
    ),
    # Those of Pulizzi's make, board info: 1 firmware, 2 serial number, 12 model.
    Family(
        vendor="Eaton",
        product="eaton-pdu",
        under=("534.6.6.6",),
        version=at("534.6.6.6.1.1.1.0"),
        model=at("534.6.6.6.1.1.12.0"),
        serial=at("534.6.6.6.1.1.2.0"),
        part="firmware",
    ),
    # The first ATS: 2 model, 4 serial number.
    Family(
        vendor="Eaton",
        product="eaton-ats",
        under=("534.10.1",),
        model=at("534.10.1.2.1.0"),
        serial=at("534.10.1.2.4.0"),
        part="firmware",
    ),
    # EATON-ATS2-MIB ats2Ident: 2 model, 3 firmware, 5 serial number.
    Family(
        vendor="Eaton",
        product="eaton-ats",
        under=("534.10.2",),
        version=at("534.10.2.1.3.0"),
        model=at("534.10.2.1.2.0"),
        serial=at("534.10.2.1.5.0"),
        part="firmware",
    ),
    Family(
        vendor="Eaton",
        product="eaton-pdu",
        under=("534.6.6.7",),
        version=(walk("534.6.6.7.1.2.1.5"),),
        model=at("534.6.6.7.1.2.1.2.*"),
        serial=(walk("534.6.6.7.1.2.1.4"),),
        part="firmware",
    ),
    Family(
        vendor="Eaton",
        product="mge-ups",
        under=("705",),
        version=(get("705.1.1.4.0"), get("705.1.12.12.0")),
        model=(get("705.1.1.1.0"), get("705.1.1.2.0")),
        serial=(get("705.1.1.7.0"),),
        part="firmware",
    ),
    # PDU2-MIB; and the first PX, PDU-MIB and the one before it: 1 firmware, 2 serial, 12 model.
    Family(
        vendor="Raritan",
        product="raritan-pdu",
        under=("13742.6", "13742.4", "13742"),
        version=at("13742.6.3.2.3.1.6.1.*", "13742.4.1.1.1.0", "13742.1.1.1.0"),
        model=(
            *at("13742.6.3.2.1.1.3.*", "13742.4.1.1.12.0", "13742.1.1.12.0"),
            descr(r"(PX\S+)"),
        ),
        serial=at("13742.6.3.2.1.1.4.*", "13742.4.1.1.2.0", "13742.1.1.2.0"),
        part="firmware",
    ),
    Family(
        vendor="Vertiv",
        product="liebert",
        under=("476.1.42",),
        version=(get("476.1.42.2.1.3.0"),),
        model=(get("476.1.42.2.4.2.1.4.1"), get("476.1.42.2.1.2.0")),
        serial=(get("476.1.42.2.1.4.0"),),
        part="firmware",
    ),
    Family(
        vendor="Vertiv",
        product="geist",
        under=("21239",),
        version=(get("21239.5.2.1.2.0"), get("21239.5.1.1.2.0"), get("21239.2.1.2.0")),
        model=(get("21239.5.2.1.1.0"), get("21239.5.1.1.1.0"), get("21239.2.1.1.0")),
        serial=at("21239.5.2.1.10.0", "21239.5.1.1.10.0"),
        part="firmware",
    ),
    Family(
        vendor="Server Technology",
        product="sentry",
        under=("1718",),
        version=(
            get("1718.4.1.1.1.3.0", r"([\d.]+\w*)$"),
            get("1718.3.1.1.0", r"(\d[\w.]*)"),
        ),
        model=(walk("1718.4.1.2.2.1.5"), walk("1718.3.2.1.1.7")),
        serial=(get("1718.4.1.1.1.5.0"), get("1718.3.1.2.0")),
        part="firmware",
    ),
    Family(
        vendor="Tripp Lite",
        product="tripplite",
        under=("850",),
        version=(get("850.1.1.1.4.0"), walk("850.1.1.2.1.1.4"), *_UPS_VERSION),
        model=(walk("850.1.1.1.2.1.5"), _UPS_MODEL),
        serial=(walk("850.1.1.2.1.1.5"),),
        part="firmware",
    ),
    Family(
        vendor="CyberPower",
        product="cyberpower",
        under=("3808",),
        version=(get("3808.1.1.1.1.2.1.0"), get("3808.1.1.3.1.3.0")),
        model=(get("3808.1.1.1.1.1.1.0"), get("3808.1.1.3.1.5.0")),
        serial=(get("3808.1.1.1.1.2.3.0"), get("3808.1.1.3.1.6.0")),
        part="firmware",
    ),
    # DeltaUPS-MIB dupsIdent: 2 model, 3 UPS software, 4 agent software.
    Family(
        vendor="Delta Electronics",
        product="delta-ups",
        under=("2254",),
        version=(*at("2254.2.4.1.3.0", "2254.2.5.1.3.0"), *_UPS_VERSION),
        model=(*at("2254.2.4.1.2.0", "2254.2.5.1.2.0"), _UPS_MODEL),
        part="firmware",
    ),
    # SOCOMECUPS-MIB upsIdent: 1 model, 2 firmware, 4 serial number.
    Family(
        vendor="Socomec",
        product="netvision",
        under=("4555",),
        version=(*at("4555.1.1.1.1.1.2.0"), *_UPS_VERSION),
        model=(*at("4555.1.1.1.1.1.1.0"), _UPS_MODEL),
        serial=at("4555.1.1.1.1.1.4.0"),
        part="firmware",
    ),
    # XPPC-MIB, of many makers' cards: upsBaseIdentModel; upsSmartIdent 1 firmware, 3 serial.
    Family(
        vendor=None,
        product=None,
        under=("935",),
        version=(*at("935.1.1.1.1.2.1.0"), *_UPS_VERSION),
        model=(*at("935.1.1.1.1.1.1.0"), _UPS_MODEL),
        serial=at("935.1.1.1.1.2.3.0"),
        part="firmware",
    ),
    Family(
        vendor=None,
        product=None,
        under=("1356",),
        version=_UPS_VERSION,
        model=(_UPS_MODEL,),
        part="firmware",
    ),
    # RIELLOUPS-MIB rupsIdent: 2 model, 3 software.
    Family(
        vendor="Riello",
        product="riello-ups",
        under=("5491",),
        version=(*at("5491.10.1.1.3.0"), *_UPS_VERSION),
        model=(*at("5491.10.1.1.2.0"), _UPS_MODEL),
        part="firmware",
    ),
    # ENLOGIC-PDU-MIB and APC's of the same shape, pduNamePlate: 10 model, 11 serial, 13 firmware.
    Family(
        vendor="nVent",
        product="enlogic-pdu",
        under=("38446",),
        version=at("38446.1.1.2.1.13.*"),
        model=at("38446.1.1.2.1.10.*"),
        serial=at("38446.1.1.2.1.11.*"),
        part="firmware",
    ),
    # RemoteKVMDevice-MIB serialNumber.
    Family(
        vendor="Raritan",
        product="raritan-kvm",
        under=("13742.3",),
        says=r"(?P<model>(?:Dominion )?KX\S*)?",
        serial=at("13742.3.24.0"),
        part="firmware",
    ),
    # EMD-MIB unit: 3 firmware.
    Family(
        vendor="Raritan",
        product="raritan-emd",
        under=("13742.8",),
        version=at("13742.8.1.1.1.3.0"),
        part="firmware",
    ),
    # "Rittal CMC III PU SN 41234567 HW V3.00 - SW V3.15.20_3"
    Family(
        vendor="Rittal",
        product="cmc",
        under=("2606",),
        says=r"^(?:Rittal )?(?P<model>.+?) SN (?P<serial>\d+) HW \S+ (?:- )?SW "
        r"(?P<version>V?[\w.]+)",
        part="firmware",
    ),
    # "Poseidon 3268 SNMP Supervisor v2.2.3"
    Family(
        vendor="HW group",
        product="hwg",
        under=("21796",),
        says=r"^(?P<model>.+?) SNMP Supervisor v(?P<version>[\d.]+)",
        part="firmware",
    ),
    # "Room Alert 32E v1.0.1"
    Family(
        vendor="AVTECH",
        product="room-alert",
        under=("20916",),
        says=r"^(?P<model>(?:Room|Temp)\S* ?\S+(?: \S+)?) v(?P<version>[\d.]+)",
        part="firmware",
    ),
    Family(
        vendor="AKCP",
        product="akcp",
        under=("3854",),
        says=r"^(?P<model>\S+).*?(?i:v|ver\w*)\s*(?P<version>\d[\w.]+)",
        # SPAGENT-MIB cfgSystemDescription: "SPX+ F7 1.0.5233 …"
        version=(get("3854.3.2.1.8.0", r"^\S+ \S+ ([1-9][\d.]+)"),),
        model=(get("3854.3.2.1.8.0", r"^(\S+ \S+) [1-9][\d.]+"),),
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
    # CPQPOWER-MIB deviceIdent: 2 model, 3 firmware, 7 serial number; upsIdent: 2 model, 3 software;
    # pduIdent: 3 model.
    Family(
        vendor="HPE",
        product="hpe-power",
        name="HPE power management",
        under=("232.165",),
        version=at("232.165.1.2.3.0", "232.165.3.1.3.0"),
        model=at("232.165.1.2.2.0", "232.165.3.1.2.0", "232.165.7.1.2.1.3.0"),
        serial=at("232.165.1.2.7.0"),
        part="firmware",
    ),
    # CPQPOWER-MIB pdu3IdentTable: 3 model, 5 firmware, 8 serial number.
    Family(
        vendor="HPE",
        product="hpe-pdu",
        name="HPE intelligent PDU firmware",
        under=("232.165.11",),
        version=at("232.165.11.1.2.1.5.*"),
        model=at("232.165.11.1.2.1.3.*"),
        serial=at("232.165.11.1.2.1.8.*"),
        part="firmware",
    ),
    # HUAWEI-UPS-MIB, on somebody else's agent: 2 model, 3 firmware, 5 serial number.
    Family(
        vendor="Huawei",
        product="huawei-ups",
        under=("2011.6.174",),
        probe="2011.6.174.1.2.100.1.2.1",
        version=at("2011.6.174.1.2.100.1.3.1"),
        model=at("2011.6.174.1.2.100.1.2.1"),
        serial=at("2011.6.174.1.2.100.1.5.1"),
        part="firmware",
    ),
    # voltronicMIB upsIdent, of many makers' cards: 3 model, 4 serial number, 6 "VERFW:00322.02".
    Family(
        vendor="Voltronic",
        product="voltronic-ups",
        under=("43943",),
        version=(get("43943.1.1.1.6.0", r"(?:VERFW:)?(\S+)"),),
        model=at("43943.1.1.1.3.0"),
        serial=at("43943.1.1.1.4.0"),
        part="firmware",
    ),
    # BayTech's power strips: 1 version, 2 serial number; the first one's type, in either table.
    Family(
        vendor="BayTech",
        product="baytech",
        under=("4779",),
        version=at("4779.1.1.1.0"),
        model=at("4779.1.3.5.2.1.24.1", "4779.1.3.5.5.1.3.2.1"),
        serial=at("4779.1.1.2.0"),
        part="firmware",
    ),
    # Best Power's Ferrups: 2 model, 5 serial number, 7 firmware.
    Family(
        vendor="Eaton",
        product="ferrups",
        under=("2947",),
        version=at("2947.1.1.7.0"),
        model=at("2947.1.1.2.0"),
        serial=at("2947.1.1.5.0"),
        part="firmware",
    ),
    # SP2-MIB powerSystem: 6 type of the controller, 7 its software.
    Family(
        vendor="Eltek",
        product="smartpack",
        under=("12148.10",),
        version=at("12148.10.2.7.0"),
        model=at("12148.10.2.6.0"),
        part="firmware",
    ),
    Family(
        vendor="Gamatronic",
        product="gamatronic-ups",
        under=("6050",),
        serial=at("6050.1.1.8.0"),
        part="firmware",
    ),
    # PM-MIB pmProductInfo: 2 model, 4 serial number, 6 boot code, 7 firmware.
    Family(
        vendor="Vertiv",
        product="avocent-pdu",
        under=("10418.17",),
        version=at("10418.17.2.1.7.0"),
        model=at("10418.17.2.1.2.0"),
        serial=at("10418.17.2.1.4.0"),
        part="firmware",
    ),
    # "RNX UPDU G2 (…"; RNX-UPDU-MIB: the first unit's serial number and firmware.
    Family(
        vendor="RNX",
        product="rnx-updu",
        under=("55108",),
        version=at("55108.2.6.2.1.9.1"),
        model=(descr(r"^RNX\s+(.*?)\s+\("),),
        serial=at("55108.2.1.2.1.5.1"),
        part="firmware",
    ),
    Family(
        vendor="DigiPower",
        product="digipower-pdu",
        under=("17420",),
        version=at("17420.1.2.4.0"),
        model=at("17420.1.2.9.1.19.0"),
        part="firmware",
    ),
    # NETTRACK-E3METER-SNMP-MIB: serial number; its firmware is a number in two halves.
    Family(
        vendor="Bachmann",
        product="bachmann-pdu",
        under=("21695.1",),
        serial=(get("21695.1.10.7.1.1"),),
        part="firmware",
    ),
    # SCHLEIFENBAUER-DATABUS-MIB sdbDevIdTable: 5 product, 6 serial number; 2 has no dots.
    Family(
        vendor="Schleifenbauer",
        product="schleifenbauer-pdu",
        under=("31034",),
        model=at("31034.12.1.1.2.1.1.1.5.*"),
        serial=at("31034.12.1.1.2.1.1.1.6.*"),
        part="firmware",
    ),
)
