"""A bundle: one visit (a run × a device, all its subjects) as a signed statement and its captures.

As a file it is the canonical ZIP of `evidence/archive.py` with `envelope.json` and
`captures/<sha256>`. To a store the same bytes go as one envelope and as blobs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from evidence.archive import MAX_BYTES, Archive, open_archive, write_archive
from evidence.collection import FORMAT, Collection
from evidence.errors import SealError, shown
from evidence.seal import Envelope, PublicKey, SigningKey
from evidence.statement import COLLECTION, Statement, by_digest, is_digest

ENVELOPE_NAME = "envelope.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """An envelope with the captures it names, by digest."""

    envelope: Envelope
    captures: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """The bundle's identity: SHA-256 of the signed payload."""
        return self.envelope.digest

    @property
    def collection(self) -> Collection:
        return Collection.of_record(Statement.parse(self.envelope.payload).predicate)

    def write(self, out: BinaryIO) -> None:
        captures = {f"captures/{digest}": body for digest, body in self.captures.items()}
        write_archive(out, {ENVELOPE_NAME: self.envelope.to_json(), **captures})

    def to_bytes(self) -> bytes:
        out = BytesIO()
        self.write(out)
        return out.getvalue()

    def check(self) -> Statement:
        """The statement, once captures and statement name each other exactly.

        Signatures are another matter: `envelope.verify(keys)`. Raises SealError:
        `digest_mismatch`, `archive_incomplete`, `statement_invalid`, `format_unsupported`.
        """
        statement = Statement.parse(self.envelope.payload)
        check_collection(statement)
        named = set(statement.subjects.values())
        if missing := sorted(named - set(self.captures)):
            raise SealError(f"capture {missing[0]} is missing", code="archive_incomplete")
        if extra := sorted(set(self.captures) - named):
            raise SealError(f"nothing signed names {extra[0]}", code="archive_incomplete")
        for digest, body in self.captures.items():
            check_digest(digest, body)
        return statement


def seal(collection: Collection, bodies: Iterable[bytes], key: SigningKey) -> Bundle:
    """The collection signed, with the captures' bodies its asks cite. Raises SealError when they
    do not belong together."""
    captures = {sha256(body).hexdigest(): body for body in bodies}
    statement = Statement(COLLECTION, by_digest("captures", captures), collection.record())
    bundle = Bundle(Envelope(statement.payload()).signed_by(key), captures)
    bundle.check()
    return bundle


def check_collection(statement: Statement) -> Collection:
    """The collection a statement holds, with asks, readings and subjects in agreement.

    Raises SealError `statement_invalid` or `format_unsupported`.
    """
    if statement.predicate_type != COLLECTION:
        raise _invalid(f"this is a {statement.kind}, not a collection")
    if statement.predicate.get("format") != FORMAT:
        found = shown(repr(statement.predicate.get("format")))
        raise SealError(
            f"the collection has format {found} (this program reads {FORMAT})",
            code="format_unsupported",
        )
    collection = Collection.of_record(statement.predicate)
    asked = {one.capture for one in collection.asks if one.capture is not None}
    if by_digest("captures", asked) != statement.subjects or not all(map(is_digest, asked)):
        raise _invalid("its subjects are not the captures of its asks")
    for reading in collection.readings:
        if not set(reading.captures) <= asked:
            raise _invalid(f"the {reading.subject} reading cites a capture nobody asked for")
        if reading.device != collection.device.id:
            raise _invalid(f"it holds a reading of another device, {shown(reading.device)!r}")
    return collection


def check_digest(digest: str, body: bytes) -> None:
    """Raises SealError `digest_mismatch` unless `body` has that SHA-256."""
    if sha256(body).hexdigest() != digest:
        raise SealError(
            f"the bytes of {digest} have another digest, {sha256(body).hexdigest()}",
            code="digest_mismatch",
        )


def read_bundle(data: bytes, limit_bytes: int = MAX_BYTES) -> Bundle:
    """The bundle in a file's bytes, whole and in agreement with itself. Raises SealError."""
    return bundle_of(open_archive(data, limit_bytes))


def bundle_of(archive: Archive) -> Bundle:
    """The bundle in an opened archive, in agreement with itself. Raises SealError."""
    bundle = unpacked(archive)
    bundle.check()
    return bundle


def unpacked(archive: Archive) -> Bundle:
    """The parts of a bundle in an opened archive, not checked against each other. Raises
    SealError."""
    envelope = Envelope.parse(archive.read(ENVELOPE_NAME))
    captures = {}
    for name in archive.names:
        folder, _, digest = name.partition("/")
        if folder == "captures" and is_digest(digest):
            captures[digest] = archive.read(name)
        elif name != ENVELOPE_NAME:
            raise SealError(f"a bundle holds no {name}", code="archive_incomplete")
    return Bundle(envelope, captures)


def load_bundle(path: Path, keys: Iterable[PublicKey] | None = None) -> Bundle:
    """The bundle in a file; with `keys`, signed by at least one of them. Raises SealError."""
    bundle = read_bundle(path.read_bytes())
    if keys is not None:
        bundle.envelope.verify(keys)
    return bundle


def _invalid(what: str) -> SealError:
    return SealError(f"the statement is not valid: {what}", code="statement_invalid")
