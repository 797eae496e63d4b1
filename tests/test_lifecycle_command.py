"""`lifecycle` at the terminal: what ends when, as of any day, and taking newer dates."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from rich.cells import cell_len

from agent.terms import Terms, terms
from tests.fixtures_pack import NOW, MakeBroker
from tests.fixtures_program import Run


@pytest.fixture
def site(make_broker: MakeBroker, tmp_path: Path) -> Path:
    make_broker(days=1)
    return tmp_path


def test_every_milestone_is_kept_in_both_calendars(site: Path, run: Run) -> None:
    done = run("lifecycle", "--json", "--as-of", "2026-11-30")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    [hardware] = [one for one in rows if one["part"] == "hardware"]
    assert hardware["name"] == "ASA5525"
    assert [one["name"] for one in hardware["milestones"]][-1] == "last_day_of_support"
    last = hardware["milestones"][-1]
    assert last["day"] == "2025-09-30"
    assert last["roc"] == "114/09/30"
    assert last["days_left"] == -426
    assert hardware["state"] == "support_ended"
    assert hardware["source_url"].startswith("https://")


def test_the_worse_leads_and_unknown_is_said(site: Path, run: Run) -> None:
    done = run("lifecycle", "--json", "--as-of", "2026-11-30")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["device"], one["part"], one["state"]) for one in rows[:2]] == [
        ("fw-01", "hardware", "support_ended"),
        ("fw-01", "software", "unknown_version"),
    ]
    unread = [one for one in rows if not one["part"]]
    assert unread
    assert {one["result"] for one in unread} == {"not_assessed"}
    assert done.returncode == 1


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_it_fits_eighty_columns(site: Path, run: Run, language: str) -> None:
    done = run("lifecycle", "--as-of", "2026-11-30", "--language", language, COLUMNS="80")
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    assert "2025-09-30" in done.stdout
    assert "114/09/30" in done.stdout
    assert "2026-11-30" in done.stderr


@pytest.mark.parametrize("columns", ["", "60"], ids=["a pipe", "sixty columns"])
def test_nothing_of_a_long_line_is_lost(site: Path, run: Run, columns: str) -> None:
    width = {"COLUMNS": columns} if columns else {}
    done = run("lifecycle", "--as-of", "2026-11-30", "--language", "en", **width)
    whole = " ".join(done.stdout.split())
    assert "ASA5525: support ended on 2025-09-30 (date to be confirmed with the vendor)" in whole


def seen_on(make_broker: MakeBroker, day: date) -> Terms:
    broker = make_broker(days=1)
    return terms(broker.config, broker.agent, day, NOW)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (date(2025, 9, 30), ""),  # before anything was read, nothing is known
        (date(2026, 12, 1), "support_ended"),
        (date(2036, 1, 1), "support_ended"),
    ],
)
def test_a_day_behind_knows_what_was_read_then(
    make_broker: MakeBroker, day: date, state: str
) -> None:
    found = seen_on(make_broker, day)
    states = [one.seen.state for _, mine in found.devices for one in mine if one.part == "hardware"]
    assert states[:1] == ([state] if state else [])


def test_looking_ahead_makes_no_catalogue_old(make_broker: MakeBroker) -> None:
    assert seen_on(make_broker, date(2036, 1, 1)).remarks == ()
    broker = make_broker(days=1)
    late = datetime(2027, 3, 1, tzinfo=UTC)
    [remark] = terms(broker.config, broker.agent, date(2027, 3, 1), late).remarks
    assert "lifecycle update" in remark.en


def test_a_site_that_nobody_has_is_refused(site: Path, run: Run) -> None:
    done = run("lifecycle", "--site", "nowhere")
    assert done.returncode == 2
    assert "site_unknown" in done.stderr


@pytest.mark.parametrize(
    ("columns", "told"),
    [("80", "www.cisco.com"), ("200", "https://www.cisco.com/c/en/us/")],
)
def test_a_date_has_its_source_beside_it(site: Path, run: Run, columns: str, told: str) -> None:
    done = run("lifecycle", "--as-of", "2026-11-30", "--language", "en", COLUMNS=columns)
    [source] = [line for line in done.stdout.splitlines() if "source of the dates" in line]
    assert source.split()[4].startswith(told)


@pytest.mark.parametrize("language", ["en", "zh-TW"])
def test_what_has_no_date_is_said_with_what_to_do(site: Path, run: Run, language: str) -> None:
    done = run("lifecycle", "--as-of", "2026-11-30", "--language", language)
    [advice] = [line for line in done.stderr.splitlines() if "--add" in line]
    assert advice.startswith("1 ")
    ended, unknown = {
        "en": ("support ended", "no lifecycle data"),
        "zh-TW": ("支援已終止", "查無版本"),
    }[language]
    assert done.stderr.index(ended) < done.stderr.index(unknown), "the worse first"


def test_the_file_that_the_page_shows_adds_its_row_and_takes_none(site: Path, run: Run) -> None:
    page = (Path(__file__).parent.parent / "docs" / "lifecycle.md").read_text("utf-8")
    (site / "mine.csv").write_text(page.partition("```csv\n")[2].partition("```")[0], "utf-8")
    words = ("lifecycle", "update", "--from", "mine.csv", "--yes")
    whole = run(*words)
    assert (whole.returncode, "--add" in whole.stderr) == (2, True)
    added = run(*words, "--add", "--json")
    assert added.returncode == 0, added.stderr
    assert [json.loads(line)["change"] for line in added.stdout.splitlines()] == ["comes"]
    assert "1 come, 0 change, 0 go" in added.stderr
