"""Reading back what is kept: envelopes parsed, blobs as bytes, readings by digest."""

from __future__ import annotations

from functools import lru_cache

from evidence.reading import Reading
from evidence.seal import Envelope
from evidence.statement import Statement
from store.files import BLOBS, ENVELOPES, Files

# Parsed statements kept at hand: a page asks for the same few again and again.
_AT_HAND = 16


class Shelf:
    """The statements and blobs of a store, by digest."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.statement = lru_cache(_AT_HAND)(self._statement)

    def forget(self) -> None:
        """Read everything anew from the disk."""
        self.statement.cache_clear()

    def envelope(self, digest: str) -> Envelope:
        """Raises OSError where the file is missing, SealError where it is not what it should be."""
        return Envelope.parse(self._files.path(ENVELOPES, digest).read_bytes())

    def blob(self, digest: str) -> bytes:
        """Raises OSError where the file is missing."""
        return self._files.path(BLOBS, digest).read_bytes()

    def reading(self, visit: str, place: int) -> Reading:
        """The reading at a place of a visit."""
        return Reading.of_record(self.statement(visit).predicate["readings"][place])

    def _statement(self, digest: str) -> Statement:
        return Statement.parse(self.envelope(digest).payload)
