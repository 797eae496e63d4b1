"""Blobs as objects of an S3 bucket that locks them (Object Lock, compliance mode).

An object is locked until its class ends, counted from the month it came in: nobody deletes it
before, the bucket's root included. A later upload of the same name makes another version and hides
nothing: reading names the version that the database knows. Whether the bucket really refuses is
tried, at the start and every day (`store/blobs/canary.py`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import md5
from typing import Any, BinaryIO

from sqlalchemy import select

from evidence.clock import Clock, period_of
from evidence.errors import EnvironmentProblem
from evidence.text import Text
from store.alarms import OVER, Alarm, Alarms
from store.blobs import LOCKED, StillLocked
from store.blobs.canary import Canary
from store.database import Database
from store.files import Incoming
from store.problems import Refused
from store.retention.tables import blob_version
from store.retention.years import Class, end_of, years_of
from store.settings import ObjectLock

_CHUNK_BYTES = 1024 * 1024
_GONE = ("NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed")
_REFUSED = ("AccessDenied", "403")


class BucketBlobs:
    """See `Blobs`. What is put is durable when the bucket answered."""

    def __init__(self, settings: ObjectLock, database: Database, clock: Clock) -> None:
        """Raises EnvironmentProblem `env_bucket` where boto3 is not installed."""
        self._bucket = settings.bucket
        self._database = database
        self._clock = clock
        self._client = client_of(settings)
        self._canary = Canary(self._client, settings.bucket, clock)
        self._alarms = Alarms(database, clock)
        self._sang = False
        self.broken: str | None = None

    @property
    def promise(self) -> Text:
        return LOCKED

    def check(self) -> None:
        """Try whether the bucket locks; where it does not, nothing more is taken in. A store that
        did not start says so itself: an alarm is of one that serves."""
        try:
            self._canary.sing()
        except EnvironmentProblem as error:
            self.broken = error.message
            self._tell("lock_failed")
            raise
        except ConnectionError:
            self._tell("bucket_away")
            raise
        self.broken, self._sang = None, True
        self._tell(OVER)

    def _tell(self, code: str) -> None:
        if self._sang:
            self._alarms.tell(Alarm.lock, self._bucket, code)

    def put(self, digest: str, body: bytes, of: Class) -> str | None:
        return self._put(digest, body, md5(body, usedforsecurity=False).digest(), of)

    def take(self, digest: str, incoming: Incoming, of: Class) -> str | None:
        with incoming.reopened() as file:
            summed = _md5_of(file)
            file.seek(0)
            return self._put(digest, file, summed, of)

    def there(self, digest: str) -> bool:
        with _answered():
            found = self._try(self._client.head_object, digest)
        return found is not None

    def may_be_there(self, digest: str) -> bool:
        return True

    def chunks(self, digest: str) -> Iterator[bytes]:
        with _answered():
            found = self._try(self._client.get_object, digest)
        if found is None:
            raise FileNotFoundError(2, "no such object", digest)
        chunks: Iterator[bytes] = found["Body"].iter_chunks(_CHUNK_BYTES)
        return chunks

    def versions(self, digest: str) -> Iterator[bytes]:
        for version in self._versions(digest):
            with _answered(), suppress(self._client.exceptions.ClientError):
                about = {"Bucket": self._bucket, "Key": _name(digest), "VersionId": version}
                yield self._client.get_object(**about)["Body"].read()

    def remove(self, digest: str) -> None:
        for version in self._versions(digest):
            with _answered():
                self._change(self._client.delete_object, digest, version)

    def hold(self, digests: Collection[str], *, on: bool) -> None:
        status = {"Status": "ON" if on else "OFF"}
        for digest in digests:
            for version in self._versions(digest):
                with _answered():
                    self._change(
                        self._client.put_object_legal_hold, digest, version, LegalHold=status
                    )

    def keep_until(self, digests: Collection[str], until: datetime) -> None:
        lock = {"Mode": "COMPLIANCE", "RetainUntilDate": until}
        for digest in digests:
            for version in self._versions(digest):
                with _answered():
                    self._change(self._client.put_object_retention, digest, version, Retention=lock)

    def _put(self, digest: str, body: bytes | BinaryIO, summed: bytes, of: Class) -> str:
        if self.broken is not None:
            raise Refused(self.broken, code="lock_failed")
        with self._database.reading() as rows:
            until = end_of(period_of(self._clock()), years_of(rows)[of])
        with _answered():
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=_name(digest),
                Body=body,
                # Checked by the bucket: it answers for these very bytes, or not at all.
                ContentMD5=b64encode(summed).decode(),
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
            )
        version = answer.get("VersionId")
        if not version:
            raise Refused("the bucket keeps no versions", code="lock_failed")
        return str(version)

    def _versions(self, digest: str) -> list[str]:
        one = blob_version.c
        wanted = select(one.version).where(one.digest == digest).order_by(one.stored_at.desc())
        with self._database.reading() as rows:
            return list(rows.scalars(wanted))

    def _try(self, ask: Callable[..., Any], digest: str) -> Any | None:
        """What the bucket says of the newest version that is there; None where none is."""
        for version in self._versions(digest):
            try:
                return ask(Bucket=self._bucket, Key=_name(digest), VersionId=version)
            except self._client.exceptions.ClientError as error:
                if code_of(error) not in _GONE:
                    raise
        return None

    def _change(self, ask: Callable[..., Any], digest: str, version: str, **more: Any) -> None:
        try:
            ask(Bucket=self._bucket, Key=_name(digest), VersionId=version, **more)
        except self._client.exceptions.ClientError as error:
            if code_of(error) in _REFUSED:
                raise StillLocked(digest) from None
            if code_of(error) not in _GONE:
                raise


def client_of(settings: ObjectLock) -> Any:
    """The bucket's client. Its keys come from the environment or a file that it names, as boto3
    has it; never from the settings."""
    try:
        import boto3
        from botocore.config import Config
    except ModuleNotFoundError:
        raise EnvironmentProblem(
            "the bucket's library is not installed",
            code="env_bucket",
            next_step="pip install 'evidence-agent[object-lock]'",
        ) from None
    return boto3.client(
        "s3",
        endpoint_url=settings.endpoint,
        region_name=settings.region,
        verify=None if settings.ca is None else str(settings.ca),
        config=Config(
            # The newer checksums in trailers are more than other makers' buckets understand.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"},
            retries={"max_attempts": 3, "mode": "standard"},
            connect_timeout=10,
            read_timeout=60,
        ),
    )


def code_of(error: Any) -> str:
    """The code of a bucket's refusal."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def _answered() -> Iterator[None]:
    """A bucket that is away is said as such. Raises Refused `bucket_away`."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise Refused(f"the bucket: {error}", code="bucket_away") from error


def _md5_of(file: BinaryIO) -> bytes:
    summed = md5(usedforsecurity=False)
    while chunk := file.read(_CHUNK_BYTES):
        summed.update(chunk)
    return summed.digest()


def _name(digest: str) -> str:
    return f"blobs/{digest}"
