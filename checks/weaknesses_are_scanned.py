"""Was everything scanned for weaknesses in time? When the last scan was, and what it did not reach.

A report without a time, or of a scan that broke off, shows less than it seems to.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._scans import REPORTS, SUBJECT, Scan, scans
from evidence.clock import add_months, taipei_day
from evidence.facts import ScanReport
from evidence.inventory import Meeting, stock_of
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.rulebase import unread
from evidence.text import Text

CHECK = "weaknesses_are_scanned"


def check(readings: Readings, *, max_age_months: int = 6) -> Iterator[Observation]:
    """`max_age_months`: how old a scan may be, in calendar months."""
    yield from unread(readings, SUBJECT, CHECK, REPORTS)
    known = scans(readings)
    if not known:
        yield _no_scan(readings)
        return
    in_time: list[Scan] = []
    for scan in known:
        for number, report in enumerate(scan.reports, start=1):
            observation = _of_report(readings, scan, report, number, max_age_months)
            yield observation
            if observation.state in ("scan_in_time", "scan_incomplete"):
                in_time.append(scan)
    if in_time:
        yield from _coverage(readings, in_time)


def _of_report(
    readings: Readings, scan: Scan, report: ScanReport, number: int, max_age_months: int
) -> Observation:
    ended_at = report.ended_at
    ended_on = None if ended_at is None else taipei_day(ended_at)
    until = None if ended_on is None else add_months(ended_on, max_age_months)
    today = taipei_day(readings.at)
    if ended_on is None or until is None:
        result, state = Result.not_assessed, "scan_time_unknown"
        said = Text("does not say when it was made", "未載明掃描時間")
    elif ended_on > today:
        result, state = Result.not_assessed, "scan_time_unknown"
        said = Text(f"is dated {ended_on}, which has not come yet", f"所載時間 {ended_on} 尚未屆至")
    elif today > until:
        result, state = Result.not_satisfied, "scan_overdue"
        said = Text(
            f"of {ended_on}; the next was due by {until}",
            f"掃描於 {ended_on}，應於 {until} 前再次辦理",
        )
    elif report.complete is False:
        result, state = Result.partly, "scan_incomplete"
        said = Text(f"of {ended_on}; it did not run to its end", f"掃描於 {ended_on}，惟未執行完畢")
    else:
        result, state = Result.satisfied, "scan_in_time"
        said = Text(f"of {ended_on}, {report.hosts} hosts", f"掃描於 {ended_on}，{report.hosts} 臺")
    name = report.name or report.scanner
    return Observation(
        check=CHECK,
        device=scan.device.id,
        subject=f"{scan.device.id}/report {number} {report.scanner}",
        result=result,
        state=state,
        description=Text(
            f"{scan.device.id}, report {name} of {report.scanner}: {said.en}",
            f"{scan.device.id} 報告 {name}（{report.scanner}）：{said.zh}",
        ),
        at=readings.at,
        evidence=(scan.digest,),
        measures={
            "scanner": report.scanner,
            "name": report.name,
            "ended_on": None if ended_on is None else ended_on.isoformat(),
            "due_on": None if until is None else until.isoformat(),
            "hosts": report.hosts,
            "authenticated": sum(one.authenticated is True for one in scan.hosts),
        },
        scope=(f"site:{scan.device.site}", "site:?"),
    )


def _coverage(readings: Readings, in_time: list[Scan]) -> Iterator[Observation]:
    """Everything that was read or is registered, by whether a scan in time reached it."""
    reached = {host.address for scan in in_time for host in scan.hosts}
    evidence = tuple(dict.fromkeys(scan.digest for scan in in_time))
    today = taipei_day(readings.at)
    for meeting in stock_of(readings).meetings:
        found, entry = meeting.found, meeting.entry
        if entry is not None and entry.is_gone(today):
            continue
        if entry is None and (found is None or not found.is_read):
            continue
        yield _covered(readings, meeting, reached, evidence)


def _covered(
    readings: Readings, meeting: Meeting, reached: set[str], evidence: tuple[str, ...]
) -> Observation:
    found, entry = meeting.found, meeting.entry
    addresses = (found.addresses if found else frozenset()) | (
        entry.addresses if entry else frozenset()
    )
    if not addresses:
        result, state = Result.not_assessed, "address_unknown"
        said = Text(
            "its address is not known, so whether it was scanned is not",
            "位址不明，無法判斷是否掃描",
        )
    elif addresses & reached:
        result, state = Result.satisfied, "scanned"
        said = Text("scanned", "已納入掃描")
    else:
        result, state = Result.partly, "not_scanned"
        said = Text("in no scan that is in time", "未納入期限內之掃描")
    name = entry.title if entry else found.name if found else "?"
    subject = found.subject if found else entry.subject if entry else "?"
    mine = (*(found.evidence if found else ()), *((entry.evidence,) if entry else ()))
    return Observation(
        check=CHECK,
        device=found.device.id if found else entry.register if entry else "",
        subject=f"{subject}/scan",
        result=result,
        state=state,
        description=Text(f"{name}: {said.en}", f"{name}：{said.zh}"),
        at=readings.at,
        evidence=tuple(dict.fromkeys((*evidence, *mine))),
        measures={"addresses": sorted(addresses)},
        scope=(f"site:{meeting.site or '?'}",),
    )


def _no_scan(readings: Readings) -> Observation:
    return Observation(
        check=CHECK,
        device="",
        subject="scan reports",
        result=Result.not_assessed,
        state="no_scan",
        description=Text(
            "no scan report was delivered, so nothing is known of any scan",
            "未提供弱點掃描報告，無法判斷是否辦理",
        ),
        at=readings.at,
        scope=("*",),
    )
