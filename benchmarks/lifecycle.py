"""Matching an inventory to the lifecycle catalogue, beside looking at each row in turn."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from agent.catalogue import load_catalogue
from benchmarks.result import Result, beside, spent
from evidence.lifecycle import Catalogue, Entry


@dataclass(frozen=True, slots=True)
class Item:
    """A part or a release as it is reported, and the row it was made from (None: of no row)."""

    vendor: str
    product: str | None
    said: str
    row: Entry | None


def run(*, items: int = 100_000, scanned: int = 200, rounds: int = 3) -> Iterator[Result]:
    """Every item finds its row, or none where there is none. The peer does it for a few."""
    catalogue = load_catalogue(date.max)  # the newest, which is the longest
    made = list(_made(catalogue, items))
    found: list[Entry | None] = []

    def find_all() -> None:
        # A catalogue of its own each time, so that its index is paid for.
        fresh = Catalogue(catalogue.dated, catalogue.entries)
        found[:] = (_find(fresh, item) for item in made)

    ours, peer = beside(
        lambda: spent(find_all)[0],
        lambda: spent(lambda: [_scan(catalogue.entries, item) for item in made[:scanned]])[0],
        rounds,
    )
    pairs = zip(found, made, strict=True)
    wrong = sum(_match(one) != _match(item.row) for one, item in pairs)
    yield Result(
        name="lifecycle: matched",
        ours=items / ours.wall_s,
        peer=scanned / peer.wall_s,
        unit="items/s",
        against="a look at each row",
        truth=not wrong,
        note=f"{items:,} items, {len(catalogue.entries):,} rows in {ours.wall_s:.2f} s; "
        f"wrong: {wrong}",
    )


def _made(catalogue: Catalogue, items: int) -> Iterator[Item]:
    """Half hardware, half software, all versions different; one in nine is of no row."""
    chance = random.Random(17010)
    hardware = [row for row in catalogue.entries if row.kind == "hardware"]
    software = [row for row in catalogue.entries if row.product == "fortios"]
    for number in range(items):
        known = number % 9 > 0
        row = chance.choice(software if number % 2 else hardware)
        if row.kind == "software":
            said = f"{row.match}.{number}" if known else f"0.{number}"
        else:
            said = row.match if known else f"UNHEARD-OF-{number}"
        product = row.product if row.kind == "software" else None
        yield Item(row.vendor, product, said, row if known else None)


def _match(row: Entry | None) -> str | None:
    return None if row is None else row.match


def _find(catalogue: Catalogue, item: Item) -> Entry | None:
    if item.product is None:
        return catalogue.find_hardware(item.vendor, item.said)
    return catalogue.find_software(item.vendor, item.product, item.said)


def _scan(rows: Sequence[Entry], item: Item) -> Entry | None:
    """The longest match of the vendor's with which it begins: less than what is asked of ours."""
    vendor, said = item.vendor.casefold(), item.said.casefold()
    fitting = [
        row
        for row in rows
        if row.vendor.casefold() == vendor and said.startswith(row.match.casefold())
    ]
    return max(fitting, key=lambda row: len(row.match), default=None)
