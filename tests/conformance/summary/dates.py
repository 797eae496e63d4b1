"""Lifecycle dates: endoflife.date's cycles, as shipped and as an update takes them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from agent.catalogue import load_catalogue
from evidence.errors import ConfigurationError
from evidence.lifecycle import Catalogue, Entry
from evidence.lifecycle.endoflife import Product, rows_of_products
from evidence.lifecycle.entry import ENDED
from evidence.lifecycle.update import Offer, joined, updated
from tests.conformance.summary.score import Sample

_READ_ON = date(2026, 11, 23)
_NOT_UNDERSTOOD = (ConfigurationError, ValueError, KeyError, TypeError, AttributeError)


def shipped(folder: Path) -> Iterator[Sample]:
    """A product each: every milestone of every cycle, as the data says and as the catalogue has it.

    Products that the catalogue does not know are read by nobody here: they count as refused.
    """
    catalogue = load_catalogue(date.max)
    by_key = {row.key: row for row in catalogue.entries}
    families = {(row.vendor, row.product) for row in catalogue.entries if row.product}
    for path in sorted(folder.glob("*.json")):
        try:
            cycles = json.loads(path.read_text("utf-8"))
            rows, _ = rows_of_products([Product(path.stem, cycles)], catalogue.entries, _READ_ON)
        except _NOT_UNDERSTOOD as error:
            yield Sample(path.stem, refused=str(error))
            continue
        if not any((row.vendor, row.product) in families for row in rows):
            yield Sample(path.stem, refused="the catalogue has no such product")
            continue
        wanted, have = {}, {}
        for row in rows:
            name = " ".join(filter(None, (row.match, row.edition)))
            entry = by_key.get(row.key)
            for milestone, day in row.milestones.items():
                if ENDED in row.note and (_READ_ON - day).days == 1:
                    continue  # no day is told
                wanted[f"{name} {milestone}"] = [day.isoformat()]
                ours = entry.milestones.get(milestone) if entry else None
                have[f"{name} {milestone}"] = [ours.isoformat()] if ours else []
        yield Sample(path.stem, wanted, have)


def taken(folder: Path) -> Iterator[Sample]:
    """A product each, after an update from all: each day that a cycle tells is a milestone of the
    row that is found for it. The vendor's own dates are not changed by it, and may differ."""
    catalogue = load_catalogue(date.max)
    told, rows = {}, {}
    for path in sorted(folder.glob("*.json")):
        try:
            cycles = json.loads(path.read_text("utf-8"))
            products = [Product(path.stem, cycles)]
            rows[path.stem], _ = rows_of_products(products, catalogue.entries, _READ_ON)
            told[path.stem] = cycles
        except _NOT_UNDERSTOOD as error:
            yield Sample(path.stem, refused=str(error))
    made, _ = updated(catalogue, joined(Offer(tuple(some)) for some in rows.values()), _READ_ON)
    for name, some in rows.items():
        wanted, have = {}, {}
        for cycle, row in zip(told[name], some, strict=True):
            found = _found(made, row)
            for field in ("discontinued", "support", "eol"):
                if isinstance(day := cycle.get(field), str):
                    wanted[f"{cycle['cycle']} {field}"] = [day]
                    have[f"{cycle['cycle']} {field}"] = [day] if day in found else sorted(found)
        yield Sample(name, wanted, have)


def _found(made: Catalogue, row: Entry) -> set[str]:
    """The days of the row that is found for a version or a model like that."""
    if row.kind == "hardware":
        entry = made.find_hardware(row.vendor, row.match)
    else:
        entry = made.find_software(
            row.vendor, row.product, row.match, train=row.match, edition=row.edition
        )
    return {day.isoformat() for day in entry.milestones.values()} if entry else set()
