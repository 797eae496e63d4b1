"""Extreme Fabric Engine (VOSS; Avaya VSP) by its command line: release, chassis, cards."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, each, identity, one, span_s, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Extreme Networks"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("avaya_vsp", "extreme_vsp")

MAKER = Maker("Extreme Networks", "voss", "Extreme Fabric Engine (VOSS)")
SESSION = terminal("terminal more disable")

SOFTWARE = Ask("software", "show software", also=("show_software",))
SYSTEM = Ask("system", "show sys-info", also=("show_sys-info",))
_SOFTWARE = each(r"^ *software releases", r"^(?P<version>\S+) \(Primary Release\)")
_SYSTEM = one(
    r"^ *ModelName +: (?P<model>\S+)",
    version=r"^ *SysDescr +: .*?\((\d+(?:\.\d+)+)\)",
    hostname=r"^ *SysName +: (\S+)",
    uptime=r"^ *SysUpTime +: (.+)",
    serial=r"^ *(?:Chassis )?Serial# +: (\S+)",
    revision=r"^ *H/W Revision +: (\S+)",
)


def firmware(device: Device) -> Flow:
    """The primary release, chassis with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (_SYSTEM,), _system),
            Told(SOFTWARE, (_SOFTWARE,), _software),
        )
    )


def _software(row: Row) -> Iterator[Fact]:
    """`VOSS8.10.1.0`, `8.10.1.0.GA`, `VOSS4K.8.1.1.0.GA` for a series."""
    digits = re.sub(r"^(?:VOSS(?:\d+\w?K\.)?|FabricEngine_)", "", row["version"])
    yield MAKER.release(digits.removesuffix(".GA"))


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.item(row["model"], row["serial"], revision=row["revision"])
    yield MAKER.unit(row["hostname"], span_s(row["uptime"]))
