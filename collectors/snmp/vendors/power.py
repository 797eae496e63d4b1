"""Power and environment: UPS, power strips, sensors; also cameras and printers."""

from __future__ import annotations

from collectors.snmp.family import Family, at, descr, entity, get, walk

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
            get("318.1.1.12.1.3.0"),
        ),
        model=(get("318.1.1.26.2.1.8.1"), get("318.1.1.12.1.5.0"), descr(r"MN: ?(\S+)")),
        serial=(get("318.1.1.26.2.1.9.1"), get("318.1.1.12.1.6.0"), descr(r"SN: ?(\w+)")),
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
        model=(*at("318.1.1.1.1.1.1.0", "318.1.1.8.1.5.0"), descr(r"MN: ?(\S+)")),
        serial=(*at("318.1.1.1.1.2.3.0", "318.1.1.8.1.6.0"), descr(r"SN: ?(\w+)")),
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
    # Those of Pulizzi's make, board info: 1 firmware, 2 serial number.
    Family(
        vendor="Eaton",
        product="eaton-pdu",
        under=("534.6.6.6",),
        version=at("534.6.6.6.1.1.1.0"),
        serial=at("534.6.6.6.1.1.2.0"),
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
        model=(walk("534.6.6.7.1.2.1.2"),),
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
    Family(
        vendor="Raritan",
        product="raritan-pdu",
        under=("13742.6", "13742.4", "13742"),
        version=(walk("13742.6.3.2.3.1.6.1"), get("13742.4.1.1.1.0")),
        model=(walk("13742.6.3.2.1.1.3"), get("13742.4.1.1.12.0"), descr(r"(PX\S+)")),
        serial=(walk("13742.6.3.2.1.1.4"), get("13742.4.1.1.2.0")),
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
        under=("5491", "1356"),
        version=_UPS_VERSION,
        model=(_UPS_MODEL,),
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
        part="firmware",
    ),
    Family(
        vendor="Axis",
        product="axis",
        name="AXIS OS",
        under=("368",),
        says=r"; (?P<model>AXIS [^;]+); [^;]*; (?P<version>[\w.]+)",
        part="firmware",
    ),
    # HIK-DEVICE-MIB: 1 type of device, 3 software.
    Family(
        vendor="Hikvision",
        product="hikvision",
        under=("39165",),
        version=at("39165.1.3.0"),
        model=(*at("39165.1.1.0"), descr(r"^([A-Z][\w/-]*\d\S*)$")),
        part="firmware",
    ),
    Family(
        vendor="Ricoh",
        under=("367",),
        says=r"^(?P<model>.+? \S+) (?P<version>\d[\w.]*) /",
        version=(get("367.3.2.1.1.1.2.0"),),
        model=(get("367.3.2.1.1.1.1.0"), _PRINTER),
        serial=(get("367.3.2.1.2.1.4.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    Family(
        vendor="Kyocera",
        under=("1347",),
        version=(get("1347.43.5.4.1.5.1.1"),),
        model=(_PRINTER,),
        serial=(get("1347.43.5.1.1.28.1"), _PRINTER_SERIAL),
        part="firmware",
    ),
    Family(
        vendor="Canon",
        under=("1602",),
        version=(get("1602.1.1.1.4.0"),),
        model=(get("1602.1.1.1.1.0"), _PRINTER),
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    Family(
        vendor="Xerox",
        under=("253",),
        says=r"(?i)(?P<model>Xerox.*?);.*?(?:System(?: Software)?|SS) ?(?P<version>[\d.]+)",
        model=(_PRINTER,),
        serial=(get("253.8.53.3.2.1.3.1"), _PRINTER_SERIAL),
        part="firmware",
    ),
    Family(
        vendor="Brother",
        under=("2435",),
        says=r"Firmware Ver\.(?P<version>[\w.]+)",
        model=(get("2435.2.3.9.1.1.7.0", r"MDL:([^;]+)"), _PRINTER),
        serial=(get("2435.2.3.9.4.2.1.5.5.1.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    Family(
        vendor="Lexmark",
        under=("641",),
        says=r"^(?P<model>Lexmark \S+) version (?P<version>\S+)",
        version=(walk("641.2.1.2.1.4"),),
        model=(walk("641.2.1.2.1.2"), _PRINTER),
        serial=(walk("641.2.1.2.1.6"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # "Samsung CLX-6260 Series; V4.00.01.14 MAR-06-2013;Engine V1.00.19;…;S/N Z7MSB8GD3A00123"
    Family(
        vendor="Samsung",
        under=("236",),
        says=r"^(?P<model>Samsung [^;]+?)(?: Series)?; ?V(?P<version>[\d.]+)"
        r"(?:.*?;S/N (?P<serial>\w+))?",
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    Family(
        vendor="Epson",
        under=("1248",),
        model=(_PRINTER,),
        serial=(get("1248.1.2.2.1.1.1.5.1"), _PRINTER_SERIAL, entity("serial")),
        part="firmware",
    ),
)
