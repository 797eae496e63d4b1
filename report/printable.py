"""The report on paper: the month as PDF, its fonts within it, its last page to be signed.

Not everything. Rows with nothing to do need no paper, and of a long list the first rows are
printed, with the number of the others and where they lie: the work book and `sections/` hold all.
The same assessment gives the same bytes where the same fonts are installed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from evidence.clock import stamp
from evidence.control import Verdict
from evidence.text import Text
from report.section import Column, Kind, Row, Section, Table, file_name, printed
from report.sign_page import HEADINGS, TITLE, SignPage
from report.typeset import typeset
from report.workbook import Imprint

MOST_ROWS = 100
# For machines to follow, or everything that was found: no matter for paper.
_NOT_ON_PAPER = frozenset({"index", "requests", "inventory", "coverage"})
_NOTHING_TO_DO = (Verdict.satisfied, Verdict.not_applicable)
_A4_CHARACTERS = 170
_SKIPPED = Text("{} rows with nothing to do are not printed.", "無待辦事項之 {} 列未列印。")
_LEFT = Text("{} more rows are in sections/{}.", "另有 {} 列，詳 sections/{}。")


@dataclass(frozen=True, slots=True)
class Paper:
    """Pages that are laid out and not set yet: a few hundred kilobytes, while setting them takes
    hundreds of megabytes. Whoever holds a month lets go of it before."""

    html: str
    identifier: str

    def to_pdf(self) -> bytes:
        """Raises EnvironmentProblem `env_pdf` where the machine cannot set type."""
        return typeset(self.html, self.identifier)


def to_paper(
    sections: Sequence[Section],
    imprint: Imprint,
    language: str,
    sign: SignPage,
) -> Paper:
    """The sections laid out, and the page to sign after them."""
    html = _template().render(
        title=imprint.title,
        mark=imprint.mark,
        digest=imprint.digest,
        made_at=stamp(imprint.made_at),
        language="en" if language == "en" else "zh-Hant-TW",
        sheets=[
            _Sheet(section, table, language)
            for section in sections
            if section.id not in _NOT_ON_PAPER
            for table in section.all_tables
        ],
        sign=TITLE.in_(language),
        anchors=[(name.in_(language), value) for name, value in sign.anchors],
        signing=[one.in_(language) for one in HEADINGS],
        seats=[
            (one.title.in_(language), printed(one.signed, language), one.record)
            for one in sign.seats
        ],
        note=printed(sign.note, language),
    )
    return Paper(html, imprint.digest)


@dataclass(frozen=True)
class _Sheet:
    """A table as the template sees it."""

    section: Section
    table: Table
    language: str

    @property
    def title(self) -> str:
        return self.table.title.in_(self.language)

    @property
    def size(self) -> str:
        wide = sum(column.width for column in self.table.columns) > _A4_CHARACTERS
        return "wide" if wide else "plain"

    @property
    def columns(self) -> list[tuple[str, float]]:
        """Each column's heading and its part of the page's width."""
        total = sum(column.width for column in self.table.columns)
        return [
            (column.heading.in_(self.language), 100 * column.width / total)
            for column in self.table.columns
        ]

    @property
    def rows(self) -> Iterator[list[tuple[str, str]]]:
        """Each row's cells: the class that says how it looks, and the text."""
        for row in self._to_do[:MOST_ROWS]:
            yield [self._cell(row, column) for column in self.table.columns]

    @property
    def notes(self) -> list[str]:
        """What is not printed, or that there is nothing."""
        said = [self.table.empty] if not self.table.rows else []
        done = len(self.table.rows) - len(self._to_do)
        left = len(self._to_do) - MOST_ROWS
        name = file_name(self.section, self.table)
        return [
            *(one.in_(self.language) for one in said),
            *([_SKIPPED.in_(self.language).format(done)] if done else []),
            *([_LEFT.in_(self.language).format(left, name)] if left > 0 else []),
        ]

    @property
    def _to_do(self) -> Sequence[Row]:
        """The working paper is printed whole: it has a row for each clause."""
        verdicts = [one.key for one in self.table.columns if one.kind is Kind.verdict]
        if not verdicts or self.table.id == "controls":
            return self.table.rows
        return [
            row
            for row in self.table.rows
            if any(row.get(key) not in _NOTHING_TO_DO for key in verdicts)
        ]

    def _cell(self, row: Row, column: Column) -> tuple[str, str]:
        value = row.get(column.key)
        look = value.value if isinstance(value, Verdict) else column.kind.value
        return look, printed(value, self.language)


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    text = files("report").joinpath("printable.html").read_text("utf-8")
    return environment.from_string(text)
