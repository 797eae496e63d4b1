"""Citrix NetScaler ADC by its command line: release and build, appliance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from collectors._cli import Maker, Row, Told, identity, one, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Citrix"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("netscaler_adc", "citrix_adc")

MAKER = Maker("Citrix", "netscaler", "NetScaler ADC")
SESSION = terminal(prompt=r"> ?|[\w.\-]+> ?")

VERSION = Ask("version", "show ns version", also=("show version", "show_ns_version"))
HARDWARE = Ask("hardware", "show ns hardware", also=("show hardware", "show_ns_hardware"))
_VERSION = one(r"NetScaler (?P<version>NS\d+\.\d+): Build (?P<build>[^\s,]+)")
_HARDWARE = one(
    r"^\s*Platform: *(?P<model>NS\S.*?|NetScaler .*?) *$",
    serial=r"^\s*Serial no: *(\S+)",
    revision=r"^\s*Manufactured on: *(\S+)",
)


def firmware(device: Device) -> Flow:
    """Release and build, appliance with its serial number."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(HARDWARE, (_HARDWARE,), _hardware),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"])


def _hardware(row: Row) -> Iterator[Fact]:
    """`NSMPX-8000-10G 4*CPU+…` begins with the model; a virtual one says `NetScaler Virtual …`."""
    virtual = "Virtual" in row["model"] or row["model"].startswith("NSVPX")
    model = row["model"] if virtual else row["model"].split(" ")[0]
    yield replace(MAKER.item(model, row["serial"]), virtual=virtual)
