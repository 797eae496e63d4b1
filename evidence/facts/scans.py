"""Facts out of the reports of vulnerability scanners: what was scanned when, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from evidence.facts.base import Fact

Severity = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport(Fact):
    """One report as a scanner wrote it. `hosts` and `informational` are counts; what a scanner
    merely tells (an open port, a banner) is counted, and no weakness.

    `complete`: the scan ran to its end, as far as the report says; None: it does not.
    """

    scanner: str
    name: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    complete: bool | None = None
    hosts: int = 0
    informational: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannedHost(Fact):
    """A host that a scan reached. `authenticated`: the scanner could log in and look inside."""

    address: str
    name: str | None = None
    operating_system: str | None = None
    scanned_at: datetime | None = None
    authenticated: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weakness(Fact):
    """One weakness of one host, still open. `weakness_id` is the scanner's own number
    (`nessus 97833`, `openvas 1.3.6…`, `qualys 91345`), `port` such as `443/tcp`.

    `first_seen_at` is the scanner's word, None where it keeps none. `unsupported`: the scanner says
    that the software is past its maker's support.
    """

    weakness_id: str
    title: str
    address: str
    severity: Severity
    cvss: float | None = None
    cves: tuple[str, ...] = ()
    port: str | None = None
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None
    unsupported: bool = False
