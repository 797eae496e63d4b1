"""A section of the pack: the one form that work book, CSV and JSON are written from.

A section knows nothing of files: a new output reads these types, a new section makes them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from evidence.control import Verdict
from evidence.text import Text
from report.streamed import Make, made

Cell = str | int | Text | Verdict | None
"""What stands in a table. None: nothing yet, a person writes here. What a device did not say
is said in words (`words.UNTOLD`), never left empty."""

Row = Mapping[str, Cell]

# What would drive a terminal, or show text in another order than it is stored; XML bars some too.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


class Kind(StrEnum):
    """What a column holds. `person`: what people write, by hand or later through the store."""

    text = "text"
    number = "number"
    verdict = "verdict"
    digest = "digest"
    person = "person"


@dataclass(frozen=True, slots=True)
class Column:
    """`width` in characters of the work book's standard font; a Chinese character takes two."""

    key: str
    heading: Text
    width: int = 16
    kind: Kind = Kind.text


NONE = Text("none this month", "本月無")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns. `empty` is printed where there is no row: silence would say nothing.

    `pinned`: how many columns stay in view when the sheet is moved sideways.
    """

    id: str
    title: Text
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: Text = NONE
    pinned: int = 0

    def record(self, listed: Callable[[Make], list[Any]] = made) -> dict[str, Any]:
        """`listed` is `Streamed` where the rows are to be made as they are written."""
        return {
            "id": self.id,
            "title": self.title.record(),
            "columns": [
                {"key": one.key, "heading": one.heading.record(), "kind": one.kind.value}
                for one in self.columns
            ],
            "rows": listed(self._plain_rows),
            "empty": self.empty.record(),
        }

    def _plain_rows(self) -> Iterator[dict[str, Any]]:
        for row in self.rows:
            yield {one.key: _plain(row.get(one.key)) for one in self.columns}


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with its caption."""

    name: str
    caption: Text
    png: bytes

    def record(self) -> dict[str, Any]:
        digest = sha256(self.png).hexdigest()
        return {"name": self.name, "caption": self.caption.record(), "sha256": digest}


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One subject of the pack. `registers` are tables that people carry on from month to month."""

    id: str
    title: Text
    tables: tuple[Table, ...] = ()
    registers: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()

    @property
    def all_tables(self) -> tuple[Table, ...]:
        return self.tables + self.registers

    def record(self, listed: Callable[[Make], list[Any]] = made) -> dict[str, Any]:
        return {
            "id": self.id,
            "title": self.title.record(),
            "tables": [table.record(listed) for table in self.tables],
            "registers": [table.record(listed) for table in self.registers],
            "pictures": [picture.record() for picture in self.pictures],
        }


def file_name(section: Section, table: Table) -> str:
    """The name of a table's CSV among the sections."""
    return f"{table.id if table.id == section.id else f'{section.id}-{table.id}'}.csv"


def printed(cell: Cell, language: str) -> str:
    """A cell as people read it; control and direction characters are written out (`\\x1b`)."""
    if cell is None:
        return ""
    if isinstance(cell, Verdict):
        cell = cell.text
    text = cell.in_(language) if isinstance(cell, Text) else str(cell)
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def heading(column: Column, between: str) -> str:
    """A column's heading in both languages, Chinese first."""
    return f"{column.heading.zh}{between}{column.heading.en}"


def _plain(cell: Cell) -> Any:
    if isinstance(cell, Text):
        return cell.record()
    return cell.value if isinstance(cell, Verdict) else cell
