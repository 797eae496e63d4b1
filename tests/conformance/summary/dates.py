"""Lifecycle dates: every cycle of endoflife.date's products against the shipped catalogue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from agent.catalogue import load_catalogue
from evidence.errors import ConfigurationError
from evidence.lifecycle.endoflife import rows_of_products
from tests.conformance.summary.score import Sample


def by_product(folder: Path) -> Iterator[Sample]:
    """A product each: every milestone of every cycle, as the data says and as the catalogue has it.

    Products that the catalogue does not know are read by nobody here: they count as refused.
    """
    shipped = load_catalogue(date.max)
    for path in sorted(folder.glob("*.json")):
        cycles = json.loads(path.read_text("utf-8"))
        try:
            rows, _ = rows_of_products([(path.stem, cycles)], shipped.entries, date(2026, 11, 23))
        except (ConfigurationError, KeyError, TypeError, AttributeError) as error:
            yield Sample(path.stem, refused=str(error))
            continue
        if not rows:
            yield Sample(path.stem, refused="the catalogue has no such product")
            continue
        known = {row.key: row for row in shipped.entries}
        wanted, have = {}, {}
        for row in rows:
            name = " ".join(filter(None, (row.match, row.edition)))
            entry = known.get(row.key)
            for milestone, day in row.milestones.items():
                wanted[f"{name} {milestone}"] = [day.isoformat()]
                ours = entry.milestones.get(milestone) if entry else None
                have[f"{name} {milestone}"] = [ours.isoformat()] if ours else []
        yield Sample(path.stem, wanted, have)
