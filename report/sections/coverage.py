"""Coverage: how often each subject of each device was read in the month, well or not."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.text import Text
from report.codes import SUBJECTS, failure_texts, word
from report.month import Month, Tally
from report.section import Column, Kind, Row, Section, Table
from report.words import joined, taipei

COLUMNS = (
    Column("device", Text("Device", "設備"), 18),
    Column("platform", Text("Platform", "平台"), 14),
    Column("site", Text("Site", "據點"), 12),
    Column("subject", Text("What", "讀取項目"), 20),
    Column("good", Text("Read well", "成功次數"), 12, Kind.number),
    Column("failed", Text("Failed", "失敗次數"), 12, Kind.number),
    Column("days", Text("Days read", "已讀取日數"), 12, Kind.number),
    Column("of_days", Text("Days in the period", "期間日數"), 12, Kind.number),
    Column("last_good", Text("Last read well in the month", "本月最近成功讀取"), 26),
    Column("failures", Text("Failures by code", "失敗代碼與次數"), 36),
    Column("cautions", Text("Cautions about the newest reading", "最近讀取之注意事項"), 36),
)


def section(month: Month) -> Section:
    title = Text("Coverage", "讀取涵蓋情形")
    rows = tuple(_rows(month))
    table = Table(id="coverage", title=title, columns=COLUMNS, rows=rows)
    return Section(id="coverage", title=title, tables=(table,))


def _rows(month: Month) -> Iterator[Row]:
    """Every configured subject, read or not, then what was read of devices no longer configured."""
    configured = [
        (device.id, subject) for device in month.devices.values() for subject in device.subjects
    ]
    for device, subject in (*configured, *sorted(set(month.tallies) - set(configured))):
        tally = month.tallies.get((device, subject), Tally())
        known = month.devices.get(device)
        good = month.assessed.readings.newest_good.get((device, subject))
        yield {
            "device": device,
            "platform": Text("no longer configured", "已不在設定檔")
            if known is None
            else known.platform,
            "site": None if known is None else known.site,
            "subject": word(SUBJECTS, subject),
            "good": tally.good,
            "failed": tally.failed,
            "days": len(tally.days),
            "of_days": month.days,
            "last_good": Text("none", "無")
            if tally.last_good_at is None
            else taipei(tally.last_good_at),
            "failures": "、".join(
                f"{code} × {count}" for code, count in sorted(tally.codes.items())
            ),
            "cautions": joined([failure_texts(one)[0] for one in good.cautions] if good else []),
        }
