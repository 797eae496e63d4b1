"""Is mail scanned for viruses, on every day of the month, with current signatures?

CC-17010.f.b names e-mail beside systems and storage media. A gateway is not asked: somebody
delivers its report. Without one nothing is known of the mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from checks._observed import observed
from evidence.clock import month_bounds, taipei_day
from evidence.facts import MailScan
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "mail_is_scanned"
SUBJECT = "mail_scans"
REPORT = Text("the report of what it scanned", "郵件掃毒報表")
Answer = tuple[Result, str, Text]


def check(
    readings: Readings, *, signatures_days: int = 7, report_days: int = 7
) -> Iterator[Observation]:
    """One observation a gateway.

    `signatures_days`: how old signatures may be on a report's last day. `report_days`: how many
    of the month's last days so far no report needs to speak of yet.
    """
    yield from unread(readings, SUBJECT, CHECK, REPORT)
    devices = list(readings.each(SUBJECT))
    if not devices:
        yield _no_report(readings)
    for device, newest in devices:
        if newest is None:
            continue
        earlier = [one for one in readings.earlier(device.id, SUBJECT) if one.failure is None]
        rows = [one for reading in (*earlier, newest) for one in reading.of(MailScan)]
        for product in dict.fromkeys(one.product for one in rows):
            mine = [one for one in rows if one.product == product]
            yield observed(
                CHECK,
                readings,
                device,
                newest,
                subject=f"{device.id}/mail {product}",
                about="malware",
                answer=_answer(readings, mine, signatures_days, report_days),
                measures=_measures(mine),
            )


def _answer(
    readings: Readings, rows: Sequence[MailScan], signatures_days: int, report_days: int
) -> Answer:
    first, last = _month(readings)
    missing = _missing(rows, first, last - timedelta(days=report_days))
    if missing:
        words = Text(
            f"no report speaks of {len(missing)} days of the month, {missing[0]} first",
            f"本月有 {len(missing)} 日無掃毒報表（自 {missing[0]} 起）",
        )
        return Result.not_assessed, "days_missing", words
    mine = [one for one in rows if _touches(one, first, last)]
    if not mine:
        words = Text("no report speaks of the month yet", "本月尚無掃毒報表")
        return Result.not_assessed, "days_missing", words
    if any(one.messages is None for one in mine):
        words = Text("the report does not say how much was scanned", "報表未載明掃描郵件數")
        return Result.not_assessed, "scanned_unknown", words
    if not any(one.messages for one in mine):
        words = Text("no mail was scanned", "本月未掃描任何郵件")
        return Result.not_satisfied, "nothing_scanned", words
    dated = [one for one in mine if one.signatures_on]
    if len(dated) < len(mine) and not _old(dated, signatures_days):
        words = Text("mail is scanned; the day of its signatures is not told", "未載明病毒碼日期")
        return Result.not_assessed, "signatures_unknown", words
    old = _old(dated, signatures_days)
    if old:
        words = Text(
            f"signatures were of {old[0].signatures_on}", f"病毒碼為 {old[0].signatures_on}，已過期"
        )
        return Result.not_satisfied, "signatures_old", words
    count = sum(one.messages or 0 for one in mine)
    found = sum(one.found or 0 for one in mine)
    words = Text(
        f"{count} messages were scanned, {found} held something malicious",
        f"掃描 {count} 封郵件，{found} 封含惡意內容",
    )
    return Result.satisfied, "scanned", words


def _old(rows: Sequence[MailScan], signatures_days: int) -> list[MailScan]:
    """Reports whose signatures were older than that on their last day."""
    return [
        one
        for one in rows
        if one.signatures_on
        and (last := one.scanned_until or one.scanned_from)
        and (last - one.signatures_on).days > signatures_days
    ]


def _month(readings: Readings) -> tuple[date, date]:
    """The month's first day, and the last so far."""
    start, end = month_bounds(readings.period)
    return taipei_day(start), min(taipei_day(end - timedelta(seconds=1)), taipei_day(readings.at))


def _touches(one: MailScan, first: date, last: date) -> bool:
    begins, ends = one.scanned_from, one.scanned_until or one.scanned_from
    return begins is not None and ends is not None and begins <= last and ends >= first


def _missing(rows: Sequence[MailScan], first: date, last: date) -> list[date]:
    """Days that no report speaks of."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if not any(_touches(one, day, day) for one in rows)]


def _measures(rows: Sequence[MailScan]) -> dict[str, object]:
    return {
        "reports": len(rows),
        "messages": sum(one.messages or 0 for one in rows),
        "found": sum(one.found or 0 for one in rows),
    }


def _no_report(readings: Readings) -> Observation:
    return Observation(
        check=CHECK,
        device="",
        subject="mail reports",
        result=Result.not_assessed,
        state="no_report",
        description=Text(
            "no report of a mail gateway was delivered, so nothing is known of the mail",
            "未提供郵件閘道掃毒報表，無法判斷電子郵件是否掃毒",
        ),
        at=readings.at,
        scope=("*",),
    )
