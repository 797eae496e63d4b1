"""`rules idle|risky|shadowed|expired|dmz|explain` at the terminal, as JSON, CSV and work book."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from rich.cells import cell_len

from tests.fixtures_pack import HOSTILE, PERIOD, MakeBroker
from tests.fixtures_program import Run

ZONES = """\
networks: {10.0.0.0/8: internal, 192.0.2.0/24: dmz, 0.0.0.0/0: external}
"""


@pytest.fixture
def site(make_broker: MakeBroker, tmp_path: Path) -> Path:
    """A broker whose third rule is under its second, which permits everything."""
    (tmp_path / "zones.yaml").write_text(ZONES, "utf-8")
    make_broker(days=3)
    with (tmp_path / "agent.yaml").open("a") as file:
        file.write("zones: zones.yaml\n")
    return tmp_path


def rows(run: Run, *words: str) -> list[dict[str, object]]:
    done = run("rules", *words, "--period", PERIOD, "--json", "--language", "en")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_question_has_its_rules(site: Path, run: Run) -> None:
    assert [row["rule"] for row in rows(run, "risky")] == ["rule 1"]
    assert [row["number"] for row in rows(run, "shadowed")] == [3]
    assert rows(run, "expired") == []
    assert rows(run, "idle") == []
    assert [row["state"] for row in rows(run, "idle", "--all")] == ["history too short"] * 2
    assert len(rows(run, "dmz")) == 3


def test_counters_alone_say_what_the_month_s_judgement_says(site: Path, run: Run) -> None:
    done = run("rules", "counters", "--as-of", f"{PERIOD}-28", "--json")
    assert done.returncode == 0, done.stderr
    told = {row["rule"]: row for row in map(json.loads, done.stdout.splitlines())}
    judged = {str(row["subject"]).partition("/")[2]: row for row in rows(run, "idle", "--all")}
    assert judged and judged.keys() <= told.keys()
    for key, row in judged.items():
        assert told[key]["state"] == "insufficient_history"
        assert told[key]["provable_on"] == row["provable_on"]
    assert run("rules", "counters", "--as-of", "yesterday").returncode == 2


def test_the_terminal_is_told_in_eighty_columns(site: Path, run: Run) -> None:
    done = run("rules", "dmz", "--period", PERIOD, "--language", "en", COLUMNS="80")
    assert done.returncode == 0
    assert done.stderr.startswith("3 rules, as of 2026-11-")
    assert max(map(cell_len, done.stdout.splitlines())) == 80
    assert "rule 1" in done.stdout


def test_a_list_of_what_is_wrong_ends_with_one(site: Path, run: Run) -> None:
    assert run("rules", "risky", "--period", PERIOD).returncode == 1
    assert run("rules", "expired", "--period", PERIOD).returncode == 0


def test_one_firewall_in_another_order(site: Path, run: Run) -> None:
    found = rows(run, "dmz", "--sort", "rule", "--firewall", "fw-01")
    assert [row["rule"] for row in found] == sorted(str(row["rule"]) for row in found)
    assert rows(run, "dmz", "--firewall", "fw-02") == []
    refused = run("rules", "dmz", "--sort", "colour")
    assert (refused.returncode, "column_unknown" in refused.stderr) == (2, True)


def test_files_hold_every_column_and_no_formula(site: Path, run: Run) -> None:
    run("rules", "dmz", "--period", PERIOD, "--csv", "dmz.csv", "--xlsx", "dmz.xlsx")
    with (site / "dmz.csv").open(encoding="utf-8-sig", newline="") as file:
        [head, *body] = csv.reader(file)
    assert len(body) == 3 and any("規則" in one for one in head)
    assert not any(cell.startswith("=") for row in body for cell in row)
    sheet = load_workbook(site / "dmz.xlsx").worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith(HOSTILE[:5]) for cell in cells)
    assert all(cell.data_type != "f" for cell in cells)


def test_a_rule_is_explained_in_ten_lines_and_drawn(site: Path, run: Run) -> None:
    (rule, *_) = rows(run, "idle", "--all")
    words = ("explain", str(rule["subject"]), "--period", PERIOD, "--language", "en")
    done = run("rules", *words, "--svg", site / "rule.svg")
    assert done.returncode == 0
    for said in ("conclusion", "window", "unseen", "resets", "provable on", "signed readings"):
        assert said in done.stdout
    assert (site / "rule.svg").read_text("utf-8").startswith("<svg ")
    told = json.loads(run("rules", *words, "--json").stdout)
    assert (told["state"], told["subject"]) == ("insufficient_history", rule["subject"])


def test_a_list_tells_one_rule_s_story_by_its_number(site: Path, run: Run) -> None:
    words = ("--period", PERIOD, "--language", "en", "--config", site)
    by_number = run("rules", "idle", "--explain", "fw-01/3", *words)
    assert by_number.returncode == 0, by_number.stderr
    assert by_number.stdout == run("rules", "explain", "fw-01/3", *words).stdout
    assert "conclusion" in by_number.stdout


def test_a_narrow_list_breaks_no_name_and_says_what_to_do(site: Path, run: Run) -> None:
    words = ("idle", "--all", "--period", PERIOD, "--language")
    done = run("rules", *words, "zh-TW", COLUMNS="80")
    lines = done.stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert {"查無", "歷史不足"} <= {cell.strip() for line in lines for cell in line.split("│")}
    assert "decide --open" in done.stderr
    assert "from > to" in run("rules", *words, "en", COLUMNS="160").stdout


def test_a_rule_nobody_knows_and_a_name_of_several_are_sentences(site: Path, run: Run) -> None:
    none = run("rules", "explain", "no such rule", "--period", PERIOD)
    assert none.returncode == 2
    assert "rule_unknown" in none.stderr
