"""Is every open weakness mended within the days that the company allows its severity?

A weakness counts from the day that the scanner first saw it, else from the first report that has
it. Within its days it is still open work; a decision about it (an exception) may stand beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta

from checks._scans import REPORTS, SUBJECT, Open, open_weaknesses, scans, sites_of_addresses
from evidence.clock import taipei_day
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "weakness_is_treated"
DAYS: Mapping[str, int] = {"critical": 30, "high": 60}
SEVERITIES = {
    "critical": Text("critical", "嚴重"),
    "high": Text("high", "高"),
    "medium": Text("medium", "中"),
    "low": Text("low", "低"),
}


def check(readings: Readings, *, days: Mapping[str, int] = DAYS) -> Iterator[Observation]:
    """`days`: to mend a weakness, by its severity; one without days is not judged."""
    yield from unread(readings, SUBJECT, CHECK, REPORTS)
    known = scans(readings)
    for scan in known:
        judged = [one for one in open_weaknesses(readings, scan) if one.weakness.severity in days]
        for one in judged:
            yield _observed(readings, one, days[one.weakness.severity])
        if not judged:
            words = "、".join(SEVERITIES[name].zh for name in days if name in SEVERITIES)
            yield Observation(
                check=CHECK,
                device=scan.device.id,
                subject=f"{scan.device.id}/weaknesses",
                result=Result.satisfied,
                state="no_open_weakness",
                description=Text(
                    f"{scan.device.id}: no open weakness of severity {', '.join(days)}",
                    f"{scan.device.id}：無未修補之{words}風險弱點",
                ),
                at=readings.at,
                evidence=(scan.digest,),
                measures={"hosts": len(scan.hosts)},
                scope=(f"site:{scan.device.site}", "site:?"),
            )
    if not known and not any(readings.each(SUBJECT)):
        yield _no_report(readings)


def _observed(readings: Readings, one: Open, allowed_days: int) -> Observation:
    weakness = one.weakness
    today = taipei_day(readings.at)
    since_on = None if one.since_at is None else taipei_day(one.since_at)
    due_on = None if since_on is None else since_on + timedelta(days=allowed_days)
    severity = SEVERITIES[weakness.severity]
    if since_on is None or due_on is None:
        result, state = Result.not_assessed, "weakness_age_unknown"
        said = Text("since when is not told", "起始日不明")
    elif today > due_on:
        result, state = Result.not_satisfied, "weakness_overdue"
        open_days = (today - since_on).days
        said = Text(
            f"open since {since_on}, {open_days} days; it was to be mended by {due_on}",
            f"自 {since_on} 起未修補，已 {open_days} 日，應於 {due_on} 前修補",
        )
    else:
        result, state = Result.partly, "weakness_open"
        said = Text(
            f"open since {since_on}, due by {due_on}", f"自 {since_on} 起未修補，期限 {due_on}"
        )
    sites = sites_of_addresses(readings)
    places = sorted({sites.get(address, "?") for address in one.hosts})
    count = len(one.hosts)
    return Observation(
        check=CHECK,
        device=one.scan.device.id,
        subject=f"{one.scan.device.id}/{weakness.weakness_id}",
        result=result,
        state=state,
        description=Text(
            f"{weakness.title} ({severity.en}, {count} host{'s' * (count != 1)}): {said.en}",
            f"{weakness.title}（{severity.zh}風險，{count} 臺）：{said.zh}",
        ),
        at=readings.at,
        evidence=one.evidence,
        measures={
            "weakness": weakness.weakness_id,
            "severity": weakness.severity,
            "cvss": weakness.cvss,
            "cves": list(weakness.cves),
            "hosts": list(one.hosts),
            "since_on": None if since_on is None else since_on.isoformat(),
            "days_open": None if since_on is None else (today - since_on).days,
            "due_on": None if due_on is None else due_on.isoformat(),
        },
        scope=tuple(f"site:{place}" for place in places),
    )


def _no_report(readings: Readings) -> Observation:
    return Observation(
        check=CHECK,
        device="",
        subject="scan reports",
        result=Result.not_assessed,
        state="no_scan",
        description=Text(
            "no scan report was delivered, so no weakness is known",
            "未提供弱點掃描報告，無從得知弱點",
        ),
        at=readings.at,
        scope=("*",),
    )
