"""The pack of a month, as a file: a canonical ZIP whose signed manifest names every other member.

- `manifest.json`: envelope of a statement `urn:evidence-agent:pack:v1`; its subjects are all
  other members, by name and SHA-256
- `records/<payload digest>.json`: envelopes of bundles, runs, assessments, receipts
- `captures/<sha256>`: the captures that proofs cite; not every bundle's, so a bundle in a pack
  may name captures that are not there
- `inputs/<sha256>`: rule book, policy, catalogue and profile an assessment names
- `sections/…`, `workbook.xlsx` and the like: what people read
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, BinaryIO

from evidence.archive import MAX_BYTES, Archive, open_archive, write_archive
from evidence.bundle import check_digest
from evidence.errors import SealError, shown
from evidence.seal import Envelope, SigningKey
from evidence.statement import PACK, Statement

MANIFEST_NAME = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Pack:
    """An opened pack whose members are exactly those of its manifest, byte for byte."""

    manifest: Envelope
    statement: Statement
    archive: Archive

    def records(self) -> Iterator[tuple[str, Envelope]]:
        """The signed records by payload digest. Raises SealError where name and payload differ."""
        for name in self.statement.subjects:
            folder, _, file = name.partition("/")
            if folder == "records":
                envelope = Envelope.parse(self.archive.read(name))
                if file != f"{envelope.digest}.json":
                    raise SealError(f"{name} holds {envelope.digest}", code="digest_mismatch")
                yield envelope.digest, envelope

    def blob(self, folder: str, digest: str) -> bytes | None:
        """A member named after its digest, checked against it; None where it was left out."""
        name = f"{folder}/{digest}"
        if name not in self.archive:
            return None
        body = self.archive.read(name)
        check_digest(digest, body)
        return body


def write_pack(
    out: BinaryIO, predicate: Mapping[str, Any], members: Mapping[str, bytes], key: SigningKey
) -> Envelope:
    """Write a pack of `members` and return its manifest. The predicate says what the pack is:
    agent, agent_version, period, made_at, revision. Raises SealError."""
    subjects = {name: sha256(body).hexdigest() for name, body in members.items()}
    statement = Statement(PACK, subjects, {**predicate, "format": FORMAT})
    manifest = Envelope(statement.payload()).signed_by(key)
    write_archive(out, _Listed(members, manifest.to_json()))
    return manifest


@dataclass(frozen=True, slots=True)
class _Listed(Mapping[str, bytes]):
    """The members with their manifest. Bodies are asked for one by one and never held together:
    a pack may be larger than memory."""

    members: Mapping[str, bytes]
    manifest: bytes

    def __getitem__(self, name: str) -> bytes:
        return self.manifest if name == MANIFEST_NAME else self.members[name]

    def __iter__(self) -> Iterator[str]:
        yield MANIFEST_NAME
        yield from self.members

    def __len__(self) -> int:
        return 1 + len(self.members)


def pack_of(archive: Archive) -> Pack:
    """The pack in an opened archive, complete and unaltered. Raises SealError."""
    manifest = Envelope.parse(archive.read(MANIFEST_NAME))
    statement = Statement.parse(manifest.payload)
    if statement.predicate_type != PACK or statement.predicate.get("format") != FORMAT:
        said = shown(str(statement.predicate.get("format")))
        raise SealError(
            f"the manifest is not that of a pack of format {FORMAT}, which this program reads;"
            f" it is a {statement.kind} of format {said}",
            code="format_unsupported",
        )
    present = set(archive.names) - {MANIFEST_NAME}
    if missing := sorted(set(statement.subjects) - present):
        raise SealError(f"{missing[0]} is missing", code="archive_incomplete")
    if extra := sorted(present - set(statement.subjects)):
        raise SealError(f"the manifest does not name {extra[0]}", code="archive_incomplete")
    for name, digest in statement.subjects.items():
        check_digest(digest, archive.read(name))
    return Pack(manifest, statement, archive)


def read_pack(data: bytes, limit_bytes: int = MAX_BYTES) -> Pack:
    """The pack in a file's bytes. Raises SealError."""
    return pack_of(open_archive(data, limit_bytes))
