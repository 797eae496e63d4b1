"""Devices not read, and why: disclosed, because what was not seen was not examined."""

from __future__ import annotations

from collections.abc import Iterator

from evidence.clock import month_bounds
from evidence.observation import Result
from evidence.reading import Failure
from evidence.text import Text
from report.codes import SUBJECTS, failure_texts, word
from report.month import Month
from report.section import Column, Row, Section, Table
from report.words import joined, taipei

_NEVER = Text("never read", "從未讀取")
_FAILED = Text("reading failed", "讀取失敗")
_STALE = Text("not read this month", "本月未讀取")
_NOT_FRESH = Text("not read in time", "逾期未讀取")
_GAP = Text("left out of a run", "執行中未讀取")
_CHECK_FRESH = "reading_is_fresh"

COLUMNS = (
    Column("device", Text("Device", "設備"), 18),
    Column("subject", Text("What", "讀取項目"), 20),
    Column("state", Text("State", "狀態"), 18),
    Column("code", Text("Code", "代碼"), 22),
    Column("why", Text("Why", "原因"), 48),
    Column("step", Text("Next step", "後續處理"), 36),
    Column("message", Text("Message as recorded", "原始訊息"), 48),
    Column("last_good", Text("Last read well", "最近成功讀取"), 22),
)


def section(month: Month) -> Section:
    title = Text("Devices not read and why", "未能讀取之設備與原因")
    rows = {(row["device"], row["subject"]): row for row in _not_fresh(month)}
    rows |= {(row["device"], row["subject"]): row for row in _unread(month)}
    table = Table(
        id="unread",
        title=title,
        columns=COLUMNS,
        rows=(*(rows[key] for key in sorted(rows, key=str)), *_gaps(month)),
        empty=Text("none this month: every device was read", "本月無：各設備均已讀取"),
    )
    return Section(id="unread", title=title, tables=(table,))


def _unread(month: Month) -> Iterator[Row]:
    """Each configured subject whose newest reading failed, is missing, or is of an older month."""
    readings = month.assessed.readings
    start, _ = month_bounds(month.period)
    for device in month.devices.values():
        for subject in device.subjects:
            newest = readings.newest.get((device.id, subject))
            if newest is None:
                failure = Failure("never_read", f"{device.id}: no {subject} reading is known")
                why = Text(failure.message, "設定檔列有此設備，尚無任何讀取紀錄")
                step = Text("run `evidence-agent collect`", "執行讀取作業")
                yield _row(month, device.id, subject, _NEVER, failure, why, step)
            elif newest.failure is not None:
                why, step = failure_texts(newest.failure)
                yield _row(month, device.id, subject, _FAILED, newest.failure, why, step)
            elif newest.at < start:
                failure = Failure("not_read_this_month", f"{device.id}: last read before the month")
                why = Text(failure.message, "最近一次讀取在本月之前")
                step = Text("check the schedule", "檢查排程與代理程式運作紀錄")
                yield _row(month, device.id, subject, _STALE, failure, why, step)


def _not_fresh(month: Month) -> Iterator[Row]:
    """What the freshness check itself found too old."""
    for one in month.assessed.observations:
        if one.check.startswith(_CHECK_FRESH) and one.result is not Result.satisfied:
            subject = next((_subject(place) for place in one.scope if _subject(place)), "*")
            failure = Failure(one.state, one.description.en)
            step = Text("check the schedule", "檢查排程與代理程式運作紀錄")
            yield _row(month, one.device, subject, _NOT_FRESH, failure, one.description, step)


def _subject(place: str) -> str:
    """The subject that a place of an observation's scope names; empty for another place."""
    kind, _, name = place.partition(":")
    return name if kind == "subject" else ""


def _gaps(month: Month) -> Iterator[Row]:
    """What runs of the month recorded as left out."""
    for run in month.runs.values():
        for gap in run.gaps:
            why, step = failure_texts(gap.failure)
            device = gap.device or "*"
            state = joined([_GAP, taipei(gap.from_at or run.started_at)])
            yield _row(month, device, gap.subject or "*", state, gap.failure, why, step)


def _row(
    month: Month, device: str, subject: str, state: Text, failure: Failure, why: Text, step: Text
) -> Row:
    good = month.assessed.readings.newest_good.get((device, subject))
    return {
        "device": device,
        "subject": word(SUBJECTS, subject),
        "state": state,
        "code": failure.code,
        "why": why,
        "step": step,
        "message": failure.message,
        "last_good": Text("never", "無") if good is None else taipei(good.at),
    }
