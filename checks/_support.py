"""What an answer about support says: the limits it is judged by, its state, its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evidence.clock import taipei_day
from evidence.device import Device
from evidence.lifecycle import Catalogue, Entry
from evidence.lifecycle.entry import ENDED
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.support import Support, support
from evidence.text import Text

CHECK = "release_is_supported"


@dataclass(frozen=True, slots=True)
class Limits:
    fails_at: Sequence[str]
    warns_at: Sequence[str]
    horizons_days: Sequence[int]
    max_age_days: int


def support_of(
    readings: Readings, catalogue: Catalogue, entry: Entry | None, unknown: str, limits: Limits
) -> Support:
    return support(
        catalogue,
        entry,
        taipei_day(readings.at),
        unknown=unknown,
        fails_at=limits.fails_at,
        warns_at=limits.warns_at,
        horizons_days=limits.horizons_days,
        max_age_days=limits.max_age_days,
    )


def nothing(state: str) -> Support:
    return Support(state, Result.not_assessed, None)


_STATES = {
    "support_ended": Text("support ended on {day}", "支援已於 {day} 終止"),
    "support_ends_soon": Text(
        "support ends on {day}, in {days} days: have the retirement plan ready",
        "支援將於 {day} 終止（尚餘 {days} 日），應備妥汰除計畫",
    ),
    "maintenance_ended": Text(
        "software maintenance ended on {day}, security fixes go on",
        "軟體維護已於 {day} 終止，安全修補仍持續",
    ),
    "supported": Text("supported until {day}", "支援至 {day}"),
    "catalogue_stale": Text(
        "the catalogue of {dated} is too old to show that support goes on",
        "生命週期目錄（{dated}）已逾效期，無法確認仍在支援",
    ),
    "unknown_model": Text(
        "no date is known for this model: ask the vendor when support ends, and enter it in the"
        " catalogue",
        "查無此型號之生命週期日期，應向原廠查明支援終止日並補入目錄",
    ),
    "unknown_version": Text(
        "no date is known for this version: ask the vendor when support ends, and enter it in the"
        " catalogue",
        "查無此版本之生命週期日期，應向原廠查明支援終止日並補入目錄",
    ),
    "no_date_published": Text(
        "the vendor's dates do not say when support ends", "原廠公告未載明支援終止日"
    ),
}

_ENDED_SOME_DAY = Text(
    "support had ended by {day}; on which day is not told",
    "支援至遲已於 {day} 前終止，確切日期未載明",
)


def observed_support(
    readings: Readings,
    device: Device,
    evidence: str,
    subject: str,
    what: Text,
    found: Support,
    measures: Mapping[str, str | None],
    site: str | None = None,
) -> Observation:
    said = _STATES[found.state]
    day = found.decisive.day.isoformat() if found.decisive else ""
    dated = readings.catalogue.dated.isoformat() if readings.catalogue else "?"
    values = {"day": day, "days": found.decisive and found.decisive.days_left, "dated": dated}
    entry = found.entry
    if found.state == "support_ended" and entry is not None and ENDED in entry.note:
        said = _ENDED_SOME_DAY
    unsure = entry is not None and entry.confidence != "vendor"
    caveat = Text(" (date to be confirmed with the vendor)", "（日期待向原廠確認）")
    mark = caveat if unsure and found.decisive else Text("", "")
    return Observation(
        check=CHECK,
        device=device.id,
        subject=subject,
        result=found.result,
        state=found.state,
        description=Text(
            f"{device.id} {what.en}: {said.en.format(**values)}{mark.en}",
            f"{device.id} {what.zh}：{said.zh.format(**values)}{mark.zh}",
        ),
        at=readings.at,
        evidence=(evidence,),
        measures={
            **measures,
            "milestones": {one.name: one.day.isoformat() for one in found.milestones},
            "decisive": found.decisive.name if found.decisive else None,
            "days_left": found.decisive.days_left if found.decisive else None,
            "horizon_days": found.horizon_days,
            "expired_on": day if found.state == "support_ended" else None,
            "catalogue_dated": dated,
            "row": None if entry is None else {"name": entry.name, "match": entry.match},
            "source_url": None if entry is None else entry.source_url,
            "retrieved_on": None if entry is None else entry.retrieved_on,
            "confidence": None if entry is None else entry.confidence,
        },
        scope=(f"site:{site or device.site}", "subject:firmware"),
    )
