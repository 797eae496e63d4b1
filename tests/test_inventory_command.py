"""`inventory`: the categories at the terminal, as CSV, as a work book, and in the month's pack."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from agent.collect import collect, jobs_for
from agent.config import load_config
from agent.connect import Connector
from agent.logins import Logins
from agent.pack import make_pack
from evidence.pack import read_pack
from tests.fixtures_pack import NOW, Broker, MakeBroker
from tests.fixtures_program import Run

REGISTER = """資產編號,名稱,類別,位址,負責人,據點,位置,廠牌,型號,序號,核心,下線日期
HW-0001,fw-01,硬體,,網路組,taipei,機房 A3,Cisco,ASA5525,,是,
HW-0002,sw-99,硬體,192.0.2.99,網路組,taipei,機房 A3,,,,否,
SW-0001,網路下單系統,軟體,,資訊部,taipei,,,,,是,
DA-0001,客戶資料庫,資料,,資訊部,taipei,,,,,是,
PL-0001,台北機房,場地,,資訊部,taipei,台北市信義區,,,,,
"""


@pytest.fixture
def broker(make_broker: MakeBroker, tmp_path: Path) -> Broker:
    """The pack's broker, with a register in a folder that was read."""
    folder = tmp_path / "registers"
    folder.mkdir()
    (folder / "assets.csv").write_text(REGISTER, "utf-8")
    made = make_broker(days=1)
    with (tmp_path / "devices.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "  - {id: register, platform: folder, subjects: [assets], "
            f"options: {{folder: {folder}}}}}\n"
        )
    config = load_config(tmp_path / "agent.yaml")
    # A second before the month is judged: what comes later is not seen.
    agent = replace(made.agent, clock=lambda: NOW - timedelta(seconds=1))
    broker = replace(made, config=config)
    connector = Connector(Logins(agent, "test"), config.credentials, config.devices)
    collect(agent, jobs_for([config.devices["register"]]), connector)
    return broker


def rows_of(done: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.splitlines()]


def test_every_category_and_both_sides(broker: Broker, run: Run) -> None:
    done = run("inventory", "--json")
    assert done.returncode == 1, done.stderr
    rows = rows_of(done.stdout)
    hardware = {str(one["asset"]): one for one in rows if one["category"] == "hardware"}
    assert hardware["HW-0001"]["state"] == {"en": "registered", "zh": "已列冊"}
    assert hardware["HW-0002"]["state"] == {
        "en": "nobody looked there",
        "zh": "未搜尋其所在網段",
    }
    assert {one["category"] for one in rows} >= {"hardware", "software", "premises", "data"}
    [data] = [one for one in rows if one["category"] == "data"]
    assert (data["asset"], data["owner"]) == ("DA-0001", "資訊部")
    premises = [one for one in rows if one["category"] == "premises"]
    assert [(one["name"], one["count"]) for one in premises] == [("台北機房", None), ("機房 A3", 2)]


def test_the_terminal_shows_equipment_and_counts_the_rest(broker: Broker, run: Run) -> None:
    done = run("inventory", "--language", "zh-TW")
    assert "HW-0002" in done.stdout
    assert "未搜尋其所在網段" in done.stdout
    assert "軟體清冊" in done.stderr
    assert "已列冊" in done.stderr


def test_csv_and_a_work_book(broker: Broker, run: Run, tmp_path: Path) -> None:
    done = run("inventory", "--csv", "out", "--xlsx", "out/inventory.xlsx")
    assert done.returncode == 1, done.stderr
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        *(f"inventory-{one}.csv" for one in ("data", "hardware", "parts", "premises", "software")),
        "inventory.xlsx",
    ]
    with (tmp_path / "out" / "inventory-hardware.csv").open(encoding="utf-8-sig") as file:
        head, *rows = list(csv.reader(file))
    assert head[0] == "資產編號 Asset number"
    assert "HW-0001" in [row[0] for row in rows]
    book = load_workbook(tmp_path / "out" / "inventory.xlsx")
    assert book.sheetnames == ["硬體清冊", "設備部件", "軟體清冊", "場地清冊", "資料清冊"]


def test_one_site_alone(broker: Broker, run: Run) -> None:
    assert run("inventory", "--site", "taipei", "--json").stdout
    wrong = run("inventory", "--site", "nowhere")
    assert wrong.returncode == 2
    assert "site_unknown" in wrong.stderr


def test_a_place_that_cannot_be_written_is_said(broker: Broker, run: Run) -> None:
    done = run("inventory", "--xlsx", "/proc/inventory.xlsx")
    assert done.returncode == 3
    assert "env_io" in done.stderr


def test_without_a_register_it_says_so(make_broker: MakeBroker, run: Run) -> None:
    make_broker(days=1)
    done = run("inventory", "--language", "zh-TW")
    assert done.returncode == 1
    assert "無資產清冊" in done.stderr


def test_the_month_s_pack_has_the_inventory_and_its_changes(broker: Broker, tmp_path: Path) -> None:
    made = make_pack(broker.config, broker.agent, broker.assess(), tmp_path, paper=False)
    pack = read_pack(made.read_bytes())
    names = set(pack.statement.subjects)
    for table in ("hardware", "parts", "software", "premises", "data", "changes"):
        assert f"sections/inventory-{table}.csv" in names
    assert "sections/colo_inventory-hardware.csv" in names
    changes = pack.archive.read("sections/inventory-changes.csv").decode("utf-8-sig")
    assert "本月前未曾讀取" in changes
    hardware = pack.archive.read("sections/inventory-hardware.csv").decode("utf-8-sig")
    assert "HW-0002" in hardware
