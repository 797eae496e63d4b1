"""Huawei optical network terminals by their command line: release, hardware, serial number."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, template
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Huawei"
TRANSPORTS = ("folder",)

MAKER = Maker("Huawei", "huawei-ont", "Huawei ONT")

VERSION = Ask("version", "display version", also=("display_version",))
INNER = Ask("inner_version", "display inner version", also=("display_inner_version",))
DEVICE = Ask("device", "display deviceInfo", also=("display_deviceInfo",))
_DEVICE = one(r"^ModelName\s+=\s+(?P<model_name>\S.*?) *$")
_MAIN = r"^ *(?:main software version +=|MainVersion +:)"
SERIAL = Ask("serial", "display sn", also=("display_sn",))


def firmware(device: Device) -> Flow:
    """The main software's release, model and serial number."""
    return (
        yield from identity(
            device,
            Told(VERSION, (template("huawei_ont_display_version", among=_MAIN),), _version),
            Told(INNER, (template("huawei_ont_display_inner_version", among=_MAIN),), _inner),
            Told(DEVICE, (_DEVICE,), _device),
            Told(SERIAL, (template("huawei_ont_display_sn"),), _serial),
        )
    )


def _version(row: Row) -> Iterator[Fact]:
    """`hardware version` is a revision of the board, not a model."""
    yield MAKER.release(row["main_software_version"])
    yield MAKER.release(row["uboot_version"], part="boot loader")


def _inner(row: Row) -> Iterator[Fact]:
    """The full name of the same release, with its build behind it."""
    yield MAKER.release(row["main_version"], part="inner version")


def _device(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model_name"])


def _serial(row: Row) -> Iterator[Fact]:
    yield MAKER.item(None, row["serial_number"])
