"""One row of the catalogue: what it names, when that ends, and who says so."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from evidence.errors import ConfigurationError, shown

MILESTONES = (
    "end_of_sale",
    "end_of_software_maintenance",
    "end_of_security_fixes",
    "last_day_of_support",
)
COLUMNS = (
    *("vendor", "kind", "product", "name", "match", "rule", "edition"),
    *MILESTONES,
    *("source_url", "retrieved_on", "confidence", "note"),
)
# In a row's note: its end is the day before it was read, for nobody tells a nearer one.
ENDED = "ended by then; the day is not told"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: a model, a model family or a software train, and its milestones.

    `rule` says how `match` is compared. Hardware: `model` (the whole model; a variant with a
    hyphen, plus or letter behind it is another model), `family` (the same, but a hyphen may
    follow: port counts), `prefix` (anything may follow). Software: `train`, or `build` with
    the `edition` deciding among rows that share it.
    `milestones` lacks what is not published; a month stands for its last day. `retrieved_on`
    is a day or a month, as known; "" where only the year is. `confirmed_on` is the day of the
    catalogue that last vouched for the row, where a later one only took it over.
    """

    vendor: str
    kind: str
    product: str
    name: str
    match: str
    rule: str
    edition: str
    milestones: Mapping[str, date]
    source_url: str
    retrieved_on: str
    confidence: str
    note: str
    confirmed_on: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        """What it names: a catalogue has one row for it. Of software the product says whose it
        is, and vendors are written in several ways."""
        vendor = "" if self.kind == "software" else self.vendor.casefold()
        return self.kind, vendor, self.product, self.match.casefold(), self.edition

    def row(self) -> dict[str, str]:
        """As in a CSV file, under `COLUMNS` and `confirmed_on`."""
        texts = {name: getattr(self, name) for name in COLUMNS if name not in MILESTONES}
        days = {name: self.milestones.get(name) for name in MILESTONES}
        written = {name: day.isoformat() if day else "" for name, day in days.items()}
        return {**texts, **written, "confirmed_on": self.confirmed_on}

    def record(self) -> dict[str, Any]:
        return {
            "vendor": self.vendor,
            "kind": self.kind,
            "product": self.product,
            "name": self.name,
            "match": self.match,
            "rule": self.rule,
            "edition": self.edition,
            "milestones": {name: day.isoformat() for name, day in self.milestones.items()},
            "source_url": self.source_url,
            "retrieved_on": self.retrieved_on,
            "confidence": self.confidence,
            "note": self.note,
            # Shipped rows have none, and their digest is older than the field.
            **({"confirmed_on": self.confirmed_on} if self.confirmed_on else {}),
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Entry:
        days = record["milestones"].items()
        milestones = {name: date.fromisoformat(day) for name, day in days}
        return cls(**{**record, "milestones": milestones})


def entry_of(row: Mapping[str, str], number: int) -> Entry:
    missing = [name for name in COLUMNS if row.get(name) is None]
    if missing:
        raise ConfigurationError(
            f"lifecycle catalogue, row {number}: column `{missing[0]}` is missing",
            code="catalogue_row",
        )
    try:
        milestones = {name: day_of(row[name]) for name in MILESTONES if row[name].strip()}
        confirmed_on = (row.get("confirmed_on") or "").strip()
        if confirmed_on:
            day_of(confirmed_on)
    except ValueError:
        raise ConfigurationError(
            f"lifecycle catalogue, row {number}: a date is YYYY-MM-DD or YYYY-MM, "
            f"from {_YEARS.start} to {_YEARS.stop - 1}",
            code="catalogue_row",
        ) from None
    texts = {name: row[name].strip() for name in COLUMNS if name not in MILESTONES}
    if (why := _finds_nothing(texts)) is not None:
        raise ConfigurationError(f"lifecycle catalogue, row {number}: {why}", code="catalogue_row")
    return Entry(**texts, milestones=milestones, confirmed_on=confirmed_on)


# How a row may be compared, by kind.
_RULES = {"hardware": ("prefix", "family", "model"), "software": ("train", "build")}


def _finds_nothing(texts: Mapping[str, str]) -> str | None:
    """Why no device would ever be found by a row, which is as if it were not there; or None."""
    rules = _RULES.get(texts["kind"])
    if rules is None:
        return f"`kind` is {' or '.join(_RULES)}, not {shown(texts['kind'])}"
    if texts["rule"] not in rules:
        return f"`rule` of {texts['kind']} is {', '.join(rules)}, not {shown(texts['rule'])}"
    if not texts["match"] or (texts["kind"] == "software" and not texts["product"]):
        return "`match` is empty" if not texts["match"] else "`product` is empty"
    return None


# A slip of the finger (20222) or another calendar (111) is refused, not judged by.
_YEARS = range(1980, 2101)


def day_of(text: str) -> date:
    """The day; a month stands for its last one. Raises ValueError, for an absurd year too."""
    parts = [int(part) for part in text.strip().split("-")]
    if parts[0] not in _YEARS:
        raise ValueError(f"{parts[0]} is no year of this time")
    if len(parts) == 2:
        return date(parts[0], parts[1], monthrange(parts[0], parts[1])[1])
    year, month, day = parts
    return date(year, month, day)
