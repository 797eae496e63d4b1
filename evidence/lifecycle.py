"""Lifecycle dates: a dated catalogue of facts, and finding the row of a model or version in it.

No row is "no lifecycle data", and a blank date is "not published": neither means supported.
Dates move, because vendors extend: every answer carries its source and how sure it is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from evidence.errors import ConfigurationError
from evidence.reading import canonical
from evidence.trains import train as train_of

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row: a model, a model family or a software train, and its milestones.

    `rule` says how `match` is compared. Hardware: `model` (the whole model; a variant with a
    hyphen, plus or letter behind it is another model), `family` (the same, but a hyphen may
    follow: port counts), `prefix` (anything may follow). Software: `train`, or `build` with
    the `edition` deciding among rows that share it.
    `milestones` lacks what is not published; a month stands for its last day. `retrieved_on`
    is a day or a month, as known; "" where only the year is.
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
        }

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Entry:
        days = record["milestones"].items()
        milestones = {name: date.fromisoformat(day) for name, day in days}
        return cls(**{**record, "milestones": milestones})


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
        return cls(dated, tuple(_entry(row, number) for number, row in enumerate(rows, start=2)))

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

    def age_days(self, today: date) -> int:
        return (today - self.dated).days

    def find_hardware(self, vendor: str | None, model: str) -> Entry | None:
        """The row of a model as the device reports it; the longest match wins, None: no row.

        Without a vendor only the model as reported is compared: `5600` alone names nothing.
        """
        rows = [row for row in self.entries if row.kind == "hardware" and _same(vendor, row.vendor)]
        for text in _spellings(model) if vendor else (_plain(model),):
            found = [row for row in rows if _matches(row, text)]
            if found:
                return max(found, key=lambda row: len(_plain(row.match)))
        return None

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
        rows = [row for row in self.entries if row.kind == "software" and row.product == product]
        wanted = train or train_of(product, version)
        exact = [row for row in rows if wanted and row.match.casefold() == wanted.casefold()]
        if exact and exact[0].rule == "build":
            return _by_edition(exact, edition)
        if exact:
            return exact[0]
        # Trains are compared number by number, the longest first: 7.10 is not 7.1.
        numbers = _numbers(wanted or version)
        leading = [row for row in rows if _leads(_numbers(row.match), numbers)]
        return max(leading, key=lambda row: len(row.match), default=None)


def _entry(row: Mapping[str, str], number: int) -> Entry:
    missing = [name for name in COLUMNS if row.get(name) is None]
    if missing:
        raise ConfigurationError(
            f"lifecycle catalogue, row {number}: column `{missing[0]}` is missing",
            code="catalogue_row",
        )
    try:
        milestones = {name: _day(row[name]) for name in MILESTONES if row[name].strip()}
    except ValueError:
        raise ConfigurationError(
            f"lifecycle catalogue, row {number}: a date is YYYY-MM-DD or YYYY-MM",
            code="catalogue_row",
        ) from None
    texts = {name: row[name].strip() for name in COLUMNS if name not in MILESTONES}
    return Entry(**texts, milestones=milestones)


def _day(text: str) -> date:
    """The day; a month stands for its last one."""
    parts = [int(part) for part in text.strip().split("-")]
    if len(parts) == 2:
        return date(parts[0], parts[1], monthrange(parts[0], parts[1])[1])
    year, month, day = parts
    return date(year, month, day)


_STOP_WORDS = frozenset(
    ("networks", "systems", "technologies", "inc", "corporation", "corp", "software", "the", "and")
)


def _same(vendor: str | None, other: str) -> bool:
    """Whether two spellings name one vendor: they share a word that is not a common one."""
    return vendor is None or bool(_words(vendor) & _words(other) - _STOP_WORDS)


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.casefold()))


def _plain(model: str) -> str:
    """A model as compared: upper case, no licence or spare mark, no space around a hyphen."""
    text = re.sub(r"\s*-\s*", "-", " ".join(model.upper().split()))
    if model.rstrip().endswith("-") and not text.endswith("-"):
        text += "-"
    while (shorter := re.sub(r"(=|\+\+|/K9|-K9)$", "", text)) != text:
        text = shorter
    return text


_FORTINET = re.compile(r"^(FGT?|FWF)_?(?:(\d)([HK])(\d)|(\d+))([A-Z].*)$")


def _spellings(model: str) -> Iterator[str]:
    """The model as reported, then as vendors write the same thing elsewhere.

    A label may stand before the model (`HPE 5130 … JG932A`), a space within (`ASA 5516-X`,
    `TZ 400`), a name before a number (`Aruba7205`), a short form for it (`FG3H0E` = 300E).
    """
    text = _plain(model)
    yield text
    if text.startswith("ASA "):
        yield text.replace("ASA ", "ASA", 1)
    if short := _FORTINET.match(text):
        scale = {"H": 100, "K": 1000}.get(short[3] or "", 0)
        number = short[5] or str(int(short[2]) * scale + int(short[4]) * scale // 10)
        yield ("FORTIWIFI-" if short[1] == "FWF" else "FORTIGATE-") + number + short[6]
    if joined := re.match(r"^([A-Z]+)(\d.*)$", text):
        yield f"{joined[1]} {joined[2]}"
    yield f"CHECK POINT {text}"
    yield text.removeprefix("ARUBA")
    yield f"AP-{text}"
    tokens = text.split()
    for start in range(1, len(tokens)):
        yield " ".join(tokens[start:])


def _matches(row: Entry, text: str) -> bool:
    match = _plain(row.match)
    if not text.startswith(match):
        return False
    after = text[len(match) :][:1]
    if row.rule == "prefix":
        return True
    if row.rule == "family":
        return not after.isalnum()
    return not after.isalnum() and after not in ("-", "+")


def _by_edition(rows: list[Entry], name: str) -> Entry | None:
    """The row of an edition among rows that share a build. Several and none fitting: None."""
    if len(rows) == 1:
        return rows[0]
    words = _words(name)
    for marks, word in (
        ({"enterprise", "education"}, "e"),
        ({"pro", "home", "professional", "core"}, "w"),
        ({"ltsc", "ltsb"}, "lts"),
    ):
        if words & marks:
            words.add(word)
    words |= {f"sp{number}" for number in re.findall(r"service pack (\d)", name.casefold())}
    fitting = [row for row in rows if set(row.edition.split()) <= words]
    return max(fitting, key=lambda row: len(row.edition.split()), default=None)


def _numbers(version: str) -> tuple[int, ...]:
    """The leading dotted numbers: `7.10.2-rc1` → 7, 10, 2; () when it does not start with one."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _leads(match: tuple[int, ...], version: tuple[int, ...]) -> bool:
    return bool(match) and version[: len(match)] == match
