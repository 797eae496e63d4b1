"""Nessus: its own XML (`.nessus`, version 2) and its CSV, which tells no time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from collectors.scan import _values as values
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Unexpected, shown
from evidence.facts import Fact, ScannedHost, ScanReport, Severity, Weakness

_SEVERITIES: dict[str, Severity] = {"1": "low", "2": "medium", "3": "high", "4": "critical"}
_RISKS: dict[str, Severity] = {
    "low": "low",
    "medium": "medium",
    "high": "high",
    "critical": "critical",
}


def report(capture: Capture, device: Device) -> Iterable[Fact]:
    """Raises Unexpected for what is no Nessus report, Incomplete for one that breaks off."""
    root = capture.xml()
    found = root.find("Report")
    if root.tag != "NessusClientData_v2" or found is None:
        raise Unexpected(f"{values.who(capture)}: no Nessus report but {shown(root.tag, 40)!r}")
    hosts: list[ScannedHost] = []
    started = []
    weaknesses: list[Weakness] = []
    informational = 0
    for element in found.iterfind("ReportHost"):
        said = {tag.get("name"): tag.text or "" for tag in element.iterfind("HostProperties/tag")}
        host = _host(element, said, capture)
        hosts.append(host)
        started.append(values.moment(said.get("HOST_START_TIMESTAMP")))
        for item in element.iterfind("ReportItem"):
            weakness = _weakness(item, host)
            informational += weakness is None
            weaknesses += [weakness] if weakness else []
    yield ScanReport(
        scanner="nessus",
        name=found.get("name"),
        started_at=values.earliest(started),
        ended_at=values.latest(one.scanned_at for one in hosts),
        hosts=len(hosts),
        informational=informational,
    )
    yield from hosts
    yield from weaknesses


def _host(element: Element, said: dict[str | None, str], capture: Capture) -> ScannedHost:
    credentialed = said.get("Credentialed_Scan", "").casefold()
    return ScannedHost(
        address=values.address(said.get("host-ip") or element.get("name"), capture),
        name=said.get("host-fqdn") or said.get("hostname") or None,
        operating_system=" / ".join(said.get("operating-system", "").split("\n")) or None,
        scanned_at=values.moment(said.get("HOST_END_TIMESTAMP")),
        authenticated={"true": True, "false": False}.get(credentialed),
    )


def _weakness(item: Element, host: ScannedHost) -> Weakness | None:
    """None: something that the scanner merely tells."""
    title = item.get("pluginName", "")
    unsupported = item.findtext("unsupported_by_vendor", "") == "true"
    severity = _SEVERITIES.get(item.get("severity", ""))
    if severity is None:
        return None
    port = item.get("port", "0")
    return Weakness(
        weakness_id=f"nessus {item.get('pluginID', '?')}",
        title=title,
        address=host.address,
        severity=severity,
        cvss=values.score(item.findtext("cvss3_base_score") or item.findtext("cvss_base_score")),
        cves=values.cves(*(one.text for one in item.iterfind("cve"))),
        port=None if port == "0" else f"{port}/{item.get('protocol', 'tcp')}",
        last_seen_at=host.scanned_at,
        unsupported=unsupported or values.says_unsupported(title),
    )


def table(capture: Capture, device: Device) -> Iterable[Fact]:
    """A CSV says nothing of when: that is as whoever delivered it said, else not known."""
    at = capture.provenance.captured_at
    hosts: dict[str, ScannedHost] = {}
    found: list[Weakness] = []
    informational = 0
    for row in values.rows(capture, ("Plugin ID", "Risk", "Host", "Name")):
        address = values.address(row["Host"], capture)
        hosts.setdefault(address, ScannedHost(address=address, scanned_at=at))
        severity = _RISKS.get(row["Risk"].strip().casefold())
        if severity is None:
            informational += 1
            continue
        port = row.get("Port", "0").strip()
        found.append(
            Weakness(
                weakness_id=f"nessus {row['Plugin ID'].strip()}",
                title=row["Name"].strip(),
                address=address,
                severity=severity,
                cvss=values.score(_score(row)),
                cves=values.cves(row.get("CVE")),
                port=None if port in ("", "0") else f"{port}/{row.get('Protocol', 'tcp').strip()}",
                last_seen_at=at,
                unsupported=values.says_unsupported(row["Name"]),
            )
        )
    yield ScanReport(scanner="nessus", ended_at=at, hosts=len(hosts), informational=informational)
    yield from hosts.values()
    yield from _joined(found)


def _score(row: dict[str, str] | object) -> str | None:
    assert isinstance(row, dict)
    names = ("CVSS v3.0 Base Score", "CVSS v2.0 Base Score", "CVSS")
    return next((row[name] for name in names if row.get(name)), None)


def _joined(found: Iterable[Weakness]) -> Iterator[Weakness]:
    """Each weakness once: the CSV has a line for each of its CVE numbers."""
    joined: dict[tuple[str, str, str | None], Weakness] = {}
    for one in found:
        key = one.weakness_id, one.address, one.port
        before = joined.get(key)
        if before is not None:
            one = Weakness(
                weakness_id=one.weakness_id,
                title=before.title,
                address=one.address,
                severity=before.severity,
                cvss=before.cvss,
                cves=tuple(dict.fromkeys((*before.cves, *one.cves))),
                port=one.port,
                last_seen_at=before.last_seen_at,
                unsupported=before.unsupported,
            )
        joined[key] = one
    yield from joined.values()
