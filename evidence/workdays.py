"""Days of work: the office calendar of a year, and the last day of work before something is due.

A year is read from the file in which the Directorate-General of Personnel Administration publishes
it (人事行政總處，政府行政機關辦公日曆表): `西元日期,星期,是否放假,備註`, a row a day, `0` a day of
work and `2` a day off. A year nobody brought is not guessed: its weekends are all that is known,
and whatever rests on it says so.

A due date stays where the clause puts it, also on a day off. Civil Code §122 moves the last day for
something owed to the next working day; nothing seen says that of a broker's own reviews. So the day
shown to act by is the last working day that is not after it: who keeps it is on time either way.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from calendar import isleap
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from evidence.errors import ConfigurationError, shown

DAY, OFF, REMARK = "西元日期", "是否放假", "備註"
_WORKS, _IS_OFF = "0", "2"
_SATURDAY = 5
_ONE_DAY = timedelta(days=1)

DaysOff = Mapping[date, str]
"""The days off of one year, weekends among them, with what they are off for."""


@dataclass(frozen=True, slots=True)
class ActBy:
    """The day to act by. `known` False: a year's holidays are not, so it may be too late."""

    day: date
    known: bool


@dataclass(frozen=True, slots=True)
class WorkDays:
    """The years that somebody brought."""

    years: Mapping[int, DaysOff] = field(default_factory=dict)

    def is_off(self, day: date) -> bool:
        year = self.years.get(day.year)
        return day.weekday() >= _SATURDAY if year is None else day in year

    def name(self, day: date) -> str:
        """What a day is off for; empty for a weekend or a day of work."""
        return self.years.get(day.year, {}).get(day, "")

    def act_by(self, due: date) -> ActBy:
        """The last day of work that is not after `due`."""
        day, known = due, due.year in self.years
        while self.is_off(day):
            day -= _ONE_DAY
            known = known and day.year in self.years
        return ActBy(day, known)

    def until(self, day: date, due: date) -> int:
        """How many days of work lie after `day` until `due`, that day included."""
        count = 0
        while day < due:
            day += _ONE_DAY
            count += not self.is_off(day)
        return count


def read_year(body: bytes, source: str) -> tuple[int, DaysOff]:
    """The year in a calendar's file, and its days off.

    UTF-8 or Big5, as both are published. Raises ConfigurationError `import_row`, naming the row:
    each day of one year stands there once, or the file is none.
    """
    rows = csv.DictReader(io.StringIO(_text(body, source)))
    if missing := {DAY, OFF} - set(rows.fieldnames or ()):
        raise _wrong(source, 1, f"the column {min(missing)} is missing")
    seen: dict[date, bool] = {}
    names: dict[date, str] = {}
    for number, row in enumerate(rows, start=2):
        day, off = _day(row[DAY] or "", source, number), _normal(row[OFF] or "")
        if off not in (_WORKS, _IS_OFF):
            raise _wrong(source, number, f"{OFF} is 0 or 2, not {shown(off)!r}")
        if day in seen or (seen and day.year != next(iter(seen)).year):
            raise _wrong(source, number, f"{day} stands there twice or is of another year")
        seen[day], names[day] = off == _IS_OFF, _normal(row.get(REMARK) or "")
    if not seen:
        raise _wrong(source, 2, "there is no day")
    year = next(iter(seen)).year
    if len(seen) != 365 + isleap(year):
        raise _wrong(source, len(seen) + 2, f"{year} is not whole: {len(seen)} days")
    return year, {day: names[day] for day, off in seen.items() if off}


def _text(body: bytes, source: str) -> str:
    for encoding in ("utf-8-sig", "cp950"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _wrong(source, 1, "it is neither UTF-8 nor Big5")


def _day(said: str, source: str, number: int) -> date:
    digits = _normal(said).replace("-", "").replace("/", "")
    try:
        if len(digits) == 8 and digits.isascii() and digits.isdigit():
            return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        pass
    raise _wrong(source, number, f"{shown(said)!r} is no day such as 20261009")


def _normal(said: str) -> str:
    """Full-width digits as the others."""
    return unicodedata.normalize("NFKC", said).strip()


def _wrong(source: str, number: int, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{source} row {number}: {why}",
        code="import_row",
        next_step="use the yearly file of the office calendar as it is published",
    )
