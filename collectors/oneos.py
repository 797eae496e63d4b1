"""Ekinops OneAccess OneOS routers by their command line: release, router, uptime."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, span_s, template, terminal
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "OneAccess"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("oneaccess_oneos",)

MAKER = Maker("OneAccess", "oneos", "OneOS")
SESSION = terminal("term len 0")

SYSTEM = Ask("system", "show system status", also=("show_system_status",))
PRODUCT = Ask("product", "show product-info-area", also=("show_product-info-area",))
HARDWARE = Ask("hardware", "show system hardware", also=("show_system_hardware",))
# "ONEOS16-MONO_FT-V5.2R2E7_HA8", "OneOS-pCPE-ARM_pi1-6.6.1m3": the last part is the release.
_RELEASE = re.compile(r"-V?(\d+\.\d[\w.]*)$")
_STATUS = r"^System Information for device"
_AREA = r"^\| +Product Info Area +\|"
_DESCRIBED = r"^ *HARDWARE DESCRIPTION *$"


def firmware(device: Device) -> Flow:
    """Release, boot loader, router with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(SYSTEM, (template("oneaccess_oneos_show_system_status", among=_STATUS),), _system),
            Told(
                PRODUCT,
                (template("oneaccess_oneos_show_product-info-area", among=_AREA),),
                _product,
            ),
            Told(
                HARDWARE,
                (template("oneaccess_oneos_show_system_hardware", among=_DESCRIBED),),
                _hardware,
            ),
        )
    )


def _system(row: Row) -> Iterator[Fact]:
    image = row["software"].strip()
    release = _RELEASE.search(image)
    yield MAKER.release(release[1] if release else image, image)
    yield MAKER.release(row["boot_version"], part="boot loader")
    yield MAKER.item(row["device_id"], row["serial"][0] if row["serial"] else None)
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _product(row: Row) -> Iterator[Fact]:
    """The commercial name is told beside; the motherboard is what the device calls itself."""
    for serial in row["serial"][:1]:
        yield MAKER.item(None, serial, description=row["commercial_name"])


def _hardware(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["device"])
