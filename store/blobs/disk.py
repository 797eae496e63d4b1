"""Blobs as files of the state folder: whoever is root can remove one, and it will be noticed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from evidence.text import Text
from store.blobs import ON_DISK
from store.files import BLOBS, Files, Incoming
from store.retention.years import Class

_CHUNK_BYTES = 1024 * 1024


class DiskBlobs:
    """See `Blobs`. What is written is durable after the next `Files.sync`."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @property
    def promise(self) -> Text:
        return ON_DISK

    @property
    def broken(self) -> str | None:
        return None

    def check(self) -> None:
        """Nothing is promised that a disk could break."""

    def put(self, digest: str, body: bytes, of: Class) -> str | None:
        self._files.put(BLOBS, digest, body)
        return None

    def take(self, digest: str, incoming: Incoming, of: Class) -> str | None:
        incoming.name(self._files.path(BLOBS, digest))
        return None

    def there(self, digest: str) -> bool:
        return self._files.path(BLOBS, digest).exists()

    def may_be_there(self, digest: str) -> bool:
        return self.there(digest)

    def chunks(self, digest: str) -> Iterator[bytes]:
        # Opened at once, so that whoever asks for what is not there hears it before he answers.
        file = self._files.path(BLOBS, digest).open("rb")

        def read() -> Iterator[bytes]:
            with file:
                while chunk := file.read(_CHUNK_BYTES):
                    yield chunk

        return read()

    def versions(self, digest: str) -> Iterator[bytes]:
        return iter(())

    def remove(self, digest: str) -> None:
        self._files.path(BLOBS, digest).unlink(missing_ok=True)

    def hold(self, digests: Collection[str], *, on: bool) -> None:
        """A file knows no hold; the store's rows do."""

    def keep_until(self, digests: Collection[str], until: datetime) -> None:
        """Nor an end."""
