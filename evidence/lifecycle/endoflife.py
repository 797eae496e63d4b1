"""endoflife.date's answers as rows: API v1 (one product, or `products/full`) and the older v0.

A field is a day or a boolean. `false` for an end is "no day announced": a blank, which is never
"supported". `true` is "has ended, the day is not told": the row then ends the day before it was
read, and its note says so. In v0 `support` is the other way round (`true` is still maintained),
and `extendedSupport` only says whether there is any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from evidence.errors import ConfigurationError, shown
from evidence.lifecycle.entry import ENDED, Entry, day_of
from evidence.lifecycle.families import Family, family_of

SITE = "https://endoflife.date"
EXTENDED = "last day = end of the extended support, which is a contract of its own"

# A day, "ended and no day told", "goes on or is not told".
_End = date | Literal[True] | None


@dataclass(frozen=True, slots=True)
class Product:
    """One product of an answer; `label` and `category` are "" where an older answer lacks them."""

    id: str
    releases: Sequence[Mapping[str, Any]]
    label: str = ""
    category: str = ""


def rows_of_products(
    products: Sequence[Product], known: Sequence[Entry], read_on: date
) -> tuple[list[Entry], list[str]]:
    """The rows in products, and what was left out and why.

    `known` are the rows there are: a release that they name keeps its name, and one that had
    ended on a day that nobody tells keeps the day it was first seen to have. Raises
    ConfigurationError (`catalogue_row`) naming the release whose date is none.
    """
    by_key = {one.key: one for one in known}
    rows: list[Entry] = []
    left: list[str] = []
    for product in products:
        family = family_of(product.id, product.label, product.category)
        for release in product.releases:
            row = _row(product.id, family, release, read_on)
            if row is None:
                left.append(f"{product.id} {_cycle(product.id, release)}: it tells no build")
            else:
                rows.append(_as_known(row, by_key.get(row.key)))
    return rows, left


def _row(site_id: str, family: Family, release: Mapping[str, Any], read_on: date) -> Entry | None:
    """None: a Windows release without the build by which it is known."""
    cycle = _cycle(site_id, release)
    match, rule, edition = cycle, "train", ""
    if family.product in _BUILDS:
        if (build := _build(release)) is None:
            return None
        match, rule, edition = build, "build", _edition(cycle)
    elif family.kind == "hardware":
        label = _label(release) or cycle
        match = label.upper() if family.name == "SNS" else f"{family.name} {label}"
        rule = "model"
    milestones, notes = _milestones(f"{site_id} {cycle}", family, release, read_on)
    return Entry(
        vendor=family.vendor,
        kind=family.kind,
        product=family.product,
        name=match if family.kind == "hardware" else f"{family.name} {cycle}",
        match=match,
        rule=rule,
        edition=edition,
        milestones=milestones,
        source_url=f"{SITE}/{site_id}",
        retrieved_on=read_on.isoformat(),
        confidence="secondary",
        note="; ".join(notes),
    )


def _as_known(row: Entry, known: Entry | None) -> Entry:
    if known is None:
        return row
    milestones = dict(row.milestones)
    if ENDED in row.note:
        told = (name for name, day in row.milestones.items() if day == _day_before(row))
        for name in told:
            milestones[name] = min(known.milestones.get(name, milestones[name]), milestones[name])
    return replace(row, vendor=known.vendor, name=known.name, milestones=milestones)


def _day_before(row: Entry) -> date:
    return date.fromisoformat(row.retrieved_on) - timedelta(days=1)


def _cycle(site_id: str, release: Mapping[str, Any]) -> str:
    cycle = str(release.get("name") or release.get("cycle") or "")
    if not cycle:
        raise ConfigurationError(f"{site_id}: a release has no name", code="catalogue_row")
    return cycle


def _label(release: Mapping[str, Any]) -> str:
    return str(release.get("label") or release.get("releaseLabel") or "")


def _milestones(
    name: str, family: Family, release: Mapping[str, Any], read_on: date
) -> tuple[dict[str, date], list[str]]:
    """The milestones of a release, and what is to be noted of them."""
    ends = _ends(name, release)
    found: dict[str, date] = {}
    for end, names in (
        (ends.sale, ("end_of_sale",)),
        (ends.maintenance, family.maintenance),
        (ends.support, family.end),
    ):
        if end is not None:
            day = read_on - timedelta(days=1) if end is True else end
            found |= dict.fromkeys(names, day)
    notes = [ENDED] if True in (ends.sale, ends.maintenance, ends.support) else []
    if family.is_extended and ends.extended is not None:
        # Fixes for everybody end before, and that milestone stays.
        found["last_day_of_support"] = ends.extended
        notes.append(EXTENDED)
    return found, notes


@dataclass(frozen=True, slots=True)
class _Ends:
    """`extended`: the day of longer support; None: there is none, or its day is not told."""

    sale: _End
    maintenance: _End
    support: _End
    extended: date | None


def _ends(name: str, release: Mapping[str, Any]) -> _Ends:
    get = release.get
    if "isEol" in release or "eolFrom" in release:
        return _Ends(
            _end(name, get("discontinuedFrom"), get("isDiscontinued")),
            _end(name, get("eoasFrom"), get("isEoas")),
            _end(name, get("eolFrom"), get("isEol")),
            _day(name, get("eoesFrom")),
        )
    return _Ends(
        _end(name, get("discontinued"), get("discontinued")),
        _end(name, get("support"), get("support") is False),
        _end(name, get("eol"), get("eol")),
        _day(name, get("extendedSupport", get("eoes"))),
    )


def _end(name: str, day: object, ended: object) -> _End:
    return _day(name, day) or (True if ended is True else None)


def _day(name: str, told: object) -> date | None:
    """The day that is told; None: a boolean, or nothing."""
    if told is None or isinstance(told, bool) or told == "":
        return None
    try:
        return day_of(str(told))
    except ValueError:
        raise ConfigurationError(
            f"{name}: {shown(str(told))} is no date of this time", code="catalogue_row"
        ) from None


# --- Windows: known by its build, and among releases of one build by its edition ---

_BUILDS = ("windows", "windows-server")
_CHANNELS = ("sac", "ac")


def _build(release: Mapping[str, Any]) -> str | None:
    """`latest` holds it: a text in v0, an object with a name in v1."""
    latest = release.get("latest")
    text = str(latest.get("name") if isinstance(latest, Mapping) else latest or "")
    found = re.match(r"\d+\.\d+\.\d{3,}", text)
    return found[0] if found else None


def _edition(cycle: str) -> str:
    """What of a release's name tells it from others of its build: `11-24h2-e-lts` → `e lts`,
    `2012-r2` → `2012 r2`, `2004-sac` → `2004`."""
    words = cycle.casefold().split("-")
    if re.fullmatch(r"\d{4}|\d\dh\d", words[0]):
        return " ".join(word for word in words if word not in _CHANNELS)
    return " ".join(word for word in words[1:] if word in ("e", "w", "iot", "lts"))
