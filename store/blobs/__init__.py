"""Where the bytes of blobs are: files of the state folder, or objects of a bucket that locks them.

Whichever it is, a blob is named by the SHA-256 of its bytes, is there before any row says so, and
is removed only once a tombstone is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, delete, insert

from evidence.text import Text
from store.database import insert_all_missing
from store.files import Incoming
from store.problems import Refused
from store.retention.tables import absent, blob_version
from store.retention.years import Class
from store.schema import blob

ON_DISK = Text("tamper-evident, not WORM", "可察覺竄改，非 WORM")
LOCKED = Text("WORM: Object Lock in compliance mode", "WORM（Object Lock 合規模式）")


class StillLocked(Exception):
    """The bucket does not let go of an object yet."""


class Blobs(Protocol):
    """One store's blobs. Versions are names that a bucket gives; None where there are none.

    `check` raises EnvironmentProblem where what is promised is not kept, ConnectionError where that
    cannot be told; `broken` is what it found last. `chunks` raises FileNotFoundError for bytes that
    are not there; `remove` raises StillLocked, and does nothing for what is gone already.
    """

    @property
    def promise(self) -> Text: ...

    @property
    def broken(self) -> str | None: ...

    def check(self) -> None: ...

    def put(self, digest: str, body: bytes, of: Class) -> str | None: ...

    def take(self, digest: str, incoming: Incoming, of: Class) -> str | None: ...

    def there(self, digest: str) -> bool: ...

    def chunks(self, digest: str) -> Iterator[bytes]: ...

    def remove(self, digest: str) -> None: ...

    def hold(self, digests: Collection[str], *, on: bool) -> None: ...

    def keep_until(self, digests: Collection[str], until: datetime) -> None: ...


class Kept:
    """Blobs whose bytes are there, on their way into the database's rows: sizes and versions."""

    def __init__(self, blobs: Blobs, of: Class = Class.captures) -> None:
        self._blobs = blobs
        self._of = of
        self.sizes: dict[str, int] = {}
        self._versions: dict[str, str] = {}

    def put(self, digest: str, body: bytes) -> None:
        self._note(digest, len(body), self._blobs.put(digest, body, self._of))

    def take(self, digest: str, incoming: Incoming, size_bytes: int) -> None:
        self._note(digest, size_bytes, self._blobs.take(digest, incoming, self._of))

    def there(self, digest: str, size_bytes: int) -> None:
        """The bytes are there already; only rows may be new."""
        self.sizes[digest] = size_bytes

    def enter(self, rows: Connection, now: datetime) -> None:
        """The rows, within the caller's write transaction. What was deleted and came again is here
        again. Raises Refused `not_ready` where it was deleted in this very moment."""
        new = [{"digest": d, "size_bytes": n, "stored_at": now} for d, n in self.sizes.items()]
        insert_all_missing(rows, blob, new)
        versions = [
            {"digest": digest, "version": version, "stored_at": now}
            for digest, version in self._versions.items()
        ]
        if versions:
            rows.execute(insert(blob_version), versions)
        for digest in self.sizes:
            back = rows.execute(delete(absent).where(absent.c.digest == digest)).rowcount
            if back and not self._blobs.there(digest):
                raise Refused("a blob was just deleted; send it again", code="not_ready")

    def _note(self, digest: str, size_bytes: int, version: str | None) -> None:
        self.sizes[digest] = size_bytes
        if version is not None:
            self._versions[digest] = version
