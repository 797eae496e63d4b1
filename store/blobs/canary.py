"""The canary of a bucket's lock: a tiny locked object that must not be deleted, nor its lock cut.

A setting that says *locked* proves nothing: the wrong bucket, a gateway that drops the header, an
emulator all answer 200. Only a refusal proves it, so it is provoked.
"""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from hashlib import md5
from typing import Any

from evidence.clock import Clock, stamp
from evidence.errors import EnvironmentProblem
from store.problems import Refused
from store.rounds import repeated

KEPT_FOR = timedelta(days=1)
EVERY_S = 24 * 3600.0
TRY_AGAIN_S = 600.0
_FOLDER = "canary/"
_BODY = b"locked?\n"
_LOG = logging.getLogger("evidence.store")


class Canary:
    """Tries the lock of one bucket."""

    def __init__(self, client: Any, bucket: str, clock: Clock) -> None:
        self._client = client
        self._bucket = bucket
        self._clock = clock

    def sing(self) -> None:
        """Write a locked object and try to delete it, then to cut its lock short. Raises
        EnvironmentProblem `env_object_lock` where either is done, or nothing can be locked;
        ConnectionError where the bucket does not answer."""
        from botocore.exceptions import BotoCoreError, ClientError

        now = self._clock()
        name, until = f"{_FOLDER}{stamp(now)}", now + KEPT_FOR
        about = {"Bucket": self._bucket, "Key": name}
        try:
            answer = self._client.put_object(
                **about,
                Body=_BODY,
                ContentMD5=b64encode(md5(_BODY, usedforsecurity=False).digest()).decode(),
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=until,
            )
        except ClientError as error:
            raise self._unlocked(f"it takes no locked object ({error})") from None
        except BotoCoreError as error:
            raise ConnectionError(f"the bucket {self._bucket} does not answer: {error}") from None
        about["VersionId"] = answer.get("VersionId", "")
        if not about["VersionId"]:
            raise self._unlocked("it keeps no versions")
        shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": now + KEPT_FOR / 2}
        self._must_refuse(
            "a lock was cut short",
            lambda: self._client.put_object_retention(**about, Retention=shorter),
        )
        self._must_refuse(
            "a locked object was deleted", lambda: self._client.delete_object(**about)
        )
        self._sweep()

    def _must_refuse(self, otherwise: str, act: Callable[[], object]) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            act()
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            if status == 403:
                return
            raise self._unlocked(f"it did not refuse as a lock does ({error})") from None
        except BotoCoreError as error:
            raise ConnectionError(f"the bucket {self._bucket} does not answer: {error}") from None
        raise self._unlocked(otherwise)

    def _sweep(self) -> None:
        """Remove the canaries of days gone by; those of today refuse."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            found = self._client.list_object_versions(Bucket=self._bucket, Prefix=_FOLDER)
            for one in found.get("Versions", []):
                if one["LastModified"] < self._clock() - KEPT_FOR:
                    self._client.delete_object(
                        Bucket=self._bucket, Key=one["Key"], VersionId=one["VersionId"]
                    )
        except (BotoCoreError, ClientError) as error:
            _LOG.info("old canaries stay: %s", error)

    def _unlocked(self, why: str) -> EnvironmentProblem:
        return EnvironmentProblem(
            f"the bucket {self._bucket} is not locked: {why}",
            code="env_object_lock",
            next_step="make one with Object Lock, and give this store no right to bypass it",
        )


def daily(check: Callable[[], None], then: Callable[[], object]) -> AbstractContextManager[None]:
    """Check every day, and again soon where nothing could be told, for as long as the block
    runs."""

    def do() -> float:
        try:
            check()
            then()
        except EnvironmentProblem as error:
            _LOG.error("%s", error)
        except (ConnectionError, Refused) as error:
            _LOG.warning("%s", error)
        else:
            return EVERY_S
        return TRY_AGAIN_S

    failed = "the lock could not be checked"
    return repeated("evidence-lock", do, failed, every_s=EVERY_S, again_s=TRY_AGAIN_S)
