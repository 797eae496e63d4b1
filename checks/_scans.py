"""What the scanners' reports tell, each weakness once, with since when it is open and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from evidence.device import Device
from evidence.facts import ScannedHost, ScanReport, Weakness
from evidence.inventory import stock_of
from evidence.inventory.names import address_key
from evidence.reading import Reading
from evidence.readings import Readings
from evidence.text import Text

SUBJECT = "weaknesses"
REPORTS = Text("its scan report", "弱點掃描報告")


@dataclass(frozen=True, slots=True)
class Scan:
    """The newest reports of one place where they are laid down."""

    device: Device
    reading: Reading
    digest: str

    @property
    def reports(self) -> list[ScanReport]:
        return self.reading.of(ScanReport)

    @property
    def hosts(self) -> list[ScannedHost]:
        return self.reading.of(ScannedHost)


def scans(readings: Readings) -> list[Scan]:
    return [
        Scan(device, reading, reading.digest)
        for device, reading in readings.each(SUBJECT)
        if reading is not None
    ]


@dataclass(frozen=True, slots=True)
class Open:
    """One weakness with every host that has it, the longest open leading. `since_at` None: neither
    the scanner nor the reports tell."""

    scan: Scan
    weakness: Weakness
    hosts: tuple[str, ...]
    since_at: datetime | None
    evidence: tuple[str, ...]


def open_weaknesses(readings: Readings, scan: Scan) -> Iterator[Open]:
    """By the scanner's number; since when is its own word, else the first report that has it."""
    known = _first_seen(readings, scan)
    groups: dict[str, list[Weakness]] = {}
    for one in scan.reading.of(Weakness):
        groups.setdefault(one.weakness_id, []).append(one)
    for number, mine in groups.items():
        first, evidence = None, [scan.digest]
        for one in mine:
            at, digest = known.get((number, one.address), (one.last_seen_at, scan.digest))
            said = one.first_seen_at or at
            if said is not None and (first is None or said < first):
                first, evidence = said, [scan.digest, digest]
        worst = max(mine, key=lambda one: one.cvss or 0.0)
        hosts = tuple(dict.fromkeys(one.address for one in mine))
        yield Open(scan, worst, hosts, first, tuple(dict.fromkeys(evidence)))


def _first_seen(
    readings: Readings, scan: Scan
) -> Mapping[tuple[str, str], tuple[datetime | None, str]]:
    """(number, address) → when the first report had it, and that report's reading."""
    found: dict[tuple[str, str], tuple[datetime | None, str]] = {}
    for reading in readings.earlier(scan.device.id, SUBJECT):
        if reading.failure is not None:
            continue
        digest = reading.digest
        ended = max((one.ended_at for one in reading.of(ScanReport) if one.ended_at), default=None)
        for one in reading.of(Weakness):
            at = one.last_seen_at or ended or reading.at
            key = one.weakness_id, one.address
            before = found.get(key)
            if before is None or (before[0] is not None and at < before[0]):
                found[key] = (at, digest)
    return found


def sites_of_addresses(readings: Readings) -> Mapping[str, str]:
    """Where an address is: by what was found there, else by the register."""

    def make() -> dict[str, str]:
        sites: dict[str, str] = {}
        for one in readings.devices.values():
            if key := address_key(one.address):
                sites[key] = one.site
        for meeting in stock_of(readings).meetings:
            addresses = {
                *(meeting.found.addresses if meeting.found else ()),
                *(meeting.entry.addresses if meeting.entry else ()),
            }
            for address in addresses if meeting.site else ():
                sites.setdefault(address, str(meeting.site))
        return sites

    return readings.once("sites of addresses", make)
