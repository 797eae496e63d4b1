"""An update of the catalogue: what was read, what it would change, and what is never taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from evidence.errors import ConfigurationError
from evidence.lifecycle import Catalogue, Entry
from evidence.lifecycle.endoflife import Product, rows_of_products
from evidence.lifecycle.eox import RECORDS, rows_of_eox


@dataclass(frozen=True, slots=True)
class Offer:
    """Rows as read. `whole`: they are a catalogue, so a row that is not among them goes.
    `left_out`: what was read and not taken, with the reason."""

    rows: tuple[Entry, ...]
    left_out: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """A row that comes (`before` is None), goes (`after` is None), has other milestones, or is
    compared by another rule, which gives it other devices. `kept`: `after` is not taken, because
    `before` is what the vendor says."""

    before: Entry | None
    after: Entry | None
    kept: bool = False

    @property
    def word(self) -> str:
        if self.kept:
            return "kept"
        if self.before is None:
            return "comes"
        return "goes" if self.after is None else "changes"


def offer_of_json(content: Any, name: str, known: Sequence[Entry], read_on: date) -> Offer:
    """The rows in parsed JSON: endoflife.date's API, or an EoX answer. `name` is the file's
    without its ending: the older API names a product nowhere else.

    Raises ConfigurationError (`catalogue_update`, `catalogue_row`).
    """
    try:
        if isinstance(content, Mapping) and RECORDS in content:
            rows, left = rows_of_eox(content, read_on)
        else:
            rows, left = rows_of_products(_products(content, name), known, read_on)
    except (KeyError, TypeError, AttributeError):
        raise ConfigurationError(
            f"{name}: it is neither endoflife.date's JSON nor an EoX answer",
            code="catalogue_update",
        ) from None
    return Offer(tuple(rows), tuple(left))


def _products(content: Any, name: str) -> list[Product]:
    if isinstance(content, list):
        return [Product(name, content)]
    result = content["result"]
    found = result if isinstance(result, list) else [result]
    if found and not any("releases" in one for one in found):
        raise ConfigurationError(
            f"{name}: it names products without their releases",
            code="catalogue_update",
            next_step="take https://endoflife.date/api/v1/products/full instead",
        )
    return [
        Product(
            str(one["name"]),
            one["releases"],
            str(one.get("label") or ""),
            str(one.get("category") or ""),
        )
        for one in found
    ]


def joined(offers: Iterable[Offer]) -> Offer:
    """Several answers as one. What two of them say alike is said once."""
    parts = list(offers)
    rows: dict[tuple[tuple[str, ...], tuple[tuple[str, date], ...]], Entry] = {}
    for row in (row for one in parts for row in one.rows):
        rows.setdefault((row.key, tuple(sorted(row.milestones.items()))), row)
    return Offer(
        tuple(rows.values()),
        tuple(text for one in parts for text in one.left_out),
        any(one.whole for one in parts),
    )


def updated(catalogue: Catalogue, offer: Offer, dated: date) -> tuple[Catalogue, list[Change]]:
    """The catalogue with the offer taken, and what that changes.

    A row that the offer does not touch grows no younger: it is vouched for as before. The
    vendor's own dates are not changed by what somebody else tells of them: what agrees confirms
    the row, what does not is told (`kept`). A whole catalogue is taken as it is. Raises
    ConfigurationError (`catalogue_row`) for rows that name the same thing twice.
    """
    refuse_twice(offer.rows)
    before = {one.key: one for one in catalogue.entries}
    vouched = catalogue.dated.isoformat()
    left = {
        key: replace(one, confirmed_on=one.confirmed_on or vouched) for key, one in before.items()
    }
    new: dict[tuple[str, ...], Entry] = {}
    changes: list[Change] = []
    for row in offer.rows:
        was = before.get(row.key)
        if was is None or offer.whole or not _is_hearsay(row, was):
            new[row.key] = row
        elif _agree(row, was):
            new[row.key] = replace(was, confirmed_on=dated.isoformat())
        else:
            new[row.key] = left[row.key]
            changes.append(Change(was, row, kept=True))
            continue
        if was is None or _says(was) != _says(new[row.key]):
            changes.append(Change(was, new[row.key]))
    kept = {} if offer.whole else left
    changes += [Change(row, None) for key, row in before.items() if key not in {**new, **kept}]
    order = [*(key for key in before if key in new or key in kept)]
    order += [key for key in new if key not in before]
    rows = tuple(new.get(key) or kept[key] for key in order)
    return Catalogue(dated, rows), changes


def _says(row: Entry) -> tuple[str, Mapping[str, date]]:
    return row.rule, row.milestones


def _is_hearsay(row: Entry, before: Entry) -> bool:
    return before.confidence == "vendor" and row.confidence != "vendor"


def _agree(row: Entry, before: Entry) -> bool:
    """Whether no day that both tell differs, and there is one."""
    both = row.milestones.keys() & before.milestones.keys()
    return bool(both) and all(row.milestones[name] == before.milestones[name] for name in both)


def removed_share(catalogue: Catalogue, changes: Sequence[Change]) -> float:
    """The part of the catalogue's rows that would go."""
    gone = sum(one.after is None for one in changes)
    return gone / len(catalogue.entries) if catalogue.entries else 0.0


def refuse_twice(rows: Sequence[Entry]) -> None:
    """Raises ConfigurationError (`catalogue_row`): two rows name the same, whatever they say."""
    seen: dict[tuple[str, ...], Entry] = {}
    for row in rows:
        first = seen.setdefault(row.key, row)
        if first is row:
            continue
        agree = "twice" if first.milestones == row.milestones else "with other dates"
        raise ConfigurationError(
            f"lifecycle catalogue: {row.vendor} {row.match} {row.edition}".rstrip()
            + f" stands in it {agree} (`{first.name}` and `{row.name}`)",
            code="catalogue_row",
        )
