"""VMware ESXi and vCenter Server by SSH: release and build, machine, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "VMware"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("vmware_esxi", "vmware_vcenter")

MAKER = Maker("VMware", "esxi", "VMware ESXi")

VERSION = Ask("version", "vmware -vl", also=("vmware -v",))
SYSTEM = Ask("system", "esxcli system version get")
PLATFORM = Ask("platform", "esxcli hardware platform get")
UPTIME = Ask("uptime", "esxcli system stats uptime get")
HOSTNAME = Ask("hostname", "hostname")
APPLIANCE = Ask("appliance", "vpxd -v")
VCENTER = Maker("VMware", "vcenter", "vCenter Server")
_VERSION = one(
    r"^VMware ESXi? (?P<version>\d\S*) (?P<build>build-\d+)",
    update=r"^VMware ESXi? \d\S* (Update \d+|GA)",
)
_SYSTEM = one(
    r"^ *Product: VMware ESXi?\s+Version: (?P<version>\d\S*)",
    build=r"^ *Build: (?:Releasebuild-)?(\d+)",
)
_PLATFORM = one(
    r"^ *Product Name: (?P<model>\S.*?) *\n *Vendor Name: (?P<vendor>.*?) *$",
    serial=r"^ *(?:Enclosure )?Serial Number: (\S+)",
)
_UPTIME = one(r"\A\s*(?P<microseconds>\d{7,18})\s*\Z")
_HOSTNAME = one(r"\A\s*(?P<hostname>[A-Za-z0-9][\w.-]{0,252})\s*\Z")
_VCENTER = one(r"^VMware VirtualCenter (?P<version>\d\S*) (?P<build>build-\d+)")


def firmware(device: Device) -> Flow:
    """Release and build of the hypervisor or of the vCenter Server, the machine, and its boot."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(SYSTEM, (_SYSTEM,), _system),
            Told(APPLIANCE, (_VCENTER,), _vcenter),
            Told(PLATFORM, (_PLATFORM,), _platform),
            Told(UPTIME, (_UPTIME,), _uptime),
            Told(HOSTNAME, (_HOSTNAME,), _hostname),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"].removeprefix("build-"))


def _system(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"])


def _vcenter(row: Row) -> Iterator[Fact]:
    yield VCENTER.release(row["version"], row["build"].removeprefix("build-"))


def _platform(row: Row) -> Iterator[Fact]:
    """The machine is its maker's, not VMware's."""
    yield MAKER.item(row["model"], row["serial"], vendor=row["vendor"] or None)


def _uptime(row: Row) -> Iterator[Fact]:
    yield MAKER.unit(uptime_s=int(row["microseconds"]) // 1_000_000 * 1.0)


def _hostname(row: Row) -> Iterator[Fact]:
    yield MAKER.unit(row["hostname"])
