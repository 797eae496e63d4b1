"""Trusted time: once a day somebody else's clock signs the log's checkpoint (RFC 3161).

One stamp covers all that the log held by then. Where the authority is away the next stamp covers
more; how late it is shows in the distance of two stamps, and nothing else waits for it. The bytes
of a token are malleable in fields without meaning, so they are nobody's identity here.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import requests
from cryptography import x509
from sqlalchemy import insert, select

from evidence.checkpoint import Checkpoint
from evidence.errors import ConfigurationError, EnvironmentProblem, EvidenceError
from store.custody import Custody
from store.rounds import repeated
from store.schema import time_stamp

EVERY = timedelta(hours=24)
TRY_AGAIN_S = 600.0
TIMEOUT_S = (10, 30)
_LOG = logging.getLogger("evidence.store")


class Stamper:
    """Has the newest checkpoint stamped by the authority at `url`, whose roots are in a file."""

    def __init__(self, custody: Custody, url: str, roots: Path) -> None:
        """Raises ConfigurationError when there is no such file, or the library is missing."""
        try:
            import rfc3161_client  # noqa: F401 - an extra: said now, and not within a day
        except ModuleNotFoundError:
            raise ConfigurationError(
                "time stamps need the library rfc3161-client",
                code="library_missing",
                next_step="pip install 'evidence-agent[timestamp]'",
            ) from None
        try:
            self._roots = x509.load_pem_x509_certificates(roots.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{roots}: {error}", code="file_missing") from None
        self._custody = custody
        self._url = url

    def rounds(self) -> AbstractContextManager[None]:
        """Have it stamped whenever that is due, for as long as the block runs."""
        return repeated("stamper", self._round, "a time stamp failed", every_s=TRY_AGAIN_S)

    def stamp(self) -> datetime | None:
        """Have the log stamped if that is due. When it was; None when it is not due.

        Raises EnvironmentProblem `timestamp_failed`.
        """
        with self._custody.database.reading() as rows:
            of = time_stamp.c
            last = rows.execute(
                select(of.size, of.stamped_at).order_by(of.size.desc()).limit(1)
            ).first()
        if last is not None and self._custody.now() - last.stamped_at < EVERY:
            return None
        note = self._custody.checkpoint()
        size = Checkpoint.parse(note, self._custody.key.public).size
        if last is not None and last.size == size:
            return None  # nothing came since
        token, at = self._ask(note.encode())
        with self._custody.database.transaction() as rows:
            row = {"size": size, "note": note, "token": token, "stamped_at": at}
            rows.execute(insert(time_stamp), row)
        return at

    def _ask(self, message: bytes) -> tuple[bytes, datetime]:
        """The authority's token for a message, verified, and the time in it."""
        from rfc3161_client import (
            TimestampRequestBuilder,
            VerificationError,
            VerifierBuilder,
            decode_timestamp_response,
        )

        asked = TimestampRequestBuilder().data(message).nonce(nonce=True).build()
        try:
            answer = requests.post(
                self._url,
                asked.as_bytes(),
                headers={"Content-Type": "application/timestamp-query"},
                timeout=TIMEOUT_S,
            )
            answer.raise_for_status()
            token = decode_timestamp_response(answer.content)
            verifier = VerifierBuilder.from_request(asked)
            for root in self._roots:
                verifier = verifier.add_root_certificate(root)
            verifier.build().verify_message(token, message)
        except (requests.RequestException, ValueError, VerificationError) as error:
            raise EnvironmentProblem(
                f"no time stamp of {self._url}: {type(error).__name__}: {error}",
                code="timestamp_failed",
                next_step="nothing waits for it; it is tried again in ten minutes",
            ) from None
        return answer.content, token.tst_info.gen_time

    def _round(self) -> float:
        try:
            self.stamp()
        except EvidenceError as error:
            _LOG.warning("%s", error)
        return TRY_AGAIN_S
