"""Cells as people in Taiwan write them: full-width digits, years of the Republic, 是 and 否.

Every reader gives the value, None for a cell that says nothing, or raises ValueError with what
is wrong.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from ipaddress import ip_address, ip_network
from unicodedata import normalize

from evidence.errors import shown

_NOTHING = frozenset(("", "-", "--", "－", "無", "n/a", "na", "none", "null", "未下線", "使用中"))
_YES = frozenset(("是", "y", "yes", "true", "1", "v", "✓", "○", "核心"))
_NO = frozenset(("否", "n", "no", "false", "0", "x", "✗", "非核心"))
_CATEGORIES = {
    "硬體": "hardware",
    "設備": "hardware",
    "軟體": "software",
    "系統": "software",
    "虛擬主機": "virtual",
    "虛擬機": "virtual",
    "虛擬機器": "virtual",
    "場地": "premises",
    "場所": "premises",
    "機房": "premises",
    "資料": "data",
    "文件": "documents",
    "人員": "people",
}
_COLO = frozenset(("主機共置", "共置", "共置機房", "主機共置機房"))
_DECISIONS = {
    **dict.fromkeys(("保留", "維持", "續用"), "keep"),
    **dict.fromkeys(("調整", "修改", "變更"), "adjust"),
    **dict.fromkeys(("停用", "關閉", "刪除", "移除"), "disable"),
}
# Also what Excel writes where a formula failed.
_FORMULA = re.compile(r"[=@]|[+-](?=.*[A-Za-z(!])|#(?:N/A|[A-Z0-9/]+[!?])")
_DAY = re.compile(
    r"(?P<roc>(?:中華)?民國)?\s*(?P<year>\d{2,4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[ T]00:00(?::00)?)?"
)
_DIGITS = re.compile(r"(?P<year>\d{3,4})(?P<month>\d\d)(?P<day>\d\d)")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")


def plain(text: str) -> str | None:
    """An identifier: full-width letters and digits become plain ones."""
    found = normalize("NFKC", text).strip()
    if _FORMULA.match(found):
        raise ValueError("a formula is not taken")
    return None if found.casefold() in _NOTHING else found


def word(text: str) -> str | None:
    """A text as written."""
    return text.strip() if plain(text) is not None else None


def day(text: str) -> date | None:
    """A day: 2026-11-23, 115/11/23, 中華民國115年11月23日 or 1151123.

    A year of two or three digits counts from 1912, as official papers do; one before 60
    (1971) is more likely another order of day, month and year, and is refused.
    """
    found = plain(text)
    if found is None:
        return None
    parts = _DAY.fullmatch(found) or _DIGITS.fullmatch(found)
    if parts is None:
        raise ValueError(f"{shown(text, 20)} is no date")
    year = int(parts["year"])
    republic = year < 1000 or parts.groupdict().get("roc") is not None
    if (republic and not 60 <= year < 200) or (not republic and not 1971 <= year < 2112):
        raise ValueError(f"{shown(text, 20)} is of no year that can be meant")
    try:
        return date(year + 1911 if republic else year, int(parts["month"]), int(parts["day"]))
    except ValueError:
        raise ValueError(f"{shown(text, 20)} is no day of the calendar") from None


def moment(text: str) -> datetime | None:
    """A day with a time of day behind it, `2026-11-23 08:44` or `115/11/23 08:44:11`, no zone."""
    found = plain(text)
    if found is None:
        return None
    words = re.split(r"[ T]", found, maxsplit=1)
    date_ = day(words[0])
    try:
        clock = time.fromisoformat(words[1].zfill(5)) if len(words) > 1 else time()
    except ValueError:
        raise ValueError(f"{shown(text, 20)} is no time") from None
    return None if date_ is None else datetime.combine(date_, clock)


def address(text: str) -> tuple[str, ...] | None:
    """Addresses, networks, ranges and host names, apart by blanks, commas or semicolons."""
    found = plain(text)
    parts = re.split(r"[\s,;、]+", found) if found else []
    for part in parts:
        if not _is_address(part):
            raise ValueError(f"{shown(part, 20)} is no address")
    return tuple(filter(None, parts)) or None


def _is_address(text: str) -> bool:
    try:
        ends = text.split("-") if re.fullmatch(r"[0-9a-fA-F.:]+-[0-9a-fA-F.:]+", text) else []
        for end in ends:
            ip_address(end)
        if not ends:
            ip_network(text, strict=False)
    except ValueError:
        # What looks like an address and is none is a slip, not a name.
        return re.fullmatch(r"[\d./:-]*", text) is None and _HOST.fullmatch(text) is not None
    return True


def yes(text: str) -> bool | None:
    found = (plain(text) or "").casefold()
    if found in _YES or found in _NO:
        return found in _YES
    if found:
        raise ValueError(f"{shown(text, 20)} is neither yes nor no")
    return None


def category(text: str) -> str | None:
    """In our word where there is one, else as written."""
    found = plain(text)
    return None if found is None else _CATEGORIES.get(found, found.casefold())


def site(text: str) -> str | None:
    """A site of the configuration; what people write for co-location is its site `colo`."""
    found = plain(text)
    return "colo" if found in _COLO else found


def decision(text: str) -> str | None:
    """`keep`, `adjust` or `disable` in either language; another word as written."""
    found = plain(text)
    return None if found is None else _DECISIONS.get(found, found.casefold())
