"""The closure of an assessment: every record and capture its conclusions rest on, and no more.

Each bundle of this host is opened once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from agent.ledger import Ledger, Spooled
from evidence.archive import Archive, open_archive
from evidence.bundle import ENVELOPE_NAME
from evidence.text import Text
from report.closure import Members, take
from report.exhibits import Exhibit, Exhibits, numbered

_HANDED_OVER = Text(
    "its file has left this agent after the custody time; the store holds it",
    "原始檔已逾本機保管期間，由保存庫保存",
)
_NOT_HERE = Text("this agent holds no such reading", "本機查無此讀取紀錄")


@dataclass(slots=True)
class _Wanted:
    """The readings wanted of one bundle."""

    bundle: Spooled
    readings: set[str] = field(default_factory=set)


def gather(ledger: Ledger, readings: Iterable[str], members: Members) -> Exhibits:
    """Put the bundles of these readings (digests), their receipts and the captures they cite
    among the members. Raises SealError for a bundle that is not what its name says."""
    wanted, absent = _by_bundle(ledger, readings)
    exhibits: list[Exhibit] = []
    for digest in sorted(wanted):
        one = wanted[digest]
        if one.bundle.path is None or not one.bundle.path.exists():
            absent |= dict.fromkeys(one.readings, _HANDED_OVER)
            continue
        archive = open_archive(one.bundle.path.read_bytes())
        envelope = archive.read(ENVELOPE_NAME)
        exhibits += take(digest, one.readings, envelope, partial(_capture, archive), members)
        if one.bundle.receipt is not None:
            members.add_record(one.bundle.receipt)
    return Exhibits(numbered(exhibits), dict(sorted(absent.items())))


def _capture(archive: Archive, digest: str) -> bytes:
    return archive.read(f"captures/{digest}")


def _by_bundle(
    ledger: Ledger, readings: Iterable[str]
) -> tuple[dict[str, _Wanted], dict[str, Text]]:
    wanted: dict[str, _Wanted] = {}
    absent = {}
    for reading in sorted(set(readings)):
        bundle = ledger.bundle_of(reading)
        if bundle is None:
            absent[reading] = _NOT_HERE
            continue
        wanted.setdefault(bundle.digest, _Wanted(bundle)).readings.add(reading)
    return wanted, absent
