"""Printers, copiers and printers of labels: their own MIBs first, then Printer-MIB."""

from __future__ import annotations

from collectors.snmp.family import Family, at, descr, entity, get, walk

# HOST-RESOURCES-MIB hrDeviceDescr of the first device, and Printer-MIB's serial number.
_PRINTER = get("1.3.6.1.2.1.25.3.2.1.3.1")
_PRINTER_SERIAL = walk("1.3.6.1.2.1.43.5.1.1.17")

FAMILIES = (
    # HP-LASERJET-COMMON-MIB's identification of the system: 2 model, 3 serial number, 6 firmware.
    # The EEPROM of sysDescr is the print server's, where the printer itself does not answer.
    Family(
        vendor="HP",
        product="hp-printer",
        under=("11.2.3.9", "11.1", "29999", "26696.1"),
        version=(
            get("11.2.3.9.4.2.1.1.3.6.0"),
            descr(r"EEPROM ([\w.]+)"),
        ),
        model=(
            get("11.2.3.9.1.1.7.0", r"(?:MDL|MODEL):([^;]+)"),
            get("11.2.3.9.4.2.1.1.3.2.0"),
            descr(r"PID:([^,]+)"),
        ),
        serial=(get("11.2.3.9.4.2.1.1.3.3.0"),),
        part="firmware",
    ),
    # "RICOH Aficio MP C3000 1.47.7 / RICOH Network Printer C model / …", and so under the names of
    # NRG, Lanier, Savin; "RICOH SP C252DN V1.02 / …". Ricoh-Private-MIB: ricohSysName,
    # ricohSysVers, the engine's serial number.
    Family(
        vendor="Ricoh",
        under=("367",),
        says=r"^(?P<model>.+? \S+)(?: JPN)? V?(?P<version>\d[\w.]*) /",
        version=(get("367.3.2.1.1.1.2.0"),),
        model=(get("367.3.2.1.1.1.1.0"), _PRINTER),
        serial=(get("367.3.2.1.2.1.4.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # KYOCERA-Private-MIB: model, serial number, kcprtFirmwareVersion of the controller.
    Family(
        vendor="Kyocera",
        under=("1347",),
        version=(get("1347.43.5.4.1.5.1.1"),),
        model=(get("1347.43.5.1.1.1.1"), _PRINTER),
        serial=(get("1347.43.5.1.1.28.1"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # CANON-MIB: canPdInfoProductName, canPdInfoProductVersion, canServInfoSerialNumberDeviceNumber.
    # Where "0604" or "GFC-015-04" stands for the version, it is none.
    Family(
        vendor="Canon",
        under=("1602",),
        version=(get("1602.1.1.1.4.0", r"^(\d+\.[\d.]+)$"),),
        model=(get("1602.1.1.1.1.0"), _PRINTER),
        serial=(*at("1602.1.2.1.8.1.3.1.1", "1602.1.2.1.4.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # XEROX-HOST-RESOURCES-EXT-MIB: 2 product, 3 serial number. In sysDescr stand the releases of
    # many parts: the system's is SS or OS, of some makes Sys SW or the main board's (MCB), ESS and
    # NIC are others, and a number of a day is none.
    Family(
        vendor="Xerox",
        under=("253",),
        version=(
            descr(r"; ?SS ([A-Z\d]+\.[A-Z\d.]+)"),
            descr(r" version ([A-Z]+\.[A-Z\d.]+) kernel"),
            descr(r"\b(?:System(?: Software)?|SS|OS) ?(\d+\.[\d.]+)"),
            descr(r"Sys SW Version [A-Za-z\d]+_(V\d[\d.]+)"),
            descr(r"\bMCB ?(V\d[\d.]+)"),
        ),
        model=(
            _PRINTER,
            get("253.8.53.3.2.1.2.1"),
            descr(r"(?i)^(Xerox.*?)(?: ?;| version )"),
        ),
        serial=(get("253.8.53.3.2.1.3.1"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # "Brother NC-8700w, Firmware Ver.ZA,MID 84U-G0N"; BROTHER-MIB: brInfoSerialNumber,
    # brpsMainRevision.
    Family(
        vendor="Brother",
        under=("2435",),
        says=r"Firmware Ver\.(?P<version>[\w.]+)",
        version=(descr(r"Firmware Ver\.([\w.]+)"), get("2435.2.4.3.1240.1.4.0")),
        model=(get("2435.2.3.9.1.1.7.0", r"(?:MDL|MODEL):([^;]+)"), _PRINTER),
        serial=(get("2435.2.3.9.4.2.1.5.5.1.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # "Lexmark XM3250 version MXTGM.052.024 kernel 4.11.12-… All-N-1"; a version that begins with N
    # ("NS.NP.N118") is the network adapter's. LEXMARK-PVT-MIB prtgenInfoTable: 2 printer, 4 code,
    # 6 serial number; LEXMARK-MPS-MIB of late: device, swInventoryRevision.
    Family(
        vendor="Lexmark",
        under=("641",),
        says=r"^(?P<model>Lexmark \S+) version (?:N\S+|(?P<version>\S+))",
        version=(walk("641.2.1.2.1.4"), get("641.6.3.3.1.7.1.1")),
        model=(*at("641.6.2.3.1.4.1", "641.2.1.2.1.2.*"), _PRINTER),
        serial=(*at("641.6.2.3.1.5.1", "641.2.1.2.1.6.*"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # Dell's printers of Lexmark's make say the same under Dell's name.
    Family(
        vendor="Dell",
        under=("674.10898", "641"),
        says=r"^(?P<model>Dell .+?) version (?:N\S+|(?P<version>\S+)) kernel ",
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    # "FUJI XEROX ApeosPort C4570; System 22.1.7, ESS 1.60.9, IOT 22.50.0, …"; of the later ones
    # the same by its MIB.
    Family(
        vendor="Fuji Xerox",
        under=("297",),
        version=(
            descr(r"[;,] ?(?:System|Controller) (\d+\.[\d.]+)"),
            descr(r"; version ([A-Z]+\.[A-Z\d.]+) kernel"),
            get("297.1.111.1.31.10.0", r"^System ([\d.]+);"),
        ),
        model=(_PRINTER, descr(r"^((?:FUJI XEROX|FUJIFILM) [^;]+?) ?(?:;|$)")),
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    # "SHARP MX-M314N"
    Family(
        vendor="Sharp",
        under=("2385",),
        model=(_PRINTER, descr(r"^(SHARP \S+)")),
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    # "Samsung CLX-6260 Series; V4.00.01.14 MAR-06-2013;Engine V1.00.19;…;S/N Z7MSB8GD3A00123"
    Family(
        vendor="Samsung",
        under=("236",),
        says=r"^(?P<model>Samsung [^;]+?)(?: Series)?; ?V(?P<version>[\d.]+)"
        r"(?:.*?;S/N (?P<serial>\w+))?",
        version=(descr(r"; ?V([\d.]+)"), get("236.11.5.1.1.1.2.0")),
        model=(descr(r"^(Samsung [^;]+?)(?: Series)?;"), _PRINTER),
        serial=(get("236.11.5.1.1.1.4.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # Of its firmware's parts, each with a release, none is told to be the printer's own.
    Family(
        vendor="Epson",
        under=("1248",),
        model=(_PRINTER, get("1248.1.2.2.1.1.1.2.1")),
        serial=(get("1248.1.2.2.1.1.1.5.1"), _PRINTER_SERIAL, entity("serial")),
        part="firmware",
    ),
    # "KONICA MINOLTA bizhub C280"; its MIB's product, and names beside releases as with Epson.
    Family(
        vendor="Konica Minolta",
        under=("18334",),
        says=r"^(?P<model>(?:KONICA MINOLTA|Sindoh|SINDOH|Develop|DEVELOP) .+)$",
        model=(get("18334.1.1.1.1.6.2.1.0"), _PRINTER),
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    Family(
        vendor="OKI",
        under=("2001",),
        model=(get("2001.1.1.1.1.11.1.10.25.0"), _PRINTER),
        serial=(get("2001.1.1.1.1.11.1.10.45.0"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # Printers of bar codes, bcpGeneral: 2 version; bcpDevice: 1 model, 2 firmware.
    # "TOSHIBA e-STUDIO339CS version CXTGV.221.068 kernel …"; of others the system's by its MIB.
    Family(
        vendor="Toshiba",
        under=("1129",),
        says=r"^TOSHIBA (?P<model>e-STUDIO ?\S+)|",
        version=(
            get("1129.1.2.1.1.1.1.2.0"),
            get("1129.1.2.1.1.1.2.2.0"),
            descr(r" version ([A-Z]+\.[A-Z\d.]+) kernel"),
            get("1129.2.3.50.1.2.4.1.62.1.1"),
        ),
        model=(get("1129.1.2.1.1.1.2.1.0"), _PRINTER),
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    # ZEBRA-MIB: 1 model, 2 firmware, 9 serial number; ZEBRA-QL-MIB has the last one elsewhere. The
    # sysObjectID is the print server's (ESI-MIB), which many makers have built in.
    Family(
        vendor="Zebra",
        product="zebra-printer",
        under=("10642", "683"),
        says=r"(?i)zebra|ZTC",
        probe="10642.1.1.0",
        version=at("10642.1.2.0"),
        model=at("10642.1.1.0", "10642.200.19.7.0"),
        serial=at("10642.200.19.5.0", "10642.1.9.0"),
        part="firmware",
    ),
    # What else is built on that print server: the printer's name is what it has of the printer.
    Family(
        vendor=None,
        under=("683",),
        model=(get("683.6.2.3.2.1.15.1"), _PRINTER),
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
    Family(
        vendor="Pantum",
        under=("40093",),
        model=(_PRINTER,),
        serial=(get("40093.1.1.1.5"), get("40093.6.1.2"), get("40093.10.1.1.4"), _PRINTER_SERIAL),
        part="firmware",
    ),
    # "Dell 1135n Laser MFP; 2.70.00.89 04-28-2011;Engine 1.02.45;NIC V4.01.00;S/N 2CWSTQ1", and
    # "Dell MFP H815dw; Controller 201610240647, Engine 00.20.00", where a day stands for one.
    Family(
        vendor="Dell",
        under=("674.10898", "236", "253"),
        says=r"^(?P<model>Dell [^;]*(?:Laser|Printer|MFP)[^;]*); ?"
        r"(?P<version>\d+\.[\d.]+)?(?:.*;S/N (?P<serial>\w+))?",
        serial=(_PRINTER_SERIAL,),
        part="firmware",
    ),
)
