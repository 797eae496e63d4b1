"""Has every device and subject a fresh, good reading? What failed is disclosed, with its code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from evidence.clock import stamp, taipei_day
from evidence.device import Device
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text

CHECK = "reading_is_fresh"


def check(
    readings: Readings, *, days: Mapping[str, int] | None = None, other_days: int = 7
) -> Iterator[Observation]:
    """`days`: how old a reading may be, by subject; `other_days`: for every other subject."""
    limits = days or {}
    for device in readings.devices.values():
        for subject in device.subjects:
            newest = readings.newest.get((device.id, subject))
            good = readings.newest_good.get((device.id, subject))
            limit = timedelta(days=limits.get(subject, other_days))
            yield _observed(readings.at, device, subject, newest, good, limit)


def _observed(
    at: datetime,
    device: Device,
    subject: str,
    newest: Reading | None,
    good: Reading | None,
    limit: timedelta,
) -> Observation:
    failure = newest.failure if newest else None
    code = failure.code if failure else None
    fresh = good is not None and at - good.at <= limit
    if good is None:
        state = "not_read"
        said = Text(f"never read ({code or 'no visit'})", f"未曾讀取成功（{code or '未訪視'}）")
    elif not fresh:
        state = "stale"
        said = Text(f"last read on {taipei_day(good.at)}", f"最近成功讀取為 {taipei_day(good.at)}")
    elif code:
        state = "last_visit_failed"
        said = Text(
            f"read on {taipei_day(good.at)}; the visit after it failed ({code})",
            f"{taipei_day(good.at)} 讀取成功，其後訪視失敗（{code}）",
        )
    else:
        state = "fresh"
        said = Text(f"read on {taipei_day(good.at)}", f"{taipei_day(good.at)} 讀取成功")
    step = f" {failure.next_step}" if failure and failure.next_step else ""
    return Observation(
        check=CHECK,
        device=device.id,
        subject=f"{device.id}/{subject} reading",
        # What could not be read could not be examined; it is no fault of the device's.
        result=Result.satisfied if fresh else Result.not_assessed,
        state=state,
        description=Text(
            f"{device.id} {subject}: {said.en}{step}", f"{device.id} {subject}：{said.zh}"
        ),
        at=at,
        evidence=tuple(dict.fromkeys(one.digest for one in (good, newest) if one)),
        measures={
            "read_at": None if good is None else stamp(good.at),
            "age_s": None if good is None else (at - good.at).total_seconds(),
            "limit_s": limit.total_seconds(),
            "code": code,
            "message": failure.message if failure else None,
            "provenance": good.provenance if good else None,
        },
        expires_at=None if good is None else good.at + limit,
        scope=(f"site:{device.site}", f"subject:{subject}"),
    )
