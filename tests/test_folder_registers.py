"""Registers as people write them: every mistake named at once, nothing guessed, all or nothing."""

from __future__ import annotations

import zipfile
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from agent.platforms import platform
from agent.transports.folder import open_folder
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from evidence.clock import taipei_day
from evidence.device import Device
from evidence.facts import Asset, ManagedEndpoint, Ticket
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer
from lab.world import register
from tests.test_cases import KEY, WITHOUT_TIME, read_case

HEAD = "資產編號,名稱,位址,下線日期\n"


def assets(body: str | bytes, file: str = "assets.csv") -> Reading:
    content = body.encode() if isinstance(body, str) else body
    return read_case(Tape("folder", (TapeAnswer(file, content),)), "assets")


def wide(text: str) -> str:
    """With ASCII in the full width that Chinese typing gives."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def failure(reading: Reading) -> tuple[str, str]:
    assert reading.failure is not None, reading.facts
    assert not reading.facts
    return reading.failure.code, reading.failure.message


def book(*rows: tuple[Any, ...]) -> Workbook:
    made = Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    return made


def saved(made: Workbook) -> bytes:
    content = BytesIO()
    made.save(content)
    return content.getvalue()


# --- days ---


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-23", "2026/11/23", "20261123", "2026.11.23", "2026-11-23 00:00:00"),
        *("115/11/23", "115.11.23", "115-11-23", "1151123", "民國115年11月23日"),
        *(
            "中華民國 115 年 11 月 23 日",
            "115年11月23日",
            wide("115/11/23"),
            wide("民國115年11月23日"),
        ),
    ],
)
def test_a_day_in_every_usual_form(text: str) -> None:
    (asset,) = assets(f"{HEAD}A-1,主機,,{text}\n").of(Asset)
    assert asset.decommissioned_on == date(2026, 11, 23)


@pytest.mark.parametrize(
    "text",
    [
        *("11/23/26", "03/04/2026", "23.11.2026", "26-11-23", "115/13/01", "115/02/29"),
        *("民國2026年11月23日", "民國0年1月1日", "991123", "45000", "115/11", "十一月", "1151123."),
        *("20222-01-01", "20222/1/1", wide("20222-01-01"), "民國1151年1月1日"),
    ],
)
def test_a_day_that_can_be_read_in_two_ways_or_none_is_refused(text: str) -> None:
    code, message = failure(assets(f"{HEAD}A-1,主機,,{text}\n"))
    assert code == "import_row"
    assert "row 2: column 下線日期" in message


@pytest.mark.parametrize("text", ["", "-", "無", "未下線"])
def test_an_asset_still_there_has_no_day(text: str) -> None:
    (asset,) = assets(f"{HEAD}A-1,主機,,{text}\n").of(Asset)
    assert asset.decommissioned_on is None


# --- the file ---


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp950"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_encoding_and_separator_gives_the_same(encoding: str, separator: str) -> None:
    text = f'{HEAD}A-1,"報價\n系統",10.20.9.14、10.20.9.15,115/03/01\n'
    (asset,) = assets(text.replace(",", separator).encode(encoding)).of(Asset)
    assert asset == Asset(
        asset_id="A-1",
        name="報價\n系統",
        addresses=("10.20.9.14", "10.20.9.15"),
        decommissioned_on=date(2026, 3, 1),
    )


def test_every_mistake_is_named_at_once_and_nothing_is_taken() -> None:
    code, message = failure(
        assets(
            f"{HEAD}A-1,主機,10.20.9.14,115/03/01\nA-2,主機,10.20.9.300,\nA-3,主機\n,主機,,\n"
            "A-1,主機,,\nA-5,=1+1,,\nA-6,主機,,115/02/30\n"
        )
    )
    assert code == "import_row"
    for words in (
        "row 3: column 位址: 10.20.9.300 is no address",
        "row 4: 2 cells, the head line has 4",
        "row 5: column 資產編號: is empty",
        "row 6: column 資產編號: stands in row 2 too",
        "row 7: column 名稱: a formula is not taken",
        "row 8: column 下線日期: 115/02/30 is no day of the calendar",
    ):
        assert words in message


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+SUM(A1)", "-cmd()", "@SUM(A1)", wide("=1+1"), "#N/A", "#REF!"],
)
def test_a_formula_is_not_taken(cell: str) -> None:
    code, message = failure(assets(f"{HEAD}A-1,{cell},,\n"))
    assert (code, "column 名稱: a formula" in message) == ("import_row", True)


def test_a_slip_in_a_title_is_no_column_less() -> None:
    code, message = failure(assets("asset_id,adresses,decommissioned_on\nA-1,10.0.0.1,\n"))
    assert code == "import_row"
    assert "did you mean address" in message


def test_other_columns_are_left_alone() -> None:
    (asset,) = assets("資產編號,上線日期,下線日期（民國）,備註\nA-1,x,115/03/01,=1\n").of(Asset)
    assert asset.decommissioned_on == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b"", "result_empty_suspicious"),
        (b"\r\n \r\n", "result_empty_suspicious"),
        (HEAD.encode(), "result_empty_suspicious"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", "output_unexpected"),
        (HEAD.encode("utf-16-le"), "output_unexpected"),
        (b"PK\x03\x04 cut off", "output_unexpected"),
        (f"{HEAD}A-1,堃".encode()[:-1], "import_row"),
    ],
)
def test_what_is_no_register_says_so(body: bytes, wanted: str) -> None:
    assert failure(assets(body))[0] == wanted


# --- work books ---


def test_a_work_book_is_read_like_a_csv() -> None:
    made = book(
        ("資產編號", "名稱", "核心", "下線日期"),
        (1001, "報價系統", "是", date(2026, 3, 1)),
        ("A-2", "新報價系統", "否", None),
        ("A-3", "傳真", None, "115/03/01"),
    )
    found = assets(saved(made), "assets.xlsx").of(Asset)
    assert [(one.asset_id, one.core, one.decommissioned_on) for one in found] == [
        ("1001", True, date(2026, 3, 1)),
        ("A-2", False, None),
        ("A-3", None, date(2026, 3, 1)),
    ]


def test_the_first_sheet_that_can_be_seen_is_read() -> None:
    made = book(("x",))
    second = made.create_sheet("清冊")
    second.append(("資產編號", "下線日期"))
    second.append(("A-1", None))
    assert made.active is not None
    made.active.sheet_state = "hidden"
    assert [one.asset_id for one in assets(saved(made), "assets.xlsx").of(Asset)] == ["A-1"]


def test_formulas_and_merged_cells_are_named() -> None:
    made = book(("資產編號", "名稱", "下線日期"), ("A-1", "x", None), ("A-2", "=1+1", "=TODAY()"))
    code, message = failure(assets(saved(made), "assets.xlsx"))
    assert code == "import_row"
    assert "row 3: column 名稱" in message and "row 3: column 下線日期" in message
    assert made.active is not None
    made.active.merge_cells("A2:B2")
    code, message = failure(assets(saved(made), "assets.xlsx"))
    assert (code, "merged cells A2:B2" in message) == ("import_row", True)


def repacked(content: bytes, name: str, change: tuple[bytes, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(packed, "w", 8) as new:
        for entry in old.namelist():
            body = old.read(entry)
            new.writestr(entry, body.replace(*change) if entry == name else body)
    return packed.getvalue()


def test_a_work_book_that_grows_without_end_is_left() -> None:
    content = saved(book(("資產編號", "下線日期"), ("A-1", None)))
    name = "xl/worksheets/sheet1.xml"
    far = repacked(content, name, (b'r="A2"', b'r="XFD1048576"'))
    assert failure(assets(far, "assets.xlsx"))[0] == "input_too_large"
    bomb = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><worksheet'
    assert (
        failure(assets(repacked(content, name, (b"<worksheet", bomb)), "assets.xlsx"))[0]
        == "output_unexpected"
    )
    huge = repacked(content, name, (b"</worksheet>", b" " * 40_000_000 + b"</worksheet>"))
    assert len(huge) < 1_000_000
    assert failure(assets(huge, "assets.xlsx"))[0] == "input_too_large"


# --- tickets ---


def test_a_ticket_in_english_and_in_chinese() -> None:
    def tickets(text: str) -> list[Ticket]:
        tape = Tape("folder", (TapeAnswer("tickets.csv", text.encode()),))
        return read_case(tape, "tickets").of(Ticket)

    english = tickets(
        "ticket_id,kind,target,decision,reason,requested_by,approved_by,approved_on,expires_on\n"
        "CR-1,review,edge/fax-gateway,disable,retired,Li,Chen,2026-10-06,2027-04-06\n"
    )
    chinese = tickets(
        "單號,類型,對象,決定,理由,申請人,核准人,核准日期,到期日\n"
        "CR-1,review,edge/fax-gateway,停用,retired,Li,Chen,115/10/06,116/04/06\n"
    )
    assert english == chinese
    assert english[0].decision == "disable"


# --- the whole way ---


def test_the_labs_registers_are_read_from_their_folder(tmp_path: Path) -> None:
    for name, body in register.files(WITHOUT_TIME).items():
        (tmp_path / name).write_bytes(body)
    one = platform("folder")
    device = Device(id="register", platform="folder", options={"folder": str(tmp_path)})
    visit = Visitor(
        device=device,
        platform=one,
        open_transport=lambda: open_folder(device, one),
        clock=lambda: WITHOUT_TIME,
        key=KEY,
    ).visit(["assets", "tickets"])
    assert [reading.failure for reading in visit.readings] == [None, None]
    left = {asset.name: asset.decommissioned_on for asset in visit.readings[0].of(Asset)}
    assert left["舊報價系統"] == taipei_day(WITHOUT_TIME) - timedelta(days=250)
    decisions = [ticket.decision for ticket in visit.readings[1].of(Ticket)]
    assert decisions == ["keep", "disable", "adjust"]


# --- exports of management servers ---


def exported(body: str, columns: str = "") -> Reading:
    options = {"endpoint_columns": columns} if columns else {}
    device = Device(id="mdm", platform="folder", subjects=("endpoints",), options=options)
    answers = (TapeAnswer("endpoints.csv", body.encode()),)
    visitor = Visitor(
        device=device,
        platform=platform("folder"),
        open_transport=lambda: TapeTransport(answers),
        clock=lambda: WITHOUT_TIME,
        key=KEY,
    )
    return visitor.visit(["endpoints"]).readings[0]


def test_a_servers_columns_are_mapped_by_the_configuration() -> None:
    """Where a title is mapped, the usual one is of something else."""
    body = "Asset tag,Hostname,Serial number,SN of chassis,Last sync\n9,ky-1,ignored,S-1,\n"
    [one] = exported(body, "name=Hostname; serial=SN of chassis").of(ManagedEndpoint)
    assert (one.name, one.serial, one.managed) == ("ky-1", "S-1", True)
    wrong = exported(body, "colour=Hostname")
    assert wrong.failure is not None and "colour=Hostname" in wrong.failure.message
    assert "serial" in (wrong.failure.next_step or "")


def test_a_list_that_says_nothing_of_management_manages_nobody() -> None:
    reading = exported("Hostname,Serial number\nky-1,S-1\n")
    assert reading.failure is not None and reading.failure.code == "import_row"
    assert "managed by" in reading.failure.message


def test_a_servers_titles_are_no_slips_of_a_pen() -> None:
    """`Device names` would be refused in a register kept by hand."""
    reading = exported("Device name,Device names,Encrypted\nky-1,x,True\n")
    assert reading.failure is None
    assert failure(assets("資產編號,下線日期,資產編號碼\n1,,\n"))[0] == "import_row"
