"""Sessions: kept here, so that one can be ended here. 15 minutes idle, 8 hours at most."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from evidence.clock import Clock
from store.database import Database
from store.failures import is_full
from store.people.accounts import Known, known_in
from store.people.tables import session

IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=8)
# A page asks for several things at once; one write a minute is enough to know that it is used.
_NOTED_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who is logged in: who, with which session, and how they were known when."""

    known: Known
    token_digest: str
    csrf: str
    proof: str
    proven_at: datetime

    def check_csrf(self, given: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), given.encode())


class Sessions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(self, account: str, proof: str, address: str) -> str:
        """The token of a new session. Those that are over are forgotten."""
        now = self._clock()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._database.transaction() as rows:
            over = (session.c.seen_at < now - IDLE) | (session.c.created_at < now - LONGEST)
            rows.execute(delete(session).where(over))
            rows.execute(
                insert(session).values(
                    token_digest=_digest(token),
                    account=account,
                    csrf=secrets.token_urlsafe(_TOKEN_BYTES),
                    proof=proof,
                    address=address,
                    created_at=now,
                    seen_at=now,
                    proven_at=now,
                )
            )
        return token

    def find(self, token: str) -> Login | None:
        """Who holds this token; None when it is none, or over, or its account is disabled."""
        now, digest = self._clock(), _digest(token)
        with self._database.reading() as rows:
            found = rows.execute(select(session).where(session.c.token_digest == digest)).first()
            known = None if found is None else known_in(rows, found.account)
        if found is None or known is None or known.disabled_at is not None:
            return None
        if found.seen_at < now - IDLE or found.created_at < now - LONGEST:
            self.end(digest)
            return None
        if found.seen_at < now - _NOTED_EVERY:
            self._note_seen(digest, now)
        return Login(
            known=known,
            token_digest=digest,
            csrf=found.csrf,
            proof=found.proof,
            proven_at=found.proven_at,
        )

    def _note_seen(self, digest: str, now: datetime) -> None:
        """On a full disk nothing is noted, and pages can be read all the same."""
        seen = update(session).where(session.c.token_digest == digest).values(seen_at=now)
        try:
            with self._database.transaction() as rows:
                rows.execute(seen)
        except DBAPIError as error:
            if not is_full(error):
                raise

    def prove(self, token_digest: str, proof: str) -> None:
        """Note that the person was known anew just now."""
        with self._database.transaction() as rows:
            rows.execute(
                update(session)
                .where(session.c.token_digest == token_digest)
                .values(proven_at=self._clock(), proof=proof)
            )

    def end(self, token_digest: str) -> None:
        with self._database.transaction() as rows:
            rows.execute(delete(session).where(session.c.token_digest == token_digest))

    def end_others(self, login: Login) -> int:
        """End every other session of the person. Returns how many."""
        with self._database.transaction() as rows:
            return rows.execute(
                delete(session).where(
                    session.c.account == login.known.account,
                    session.c.token_digest != login.token_digest,
                )
            ).rowcount

    def of(self, account: str) -> list[Any]:
        """The person's sessions, the newest first."""
        with self._database.reading() as rows:
            return list(
                rows.execute(
                    select(session)
                    .where(session.c.account == account)
                    .order_by(session.c.created_at.desc())
                )
            )


def _digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()
