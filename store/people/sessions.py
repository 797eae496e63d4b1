"""Sessions: kept here, so that one can be ended here. 15 minutes idle, 8 hours at most; an hour
where a provider or directory vouches for the person, who is asked for again then."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from evidence.clock import Clock
from store.database import Database
from store.failures import is_full
from store.people.accounts import Known, known_in
from store.people.tables import session

IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=8)
# Who was disabled elsewhere, or moved to another group, is noticed here by then.
VOUCHED_FOR = timedelta(hours=1)
# A page asks for several things at once; one write a minute is enough to know that it is used.
_NOTED_EVERY = timedelta(minutes=1)
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who is logged in: who, with which session, and how they were known when.

    `again_at`: when they proved anew at the provider who they are; None: not in this session.
    `login_name`: what the directory calls them.
    """

    known: Known
    token_digest: str
    csrf: str
    proof: str
    proven_at: datetime
    again_at: datetime | None = None
    login_name: str | None = None

    @property
    def way(self) -> Literal["password", "oidc", "ldaps"]:
        """How the person is known in this session."""
        identity = self.known.identity
        if identity is None:
            return "password"
        return "ldaps" if identity.startswith("ldaps://") else "oidc"

    def check_csrf(self, given: str) -> bool:
        return hmac.compare_digest(self.csrf.encode(), given.encode())


class Sessions:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self,
        account: str,
        proof: str,
        address: str,
        *,
        identity: str | None = None,
        login_name: str | None = None,
    ) -> str:
        """The token of a new session. Those that are over are forgotten. `identity`: who vouches
        for the person there; None: the store's own password did."""
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
                    identity=identity,
                    login_name=login_name,
                )
            )
        return token

    def find(self, token: str) -> Login | None:
        """Who holds this token; None when it is none, or over, or its account is disabled."""
        return self.find_kept(_digest(token))

    def find_kept(self, digest: str) -> Login | None:
        """The same by the token's digest, as a log-in under way keeps it."""
        now = self._clock()
        with self._database.reading() as rows:
            found = rows.execute(select(session).where(session.c.token_digest == digest)).first()
            known = None if found is None else known_in(rows, found.account)
        if found is None or known is None or known.disabled_at is not None:
            return None
        unasked = found.identity is not None and found.proven_at < now - VOUCHED_FOR
        if unasked or found.seen_at < now - IDLE or found.created_at < now - LONGEST:
            self.end(digest)
            return None
        if found.seen_at < now - _NOTED_EVERY:
            self._note_seen(digest, now)
        return Login(
            known=replace(known, identity=found.identity),
            token_digest=digest,
            csrf=found.csrf,
            proof=found.proof,
            proven_at=found.proven_at,
            again_at=found.again_at,
            login_name=found.login_name,
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
        now = self._clock()
        with self._database.transaction() as rows:
            rows.execute(
                update(session)
                .where(session.c.token_digest == token_digest)
                .values(proven_at=now, again_at=now, proof=proof)
            )

    def end(self, token_digest: str) -> None:
        with self._database.transaction() as rows:
            rows.execute(delete(session).where(session.c.token_digest == token_digest))

    def end_vouched(self, identity: str) -> None:
        """End every session of somebody for whom nobody vouches any more."""
        with self._database.transaction() as rows:
            rows.execute(delete(session).where(session.c.identity == identity))

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
