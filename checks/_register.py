"""What the register alone names, because nobody reads it, judged as it is registered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from checks._support import CHECK, Limits, nothing, observed_support, support_of
from evidence.clock import taipei_day
from evidence.inventory import Entry as Registration
from evidence.inventory import entries_in, stock_of
from evidence.lifecycle import Entry
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.registered import registered
from evidence.text import Text


def as_registered(readings: Readings, limits: Limits) -> Iterator[Observation]:
    """Software of the register, and equipment of it that no reading is of, as it is registered."""
    today = taipei_day(readings.at)
    read = {id(one.entry) for one in stock_of(readings).meetings if one.found and one.found.is_read}
    strangers: dict[tuple[str, str | None], list[Registration]] = {}
    for entry in entries_in(readings):
        asset = entry.asset
        if entry.is_gone(today):
            continue
        if asset.category == "software":
            known = registered(asset.name, asset.version, asset.model)
            if known is None:
                strangers.setdefault((entry.register, asset.site), []).append(entry)
                continue
            row = None
            if readings.catalogue is not None and known.version:
                row = readings.catalogue.find_software(
                    asset.vendor, known.product, known.version, edition=known.edition
                )
            measures = {"product": known.product, "version": known.version}
            yield _of_entry(readings, entry, "software", row, measures, limits)
        elif asset.category == "hardware" and asset.model and id(entry) not in read:
            row = None
            if readings.catalogue is not None:
                row = readings.catalogue.find_hardware(asset.vendor, asset.model)
            measures = {"model": asset.model, "serial": asset.serial}
            yield _of_entry(readings, entry, "hardware", row, measures, limits)
    for (register, site), entries in strangers.items():
        yield _without_row(readings, register, site, entries)


def _of_entry(
    readings: Readings,
    entry: Registration,
    kind: str,
    row: Entry | None,
    measures: Mapping[str, str | None],
    limits: Limits,
) -> Observation:
    unknown = "unknown_version" if kind == "software" else "unknown_model"
    found = nothing(unknown)
    if readings.catalogue is not None:
        found = support_of(readings, readings.catalogue, row, unknown, limits)
    what = Text(f"registered {entry.title}", f"清冊所載 {entry.title}")
    device = readings.devices[entry.register]
    place = f"{entry.subject}/{kind}"
    site = entry.asset.site or device.site
    return observed_support(readings, device, entry.evidence, place, what, found, measures, site)


def _without_row(
    readings: Readings, register: str, site: str | None, entries: Sequence[Registration]
) -> Observation:
    """One answer for all that no maker of the catalogue makes: a house's own systems among them."""
    names = "、".join(entry.title for entry in entries)
    return Observation(
        check=CHECK,
        device=register,
        subject=f"{register}/{site or '?'}/software without lifecycle data",
        result=Result.not_assessed,
        state="unknown_version",
        description=Text(
            f"{register}: no lifecycle data for {len(entries)} registered software: {names}",
            f"{register}：清冊所載軟體 {len(entries)} 項查無生命週期資料：{names}",
        ),
        at=readings.at,
        evidence=tuple(dict.fromkeys(entry.evidence for entry in entries)),
        measures={"product": names, "version": None, "count": len(entries)},
        scope=(f"site:{site or readings.devices[register].site}", "subject:firmware"),
    )
