"""F5 BIG-IP by tmsh over SSH: release and hotfix, platform, chassis, failover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from collectors._cli import Maker, Row, Told, identity, one
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "F5"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("f5_ltm", "f5_tmsh", "f5_linux")

MAKER = Maker("F5", "bigip", "BIG-IP TMOS")

VERSION = Ask(
    "version", "show sys version", also=("tmsh show sys version", "tmsh -q show sys version")
)
HARDWARE = Ask(
    "hardware", "show sys hardware", also=("tmsh show sys hardware", "tmsh -q show sys hardware")
)
FAILOVER = Ask(
    "failover", "show sys failover", also=("tmsh show sys failover", "tmsh -q show sys failover")
)
_VERSION = one(
    r"^ *Product +(?P<product>BIG-\w+)\s+Version +(?P<version>\d\S*)",
    build=r"^ *Build +(\S+)",
    edition=r"^ *Edition +(\S.*?) *$",
)
_PLATFORM = one(
    r"^Platform\s+Name +(?P<name>\S.*?) *$",
    serial=r"^ *Chassis Serial +(\S+)",
    platform=r"^ *(?:Type|Platform ID) +(\w\d+) *$",
    bios=r"^ *BIOS Revision +(\S.*?) *$",
)
_FAILOVER = one(r"^ *Failover (?P<role>active|standby)(?: for (?P<since>.+))?")


def firmware(device: Device) -> Flow:
    """Release and build, platform with its id and serial number, its part in the pair."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(HARDWARE, (_PLATFORM,), _platform),
            Told(FAILOVER, (_FAILOVER,), _failover),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """The edition tells a hotfix or point release (`Point Release 4`)."""
    edition = f" ({row['edition']})" if row["edition"] else ""
    yield MAKER.release(row["version"], f"{row['build']}{edition}")


def _platform(row: Row) -> Iterator[Fact]:
    """The platform's id (`C117`) is what F5's dates are given to; the name stands beside it."""
    item = MAKER.item(row["name"], row["serial"], description=row["platform"], revision=row["bios"])
    yield replace(item, virtual=row["platform"] == "Z100" or "Virtual" in row["name"])


def _failover(row: Row) -> Iterator[Fact]:
    yield replace(MAKER.unit(), ha_mode="failover", ha_role=row["role"])
