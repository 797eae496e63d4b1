"""Huawei VRP routers and switches by their command line: release, patch, boards, uptime."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collectors._cli import (
    Maker,
    Row,
    Told,
    each,
    having,
    identity,
    one,
    span_s,
    template,
    terminal,
)
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Huawei"
TRANSPORTS = ("ssh", "folder")
ALIASES = ("huawei_vrp", "huawei_vrpv8", "huawei_yunshan", "huawei")

MAKER = Maker("Huawei", "vrp", "Huawei VRP")
SESSION = terminal("screen-length 0 temporary", logout="quit")

VERSION = Ask("version", "display version", also=("display_version",))
PATCH = Ask("patch", "display patch-information", also=("display_patch-information",))
DEVICE = Ask("device", "display device", also=("display_device",))
LICENCE = Ask("serial", "display sn license", also=("display esn", "display license esn"))
ELABEL = Ask("elabel", "display device manufacture-info", also=("display device manuinfo",))
# One line each: `version (product release)`, model and uptime; the boards come after them.
_VERSION = one(
    r"[Ss]oftware, Version (?P<vrp_version>\S+) \((?P<product_version>[^)\n]+)\)",
    patch_version=r"^Patch [Vv]ersion *: +(\S+)",
    model=r"^(?:(?:HUAWEI|Huawei|Quidway) )?([A-Z][^:\n]*?) (?:Router |Switch )?uptime is",
    uptime=r"^[A-Z][^:\n]* uptime is +(.+)",
)
# YunShan OS, which follows VRP: "Version 1.22.0.1 (S5735 V600R022C01SPC100)".
_YUNSHAN = having(
    r"^Huawei YunShan OS",
    one(
        r"^Version (?P<vrp_version>\d\S*) \((?P<product_version>[^)\n]+)\)",
        patch_version=r"^Patch [Vv]ersion *: +(\S+)",
        model=r"^(?:HUAWEI|Huawei) ([A-Z][^:\n]*?) uptime is",
        uptime=r"^[A-Z][^:\n]* uptime is +(.+)",
    ),
)
# "S5735-L24T4X-A Routing Switch", "CE12808 Terabit Routing Switch": the kind is no part of a model.
_KIND = re.compile(r"(?: Terabit)?(?: Routing)?(?: Switch)?$| Router$")
_ESN = one(r"^.*?\bESN(?: of (?:device|master)| is)? *: *(?P<serial_number>\w{8,})")
_ESNS = each(r"\A", r"^.*?\bESN of slot (?P<slot>\S+) *: *(?P<serial_number>\w{8,})")
_MADE = each(
    r"^Slot +(?:Card +)?(?:Sub +)?Type +(?:Serial-number|Sn)",
    r"^ *(?P<slot>\S+) +(?:-+ +)?(?P<model>[A-Z]\S+) +(?P<serial>\w{10,})(?: |$)",
)
# Other tables name the kind of a board (LPU, MPU) where these have its model.
_DEVICE = having(r"^Slot +(?:Sub|Card) +Type|^Slot/Card", template("huawei_vrp_display_device"))
# Switches of a kind without a type: a stack's members by their number, cards are no members.
_NUMBERED = each(r"^Slot +Sub +Serial-number", r"^(?P<slot>\d+) +- +(?P<serial>\w{10,})(?: |$)")
_PATCHES = "huawei_vrp_display_patch-information"


def firmware(device: Device) -> Flow:
    """Release and patch, the device, its boards, supplies and fans, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("huawei_vrp_display_version"), _VERSION, _YUNSHAN), _version),
            Told(
                PATCH,
                (template(_PATCHES), template(_PATCHES, among="^Patch Package Version")),
                _patch,
            ),
            Told(LICENCE, (template("huawei_vrp_display_sn_license"), _ESN, _ESNS), _serial),
            Told(ELABEL, (_MADE, _NUMBERED), _made),
            Told(DEVICE, (_DEVICE,), _board),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """`CX600 V800R007C10SPC100` is the release of a product, `8.100` that of VRP beneath it."""
    yield MAKER.release(row["product_version"].split()[-1], row["vrp_version"])
    if row["patch_version"]:
        yield MAKER.release(row["patch_version"], part="patch")
    yield MAKER.item(_KIND.sub("", row["model"]))
    yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def _patch(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"], part="patch")


def _serial(row: Row) -> Iterator[Fact]:
    yield MAKER.item(None, row["serial_number"], position=row["slot"])


def _made(row: Row) -> Iterator[Fact]:
    slot = row["slot"]
    part = _part(slot) if row["model"] else "chassis"
    yield MAKER.item(row["model"], row["serial"], part=part, position=slot)


def _board(row: Row) -> Iterator[Fact]:
    slot = row["slot"]
    card = f"/{row['card']}" if row["card"] not in ("", "-") else ""
    yield MAKER.item(row["pid"], part=_part(slot), position=f"{slot}{card}")


def _part(slot: str) -> str:
    return {"PWR": "power supply", "FAN": "fan"}.get(slot[:3], "module")
