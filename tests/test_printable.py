"""The report on paper: Chinese in fonts of its own, a page to sign, devices' words inert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from agent.pack import make_pack
from evidence.control import Verdict
from evidence.errors import EnvironmentProblem
from evidence.pack import read_pack
from evidence.text import Text
from report.printable import MOST_ROWS, to_paper
from report.section import Column, Kind, Row, Section, Table
from report.sign_page import Seat, SignPage
from report.workbook import Imprint
from tests.fixtures_pack import HOSTILE, MonthPack

AT = datetime(2026, 11, 30, tzinfo=UTC)
# What sets type is a library of the system, and takes a second for a page.
pytestmark = pytest.mark.whole

MARK = "暫定：未納入簽核"
ROOT = "5e" * 32
SEATS = (Seat(Text("Reviewed by", "覆核主管"), Text("nobody", "尚無人電子簽核")),)
COLUMNS = (
    Column("subject", Text("Subject", "對象"), 40),
    Column("verdict", Text("Result", "查核結果"), 10, Kind.verdict),
)


def section(*rows: Row, id: str = "findings") -> Section:
    title = Text("Findings", "查核發現明細")
    return Section(
        id=id, title=title, tables=(Table(id=id, title=title, columns=COLUMNS, rows=rows),)
    )


def pdf(*sections: Section, title: str = "範例證券 2026-11") -> bytes:
    imprint = Imprint(title=title, mark=MARK, digest="assessment sha256 00", made_at=AT)
    sign = SignPage([(Text("Root of the log", "紀錄樹根值"), ROOT)], SEATS)
    return to_paper(sections, imprint, "zh-TW", sign).to_pdf()


def printed(*sections: Section, title: str = "範例證券 2026-11") -> PdfReader:
    return PdfReader(BytesIO(pdf(*sections, title=title)))


def text_of(reader: PdfReader) -> str:
    return "".join(page.extract_text() for page in reader.pages)


def descriptors(reader: PdfReader) -> Iterator[Any]:
    """What the file holds of each font of each page."""
    for page in reader.pages:
        fonts: Any = page["/Resources"]
        for font in fonts["/Font"].values():
            yield font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"]


def row(name: str, verdict: Verdict = Verdict.not_satisfied) -> Row:
    return {"subject": name, "verdict": verdict}


@pytest.mark.part("cjk-fonts")
def test_chinese_is_printed_in_embedded_fonts_with_mark_root_and_seats() -> None:
    reader = printed(section(row("防火牆規則")))
    said = text_of(reader)
    for words in ("範例證券", MARK, "防火牆規則", "不符合", "簽章頁", "覆核主管", ROOT):
        assert words in said
    fonts = list(descriptors(reader))
    assert fonts
    assert all({"/FontFile2", "/FontFile3"} & set(font) for font in fonts)


def test_the_same_is_printed_as_the_same_bytes() -> None:
    one = section(row("防火牆規則"), row("fine", Verdict.satisfied))
    assert pdf(one) == pdf(one)


def test_what_needs_nothing_is_counted_and_not_printed() -> None:
    said = text_of(printed(section(row("left"), *[row("fine", Verdict.satisfied)] * 3)))
    assert "left" in said and "fine" not in said
    assert "無待辦事項之 3 列未列印" in said


def test_of_a_long_list_the_rest_is_counted_and_its_place_named() -> None:
    said = text_of(printed(section(*(row(f"rule-{n}") for n in range(MOST_ROWS + 7)))))
    assert "另有 7 列，詳 sections/findings.csv" in said
    assert f"rule-{MOST_ROWS - 1}" in said and f"rule-{MOST_ROWS}" not in said


def test_the_working_paper_is_printed_whole_and_an_empty_table_says_so() -> None:
    said = text_of(printed(section(row("kept", Verdict.satisfied), id="controls"), section()))
    assert "kept" in said and "本月無" in said


def test_the_words_of_devices_are_only_words() -> None:
    payload = '<img src="file:///etc/hostname"><script>x</script>{{ 7*7 }}' + HOSTILE
    reader = printed(section(row(payload)), title='"} body { display: none } <b>')
    said = text_of(reader).replace("\n", "")
    assert "<script>x</script>" in said and "{{ 7*7 }}" in said and "不符合" in said
    assert "\x1b" not in said and "display: none" in said
    assert not any(page.images for page in reader.pages)


def test_a_pack_without_what_sets_type_is_a_pack_and_says_why(
    month_pack: MonthPack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a machine without libpango, which cannot be had beside one with it.
    (tmp_path / "weasyprint.py").write_text("raise OSError('cannot load library libpango')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    broker = month_pack.broker
    said: list[EnvironmentProblem] = []
    path = make_pack(
        broker.config,
        broker.agent,
        month_pack.assessed,
        tmp_path / "packs",
        on_unprinted=said.append,
    )
    (problem,) = said
    assert problem.code == "env_pdf" and "cannot load library libpango" in problem.message
    assert read_pack(path.read_bytes()).statement.predicate["printed"] is False


@pytest.mark.part("cjk-fonts")
def test_a_month_is_printed_into_its_pack(month_pack: MonthPack, tmp_path: Path) -> None:
    broker = month_pack.broker
    path = make_pack(broker.config, broker.agent, month_pack.assessed, tmp_path / "packs")
    pack = read_pack(path.read_bytes())
    assert pack.statement.predicate["printed"] is True
    # Two pages of it: to read every one takes as long as to print them.
    reader = PdfReader(BytesIO(pack.archive.read("report.pdf")))
    headings: Any = reader.outline
    pages: Any = {one.title: reader.get_destination_page_number(one) for one in headings}
    paper, sign = (
        reader.pages[pages[title]].extract_text().replace("\n", "")
        for title in ("稽核工作底稿", "簽章頁")
    )
    assert "CC-11000" in paper and "尚未登錄於保存庫" in sign
    assert month_pack.assessed.envelope.digest in sign
