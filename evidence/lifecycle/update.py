"""An update of the catalogue: what was read, what it would change, and what is never taken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from evidence.errors import ConfigurationError
from evidence.lifecycle import Catalogue, Entry
from evidence.lifecycle.endoflife import rows_of_products
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
    """A row that comes (`before` is None), goes (`after` is None), or has other milestones."""

    before: Entry | None
    after: Entry | None

    @property
    def word(self) -> str:
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


def _products(content: Any, name: str) -> list[tuple[str, Sequence[Mapping[str, Any]]]]:
    if isinstance(content, list):
        return [(name, content)]
    result = content["result"]
    found = result if isinstance(result, list) else [result]
    return [(str(one["name"]), one["releases"]) for one in found]


def joined(offers: Iterable[Offer]) -> Offer:
    """Several answers as one, of which each product may be in one only."""
    parts = list(offers)
    return Offer(
        tuple(row for one in parts for row in one.rows),
        tuple(text for one in parts for text in one.left_out),
        any(one.whole for one in parts),
    )


def updated(catalogue: Catalogue, offer: Offer, dated: date) -> tuple[Catalogue, list[Change]]:
    """The catalogue with the offer taken, and what that changes.

    A row that the offer does not touch grows no younger: it is vouched for as before. Raises
    ConfigurationError (`catalogue_row`) for rows that name the same thing twice.
    """
    refuse_twice(offer.rows)
    before = {one.key: one for one in catalogue.entries}
    new = {one.key: one for one in offer.rows}
    vouched = catalogue.dated.isoformat()
    kept = {
        key: replace(one, confirmed_on=one.confirmed_on or vouched)
        for key, one in before.items()
        if key not in new and not offer.whole
    }
    changes = [
        Change(before.get(key), row)
        for key, row in new.items()
        if key not in before or before[key].milestones != row.milestones
    ]
    changes += [Change(row, None) for key, row in before.items() if key not in {**new, **kept}]
    order = [*(key for key in before if key in new or key in kept)]
    order += [key for key in new if key not in before]
    rows = tuple(new.get(key) or kept[key] for key in order)
    return Catalogue(dated, rows), changes


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
