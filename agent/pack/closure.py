"""The closure of an assessment: every record and capture its conclusions rest on, and no more.

Each bundle is opened once. What is taken from it goes into a file at once, so that a pack of
many months of readings needs little memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from agent.ledger import Ledger, Spooled
from evidence.archive import open_archive
from evidence.bundle import ENVELOPE_NAME, check_digest
from evidence.collection import Asked
from evidence.errors import SealError
from evidence.reading import canonical
from evidence.seal import Envelope
from evidence.statement import COLLECTION, Statement
from evidence.text import Text
from report.exhibits import Exhibit, Exhibits, numbered

_HANDED_OVER = Text(
    "its file has left this agent after the custody time; the store holds it",
    "原始檔已逾本機保管期間，由證據庫保存",
)
_NOT_HERE = Text("this agent holds no such reading", "本機查無此讀取紀錄")


class Members(Mapping[str, bytes]):
    """The members of a pack by name, kept end to end in one open file until they are written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}

    def add(self, name: str, body: bytes) -> None:
        """Keep a member; one that is there already stays as it is."""
        if name not in self._places:
            self._places[name] = (self._file.seek(0, SEEK_END), len(body))
            self._file.write(body)

    def add_record(self, body: bytes) -> Envelope:
        """Keep a signed record under the digest of its payload. Raises SealError for none."""
        envelope = Envelope.parse(body)
        self.add(f"records/{envelope.digest}.json", body)
        return envelope

    def __getitem__(self, name: str) -> bytes:
        offset, size_bytes = self._places[name]
        self._file.seek(offset)
        return self._file.read(size_bytes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


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
        exhibits += _take(one, one.bundle.path, members)
        if one.bundle.receipt is not None:
            members.add_record(one.bundle.receipt)
    return Exhibits(numbered(exhibits), dict(sorted(absent.items())))


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


def _take(wanted: _Wanted, path: Path, members: Members) -> Iterator[Exhibit]:
    """Keep one bundle's envelope and the captures of the wanted readings; yield their exhibits.

    Works on plain records: facts by the hundred thousand need not become objects to be packed.
    """
    archive = open_archive(path.read_bytes())
    envelope = members.add_record(archive.read(ENVELOPE_NAME))
    if envelope.digest != wanted.bundle.digest:
        raise SealError(f"{path.name} holds another bundle", code="digest_mismatch")
    statement = Statement.parse(envelope.payload)
    if statement.predicate_type != COLLECTION:
        raise SealError(f"{path.name} holds a {statement.kind}", code="statement_invalid")
    said = statement.predicate
    by_subject = {}
    for reading in said["readings"]:
        digest = sha256(canonical(reading)).hexdigest()
        if digest in wanted.readings:
            by_subject[reading["subject"]] = digest
            for capture in reading["captures"]:
                body = archive.read(f"captures/{capture}")
                check_digest(capture, body)
                members.add(f"captures/{capture}", body)
    if unfound := wanted.readings - set(by_subject.values()):
        raise SealError(f"{path.name} lacks reading {min(unfound)}", code="archive_incomplete")
    for asked in said["asks"]:
        if asked["subject"] in by_subject:
            yield Exhibit(
                device=said["device"]["id"],
                site=said["device"]["site"],
                reading=by_subject[asked["subject"]],
                bundle=wanted.bundle.digest,
                agent=said["agent"],
                requester=said["requester"],
                replayed=said["replayed"],
                asked=Asked.of_record(asked),
            )
