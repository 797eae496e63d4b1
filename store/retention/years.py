"""Classes of bytes, for how many years each is kept, and when that ends."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, func, select

from evidence.clock import month_bounds, taipei_day
from evidence.text import Text
from store.retention.tables import retention_class

YEARS = 5


class Class(StrEnum):
    """`captures`: what devices answered and what months were judged by. `attachments`: files that
    people gave."""

    captures = "captures"
    attachments = "attachments"

    @property
    def text(self) -> Text:
        return _CLASSES[self]


_CLASSES = {
    Class.captures: Text("captures and inputs", "擷取檔與判定輸入"),
    Class.attachments: Text("files people gave", "人員提供之附件"),
}


def years_of(rows: Connection) -> dict[Class, int]:
    """How long each class is kept now."""
    one = retention_class.c
    longest = select(one.name, func.max(one.years)).group_by(one.name)
    found = {name: years for name, years in rows.execute(longest)}
    return {one: found.get(one.value, YEARS) for one in Class}


def end_of(period: str, years: int) -> datetime:
    """The moment from which a month's bytes of a class of so many years may be deleted."""
    year, month = period.split("-")
    return month_bounds(f"{int(year) + years:04d}-{month}")[1]


def last_day(end_at: datetime) -> date:
    """The last day, in Taipei, before an end."""
    return taipei_day(end_at - timedelta(seconds=1))
