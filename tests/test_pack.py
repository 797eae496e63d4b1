"""The pack of a month: its sections, its work book, and that nothing it rests on is left out."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pytest_mock import MockerFixture

from agent.assess import Assessed
from agent.pack import closure, make_pack
from agent.pack.codes import failure_texts
from agent.pack.csv_file import to_csv
from agent.pack.section import Column, Picture, Row, Section, Table, printed
from agent.pack.workbook import Imprint, to_workbook
from evidence.archive import write_archive
from evidence.bundle import check_collection
from evidence.collection import Collection
from evidence.control import Verdict
from evidence.errors import EnvironmentProblem, SealError
from evidence.pack import Pack, read_pack
from evidence.reading import Failure
from evidence.receipt import Entry, Receipt
from evidence.runs import Assessment, RunRecord
from evidence.seal import SigningKey
from evidence.statement import ASSESSMENT, COLLECTION, RECEIPT, RUN, Statement
from evidence.text import Text
from tests.fixtures_pack import HOSTILE, NOW, Broker, MakeBroker
from verify.command import examine
from verify.report import Level
from verify.trust import Trust

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


class Made:
    """A pack that was made and read back."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker = broker
        self.assessed: Assessed = broker.assess()
        self.path = make_pack(broker.config, broker.agent, self.assessed, folder)
        self.pack: Pack = read_pack(self.path.read_bytes())
        self.book: Workbook = load_workbook(io.BytesIO(self.member("workbook.xlsx")))

    def member(self, name: str) -> bytes:
        return self.pack.archive.read(name)

    def table(self, section: str) -> list[dict[str, Any]]:
        record = json.loads(self.member(f"sections/{section}.json"))
        (table,) = record["tables"] + record["registers"]
        rows: list[dict[str, Any]] = table["rows"]
        return rows

    def statements(self, kind: str) -> Iterator[Statement]:
        for _, envelope in self.pack.records():
            envelope.verify([self.broker.agent.signing_key.public])
            statement = Statement.parse(envelope.payload)
            if statement.predicate_type == kind:
                yield statement

    def collections(self) -> list[Collection]:
        return [check_collection(statement) for statement in self.statements(COLLECTION)]

    def sheet(self, title: str) -> Worksheet:
        sheet = self.book[title]
        assert isinstance(sheet, Worksheet)
        return sheet


@pytest.fixture
def made(make_broker: MakeBroker, tmp_path: Path) -> Made:
    return Made(make_broker(), tmp_path / "packs")


def bundle_files(broker: Broker) -> list[Path]:
    """The files of fw-01's bundles, all of which its proofs cite, oldest first."""
    bundles = broker.agent.ledger.bundles_in("spooled")
    return [one.path for one in bundles if one.device == "fw-01" and one.path is not None]


def headings(sheet: Worksheet) -> list[str]:
    return [str(cell.value).split("\n")[0] for cell in sheet[1]]


def column(sheet: Worksheet, name: str) -> list[Any]:
    place = headings(sheet).index(name) + 1
    return [sheet.cell(row, place).value for row in range(2, sheet.max_row + 1)]


# --- the closure ---


def test_every_reading_an_observation_cites_lies_in_a_bundle_with_its_captures(made: Made) -> None:
    readings = {one.digest: one for made_by in made.collections() for one in made_by.readings}
    cited = {digest for one in made.assessed.observations for digest in one.evidence}
    assert cited
    assert cited <= set(readings)
    for digest in cited:
        for capture in readings[digest].captures:
            body = made.pack.blob("captures", capture)
            assert body is not None
            assert sha256(body).hexdigest() == capture


def test_a_pack_holds_the_assessment_its_inputs_and_the_runs_of_the_month(made: Made) -> None:
    (assessment,) = map(Assessment.of, made.statements(ASSESSMENT))
    runs = [RunRecord.of(statement) for statement in made.statements(RUN)]
    assert len(runs) == 8
    for name, digest in assessment.inputs.items():
        assert made.pack.blob("inputs", digest) == made.assessed.inputs[name]
    assert made.pack.statement.predicate["assessment"] == made.assessed.envelope.digest


