"""Does no scan find software past its maker's support? A second witness beside the catalogue.

A scanner sees what no device was asked for, such as a web server's old library. Where nothing was
scanned, this says nothing: the clause does not order a scan.
"""

from __future__ import annotations

from collections.abc import Iterator

from checks._scans import Scan, scans, sites_of_addresses
from evidence.facts import Weakness
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.text import Text

CHECK = "scan_finds_no_unsupported_release"


def check(readings: Readings) -> Iterator[Observation]:
    """One answer for each host and thing past its support; one for each scan without any."""
    for scan in scans(readings):
        found = [one for one in scan.reading.of(Weakness) if one.unsupported]
        for one in found:
            yield _observed(readings, scan, one)
        if not found and scan.hosts:
            yield Observation(
                check=CHECK,
                device=scan.device.id,
                subject=f"{scan.device.id}/unsupported",
                result=Result.satisfied,
                state="none_unsupported",
                description=Text(
                    f"{scan.device.id}: the scan names nothing past its support on "
                    f"{len(scan.hosts)} hosts",
                    f"{scan.device.id}：掃描 {len(scan.hosts)} 臺，未見已終止支援之軟體",
                ),
                at=readings.at,
                evidence=(scan.digest,),
                measures={"hosts": len(scan.hosts)},
                scope=(f"site:{scan.device.site}", "site:?"),
            )


def _observed(readings: Readings, scan: Scan, one: Weakness) -> Observation:
    port = f" {one.port}" if one.port else ""
    return Observation(
        check=CHECK,
        device=scan.device.id,
        subject=f"{scan.device.id}/{one.address}{port}/{one.weakness_id}",
        result=Result.not_satisfied,
        state="scan_says_unsupported",
        description=Text(
            f"{one.address}{port}: {one.title} ({one.weakness_id})",
            f"{one.address}{port}：掃描指出已終止支援：{one.title}（{one.weakness_id}）",
        ),
        at=readings.at,
        evidence=(scan.digest,),
        measures={"address": one.address, "weakness": one.weakness_id, "cvss": one.cvss},
        scope=(f"site:{sites_of_addresses(readings).get(one.address, '?')}",),
    )
