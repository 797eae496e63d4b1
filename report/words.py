"""How the pack writes times, days, months and lists, and the few words it says often."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from evidence.clock import TAIPEI, parse_at, roc
from evidence.text import Text

UNTOLD = Text("not told", "未提供")
UNKNOWN = Text("not known", "不明")
YES, NO = Text("yes", "是"), Text("no", "否")
PROVISIONAL = Text(
    "provisional: sign-offs, and decisions taken elsewhere, are not in it",
    "暫定：未納入簽核與於他處所作之決定",
)
REPLAYED = Text(
    "replayed: some or all answers were played from tapes, not read from devices",
    "重播：部分或全部佐證由錄製內容重播，非實機讀取",
)


def taipei(at: datetime) -> str:
    """A moment as a clock in Taipei shows it, with its offset."""
    return at.astimezone(TAIPEI).isoformat(" ", "seconds")


def minute(at: datetime) -> str:
    """The same to the minute, where there is little room and the place is said elsewhere."""
    return f"{at.astimezone(TAIPEI):%Y-%m-%d %H:%M}"


def taipei_of(stamped: str | None) -> str | Text:
    """The same for a time out of a record; None: not known."""
    return UNKNOWN if stamped is None else minute(parse_at(stamped))


def both_calendars(day: date | None) -> str | Text | None:
    """A day as ISO 8601 and in the Republic of China calendar."""
    return None if day is None else f"{day.isoformat()}（民國 {roc(day)}）"


def month_words(period: str) -> Text:
    """A month in both calendars."""
    year, month = period.split("-")
    return Text(
        f"{period} (ROC {int(year) - 1911}/{month})",
        f"民國{int(year) - 1911}年{month}月（{period}）",
    )


def joined(parts: Iterable[Text | str], between: str = "\n") -> Text:
    """Several texts as one."""
    texts = [Text(one, one) if isinstance(one, str) else one for one in parts]
    return Text(between.join(one.en for one in texts), between.join(one.zh for one in texts))


def shortened(parts: list[Text], most: int) -> Text:
    """The first `most` of some lines, and how many more there are."""
    left = len(parts) - most
    more = [Text(f"… and {left} more", f"…另 {left} 筆")] if left > 0 else []
    return joined(parts[:most] + more)