def test_a_bundle_that_left_this_host_is_listed_and_not_passed_over(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker()
    bundle_files(broker)[0].unlink()
    made = Made(broker, tmp_path / "packs")
    absent = made.pack.statement.predicate["absent_readings"]
    assert absent
    assert [
        row["reading"]
        for row in made.table("index")
        if row["number"] == {"en": "absent", "zh": "未收入"}
    ] == absent


def test_a_bundle_that_is_another_than_its_name_says_ends_the_pack(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker()
    first, second, *_ = bundle_files(broker)
    first.write_bytes(second.read_bytes())
    with pytest.raises(SealError) as raised:
        Made(broker, tmp_path / "packs")
    assert raised.value.code == "digest_mismatch"
    assert not list((tmp_path / "packs").iterdir())


def test_a_folder_that_cannot_be_written_is_named(made: Made, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(EnvironmentProblem, match="env_pack"):
        make_pack(made.broker.config, made.broker.agent, made.assessed, tmp_path / "file")


def test_the_stores_receipts_go_with_what_they_are_for(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    broker = make_broker()
    ledger = broker.agent.ledger
    digest = next(one.digest for one in ledger.bundles_in("spooled") if one.device == "fw-01")
    entry = Entry(kind="collection", digest=digest, agent="agent-1", received_at=NOW)
    receipt = Receipt(store="s", entry=entry, index=0, size=1, root=entry.leaf, proof=())
    store_key = SigningKey.generate()
    ledger.stored(digest, receipt.seal(store_key).to_json(), NOW)
    pack = Made(broker, tmp_path / "packs").pack
    statements = [Statement.parse(envelope.payload) for _, envelope in pack.records()]
    (found,) = [one for one in statements if one.predicate_type == RECEIPT]
    assert Receipt.of(found).entry.digest == digest
    assert digest in {envelope.digest for _, envelope in pack.records()}


def test_each_bundle_is_opened_once(
    make_broker: MakeBroker, tmp_path: Path, mocker: MockerFixture
) -> None:
    opened = mocker.spy(closure, "open_archive")
    made = Made(make_broker(), tmp_path / "packs")
    assert opened.call_count == len(made.collections())


def test_the_verifier_finds_nothing_wrong_with_a_pack(made: Made) -> None:
    trust = Trust({made.broker.agent.signing_key.public: "agent-1"})
    report = examine(made.path, trust)
    assert not report.problems
    assert report.reached >= Level.signatures


def test_one_changed_byte_of_a_section_is_seen(made: Made, tmp_path: Path) -> None:
    body = made.member("sections/controls.csv")
    members = {name: made.member(name) for name in made.pack.archive.names}
    members["sections/controls.csv"] = body.replace("不符合".encode(), "　符合".encode(), 1)
    changed = tmp_path / "changed.zip"
    with changed.open("wb") as file:
        write_archive(file, members)
    with pytest.raises(SealError) as raised:
        read_pack(changed.read_bytes())
    assert raised.value.code == "digest_mismatch"


@pytest.mark.part("openssl", "unzip")
def test_the_readme_tells_how_to_verify_without_our_programs(made: Made, tmp_path: Path) -> None:
    text = made.member("README.txt").decode("utf-8-sig").replace("\r\n", "\n")
    recipe = text.partition("Git for Windows)\n")[2].partition("\n\n")[0]
    (tmp_path / "agent.pem").write_text(made.broker.agent.signing_key.public.pem, "ascii")
    made.path.rename(tmp_path / "PACK.zip")
    script = f"set -eu\n{recipe}\n"
    done = subprocess.run(["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert "Signature Verified Successfully" in done.stdout, done.stderr
    assert done.returncode == 0
    assert "FAILED" not in done.stdout
    (tmp_path / "pack" / "workbook.xlsx").write_bytes(b"another")
    again = recipe.partition("&& ")[2]
    done = subprocess.run(["sh", "-c", again], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_two_hundred_days_of_ten_devices_are_packed_in_half_a_minute(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    devices = "devices:\n" + "".join(
        f'  - {{id: fw-{n}, platform: asa, host: 192.0.2.{n}, secret: "cred:x"}}\n'
        for n in range(10, 20)
    )
    broker = make_broker(days=200, rules=100, devices=devices)
    assessed = broker.assess()
    started_s = time.monotonic()
    make_pack(broker.config, broker.agent, assessed, tmp_path / "packs")
    assert time.monotonic() - started_s < 30


# --- the work book ---


def test_the_working_paper_has_its_columns_and_one_row_a_clause_in_order(made: Made) -> None:
    sheet = made.sheet("稽核工作底稿")
    assert headings(sheet) == WORKING_PAPER
    assert column(sheet, "控制編號") == [one.control.id for one in made.assessed.judgement.results]
    for name in PEOPLE:
        assert set(column(sheet, name)) == {None}, f"{name} is for people to fill in"


def test_verdicts_are_counted_as_they_were_judged(made: Made) -> None:
    sheet = made.sheet("稽核工作底稿")
    counts = made.assessed.judgement.counts
    printed_counts = Counter(column(sheet, WORKING_PAPER[9]))
    assert printed_counts == {verdict.text.zh: count for verdict, count in counts.items()}
    cover = dict(zip(*(column(made.sheet("封面"), name) for name in ("項目", "內容")), strict=True))
    for verdict in Verdict:
        assert cover[verdict.text.zh] == counts.get(verdict, 0)


def test_a_clause_whose_text_was_not_seen_says_so(made: Made) -> None:
    sheet = made.sheet("稽核工作底稿")
    for result, text in zip(
        made.assessed.judgement.results, column(sheet, WORKING_PAPER[3]), strict=True
    ):
        assert ("條文內容待核對" in text) is not result.control.verified


def test_findings_have_a_row_each(made: Made) -> None:
    results = made.assessed.judgement.results
    assert len(made.table("findings")) == sum(len(one.findings) for one in results)


def test_rules_that_need_a_decision_carry_their_proof(made: Made) -> None:
    rows = {row["subject"]: row for row in made.table("decisions")}
    assert "fw-01/global/ip/outside/0" not in rows, "a rule in use needs no decision"
    risky = rows["fw-01/global/ip/outside/1"]
    assert risky["state"]["zh"] == "須作決定"
    assert risky["window"].startswith("2026-05-2")
    assert "FCH1" in risky["units"]["zh"]
    assert risky["gaps"]["zh"] != "無"
    assert risky["decision"] is None
    # The whole history behind the proof is cited, not only the newest reading.
    assert risky["evidence"] == "E-0001~E-0008"


def test_what_was_not_read_is_disclosed_with_its_reason(made: Made) -> None:
    rows = {(row["device"], row["code"]): row for row in made.table("unread")}
    failed = rows["sw-01", "device_unreachable"]
    assert failed["why"]["zh"] == "設備無法連線或逾時"
    assert failed["message"] == "sw-01: no answer in 30 s"
    assert failed["step"]["en"] == "check the cable"
    assert rows["fw-02", "never_read"]["last_good"]["zh"] == "無"
    assert rows["fw-02", "device_busy"]["state"]["zh"].startswith("執行中未讀取")


def test_nothing_unread_is_said_and_not_left_blank() -> None:
    table = Table(id="x", title=Text("x", "x"), columns=(Column("a", Text("a", "甲")),), rows=())
    assert "本月無" in to_csv(table, "zh-TW").decode("utf-8-sig")


def test_an_exhibit_has_its_origin_and_digests(made: Made) -> None:
    rows = made.table("index")
    assert [row["number"] for row in rows] == [f"E-{n:04d}" for n in range(1, len(rows) + 1)]
    first = rows[0]
    assert first["ask"] == "show access-list"
    assert (first["utc"], first["taipei"]) == ("2026-11-16T03:00:00Z", "2026-11-16 11:00:00+08:00")
    assert (first["account"], first["requester"], first["agent"]) == (
        "auditor",
        "schedule",
        "agent-1",
    )
    assert made.pack.blob("captures", first["capture"]) is not None
    bundles = {envelope.digest for _, envelope in made.pack.records()}
    assert {row["bundle"] for row in rows} <= bundles


def test_coverage_counts_the_month(made: Made) -> None:
    rows = {(row["device"], row["subject"]["en"]): row for row in made.table("coverage")}
    assert (rows["fw-01", "firewall"]["good"], rows["fw-01", "firewall"]["days"]) == (8, 8)
    assert rows["sw-01", "firmware"]["failed"] == 8
    assert rows["fw-02", "firmware"]["good"] == 0
    assert rows["fw-01", "firewall"]["of_days"] == 23


def test_the_cover_says_month_and_state_in_both_calendars(made: Made) -> None:
    text = "\n".join(f"{row['item']} {row['value']}" for row in made.table("cover"))
    assert "民國115年11月（2026-11）" in text
    assert "範例證券股份有限公司" in text
    assert "暫定" in text
    assert made.assessed.envelope.digest in text
    assert made.broker.agent.signing_key.public.keyid in text


def test_replayed_history_is_marked_though_the_newest_reading_is_live(
    make_broker: MakeBroker, tmp_path: Path
) -> None:
    made = Made(make_broker(replayed=7), tmp_path / "packs")
    assert made.pack.statement.predicate["replayed"] is True
    assert any("重播" in str(row["value"]) for row in made.table("cover"))
    assert "重播" in made.member("README.txt").decode("utf-8-sig")
    header = made.sheet("稽核工作底稿").oddHeader
    assert header is not None
    assert "重播" in str(header.right.text)


def test_a_pack_of_live_readings_is_not_marked_replayed(made: Made) -> None:
    assert made.pack.statement.predicate["replayed"] is False
    assert "重播" not in made.member("README.txt").decode("utf-8-sig")


def test_no_text_of_a_device_becomes_a_formula_or_drives_a_terminal(made: Made) -> None:
    seen = 0
    for sheet in made.book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", f"{sheet.title} {cell.coordinate} is a formula"
                assert cell.hyperlink is None
                text = str(cell.value)
                seen += "calc'!A0" in text
                assert "\x1b" not in text and "\u202e" not in text
    assert seen
    for name in made.pack.archive.names:
        if name.endswith(".csv"):
            body = made.member(name)
            assert body.startswith(b"\xef\xbb\xbf")
            for line in csv.reader(io.StringIO(body.decode("utf-8-sig"))):
                assert not any(cell.startswith(("=", "+", "-", "@", "＝")) for cell in line)


def test_a_formula_keeps_its_text_behind_an_apostrophe() -> None:
    columns = (Column("a", Text("a", "甲")), Column("b", Text("b", "乙")))
    rows: tuple[Row, ...] = ({"a": HOSTILE, "b": -1},)
    body = to_csv(Table(id="x", title=Text("x", "x"), columns=columns, rows=rows), "zh-TW")
    assert body.decode("utf-8-sig").splitlines()[1] == ("'=cmd|' /C calc'!A0\\x1b[2J\\u202eexe,-1")


def test_sheets_can_be_read_and_printed(made: Made) -> None:
    for sheet in made.book.worksheets:
        assert sheet.freeze_panes is not None
        assert sheet.auto_filter.ref is not None
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.oddFooter is not None
        assert made.assessed.envelope.digest in str(sheet.oddFooter.left.text)
    assert made.sheet("稽核工作底稿").page_setup.paperSize == 8, "A3"


def test_the_same_month_gives_the_same_work_book(made: Made, tmp_path: Path) -> None:
    broker = made.broker
    again = make_pack(broker.config, broker.agent, made.assessed, tmp_path / "again")
    other = read_pack(again.read_bytes())
    assert other.archive.read("workbook.xlsx") == made.member("workbook.xlsx")
    assert other.manifest.digest == made.pack.manifest.digest


def test_in_english_the_texts_are_english(make_broker: MakeBroker, tmp_path: Path) -> None:
    made = Made(make_broker(language="en"), tmp_path / "packs")
    sheet = made.sheet("Working paper")
    assert headings(sheet) == WORKING_PAPER, "both languages head every column"
    assert "Control ID" in str(sheet.cell(1, 2).value)
    verdicts = {verdict.text.en for verdict in Verdict}
    assert set(column(sheet, WORKING_PAPER[9])) <= verdicts


# --- small pieces ---


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


# The smallest grey PNG: one dot.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63600000000200015e4a1c2b0000000049454e44ae426082"
)
