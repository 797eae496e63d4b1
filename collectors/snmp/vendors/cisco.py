"""Cisco: IOS, IOS XE, IOS XR, NX-OS, ASA, FTD, AireOS, small business, Meraki, Viptela."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, Members, descr, entity, get, walk
from collectors.snmp.vendors.cisco_products import PRODUCTS

_VERSION = r"Version:? (?P<version>[^\s,\[]+)"
# OLD-CISCO-CHASSIS-MIB chassisId: the only serial number of routers without ENTITY-MIB.
_SERIAL = (entity("serial"), get("9.3.6.3.0"))
# CISCO-IMAGE-MIB says version and family where the administrator has overwritten sysDescr.
_IMAGE = (descr(r"Version:? ([^\s,\[]+)"), walk("9.9.25.1.1.1.2", r"CW_VERSION\$([^$,]+)\$"))
_MODEL = (entity("model"), entity("description", r"^(?:Cisco )?(\S*\d\S*) (?i:chassis)$"))

FAMILIES = (
    Family(
        vendor="Cisco",
        product="iosxe",
        models=PRODUCTS,
        model=_MODEL,
        name="Cisco IOS XE",
        under=("9.1",),
        says=r"IOS[- ]?XE|LINUX_IOSD|Cisco IOS Software \[\w+\]|CAT[39]K|ASR1000 Software",
        version=_IMAGE,
        serial=_SERIAL,
    ),
    Family(
        vendor="Cisco",
        product="ios",
        models=PRODUCTS,
        model=_MODEL,
        name="Cisco IOS",
        under=("9.1",),
        says=r"Cisco IOS Software|IOS \(tm\)|Internetwork Operating System|IE1000",
        version=_IMAGE,
        serial=_SERIAL,
    ),
    Family(
        vendor="Cisco",
        product="iosxr",
        name="Cisco IOS XR",
        under=("9.1",),
        says=rf"Cisco IOS XR Software \((?:Cisco )?(?P<model>[^)]+)\).*?{_VERSION}",
        serial=_SERIAL,
    ),
    Family(
        vendor="Cisco",
        product="nxos",
        name="Cisco NX-OS",
        under=("9.12", "9.1"),
        says=rf"Cisco NX-OS\(tm\).*?{_VERSION}",
    ),
    Family(
        vendor="Cisco",
        product="ftd",
        models=PRODUCTS,
        name="Cisco Secure Firewall Threat Defense",
        under=("9.1",),
        says=r"(?i)Threat Defense, Version (?P<version>\S+ \(Build (?P<build>\d+)\))",
    ),
    Family(
        vendor="Cisco",
        product="asa",
        models=PRODUCTS,
        name="Cisco ASA",
        under=("9.1",),
        says=r"(?:Adaptive Security Appliance|PIX (?:Firewall|Security Appliance)"
        rf"|Firewall Services Module) {_VERSION}",
    ),
    Family(
        vendor="Cisco",
        product="fxos",
        name="Cisco FXOS",
        under=("9.1",),
        says=r"(?:FXOS|FX-OS|Firepower(?: (?P<model>FPR-\S+))?).*?[Vv]ersion:? "
        r"(?P<version>[^\s,]+)",
    ),
    Family(
        vendor="Cisco",
        product="aireos",
        models=PRODUCTS,
        name="Cisco AireOS",
        under=("9.1", "14179"),
        says=r"^Cisco Controller|Airespace",
        # AIRESPACE-SWITCHING-MIB agentInventoryGroup.
        version=(get("14179.1.1.1.14.0"), entity("software")),
        model=(get("14179.1.1.1.3.0"), entity("model")),
        serial=(get("14179.1.1.1.4.0"), entity("serial")),
    ),
    Family(
        vendor="Cisco",
        product="cisco-ap",
        name="Cisco AP software",
        under=("9.1",),
        says=rf"Cisco AP Software.*?{_VERSION}",
    ),
    Family(
        vendor="Cisco",
        product="ise",
        name="Cisco Identity Services Engine",
        under=("9.1",),
        says=r"Identity Services Engine",
        version=(entity("software", r"(\d[\d.]*)"),),
    ),
    # "Cisco Integrated Management Controller(CIMC) [UCS C220 M3S], Firmware Version 1.5(4)".
    Family(
        vendor="Cisco",
        product="cimc",
        name="Cisco Integrated Management Controller",
        under=("9.1",),
        says=r"Integrated Management Controller.*?(?:\[(?P<model>UCS [^\]]+)\])?, "
        r"Firmware Version (?P<version>\S+)",
        part="management controller",
    ),
    Family(
        vendor="Cisco",
        product="ucos",
        name="Cisco Unified OS",
        under=("9.1",),
        says=r"Hardware:(?P<model>[^,]+),.*Software:UCOS (?P<version>[\d.-]+)",
    ),
    Family(
        vendor="Cisco",
        product="catos",
        name="Cisco CatOS",
        under=("9.1", "9.5"),
        says=r"(?:Cisco Systems (?P<model>WS-\S+) )?Cisco Catalyst Operating System.*?"
        r"Version (?P<version>[^\s,]+)",
        # CISCO-STACK-MIB chassisModel.
        model=(entity("model"), get("9.5.1.2.16.0")),
    ),
    Family(
        vendor="Cisco",
        product="apic",
        name="Cisco APIC",
        under=("9.1",),
        says=r"APIC VERSION (?P<version>[^;]+); PID (?P<model>[^;]+); Serial (?P<serial>\S+)",
    ),
    # CISCOSB rlPhdUnitGenParamTable: 2 software, 3 boot, 5 serial number.
    Family(
        vendor="Cisco",
        product="ciscosb",
        name="Cisco small business switch software",
        under=("9.6.1", "9.1"),
        says=r"^(?:(?P<model>(?:C1[23]|CBS|S[FGX]|ESW)\w*[\d-]\S*) |Catalyst 1[23]00.*"
        r"|\d+-[Pp]ort )",
        version=(walk("9.6.1.101.53.14.1.2"), entity("software")),
        model=(entity("model"), descr(r"\((C1[23]\S+)\)")),
        serial=(walk("9.6.1.101.53.14.1.5"), entity("serial")),
        members=Members(serial="9.6.1.101.53.14.1.5", version="9.6.1.101.53.14.1.2"),
    ),
    Family(
        vendor="Cisco",
        product="cisco-small-business",
        under=("9.6.1",),
        says=r"Cisco (?:Systems,? Inc\.? |Small Business )?(?P<model>[^(]+?) \(.*?"
        r"Version (?P<version>[\d.]+)",
        model=(entity("model"), descr(r"\((\w[\w/-]+)\)")),
    ),
    Family(vendor="Cisco", product="cisco-small-business", under=("9.6.1",)),
    Family(
        vendor="Cisco",
        models=PRODUCTS,
        under=("9",),
        version=(descr(r"[Vv]ersion:? ([^\s,\[]+)"),),
        serial=_SERIAL,
    ),
    Family(
        vendor="Cisco",
        product="asyncos",
        name="Cisco AsyncOS",
        under=("15497",),
        says=r"Model:? (?P<model>[^,]+),.*?AsyncOS Version:? (?P<version>[^\s,]+)"
        r"(?:.*?Serial #:? (?P<serial>[^\s,]+))?",
    ),
    Family(
        vendor="Cisco",
        product="telepresence",
        name="Cisco TelePresence",
        under=("5596",),
        says=r"SoftW: (?P<version>\S+)(?:.*?MCU: (?:Cisco )?(?:TelePresence )?"
        r"(?P<model>\S*\d\S*))?(?:.*?S/N: (?P<serial>\S+))?",
    ),
    Family(
        vendor="Cisco Meraki",
        product="meraki",
        name="Cisco Meraki",
        under=("29671", ANY),
        says=r"^=?(?:Cisco )?Meraki (?P<model>\S+)",
    ),
    Family(
        vendor="Cisco Meraki",
        product="meraki",
        name="Cisco Meraki",
        under=("29671",),
        model=(entity("model"), descr(r"^([^,]+)")),
    ),
    Family(
        vendor="Cisco",
        product="viptela",
        name="Cisco SD-WAN (Viptela)",
        under=("41916",),
        version=(get("41916.11.1.2.0"),),
        serial=(get("41916.3.1.1.1.5.1.0"),),
        models={
            "1.3.6.1.4.1.41916.3.2.4": "vedge-1000",
            "1.3.6.1.4.1.41916.3.2.5": "vedge-2000",
        },
    ),
)
