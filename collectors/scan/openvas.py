"""OpenVAS, Greenbone: the XML report of its management protocol.

A report is exported through a filter that may show a part of it: how many results there are is
held against how many the file has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element

from collectors.scan import _values as values
from evidence.capture import Capture
from evidence.device import Device
from evidence.errors import Incomplete, Unexpected, shown
from evidence.facts import Fact, ScannedHost, ScanReport, Weakness

_DONE = "Done"


def report(capture: Capture, device: Device) -> Iterable[Fact]:
    """Raises Unexpected for what is no such report, Incomplete for a part of one."""
    root = capture.xml()
    if root.tag == "get_reports_response":
        root = root.find("report") or root
    inner = root.find("report")
    body = root if inner is None else inner
    if root.tag != "report" or body.find("results") is None:
        raise Unexpected(f"{values.who(capture)}: no OpenVAS report but {shown(root.tag, 40)!r}")
    results = list(body.iterfind("results/result"))
    _check_whole(body, len(results), capture)
    hosts = list(_hosts(body, results, capture))
    scanned = {one.address: one for one in hosts}
    weaknesses = [_weakness(one, scanned, capture) for one in results]
    found = [one for one in weaknesses if one is not None]
    status = body.findtext("scan_run_status")
    yield ScanReport(
        scanner="openvas",
        name=body.findtext("task/name") or root.findtext("task/name") or root.findtext("name"),
        started_at=values.moment(body.findtext("scan_start")),
        ended_at=values.moment(body.findtext("scan_end")),
        complete=None if status is None else status == _DONE,
        hosts=len(hosts),
        informational=len(results) - len(found),
    )
    yield from hosts
    yield from found


def _check_whole(body: Element, count: int, capture: Capture) -> None:
    full = (body.findtext("result_count/full") or "").strip()
    if full.isdigit() and int(full) > count:
        raise Incomplete(
            f"{values.who(capture)}: {count} results of {full}",
            next_step="export the report with the filter `rows=-1 min_qod=0 levels=hmlg`",
        )


def _hosts(body: Element, results: list[Element], capture: Capture) -> Iterator[ScannedHost]:
    ended = values.moment(body.findtext("scan_end"))
    seen = set()
    for one in body.iterfind("host"):
        details = {
            detail.findtext("name", ""): detail.findtext("value", "")
            for detail in one.iterfind("detail")
        }
        logins = [details[name] for name in details if name.startswith("Auth-")]
        address = values.address(one.findtext("ip"), capture)
        seen.add(address)
        yield ScannedHost(
            address=address,
            name=details.get("hostname") or None,
            operating_system=details.get("best_os_txt") or None,
            scanned_at=values.moment(one.findtext("end")) or ended,
            authenticated=None
            if not logins
            else any("success" in one.casefold() for one in logins),
        )
    for one in results:
        address = values.address(_first_text(one.find("host")), capture)
        if address not in seen:
            seen.add(address)
            yield ScannedHost(address=address, scanned_at=ended)


def _weakness(
    result: Element, scanned: dict[str, ScannedHost], capture: Capture
) -> Weakness | None:
    """None: something that the scanner merely tells (its `Log`)."""
    score = values.score(result.findtext("severity") or result.findtext("nvt/cvss_base"))
    severity = values.by_score(score)
    if severity is None:
        return None
    nvt = result.find("nvt")
    refs = [] if nvt is None else [one.get("id") for one in nvt.iterfind("refs/ref")]
    address = values.address(_first_text(result.find("host")), capture)
    title = (result.findtext("name") or result.findtext("nvt/name") or "").strip()
    port = (result.findtext("port") or "").strip()
    return Weakness(
        weakness_id=f"openvas {'?' if nvt is None else nvt.get('oid', '?')}",
        title=title,
        address=address,
        severity=severity,
        cvss=score,
        cves=values.cves(*refs, result.findtext("nvt/cve")),
        port=None if port.startswith("general") or not port else port,
        last_seen_at=scanned[address].scanned_at,
        unsupported=values.says_unsupported(title),
    )


def _first_text(element: Element | None) -> str | None:
    """The text before the first child: an address, with a host name in an element behind it."""
    return None if element is None else element.text
