"""Days of work: the calendar that ships, files that are none, and the day to act by."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from evidence.errors import ConfigurationError
from evidence.workdays import WorkDays, read_year
from store.workdays import FOLDER, bring, work_days

SHIPPED = Path(__file__).parent.parent / "config" / "holidays" / "2026.csv"
HEAD = "西元日期,星期,是否放假,備註\n"


@pytest.fixture
def days(tmp_path: Path) -> WorkDays:
    return work_days(tmp_path)


def test_the_year_that_ships_has_the_days_off_that_were_announced(days: WorkDays) -> None:
    off = days.years[2026]
    assert len(off) == 120, "總放假日數 120 日"
    named = {day.strftime("%m-%d") for day in off if day.weekday() < 5}
    assert named == {
        *("01-01", "02-16", "02-17", "02-18", "02-19", "02-20", "02-27", "04-03", "04-06"),
        *("05-01", "06-19", "09-25", "09-28", "10-09", "10-26", "12-25"),
    }


@pytest.mark.parametrize(
    ("due", "by", "known"),
    [
        (date(2026, 11, 30), date(2026, 11, 30), True),
        (date(2026, 2, 22), date(2026, 2, 13), True),  # the end of the longest holiday
        (date(2026, 9, 28), date(2026, 9, 24), True),
        (date(2027, 2, 28), date(2027, 2, 26), False),  # a Sunday of a year nobody brought
        (date(2027, 1, 2), date(2027, 1, 1), False),
    ],
)
def test_one_acts_on_the_last_day_of_work_before(
    days: WorkDays, due: date, by: date, known: bool
) -> None:
    found = days.act_by(due)
    assert (found.day, found.known) == (by, known)


def test_days_of_work_are_counted_between_two_days(days: WorkDays) -> None:
    assert days.until(date(2026, 2, 13), date(2026, 2, 23)) == 1
    assert days.until(date(2026, 11, 27), date(2026, 11, 30)) == 1
    assert days.until(date(2026, 11, 30), date(2026, 11, 30)) == 0


def test_a_year_that_is_brought_takes_the_place_of_what_was_known(tmp_path: Path) -> None:
    # Full-width digits, as forms are filled in.
    year = "2026".translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    text = SHIPPED.read_text("utf-8").replace("20261009,五,2", f"{year}1009,五,0")
    (tmp_path / "mine.csv").write_bytes(text.encode("cp950"))
    assert bring(tmp_path, tmp_path / "mine.csv") == 2026
    assert not work_days(tmp_path).is_off(date(2026, 10, 9))
    assert work_days(tmp_path / "other").is_off(date(2026, 10, 9))


def test_a_year_brought_twice_in_one_tick_of_the_clock_is_the_second(tmp_path: Path) -> None:
    for state, is_off in (("0", False), ("2", True)):
        text = SHIPPED.read_text("utf-8").replace("20261009,五,2", f"20261009,五,{state}")
        (tmp_path / "mine.csv").write_text(text, "utf-8")
        bring(tmp_path, tmp_path / "mine.csv")
        os.utime(tmp_path / FOLDER / "2026.csv", ns=(10**18, 10**18))
        assert work_days(tmp_path).is_off(date(2026, 10, 9)) is is_off


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"a,b\n1,2\n", "row 1: the column"),
        (HEAD.encode(), "row 2: there is no day"),
        (f"{HEAD}20260101,四,2,\n".encode(), "row 3: 2026 is not whole"),
        (f"{HEAD}20260101,四,2,\n20260101,四,2,\n".encode(), "row 3: 2026-01-01 stands"),
        (f"{HEAD}=1+1,四,2,\n".encode(), "row 2: '=1+1' is no day"),
        (f"{HEAD}1150101,四,2,\n".encode(), "row 2: '1150101' is no day"),
        (f"{HEAD}20260101,四,x,\n".encode(), "row 2: 是否放假 is 0 or 2"),
        (b"\xff\xff\xff", "neither UTF-8 nor Big5"),
    ],
)
def test_a_file_that_is_no_year_says_in_which_row(body: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(said)) as caught:
        read_year(body, "2026.csv")
    assert caught.value.code == "import_row"
