"""What an Aruba controller's `show` commands tell of its release, its cards and access points."""

from __future__ import annotations

from collections.abc import Iterator

from collectors._cli import Layout, Maker, Row, each, one, span_s, template
from evidence.facts import Fact

MAKER = Maker("HPE Aruba", "arubaos", "ArubaOS")
SWITCH = Maker("HPE Aruba", "arubaos-switch", "ArubaOS-Switch")
VERSION: tuple[Layout, ...] = (
    one(
        r"ArubaOS \(MODEL: (?P<model>[^)]+)\), Version (?P<version>\d\S*(?: [A-Z]+)?) *$",
        build=r"\(build (\d+)\)",
        uptime=r"^(?:Switch|Controller|AP) uptime is (.+)",
    ),
    template("aruba_os_show_version"),
)
INVENTORY: tuple[Layout, ...] = (
    template("aruba_os_show_inventory"),
    one(r"^System Serial#? *: *(?P<system_serial>\S+)", sc_model=r"^(?:SC )?Model#? *: *(\S+)"),
)
ACCESS_POINTS: tuple[Layout, ...] = (
    each(
        r"^Name +Group +AP Type +IP Address +Status",
        # Names and groups may hold blanks: two of them part columns.
        r"^(?P<name>\S.*?) {2,}\S.*? {2,}(?P<model>\d\w+|AP-\S+) +[\d.]+ +(?:Up|Down)\b.*?"
        r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2} +(?P<serial>[A-Z0-9]\w{5,})",
    ),
)


def version(row: Row) -> Iterator[Fact]:
    """What calls itself a switch's image (`WC.16.05.0007`) is ArubaOS-Switch, and said to be."""
    if row["image_version"]:
        yield SWITCH.release(row["image_version"], row["revision"])
        yield SWITCH.release(row["boot_rom_version"], part="boot loader")
        return
    yield MAKER.release(row["version"], row["build"])
    if row["model"]:
        yield MAKER.item(row["model"])
        yield MAKER.unit(uptime_s=span_s(row["uptime"]))


def chassis(row: Row) -> Iterator[Fact]:
    yield MAKER.item(row["sc_model"], row["system_serial"])
    for kind, name in (("cpu_card", "CPU card"), ("interface_card", "interface card")):
        if row[f"{kind}_serial"]:
            yield MAKER.item(
                row[f"{kind}_assembly"],
                row[f"{kind}_serial"],
                part="module",
                position=name,
                revision=row[f"{kind}_rev"],
            )


def access_point(row: Row) -> Iterator[Fact]:
    model = row["model"]
    yield MAKER.item(
        model if model.startswith("AP-") else f"AP-{model}",
        row["serial"],
        part="access point",
        position=row["name"],
    )
