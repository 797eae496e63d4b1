"""Where the bytes of blobs are: files of the state folder, or objects of a bucket that locks them.

Whichever it is, a blob is named by the SHA-256 of its bytes, is there before any row says so, and
is removed only once a tombstone is committed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, bindparam, delete

from evidence.text import Text
from store.database import batched, insert_all, insert_all_missing
from store.files import Incoming
from store.problems import Refused
from store.retention.tables import absent, blob_version
from store.retention.years import Class
from store.schema import blob

ON_DISK = Text("tamper-evident, not WORM", "可察覺竄改，非 WORM")
LOCKED = Text("WORM: Object Lock in compliance mode", "WORM（Object Lock 合規模式）")


_BACK = (
    delete(absent)
    .where(absent.c.digest.in_(bindparam("digests", expanding=True)))
    .returning(absent.c.digest)
)
_ANY_ABSENT = f"SELECT 1 FROM {absent.name} LIMIT 1"


class StillLocked(Exception):
    """The bucket does not let go of an object yet."""


class Blobs(Protocol):
    """One store's blobs. Versions are names that a bucket gives; None where there are none.

    `check` raises EnvironmentProblem where what is promised is not kept, ConnectionError where that
    cannot be told; `broken` is what it found last. `chunks` raises FileNotFoundError for bytes that
    are not there; `versions` gives whatever is kept under a name, bodies whole; `remove` raises
    StillLocked, and does nothing for what is gone already.
    """

    @property
    def promise(self) -> Text: ...

    @property
    def broken(self) -> str | None: ...

    def check(self) -> None: ...

    def put(self, digest: str, body: bytes, of: Class) -> str | None: ...

    def take(self, digest: str, incoming: Incoming, of: Class) -> str | None: ...

    def there(self, digest: str) -> bool: ...

    def may_be_there(self, digest: str) -> bool: ...

    def chunks(self, digest: str) -> Iterator[bytes]: ...

    def versions(self, digest: str) -> Iterator[bytes]: ...

    def remove(self, digest: str) -> None: ...

    def hold(self, digests: Collection[str], *, on: bool) -> None: ...

    def keep_until(self, digests: Collection[str], until: datetime) -> None: ...


class Kept:
    """Blobs whose bytes are there, on their way into the database's rows: sizes and versions."""

    def __init__(self, blobs: Blobs, of: Class = Class.captures) -> None:
        self._blobs = blobs
        self._of = of
        self.sizes: dict[str, int] = {}
        self.versions: dict[str, str] = {}

    def put(self, digest: str, body: bytes) -> None:
        self._note(digest, len(body), self._blobs.put(digest, body, self._of))

    def take(self, digest: str, incoming: Incoming, size_bytes: int) -> None:
        self._note(digest, size_bytes, self._blobs.take(digest, incoming, self._of))

    def are_there(self, digests: Iterable[str]) -> bool:
        """Whether the bytes of these, as far as they are among its own, are still there."""
        return all(self._blobs.there(one) for one in digests if one in self.sizes)

    def there(self, digest: str, size_bytes: int) -> None:
        """The bytes are there already; only rows may be new."""
        self.sizes[digest] = size_bytes

    def enter(self, rows: Connection, now: datetime) -> None:
        """The rows, within the caller's write transaction. What was deleted and came again is here
        again. Raises Refused `not_ready` where it was deleted in this very moment."""
        enter_all(rows, [self], now)

    def _note(self, digest: str, size_bytes: int, version: str | None) -> None:
        self.sizes[digest] = size_bytes
        if version is not None:
            self.versions[digest] = version


def enter_all(rows: Connection, kept: Sequence[Kept], now: datetime) -> None:
    """The rows of several at once; see `Kept.enter`."""
    sizes = {digest: size for one in kept for digest, size in one.sizes.items()}
    new = [{"digest": d, "size_bytes": n, "stored_at": now} for d, n in sizes.items()]
    insert_all_missing(rows, blob, new)
    versions = [
        {"digest": digest, "version": version, "stored_at": now}
        for one in kept
        for digest, version in one.versions.items()
    ]
    insert_all(rows, blob_version, versions)
    # Years pass before anything is: most stores need not ask of each.
    any_absent = rows.exec_driver_sql(_ANY_ABSENT).first() is not None
    for some in batched(list(sizes) if any_absent else []):
        back = rows.scalars(_BACK, {"digests": some}).all()
        places = [one for one in kept if not set(back).isdisjoint(one.sizes)]
        if not all(one.are_there(back) for one in places):
            raise Refused("a blob was just deleted; send it again", code="not_ready")
