"""Yamaha RTX and NVR routers by their command line: release, router, uptime."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Maker, Row, Told, identity, one, span_s, template
from collectors._cli.identity import Flow
from evidence.ask import Ask
from evidence.device import Device
from evidence.facts import Fact

VENDOR = "Yamaha"
TRANSPORTS = ("folder",)
ALIASES = ("yamaha_rtx",)

MAKER = Maker("Yamaha", "yamaha-rt", "Yamaha RT firmware")

ENVIRONMENT = Ask("environment", "show environment", also=("show_environment",))
_MODEL = one(r"^(?P<model>[A-Z]{2,4}\d\S*) BootROM Ver")


# Where characters are Japanese, or a model has lines of its own, what is needed stands alone.
_ENVIRONMENT = one(
    r"^[A-Z]{2,4}\d\S* Rev\.(?P<version>\d\S*)",
    bootrom=r"^\S+ BootROM Ver\. ?(\d\S*)",
    serial=r"^ +main:.*?\bserial=(\w+)",
    elasped_time=r"^Elapsed time from boot: *(.+)",
)


def firmware(device: Device) -> Flow:
    """Release and boot ROM, router with its serial number, and since when it runs."""
    return (
        yield from identity(
            device,
            Told(ENVIRONMENT, (template("yamaha_show_environment"), _ENVIRONMENT), _environment),
            Told(ENVIRONMENT, (_MODEL,), _model),
        )
    )


def _environment(row: Row) -> Iterator[Fact]:
    yield MAKER.release(row["version"])
    yield MAKER.release(row["bootrom"], part="boot ROM")
    yield MAKER.item(None, row["serial"])
    elapsed = row["elasped_time"].replace("days", " days ")
    yield MAKER.unit(uptime_s=span_s(elapsed))


def _model(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["model"])
