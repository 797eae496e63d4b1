"""Data-centre and campus switches: Arista, Dell, Extreme and what it bought, Brocade, Linux."""

from __future__ import annotations

from collectors.snmp.family import ANY, Family, at, descr, entity, get, walk
from collectors.snmp.vendors.products import EXTREME

# F10-SS-CHASSIS-MIB, F10-CHASSIS-MIB, DELL-NETWORKING-CHASSIS-MIB: the first unit's serial number.
_FORCE10_SERIAL = (
    walk("6027.3.26.1.3.4.1.11"),
    walk("6027.3.10.1.2.2.1.12"),
    walk("6027.3.19.1.2.1.1.12"),
    walk("6027.3.26.1.3.4.1.23"),
    get("6027.3.1.1.1.2.0"),
    entity("serial"),
)
# FOUNDRY-SN-AGENT-MIB snAgImgVer, snChasSerNum.
_FOUNDRY_VERSION = (descr(r"IronWare Version V?(\S+)"), get("1991.1.1.2.1.11.0"))

FAMILIES = (
    Family(
        vendor="Arista",
        product="eos",
        name="Arista EOS",
        under=("30065",),
        says=r"EOS version (?P<version>\S+) running on an Arista Networks (?P<model>\S+)",
        model=(descr(r"running on an Arista Networks (\S+)"), entity("model")),
    ),
    # Dell-Vendor-MIB: 1 name, 4 version; 8.1.2 and 8.1.4 hold service tag and serial number.
    Family(
        vendor="Dell",
        product="dnos6",
        name="Dell EMC Networking OS6",
        under=("674.10895",),
        says=r"^(?P<model>[^,]+)(?:, (?P<version>\d+(?:\.\d+)+))?",
        version=(descr(r", (\d+(?:\.\d+)+),"), get("674.10895.3000.1.2.100.4.0")),
        model=(
            get("674.10895.3000.1.2.100.1.0"),
            descr(r"^([^,]+?)(?: Ethernet Switch)?(?:,|$)"),
        ),
        serial=(
            walk("674.10895.3000.1.2.100.8.1.4"),
            walk("674.10895.3000.1.2.100.8.1.2"),
            entity("serial"),
        ),
    ),
    Family(
        vendor="Dell",
        product="ftos",
        name="Dell Networking OS9",
        under=("6027",),
        says=r"(?i)(?:Force10|Dell).*?Application Software Version: ?(?P<version>[0-9A-Za-z.()-]+)",
        models={
            "1.3.6.1.4.1.6027.1.1.1": "E1200",
            "1.3.6.1.4.1.6027.1.1.2": "E600",
            "1.3.6.1.4.1.6027.1.1.3": "E300",
            "1.3.6.1.4.1.6027.1.2.1": "C300",
            "1.3.6.1.4.1.6027.1.2.2": "C150",
        },
        model=(descr(r"Series: ?(\S+)"), entity("model")),
        serial=_FORCE10_SERIAL,
    ),
    Family(
        vendor="Dell",
        product="os10",
        name="Dell SmartFabric OS10",
        under=("674.11000.5000", "6027", "674.10895"),
        says=r"OS10(?:.*?OS Version: (?P<version>[\w.()]+)(?:.*?System Type: (?P<model>\S+))?)?",
        model=(descr(r"System Type: (\S+)"), entity("model")),
    ),
    Family(
        vendor="Dell",
        product="sonic",
        name="Enterprise SONiC",
        under=("6027", "674.11000.5000", "4413", ANY),
        says=r"(?i)SONiC Software Version: (?:SONiC[.-])?(?P<version>\S+?)(?: - HwSku:? "
        r"(?P<model>\S+))?(?: |$)",
        model=(entity("model"), descr(r"(?i)HwSku:? ([^\s-]\S+)")),
    ),
    # IDRAC-MIB-SMIv2: 5.1.1.8 firmware, 5.1.3.12 model, 5.1.3.2 service tag.
    Family(
        vendor="Dell",
        product="idrac",
        name="Dell iDRAC",
        under=("674.10892",),
        version=at("674.10892.5.1.1.8.0", "674.10892.2.1.2.1.0"),
        model=at("674.10892.5.1.3.12.0", "674.10892.2.1.1.2.0"),
        serial=at("674.10892.5.1.3.2.0", "674.10892.2.1.1.11.0"),
        part="management controller",
    ),
    Family(
        vendor="Extreme Networks",
        product="exos",
        name="Extreme Switch Engine (EXOS)",
        models=EXTREME,
        under=("1916",),
        says=r"(?:ExtremeXOS|Switch Engine) (?:\([^)]+\) )?version (?P<version>\S+)",
        # What is built of several calls itself "Stack".
        model=(descr(r"\(((?!Stack\))[^)]+)\) version"), entity("model")),
        serial=(entity("serial"), get("1916.1.1.1.16.0")),
    ),
    Family(
        vendor="Extreme Networks",
        product="slxos",
        name="SLX-OS",
        under=("1916", "1588"),
        says=r"(?:Extreme |Brocade )?(?P<model>(?:BR-)?SLX\S+).*?"
        r"SLX Operating System Version (?P<version>[\w.]+\w)",
        model=(entity("name", r"(SLX\S+)"), descr(r"(SLX\S+) Switch"), entity("model")),
    ),
    # RAPID-CITY: rcSysVersion, rcChasSerialNumber.
    Family(
        vendor="Extreme Networks",
        product="voss",
        name="Extreme Fabric Engine (VOSS)",
        under=("2272", "1916"),
        says=r"^(?P<model>\S+) \((?P<version>\d+(?:\.\d+)+)\)",
        version=(descr(r"\((\d+(?:\.\d+)+)\)"), get("2272.1.1.7.0", r"^(\S+)")),
        model=(descr(r"^(\S+) \("),),
        serial=(get("2272.1.4.2.0"), entity("serial")),
    ),
    Family(
        vendor="Extreme Networks",
        product="extremeware",
        name="ExtremeWare",
        under=("1916",),
        says=r"^(?P<model>\S+).*?Version (?P<version>[\d.]+)",
        version=(get("1916.1.1.1.13.0"),),
        serial=(get("1916.1.1.1.16.0"),),
    ),
    # S5-CHASSIS-MIB s5ChasComSerNum of the first unit.
    Family(
        vendor="Extreme Networks",
        product="boss",
        name="Extreme BOSS",
        under=("45",),
        says=r"^(?P<model>.+?) HW:.*?SW:v?(?P<version>[\d.]+)",
        model=(
            descr(r"^(?:Ethernet Routing Switch|ERS) ?(\S+) +HW:", "ERS-{}"),
            descr(r"^(?:Virtual Services Platform|VSP) ?(\S+) +HW:", "VSP-{}"),
        ),
        serial=(walk("45.1.6.3.3.1.1.7"), entity("serial")),
    ),
    Family(
        vendor="Extreme Networks",
        product="eos-enterasys",
        name="Enterasys EOS",
        under=("5624",),
        says=r"^(?:(?:Enterasys|Extreme) Networks, Inc\.,? )?(?P<model>\S.*?) "
        r"Rev (?P<version>[\w.]+)",
        model=(descr(r"Inc\. (Matrix \S+|\S*\d\S*)"), entity("model"), descr(r"^(.+?) Rev ")),
    ),
    Family(
        vendor="Extreme Networks",
        product="wing",
        name="WiNG",
        under=("388",),
        says=r"^(?P<model>\S+) .*?(?:Version|Rev(?:ision)?) (?P<version>[\w.-]+)",
        version=(get("388.14.1.1.3.0"), descr(r"(?:Version|Rev(?:ision)?) ([\w.-]+)")),
        model=(descr(r"^((?:AP|RFS|NX|VX)\d\S*)"),),
    ),
    Family(
        vendor="Ruckus",
        product="ironware",
        name="FastIron",
        under=("1991",),
        # "Brocade Communications Systems, Inc. Stacking System ICX6450-48, IronWare Version …",
        # "Brocade NetIron MLX (System Mode: XMR), IronWare Version …".
        says=r"^(?:(?:Foundry|Brocade|Ruckus)(?:[^,]*?, Inc\.)? )?(?:Stacking System )?"
        r"(?P<model>[^,(]*[A-Z][^,(]*?)(?: \([^)]*\))?, IronWare Version V?(?P<version>\S+)",
        version=_FOUNDRY_VERSION,
        serial=(get("1991.1.1.1.1.2.0"), walk("1991.1.1.1.4.1.1.2"), entity("serial")),
    ),
    Family(
        vendor="Ruckus",
        product="ironware",
        name="FastIron",
        under=("1991",),
        version=_FOUNDRY_VERSION,
        serial=(get("1991.1.1.1.1.2.0"), walk("1991.1.1.1.4.1.1.2"), entity("serial")),
    ),
    Family(
        vendor="Brocade",
        product="nos",
        name="Network OS",
        under=("1588.3", "1588"),
        says=r"(?:BR-)?(?P<model>VDX\S*?),? Network Operating System Software Version "
        r"(?P<version>\S+)",
        model=(descr(r"(VDX\d\S*?),"), entity("model")),
    ),
    # SW-MIB: swFirmwareVersion, swSsn. ENTITY-MIB has a part's number where the model belongs, and
    # the model in the chassis' description.
    Family(
        vendor="Brocade",
        product="fos",
        name="Fabric OS",
        under=("1588",),
        version=(get("1588.2.1.1.1.1.6.0"), entity("software")),
        model=(
            entity("model", r"^(?!\d\d-\d{7}-\d\d$).+$"),
            descr(r"^(Brocade ?\w*\d\w*)$"),
            entity("description", r"^\w+[ -]?\w*\d\w*$"),
        ),
        serial=(entity("serial"), get("1588.2.1.1.1.1.10.0")),
    ),
    Family(
        vendor="NVIDIA",
        product="cumulus",
        name="Cumulus Linux",
        under=("40310", ANY),
        says=r"^(?:Cumulus-Linux|Cumulus Linux|NVIDIA Cumulus Linux) (?P<version>\S+)",
        # Its agent writes the release, or nothing, where the model belongs.
        model=(entity("description"),),
    ),
    Family(
        vendor="NVIDIA",
        product="onyx",
        name="NVIDIA Onyx (MLNX-OS)",
        under=("33049",),
        says=r"(?:Mellanox|NVIDIA) (?P<model>\S+),.*?,SWv(?P<version>\S+)",
    ),
    # PICA-PRIVATE-MIB: version and serial number of the switch.
    Family(
        vendor="Pica8",
        product="picos",
        name="PicOS",
        under=("35098",),
        says=r"PicOS for (?P<model>\S+)",
        serial=(get("35098.1.16.0"), entity("serial")),
    ),
    Family(
        vendor="ALAXALA",
        product="alaxala",
        name="ALAXALA OS",
        under=("21839",),
        says=r"\[(?P<model>AX\S+)\] \w+ software Ver\. (?P<version>\S+)",
    ),
    # BIGSWITCH-SWITCHLIGHT-PLATFORM-MIB: 1 product, 3 serial number, as ONIE has them.
    Family(
        vendor="Arista",
        product="switch-light",
        name="Switch Light OS",
        under=("37538.2", "37538"),
        model=at("37538.2.1000.1.1.1.0"),
        serial=at("37538.2.1000.1.1.3.0"),
    ),
    # McDATA's, whom Brocade bought: fcEosSysFirmwareVersion and fcEosSysSerialNum, then
    # ed1032SysFirmwareVersion and es1000SysFirmwareVersion of older ones.
    Family(
        vendor="Brocade",
        product="mcdata-eos",
        name="McDATA E/OS",
        under=("289",),
        version=at("289.2.1.1.2.1.3.0", "289.2.1.1.1.1.3.0", "289.2.1.1.3.1.3.0"),
        serial=at("289.2.1.1.2.1.9.0"),
        part="firmware",
    ),
)
