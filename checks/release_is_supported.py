"""Is every release and every piece of hardware supported, by the lifecycle catalogue of the day?

Two answers a device: its software by train, its hardware by model, each member and module; and
one for each installed program that has a lifecycle (a database, a runtime). What the register alone
names, because nobody reads it, is judged as it is registered. No row, no date and a stale catalogue
are answers of their own, and never a pass.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from checks._register import as_registered
from checks._support import CHECK as CHECK
from checks._support import Limits, nothing, observed_support, support_of
from evidence.clock import taipei_day
from evidence.device import Device
from evidence.facts import HardwareItem, SoftwareRelease
from evidence.observation import Observation, Result
from evidence.programs import program
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

FIRMWARE = Text("its firmware and hardware", "韌體與硬體")
FAILS_AT = ("end_of_security_fixes", "last_day_of_support")
WARNS_AT = ("end_of_software_maintenance",)
MAX_AGE_DAYS = 90
EVERYTHING = "*"
PARTS = (
    *("operating system", "chassis", "stack member", "supervisor", "module"),
    *("access point", "hypervisor"),
)
PROGRAM = "program"  # judged where it is one that has a lifecycle


def check(
    readings: Readings,
    *,
    fails_at: Sequence[str] = FAILS_AT,
    warns_at: Sequence[str] = WARNS_AT,
    horizons_days: Sequence[int] = (365, 180, 90),
    max_age_days: int = MAX_AGE_DAYS,
    parts: Sequence[str] = PARTS,
) -> Iterator[Observation]:
    """`fails_at`: the earliest of these milestones ends support. `horizons_days`: how long before
    it a plan is asked for. `max_age_days`: an older catalogue shows no support. `parts`: what is
    judged of a device; a package or a power supply has no lifecycle of its own here."""
    limits = Limits(fails_at, warns_at, horizons_days, max_age_days)
    yield from unread(readings, "firmware", CHECK, FIRMWARE)
    read = [(device, one) for device, one in readings.each("firmware") if one is not None]
    told = {
        item.serial
        for _, reading in read
        for item in reading.of(HardwareItem)
        if item.model and item.serial
    }
    for device, reading in read:
        yield from _software(readings, device, reading, parts, limits)
        yield from _programs(readings, device, reading, limits)
        yield from _hardware(readings, device, reading, parts, limits, told)
    yield from as_registered(readings, limits)
    yield from _too_old(readings, max_age_days)


def _too_old(readings: Readings, max_age_days: int) -> Iterator[Observation]:
    """A catalogue past its age is a finding of its own: what ended since is in none of its rows."""
    catalogue = readings.catalogue
    asked = any("firmware" in device.subjects for device in readings.devices.values())
    if catalogue is None or not asked:
        return
    age_days = catalogue.age_days(taipei_day(readings.at))
    if age_days <= max_age_days:
        return
    dated = catalogue.dated.isoformat()
    yield Observation(
        check=CHECK,
        device=EVERYTHING,
        subject="lifecycle catalogue",
        result=Result.not_assessed,
        state="catalogue_stale",
        description=Text(
            f"the lifecycle catalogue of {dated} is {age_days} days old, and {max_age_days} are "
            "allowed: take a newer one (`evidence-agent lifecycle update`)",
            f"生命週期目錄（{dated}）已 {age_days} 日未更新，逾所定 {max_age_days} 日，應予更新",
        ),
        at=readings.at,
        measures={"catalogue_dated": dated, "age_days": age_days, "max_age_days": max_age_days},
        scope=(EVERYTHING,),
    )


def _software(
    readings: Readings, device: Device, reading: Reading, parts: Sequence[str], limits: Limits
) -> Iterator[Observation]:
    releases = [one for one in reading.of(SoftwareRelease) if _is_judged(one.part, parts)]
    for one in releases:
        name = one.name or one.product or "?"
        what = Text(f"{name} {one.version or '?'}", f"{name} {one.version or '?'}")
        found = nothing("unknown_version")
        if readings.catalogue is not None and one.product and one.version:
            entry = readings.catalogue.find_software(
                one.vendor, one.product, one.version, train=one.train, edition=one.name or ""
            )
            found = support_of(readings, readings.catalogue, entry, "unknown_version", limits)
        measures = {"product": one.product, "version": one.version, "train": one.train}
        place = _place(device, one.subject_unit, f"software {one.product or one.part}")
        yield observed_support(readings, device, reading.digest, place, what, found, measures)
    if not releases:
        what = Text("software", "軟體")
        place = f"{device.id}/software"
        yield observed_support(
            readings, device, reading.digest, place, what, nothing("unknown_version"), {}
        )


def _programs(
    readings: Readings, device: Device, reading: Reading, limits: Limits
) -> Iterator[Observation]:
    """Programs with a lifecycle of their own; those of one train are one thing."""
    told: set[str] = set()
    for one in reading.of(SoftwareRelease):
        found = program(one.name or "", one.version) if one.part == PROGRAM else None
        if found is None:
            continue
        entry, stands = None, nothing("unknown_version")
        if readings.catalogue is not None and found.train:
            entry = readings.catalogue.find_software(
                one.vendor, found.product, found.train, train=found.train
            )
            stands = support_of(readings, readings.catalogue, entry, "unknown_version", limits)
        # By the row's train: the next patch is no other thing.
        words = ("software", found.product, entry.match if entry else found.train)
        place = _place(device, one.subject_unit, " ".join(filter(None, words)))
        if place in told:
            continue
        told.add(place)
        name = one.name or found.product
        measures = {"product": found.product, "version": one.version, "train": found.train}
        yield observed_support(
            readings, device, reading.digest, place, Text(name, name), stands, measures
        )


def _hardware(
    readings: Readings,
    device: Device,
    reading: Reading,
    parts: Sequence[str],
    limits: Limits,
    told: Container[str | None],
) -> Iterator[Observation]:
    """`told`: serial numbers whose model is known. A peer that is only named, by its number, is
    judged where it tells its model itself."""
    for one in reading.of(HardwareItem):
        if one.model is None and one.serial in told:
            continue
        # A virtual appliance has no hardware to end; its host is a device of its own.
        if one.virtual or not _is_judged(one.part, parts):
            continue
        what = Text(one.model or "unknown model", one.model or "型號不明")
        found = nothing("unknown_model")
        if readings.catalogue is not None and one.model:
            entry = readings.catalogue.find_hardware(one.vendor, one.model)
            found = support_of(readings, readings.catalogue, entry, "unknown_model", limits)
        measures = {"model": one.model, "serial": one.serial, "part": one.part}
        name = one.serial or one.position or one.model or one.part
        place = _place(device, one.subject_unit, f"hardware {name}")
        yield observed_support(readings, device, reading.digest, place, what, found, measures)


def _is_judged(part: str, parts: Sequence[str]) -> bool:
    """Whether it is one of the parts, or a numbered one of them (`stack member 2`)."""
    return part in parts or part.rpartition(" ")[0] in parts


def _place(device: Device, unit: str | None, what: str) -> str:
    return f"{device.id}/{unit}/{what}" if unit else f"{device.id}/{what}"
