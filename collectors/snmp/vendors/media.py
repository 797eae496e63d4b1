"""Cameras and recorders, clocks of networks, rooms' and conferences' devices, phones."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr

FAMILIES = (
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
    # DAHUA-SNMP-MIB systemInfo: software, serial number, type of device.
    Family(
        vendor="Dahua",
        product="dahua",
        under=("1004849",),
        probe="1004849.2.1.1.1.0",
        version=at("1004849.2.1.1.1.0"),
        model=at("1004849.2.1.2.6.0"),
        serial=at("1004849.2.1.2.4.0"),
        part="firmware",
    ),
    # "Cisco Meeting Server 2.9.5", and "Acano Server 1.9.6" before Cisco bought it.
    Family(
        vendor="Cisco",
        product="meeting-server",
        name="Cisco Meeting Server",
        under=(ANY,),
        says=r"^(?:Cisco Meeting|Acano) Server (?P<version>\d[\d.]*)$",
    ),
    # "HUAWEI VP9660 V200R001C01 …"
    Family(
        vendor="Huawei",
        product="huawei-mcu",
        name="Huawei VP9660",
        under=("2011",),
        says=r"^HUAWEI (?P<model>VP9660) (?P<version>V\d\w+)",
        part="firmware",
    ),
    # "Crestron Electronics AM-100 (Version 1.4.0.13)"; an AM-101 with 2.8.0.32 says AM-100 too.
    Family(
        vendor="Crestron",
        product="airmedia",
        name="Crestron AirMedia",
        under=("3212", ANY),
        says=r"^Crestron Electronics AM-\d+ \(Version (?P<version>\d[\d.]+)\)",
        model=(descr(r"(AM-\d+) \(Version 1\."),),
        part="firmware",
    ),
    # SYMM-COMMON-MIB of SyncServer: 2 serial number, 3 model; etcSerialNbr and etcModel.
    Family(
        vendor="Microchip",
        product="syncserver",
        name="SyncServer firmware",
        under=("9070.1.2.3.1.5",),
        model=at("9070.1.2.3.1.5.1.6.3.0"),
        serial=at("9070.1.2.3.1.5.1.6.2.0"),
        part="firmware",
    ),
    # AVAYAJ100-MIB endptID: 4 application, 52 model, 57 serial number; 139 is hardware.
    Family(
        vendor="Avaya",
        product="avaya-phone",
        under=("6889.1.69.6",),
        version=at("6889.2.69.6.1.4.0"),
        model=at("6889.2.69.6.1.52.0"),
        serial=at("6889.2.69.6.1.57.0"),
        part="firmware",
    ),
    # Of its firmware it says where it starts from, which is no release.
    Family(
        vendor="Htek",
        product="htek-phone",
        under=("38241",),
        model=at("38241.1.2.0"),
        part="firmware",
    ),
    # TELESTE-LUMINATO-MIB general: 10 serial number, 11 type, 13 software.
    Family(
        vendor="Teleste",
        product="luminato",
        name="Teleste Luminato",
        under=("3715.17",),
        version=at("3715.17.1.13.0"),
        model=at("3715.17.1.11.0"),
        serial=at("3715.17.1.10.0"),
    ),
)
