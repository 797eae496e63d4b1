"""Fortinet: FortiGate and its sisters, each with a subtree of its own."""

from __future__ import annotations

from collectors.snmp.family import Family, entity, get
from collectors.snmp.vendors.products import FORTINET

_FORTI_SERIAL = (get("12356.100.1.1.1.0"), entity("serial"))
_FORTI = r"(v?\d.*)"
_BUILD = r"build ?(\d+)"

FAMILIES = (
    # fgSysVersion; sysDescr of a FortiGate is the administrator's free text and says nothing.
    Family(
        vendor="Fortinet",
        product="fortios",
        name="FortiOS",
        under=("12356.101", "12356.15"),
        version=(get("12356.101.4.1.1.0", _FORTI), entity("software", r" (v\d.*)")),
        build=(get("12356.101.4.1.1.0", _BUILD),),
        model=(
            entity("model", r"^FGT_(.+)", "FortiGate {}"),
            entity("model", r"^FWF_(.+)", "FortiWiFi {}"),
            entity("model", r"^FGR_(.+)", "FortiGateRugged {}"),
            entity("model"),
        ),
        models=FORTINET,
        serial=_FORTI_SERIAL,
    ),
    Family(
        vendor="Fortinet",
        product="fortianalyzer",
        name="FortiAnalyzer",
        under=("12356.102", "12356.103.3"),
        version=(get("12356.103.2.1.7.0", _FORTI),),
        build=(get("12356.103.2.1.7.0", _BUILD),),
        model=(entity("model"), get("12356.100.1.1.1.0", r"^FAZ-(VM)", "FortiAnalyzer {}")),
        serial=_FORTI_SERIAL,
    ),
    Family(
        vendor="Fortinet",
        product="fortimanager",
        name="FortiManager",
        under=("12356.103",),
        version=(get("12356.103.2.1.7.0", _FORTI),),
        build=(get("12356.103.2.1.7.0", _BUILD),),
        # The serial number of a virtual machine begins so; that of hardware does not spell it.
        model=(entity("model"), get("12356.100.1.1.1.0", r"^FMG-(VM)", "FortiManager {}")),
        serial=_FORTI_SERIAL,
    ),
    Family(
        vendor="Fortinet",
        product="fortimail",
        name="FortiMail",
        under=("12356.105",),
        version=(get("12356.105.1.3.0", _FORTI),),
        build=(get("12356.105.1.3.0", _BUILD),),
        model=(get("12356.105.1.1.0"), entity("model")),
        serial=(get("12356.105.1.2.0"), *_FORTI_SERIAL),
    ),
    Family(
        vendor="Fortinet",
        product="fortiswitch",
        name="FortiSwitchOS",
        under=("12356.106",),
        version=(get("12356.106.4.1.1.0", r"v(\d+(?:\.\d+)+)"),),
        build=(get("12356.106.4.1.1.0", _BUILD),),
        model=(get("12356.106.4.1.1.0", r"^(Forti\S+)"), entity("model")),
        serial=(entity("serial"), get("12356.106.1.1.1.0"), *_FORTI_SERIAL),
    ),
    Family(
        vendor="Fortinet",
        product="fortiweb",
        name="FortiWeb",
        under=("12356.107",),
        version=(get("12356.107.2.1.2.0", _FORTI),),
        build=(get("12356.107.2.1.2.0", _BUILD),),
        model=(get("12356.107.2.1.1.0"), entity("model")),
        serial=_FORTI_SERIAL,
    ),
    # FORTINET-FORTIADC-MIB fadcSystem: 1 model, 2 serial number, 3 version.
    Family(
        vendor="Fortinet",
        product="fortiadc",
        name="FortiADC",
        under=("12356.112",),
        version=(get("12356.112.1.3.0", r"v?(\d[\w.]*)"),),
        build=(get("12356.112.1.3.0", _BUILD),),
        model=(get("12356.112.1.1.0"), entity("model")),
        serial=(get("12356.112.1.2.0"), *_FORTI_SERIAL),
    ),
    Family(
        vendor="Fortinet",
        product="fortiauthenticator",
        name="FortiAuthenticator",
        under=("12356.113",),
        version=(get("12356.113.1.3.0", _FORTI),),
        build=(get("12356.113.1.3.0", _BUILD),),
        model=(get("12356.113.1.1.0"),),
        serial=(get("12356.113.1.2.0"), *_FORTI_SERIAL),
    ),
    # FORTINET-FORTIVOICE-MIB fvSystem, as FortiMail's.
    Family(
        vendor="Fortinet",
        product="fortivoice",
        name="FortiVoice",
        under=("12356.115",),
        version=(get("12356.115.1.3.0", _FORTI),),
        build=(get("12356.115.1.3.0", _BUILD),),
        model=(get("12356.115.1.1.0"), entity("model")),
        serial=(get("12356.115.1.2.0"), *_FORTI_SERIAL),
    ),
    Family(
        vendor="Fortinet",
        product="fortisandbox",
        name="FortiSandbox",
        under=("12356.118",),
        version=(get("12356.118.3.1.1.0", _FORTI),),
        build=(get("12356.118.3.1.1.0", _BUILD),),
        serial=_FORTI_SERIAL,
    ),
    Family(
        vendor="Fortinet",
        product="fortiap",
        name="FortiAP",
        under=("12356.120",),
        version=(get("12356.120.1.1.0"),),
        build=(get("12356.120.1.1.0", _BUILD),),
        model=(get("12356.120.1.1.0", r"^FP(\w+?)-v", "FortiAP {}"), entity("model")),
        serial=(get("12356.120.1.2.0"),),
    ),
    Family(
        vendor="Fortinet",
        product="fortiwlc",
        name="FortiWLC",
        under=("15983",),
        version=(get("15983.1.1.3.1.13.3.0"),),
        model=(get("15983.1.1.3.1.13.2.0"),),
    ),
    # FORTINET-FORTIPROXY-MIB fchSysVersion.
    Family(
        vendor="Fortinet",
        product="fortiproxy",
        name="FortiProxy",
        under=("12356.109",),
        version=(get("12356.109.4.1.1.0", _FORTI),),
        build=(get("12356.109.4.1.1.0", _BUILD),),
        serial=_FORTI_SERIAL,
    ),
)
