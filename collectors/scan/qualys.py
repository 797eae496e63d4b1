"""Qualys: its XML of detections or of one scan, and the CSV of its scan reports.

Its XML names a document type by one line, which this reader leaves out when it is exactly that
line: nothing is ever fetched, and any other declaration is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

from collectors.scan import _values as values
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected, shown
from evidence.facts import Fact, ScannedHost, ScanReport, Severity, Weakness

_SEVERITIES: dict[str, Severity] = {"2": "low", "3": "medium", "4": "high", "5": "critical"}
_OWN_TYPE = re.compile(
    rb'<!DOCTYPE (?:HOST_LIST_VM_DETECTION_OUTPUT|SCAN) SYSTEM "https://[a-z0-9.-]{1,80}\.qualys\.'
    rb'(?:com|eu|in|ca|ae|co\.uk|com\.au)/[A-Za-z0-9/_.-]{1,120}\.dtd">'
)
_DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})(?: (?:at )?(\d\d):(\d\d):(\d\d))?")
# Its words for a detection that is over, or that a person set aside.
_CLOSED = frozenset(("fixed", "ignored", "disabled"))


def report(capture: Capture, device: Device) -> Iterable[Fact]:
    """Raises Unexpected for what is no such report, Incomplete for one that breaks off."""
    root = replace(capture, body=_OWN_TYPE.sub(b"", capture.body, count=1)).xml()
    if root.tag == "HOST_LIST_VM_DETECTION_OUTPUT":
        return _detections(root, capture)
    if root.tag == "SCAN":
        return _scan(root, capture)
    raise Unexpected(f"{values.who(capture)}: no Qualys report but {shown(root.tag, 40)!r}")


def _detections(root: Element, capture: Capture) -> Iterator[Fact]:
    hosts: list[ScannedHost] = []
    found: list[Weakness] = []
    informational = 0
    for element in root.iterfind("RESPONSE/HOST_LIST/HOST"):
        inside = values.moment(element.findtext("LAST_VM_AUTH_SCANNED_DATE"))
        host = ScannedHost(
            address=values.address(element.findtext("IP"), capture),
            name=element.findtext("DNS") or None,
            operating_system=element.findtext("OS") or None,
            scanned_at=values.moment(element.findtext("LAST_SCAN_DATETIME")),
            authenticated=None if inside is None else True,
        )
        hosts.append(host)
        for one in element.iterfind("DETECTION_LIST/DETECTION"):
            severity = _severity(one.findtext("SEVERITY"), one.findtext("TYPE"))
            if severity is None:
                informational += 1
                continue
            if (one.findtext("STATUS") or "").casefold() in _CLOSED:
                continue
            number = one.findtext("QID") or "?"
            port, protocol = one.findtext("PORT"), one.findtext("PROTOCOL")
            found.append(
                Weakness(
                    weakness_id=f"qualys {number}",
                    title=one.findtext("TITLE") or f"QID {number}",
                    address=host.address,
                    severity=severity,
                    port=f"{port}/{protocol or 'tcp'}" if port else None,
                    first_seen_at=values.moment(one.findtext("FIRST_FOUND_DATETIME")),
                    last_seen_at=values.moment(one.findtext("LAST_FOUND_DATETIME")),
                    unsupported=values.says_unsupported(one.findtext("TITLE") or ""),
                )
            )
    yield _report(hosts, informational, values.moment(root.findtext("RESPONSE/DATETIME")))
    yield from hosts
    yield from found


def _scan(root: Element, capture: Capture) -> Iterator[Fact]:
    keys = {one.get("value"): one.text for one in root.iterfind("HEADER/KEY")}
    at = values.moment(keys.get("DATE"))
    status = keys.get("STATUS")
    hosts: list[ScannedHost] = []
    found: list[Weakness] = []
    for element in root.iterfind("IP"):
        host = ScannedHost(
            address=values.address(element.get("value"), capture),
            name=element.get("name") or None,
            operating_system=element.findtext("OS") or None,
            scanned_at=at,
        )
        hosts.append(host)
        for category in element.iterfind("VULNS/CAT"):
            port = category.get("port")
            for one in category.iterfind("VULN"):
                severity = _SEVERITIES.get(one.get("severity", ""))
                if severity is None:
                    continue
                title = (one.findtext("TITLE") or "").strip()
                found.append(
                    Weakness(
                        weakness_id=f"qualys {one.get('number', '?')}",
                        title=title,
                        address=host.address,
                        severity=severity,
                        cves=values.cves(one.get("cveid"), *(e.text for e in one.iter("ID"))),
                        port=f"{port}/{category.get('protocol', 'tcp')}" if port else None,
                        last_seen_at=at,
                        unsupported=values.says_unsupported(title),
                    )
                )
    told = _report(hosts, 0, at)
    yield replace(told, complete=None if status is None else status.upper() == "FINISHED")
    yield from hosts
    yield from found


def table(capture: Capture, device: Device) -> Iterable[Fact]:
    """The CSV of a scan report, its summary above the head line passed over. Its times are GMT."""
    hosts: dict[str, ScannedHost] = {}
    found: list[Weakness] = []
    informational = 0
    for row in values.rows(capture, ("IP", "QID", "Title", "Severity")):
        address = values.address(row["IP"], capture)
        seen_at = _day(row.get("Last Detected"))
        before = hosts.get(address)
        hosts[address] = ScannedHost(
            address=address,
            name=row.get("DNS") or None,
            operating_system=row.get("OS") or None,
            scanned_at=values.latest((seen_at, before.scanned_at if before else None)),
        )
        severity = _severity(row["Severity"], row.get("Type"))
        if severity is None:
            informational += 1
            continue
        if row.get("Vuln Status", "").casefold() not in _CLOSED:
            found.append(_row(row, address, severity, seen_at))
    yield _report(
        list(hosts.values()), informational, values.latest(one.scanned_at for one in hosts.values())
    )
    yield from hosts.values()
    yield from found


def _row(
    row: Mapping[str, str], address: str, severity: Severity, seen_at: datetime | None
) -> Weakness:
    port = row.get("Port", "").strip()
    return Weakness(
        weakness_id=f"qualys {row['QID'].strip()}",
        title=row["Title"].strip(),
        address=address,
        severity=severity,
        cvss=values.score((row.get("CVSS3.1 Base") or row.get("CVSS Base") or "").split(" ")[0]),
        cves=values.cves(row.get("CVE ID")),
        port=f"{port}/{row.get('Protocol', 'tcp').strip() or 'tcp'}" if port else None,
        first_seen_at=_day(row.get("First Detected")),
        last_seen_at=seen_at,
        unsupported=values.says_unsupported(row["Title"]),
    )


def _report(hosts: list[ScannedHost], informational: int, at: datetime | None) -> ScanReport:
    return ScanReport(
        scanner="qualys",
        started_at=values.earliest(one.scanned_at for one in hosts),
        ended_at=values.latest(one.scanned_at for one in hosts) or at,
        hosts=len(hosts),
        informational=informational,
    )


def _severity(level: str | None, kind: str | None) -> Severity | None:
    """None for what is merely told: information gathered (`Info`, `Ig`), and the lowest level."""
    if (kind or "").strip().casefold() in ("info", "ig"):
        return None
    return _SEVERITIES.get((level or "").strip())


def _day(text: str | None) -> datetime | None:
    found = _DAY.match((text or "").strip())
    if found is None:
        return None
    month, day, year, hour, minute, second = (int(part or 0) for part in found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
