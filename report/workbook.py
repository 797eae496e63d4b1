"""The work book: one sheet a table, every text a text. The same sections give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from unicodedata import east_asian_width

import xlsxwriter

from evidence.control import Verdict
from evidence.text import Text
from report.section import Cell, Column, Kind, Picture, Section, Table, printed

# Excel's own limits; xlsxwriter drops what lies beyond them without a word.
_MOST_CHARACTERS = 32_767
_MOST_ROWS = 1_048_576
_A3, _A4 = 8, 9
_A4_CHARACTERS = 200  # wider tables are printed on A3
_FONT = "Microsoft JhengHei"
_LINE_HEIGHT = 14  # points, at a font size of 10
_MOST_HEIGHT = 409  # points; Excel knows none higher
_CUT = Text(" … (in full in sections/)", " …（全文見 sections/）")

# Fill and letters. The word itself says the verdict, so that nothing hangs on the colour.
_COLOURS = {
    Verdict.satisfied: ("#C6EFCE", "#006100"),
    Verdict.partly: ("#FFEB9C", "#7F4F00"),
    Verdict.not_satisfied: ("#FFC7CE", "#9C0006"),
    Verdict.not_assessed: ("#E4DFEC", "#5F3A87"),
    Verdict.not_applicable: ("#EDEDED", "#595959"),
    Verdict.awaiting_evidence: ("#DDEBF7", "#1F4E78"),
    Verdict.undetermined: ("#D9E1F2", "#203864"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imprint:
    """What is printed on every page, and when the book was made: with the assessment, not now."""

    title: str
    mark: str
    digest: str
    made_at: datetime


def to_workbook(sections: Sequence[Section], imprint: Imprint, language: str) -> bytes:
    """The sections as XLSX."""
    out = BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            # A row is written to a file once the next one begins; texts stand in their cells.
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        },
    )
    # Excel's times have no zone; UTC, so that the same month gives the same bytes everywhere.
    created = imprint.made_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.set_properties({"title": imprint.title, "created": created})
    writer = _Writer(book, imprint, language)
    for section in sections:
        for table in section.all_tables:
            writer.sheet(table)
        for picture in section.pictures:
            writer.picture(picture)
    book.close()
    return out.getvalue()


class _Writer:
    """A work book being written, with its formats."""

    def __init__(self, book: Any, imprint: Imprint, language: str) -> None:
        self._book = book
        self._imprint = imprint
        self._language = language
        cell = {
            "font_name": _FONT,
            "font_size": 10,
            "text_wrap": True,
            "valign": "top",
            "border": 1,
            "border_color": "#BFBFBF",
            # As text: what is typed over it later stays text, too.
            "num_format": "@",
        }
        head = {**cell, "bold": True, "bg_color": "#1F3864", "font_color": "#FFFFFF"}
        self._head = book.add_format({**head, "valign": "vcenter", "align": "center"})
        self._zh = book.add_format({"font_name": _FONT, "bold": True, "font_color": "#FFFFFF"})
        self._en = book.add_format({"font_name": _FONT, "font_size": 8, "font_color": "#D9E1F2"})
        self._plain = book.add_format(cell)
        self._number = book.add_format({**cell, "num_format": "0", "align": "left"})
        self._digest = book.add_format({**cell, "font_name": "Consolas", "font_size": 8})
        self._person = book.add_format({**cell, "bg_color": "#FFFDF0", "locked": False})
        self._verdicts = {
            verdict: book.add_format(
                {**cell, "bg_color": fill, "font_color": letters, "bold": True, "align": "center"}
            )
            for verdict, (fill, letters) in _COLOURS.items()
        }

    def sheet(self, table: Table) -> None:
        """One table: headings that stay in view and on every page, a filter, one row each."""
        sheet = self._new(table.title, sum(column.width for column in table.columns))
        last = len(table.columns) - 1
        sheet.set_row(0, max(_heading_height(column) for column in table.columns))
        for place, column in enumerate(table.columns):
            sheet.set_column(place, place, column.width)
            both = (self._zh, column.heading.zh, self._en, f"\n{column.heading.en}")
            sheet.write_rich_string(0, place, *both, self._head)
        for line, row in enumerate(table.rows[: _MOST_ROWS - 2], start=1):
            lines = 1
            for place, column in enumerate(table.columns):
                text = self._write(sheet, line, place, row.get(column.key), column.kind)
                lines = max(lines, _lines(text, column.width))
            sheet.set_row(line, min(_LINE_HEIGHT * lines + 2, _MOST_HEIGHT))
        if not table.rows:
            self._write(sheet, 1, 0, table.empty, Kind.text)
        if len(table.rows) > _MOST_ROWS - 2:
            self._write(sheet, _MOST_ROWS - 1, 0, _CUT, Kind.text)
        sheet.autofilter(0, 0, max(1, min(len(table.rows), _MOST_ROWS - 1)), last)
        sheet.freeze_panes(1, table.pinned)
        sheet.repeat_rows(0)

    def picture(self, picture: Picture) -> None:
        """A picture on a sheet of its own, its caption above."""
        sheet = self._new(picture.caption, 0)
        sheet.write_string(0, 0, printed(picture.caption, self._language))
        sheet.insert_image(2, 0, picture.name, {"image_data": BytesIO(picture.png)})

    def _new(self, title: Text, width: int) -> Any:
        sheet = self._book.add_worksheet(title.in_(self._language)[:31])
        sheet.set_landscape()
        sheet.set_paper(_A3 if width > _A4_CHARACTERS else _A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(0)
        imprint = self._imprint
        sheet.set_header(f"&L{_amp(imprint.title)}&C&B&A&B&R{_amp(imprint.mark)}")
        sheet.set_footer(f"&L&8{imprint.digest}&R&P / &N")
        return sheet

    def _write(self, sheet: Any, line: int, place: int, cell: Cell, kind: Kind) -> str:
        """Write one cell and return its text."""
        if isinstance(cell, int):
            sheet.write_number(line, place, cell, self._number)
            return str(cell)
        form = self._plain
        if isinstance(cell, Verdict):
            form = self._verdicts[cell]
        elif kind is Kind.person:
            form = self._person
        elif kind is Kind.digest:
            form = self._digest
        if cell is None:
            sheet.write_blank(line, place, None, form)
            return ""
        # write_string, never write: a device that names itself `=cmd…` stays a name.
        text = self._fitting(printed(cell, self._language))
        sheet.write_string(line, place, text, form)
        return text

    def _fitting(self, text: str) -> str:
        if len(text) <= _MOST_CHARACTERS:
            return text
        cut = _CUT.in_(self._language)
        return text[: _MOST_CHARACTERS - len(cut)] + cut


def _heading_height(column: Column) -> int:
    chinese, english = column.heading.zh, column.heading.en
    return _LINE_HEIGHT * (_lines(chinese, column.width) + _lines(english, column.width + 2)) + 6


def _lines(text: str, width: int) -> int:
    """How many lines a text takes in a column. Only some programs work it out when they open a
    book, so the height is written down."""
    room = max(width - 1, 1)
    return sum(max(1, -(-_breadth(line) // room)) for line in text.split("\n"))


def _breadth(text: str) -> int:
    """The breadth of a text in Latin characters; Chinese ones take two."""
    if text.isascii():
        return len(text)
    return len(text) + sum(east_asian_width(one) in "WF" for one in text)


def _amp(text: str) -> str:
    """Text for a page header: short (all parts share 255 characters), `&` as a mere letter."""
    return text[:70].replace("&", "&&")
