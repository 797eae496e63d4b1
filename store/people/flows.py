"""Log-ins that are under way at an identity provider: each comes back once, to the same browser."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, insert, select

from evidence.clock import Clock
from store.database import Database
from store.people.tables import login_flow
from store.problems import Refused

LONGEST = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """`session`: the digest of the one whose holder proves anew who they are; None: a log-in."""

    nonce: str
    verifier: str
    wanted: str
    session: str | None
    begun_at: datetime


class Flows:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def begin(
        self,
        state: str,
        browser: str,
        *,
        nonce: str,
        verifier: str,
        wanted: str,
        session: str | None,
    ) -> None:
        """`state` and `browser` are kept as digests. What nobody came back for is forgotten."""
        now = self._clock()
        with self._database.transaction() as rows:
            rows.execute(delete(login_flow).where(login_flow.c.begun_at < now - LONGEST))
            rows.execute(
                insert(login_flow).values(
                    state_digest=_digest(state),
                    browser_digest=_digest(browser),
                    nonce=nonce,
                    verifier=verifier,
                    wanted=wanted,
                    session=session,
                    begun_at=now,
                )
            )

    def take(self, state: str, browser: str) -> Flow:
        """The log-in that comes back, once. Raises Refused `oidc_state`."""
        with self._database.transaction() as rows:
            wanted = login_flow.c.state_digest == _digest(state)
            found = rows.execute(select(login_flow).where(wanted)).first()
            rows.execute(delete(login_flow).where(wanted))
        if (
            found is None
            or found.begun_at < self._clock() - LONGEST
            or not hmac.compare_digest(found.browser_digest, _digest(browser))
        ):
            raise Refused("nobody here waits for this log-in", code="oidc_state")
        return Flow(
            nonce=found.nonce,
            verifier=found.verifier,
            wanted=found.wanted,
            session=found.session,
            begun_at=found.begun_at,
        )


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
