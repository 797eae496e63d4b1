"""Ciena SAOS 6 to 8 (service delivery switches) by their command line: release, chassis."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Ciena"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("ciena_saos",)

MAKER = Maker("Ciena", "saos", "Ciena SAOS")
SESSION = terminal()

SOFTWARE = Ask("software", "software show", also=("software_show",))
CHASSIS = Ask("chassis", "chassis show", also=("chassis show device-id", "chassis_device-id_show"))
_SOFTWARE = one(
    r"^\|? *Running [Pp]ackage *[:|] *(?P<version>(?:saos-)?\d\S*|saos-\S+)",
    boot=r"^\|? *(?:Running )?[Bb]oot ?[Ll]oader(?: [Vv]ersion)? *[:|] *(\S+)",
)
_CHASSIS = one(
    r"^\| Serial Number +\| *(?P<serial>[A-Z\d]{7,})",
    model=r"^\| (?:Chassis Type|Description) +\| *(\S.*?) *\|? *$",
)


def firmware(device: Device) -> Flow:
    """The package that runs, and the chassis with its serial number."""
    return (
        yield from identity(
            device,
            Told(SOFTWARE, (_SOFTWARE,), _software),
            Told(CHASSIS, (_CHASSIS,), _chassis),
        )
    )


def _software(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"].removeprefix("saos-"), row["version"])


def _chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"], row["serial"])
