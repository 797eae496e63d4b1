"""Reading back what is kept: envelopes parsed, blobs as bytes, readings by digest."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from evidence.reading import Reading
from evidence.seal import Envelope
from evidence.statement import Statement
from store.blobs import Blobs
from store.files import ENVELOPES, Files

# Parsed statements kept at hand: a page asks for the same few again and again.
_AT_HAND = 16


class Shelf:
    """The statements and blobs of a store, by digest. `deleted`: what to say of a blob that is on
    a tombstone; None where it is on none."""

    def __init__(
        self, files: Files, blobs: Blobs, deleted: Callable[[str], Exception | None]
    ) -> None:
        self._files = files
        self._blobs = blobs
        self._deleted = deleted
        self.statement = lru_cache(_AT_HAND)(self._statement)

    def forget(self) -> None:
        """Read everything anew from the disk."""
        self.statement.cache_clear()

    def envelope(self, digest: str) -> Envelope:
        """Raises OSError where the file is missing, SealError where it is not what it should be."""
        return Envelope.parse(self._files.path(ENVELOPES, digest).read_bytes())

    def blob(self, digest: str) -> bytes:
        """Raises Deleted where a tombstone says so, OSError where it is missing."""
        try:
            return b"".join(self._blobs.chunks(digest))
        except FileNotFoundError as error:
            raise self._deleted(digest) or error from None

    def reading(self, visit: str, place: int) -> Reading:
        """The reading at a place of a visit."""
        return Reading.of_record(self.statement(visit).predicate["readings"][place])

    def _statement(self, digest: str) -> Statement:
        return Statement.parse(self.envelope(digest).payload)
