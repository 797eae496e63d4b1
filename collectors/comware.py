"""HPE Comware and H3C by their command line: release, members, modules, supplies, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "HPE"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("hp_comware", "h3c_comware", "hpe_comware")

MAKER = Maker("HPE", "comware", "Comware")
SESSION = terminal("screen-length disable", logout="quit")

VERSION = Ask("version", "display version", also=("display_version",))
MANUFACTURE = Ask("manuinfo", "display device manuinfo", also=("display_device_manuinfo",))
# "HPE Comware Software, Version 7.1.070, Release 3507P02"; Feature, ESS, Demo … are releases.
_VERSION = one(
    r"Comware (?:Platform )?Software, Version (?P<version>\d[\w.]*?),? "
    r"(?P<build>[A-Z][A-Za-z]+ ?\S*)",
    model=r"^(?:HPE?|H3C|3Com) (\S.*?) uptime is ",
    uptime=r" uptime is (.+)",
    image=r"(?i)^Boot image version: (\S+)",
)
_MADE = r"^ *DEVICE_(?:NAME|SERIAL_NUMBER) *:"
_KINDS = {"fan": "fan", "power": "power supply", "subslot": "module"}


def firmware(device: Device) -> Flow:
    """Release, every member, board, supply and fan that tells itself, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (_VERSION,), _version),
            Told(
                MANUFACTURE, (template("hp_comware_display_device_manuinfo", among=_MADE),), _part
            ),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], row["build"].strip(" ,"))
    yield MAKER.item(row["model"])
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _part(row: Row) -> Iterator[Fact]:
    """A slot of a box is a member, a slot of a chassis a board; blank rows tell nothing."""
    kind = row["slot_type"].lower()
    part = _KINDS.get(kind, "chassis" if kind == "chassis" or not row["chassis_id"] else "module")
    slots = [row["chassis_id"] and f"chassis {row['chassis_id']}", f"{kind} {row['slot_id']}"]
    maker = row["vendor_name"]
    yield MAKER.item(
        row["device_name"],
        row["device_serial_number"],
        part=part,
        position=" ".join(filter(None, slots)),
        vendor=maker if maker not in ("NONE", "HP") else "",
    )
