"""Lifecycle dates: a dated catalogue of facts, and finding the row of a model or version in it.

No row is "no lifecycle data", and a blank date is "not published": neither means supported.
Dates move, because vendors extend: every answer carries its source and how sure it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Any

from evidence.lifecycle.entry import COLUMNS, MILESTONES, Entry, day_of, entry_of
from evidence.lifecycle.models import Models
from evidence.lifecycle.trains import Trains
from evidence.reading import canonical
from evidence.trains import train as train_of

__all__ = ["COLUMNS", "MILESTONES", "Catalogue", "Entry"]


@dataclass(frozen=True)
class Catalogue:
    """The rows of one dated catalogue. Judging an old month again takes that month's catalogue."""

    dated: date
    entries: tuple[Entry, ...]

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, str]], dated: date) -> Catalogue:
        """The catalogue in the rows of a CSV file with a head line.

        Raises ConfigurationError (`catalogue_row`) naming the row: the head line is row 1.
        """
        return cls(dated, tuple(entry_of(row, number) for number, row in enumerate(rows, start=2)))

    def record(self) -> dict[str, Any]:
        return {
            "dated": self.dated.isoformat(),
            "rows": [entry.record() for entry in self.entries],
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Catalogue:
        """The catalogue that `record` wrote, so that an old month is judged by its own dates."""
        rows = tuple(Entry.of_record(row) for row in record["rows"])
        return cls(date.fromisoformat(record["dated"]), rows)

    @property
    def digest(self) -> str:
        """SHA-256 over date and rows: what an assessment names."""
        return sha256(canonical(self.record())).hexdigest()

    def age_days(self, today: date, entry: Entry | None = None) -> int:
        """How old it is; how old what it says of one row is, where an update left that alone."""
        confirmed_on = entry.confirmed_on if entry else ""
        return (today - (day_of(confirmed_on) if confirmed_on else self.dated)).days

    def find_hardware(self, vendor: str | None, model: str) -> Entry | None:
        """The row of a model as the device reports it; the longest match wins, None: no row.

        Without a vendor only the model as reported is compared: `5600` alone names nothing.
        """
        return self._models.find(vendor, model)

    def find_software(
        self,
        vendor: str | None,
        product: str,
        version: str,
        *,
        train: str | None = None,
        edition: str = "",
    ) -> Entry | None:
        """The row of a running version; None: no row, or an edition that leaves it open.

        `product` is our product family, `train` the one a collector derived (else derived
        here), `edition` the product's own name (`Windows Server 2019 Standard`).
        """
        if product == "centos" and "stream" in edition.casefold():
            product = "centos-stream"  # which calls itself centos as well
        if (rows := self._trains.get(product)) is None:
            return None
        return rows.find(train or train_of(product, version), version, edition)

    @cached_property
    def _models(self) -> Models:
        return Models(row for row in self.entries if row.kind == "hardware")

    @cached_property
    def _trains(self) -> Mapping[str, Trains]:
        products: dict[str, list[Entry]] = {}
        for row in self.entries:
            if row.kind == "software":
                products.setdefault(row.product, []).append(row)
        return {product: Trains(rows) for product, rows in products.items()}
