"""What stands in the pack's sections and work book, for auditors and for programs."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from agent.pack import make_pack
from evidence.control import Verdict
from evidence.pack import read_pack
from evidence.reading import Failure
from evidence.text import Text
from report.codes import failure_texts
from report.csv_file import to_csv
from report.section import Column, Picture, Row, Section, Table, printed
from report.workbook import Imprint, to_workbook
from tests.fixtures_pack import HOSTILE, NOW, MakeBroker, MonthPack

WORKING_PAPER = [
    "查核年月",
    "控制編號",
    "法規版本",
    "查核項目（控制重點）",
    "適用性與理由",
    "查核頻率／作業週期",
    "查核程序（方法、指令）",
    "母體與抽樣",
    "佐證清單（索引編號、來源設備、擷取時間、雜湊值、擷取者）",
    "查核結果（符合／不符合／部分符合／不適用／無法查核）",
    "缺失說明與風險等級",
    "受查單位說明",
    "改善措施、負責人、預計完成日",
    "追蹤情形（季）",
    "查核人員簽章",
    "覆核主管簽章",
    "簽核歷程",
]
PEOPLE = WORKING_PAPER[11:]


# The smallest grey PNG: one dot.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63600000000200015e4a1c2b0000000049454e44ae426082"
)


def headings(sheet: Worksheet) -> list[str]:
    return [str(cell.value).split("\n")[0] for cell in sheet[1]]


def column(sheet: Worksheet, name: str) -> list[Any]:
    place = headings(sheet).index(name) + 1
    return [sheet.cell(row, place).value for row in range(2, sheet.max_row + 1)]


def test_the_working_paper_has_its_columns_and_one_row_a_clause_in_order(
    month_pack: MonthPack,
) -> None:
    sheet = month_pack.sheet("稽核工作底稿")
    assert headings(sheet) == WORKING_PAPER
    assert column(sheet, "控制編號") == [
        one.control.id for one in month_pack.assessed.judgement.results
    ]
    for name in PEOPLE:
        assert set(column(sheet, name)) == {None}, f"{name} is for people to fill in"


def test_verdicts_are_counted_as_they_were_judged(month_pack: MonthPack) -> None:
    sheet = month_pack.sheet("稽核工作底稿")
    counts = month_pack.assessed.judgement.counts
    printed_counts = Counter(column(sheet, WORKING_PAPER[9]))
    assert printed_counts == {verdict.text.zh: count for verdict, count in counts.items()}
    cover = dict(
        zip(*(column(month_pack.sheet("封面"), name) for name in ("項目", "內容")), strict=True)
    )
    for verdict in Verdict:
        assert cover[verdict.text.zh] == counts.get(verdict, 0)


def test_a_clause_whose_text_was_not_seen_says_so(month_pack: MonthPack) -> None:
    sheet = month_pack.sheet("稽核工作底稿")
    for result, text in zip(
        month_pack.assessed.judgement.results, column(sheet, WORKING_PAPER[3]), strict=True
    ):
        assert ("條文內容待核對" in text) is not result.control.verified


def test_findings_have_a_row_each(month_pack: MonthPack) -> None:
    results = month_pack.assessed.judgement.results
    assert len(month_pack.table("findings")) == sum(len(one.findings) for one in results)


def test_rules_that_need_a_decision_carry_their_proof(month_pack: MonthPack) -> None:
    rows = {row["subject"]: row for row in month_pack.table("decisions")}
    assert "fw-01/global/ip/outside/0" not in rows, "a rule in use needs no decision"
    risky = rows["fw-01/global/ip/outside/1"]
    assert risky["state"]["zh"] == "須作決定"
    assert risky["window"].startswith("2026-05-2")
    assert "FCH1" in risky["units"]["zh"]
    assert risky["gaps"]["zh"] != "無"
    assert risky["decision"] is None
    # The whole history behind the proof is cited, not only the newest reading.
    assert risky["evidence"] == "E-0001~E-0008"


def test_what_was_not_read_is_disclosed_with_its_reason(month_pack: MonthPack) -> None:
    rows = {(row["device"], row["code"]): row for row in month_pack.table("unread")}
    failed = rows["sw-01", "device_unreachable"]
    assert failed["why"]["zh"] == "設備無法連線或逾時"
    assert failed["message"] == "sw-01: no answer in 30 s"
    assert failed["step"]["en"] == "check the cable"
    assert rows["fw-02", "never_read"]["last_good"]["zh"] == "無"
    assert rows["fw-02", "device_busy"]["state"]["zh"].startswith("執行中未讀取")


def test_nothing_unread_is_said_and_not_left_blank() -> None:
    table = Table(id="x", title=Text("x", "x"), columns=(Column("a", Text("a", "甲")),), rows=())
    assert "本月無" in to_csv(table, "zh-TW").decode("utf-8-sig")


def test_an_exhibit_has_its_origin_and_digests(month_pack: MonthPack) -> None:
    rows = month_pack.table("index")
    assert [row["number"] for row in rows] == [f"E-{n:04d}" for n in range(1, len(rows) + 1)]
    first = rows[0]
    assert first["ask"] == "show access-list"
    assert (first["utc"], first["taipei"]) == ("2026-11-16T03:00:00Z", "2026-11-16 11:00:00+08:00")
    assert (first["account"], first["requester"], first["agent"]) == (
        "auditor",
        "schedule",
        "agent-1",
    )
    assert month_pack.pack.blob("captures", first["capture"]) is not None
    bundles = {envelope.digest for _, envelope in month_pack.pack.records()}
    assert {row["bundle"] for row in rows} <= bundles


def test_coverage_counts_the_month(month_pack: MonthPack) -> None:
    rows = {(row["device"], row["subject"]["en"]): row for row in month_pack.table("coverage")}
    assert (rows["fw-01", "firewall"]["good"], rows["fw-01", "firewall"]["days"]) == (8, 8)
    assert rows["sw-01", "firmware"]["failed"] == 8
    assert rows["fw-02", "firmware"]["good"] == 0
    assert rows["fw-01", "firewall"]["of_days"] == 23


def test_the_cover_says_month_and_state_in_both_calendars(month_pack: MonthPack) -> None:
    text = "\n".join(f"{row['item']} {row['value']}" for row in month_pack.table("cover"))
    assert "民國115年11月（2026-11）" in text
    assert "範例證券股份有限公司" in text
    assert "暫定" in text
    assert month_pack.assessed.envelope.digest in text
    assert month_pack.broker.agent.signing_key.public.keyid in text


def test_replayed_history_is_marked_though_the_newest_reading_is_live(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    month_pack = MonthPack(make_broker(replayed=7), tmp_path / "packs")
    assert month_pack.pack.statement.predicate["replayed"] is True
    assert any("重播" in str(row["value"]) for row in month_pack.table("cover"))
    assert "重播" in month_pack.member("README.txt").decode("utf-8-sig")
    header = month_pack.sheet("稽核工作底稿").oddHeader
    assert header is not None
    assert "重播" in str(header.right.text)


def test_a_pack_of_live_readings_is_not_marked_replayed(month_pack: MonthPack) -> None:
    assert month_pack.pack.statement.predicate["replayed"] is False
    assert "重播" not in month_pack.member("README.txt").decode("utf-8-sig")


def test_no_text_of_a_device_becomes_a_formula_or_drives_a_terminal(month_pack: MonthPack) -> None:
    seen = 0
    for sheet in month_pack.book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title} {cell.coordinate} is a formula"
                assert cell.hyperlink is None
                text = str(cell.value)
                seen += "calc'!A0" in text
                assert "\x1b" not in text and "\u202e" not in text
    assert seen
    for name in month_pack.pack.archive.names:
        if name.endswith(".csv"):
            body = month_pack.member(name)
            assert body.startswith(b"\xef\xbb\xbf")
            for line in csv.reader(io.StringIO(body.decode("utf-8-sig"))):
                texts = [cell for cell in line if not re.fullmatch(r"-\d+", cell)]
                assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in texts)


def test_a_formula_keeps_its_text_behind_an_apostrophe() -> None:
    columns = (Column("a", Text("a", "甲")), Column("b", Text("b", "乙")))
    rows: tuple[Row, ...] = ({"a": HOSTILE, "b": -1},)
    body = to_csv(Table(id="x", title=Text("x", "x"), columns=columns, rows=rows), "zh-TW")
    assert body.decode("utf-8-sig").splitlines()[1] == ("'=cmd|' /C calc'!A0\\x1b[2J\\u202eexe,-1")


def test_sheets_can_be_read_and_printed(month_pack: MonthPack) -> None:
    for sheet in month_pack.book.worksheets:
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref is not None
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.oddFooter is not None
        assert month_pack.assessed.envelope.digest in str(sheet.oddFooter.left.text)
    assert month_pack.sheet("稽核工作底稿").page_setup.paperSize == 8, "A3"


def test_the_same_month_gives_the_same_work_book(month_pack: MonthPack, tmp_path: Path) -> None:
    broker = month_pack.broker
    again = make_pack(
        broker.config, broker.agent, month_pack.assessed, tmp_path / "again", paper=False
    )
    other = read_pack(again.read_bytes())
    assert other.archive.read("workbook.xlsx") == month_pack.member("workbook.xlsx")
    assert other.manifest.digest == month_pack.pack.manifest.digest


def test_in_english_the_texts_are_english(make_broker: MakeBroker, tmp_path: Path) -> None:
    month_pack = MonthPack(make_broker(language="en"), tmp_path / "packs")
    sheet = month_pack.sheet("Working paper")
    assert headings(sheet) == WORKING_PAPER, "both languages head every column"
    assert "Control ID" in str(sheet.cell(1, 2).value)
    verdicts = {verdict.text.en for verdict in Verdict}
    assert set(column(sheet, WORKING_PAPER[9])) <= verdicts


def test_a_text_longer_than_a_cell_is_cut_and_says_where_the_whole_is() -> None:
    table = Table(
        id="x",
        title=Text("x", "長"),
        columns=(Column("a", Text("a", "甲")),),
        rows=({"a": "長" * 40_000},),
    )
    section = Section(id="x", title=table.title, tables=(table,))
    imprint = Imprint(title="A & B", mark="暫定", digest="0" * 64, made_at=NOW)
    sheet = load_workbook(io.BytesIO(to_workbook([section], imprint, "zh-TW")))["長"]
    text = str(sheet.cell(2, 1).value)
    assert len(text) <= 32_767
    assert text.endswith("全文見 sections/）")


def test_a_picture_gets_a_sheet_with_its_caption() -> None:
    picture = Picture("dot.png", Text("a dot", "一點"), DOT)
    section = Section(id="x", title=Text("x", "x"), pictures=(picture,))
    imprint = Imprint(title="t", mark="m", digest="0" * 64, made_at=NOW)
    book = load_workbook(io.BytesIO(to_workbook([section], imprint, "zh-TW")))
    assert book["一點"]["A1"].value == "一點"
    assert section.record()["pictures"][0]["sha256"] == sha256(DOT).hexdigest()


def test_a_failure_nobody_translated_keeps_its_code() -> None:
    why, step = failure_texts(Failure("new_code", "something new", "ask"))
    assert "new_code" in why.zh
    assert (why.en, step.en) == ("something new", "ask")


def test_a_cell_left_for_people_is_empty_and_a_verdict_is_a_word() -> None:
    assert printed(None, "en") == ""
    assert printed(Verdict.partly, "zh-TW") == "部分符合"
