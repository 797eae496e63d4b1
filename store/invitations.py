"""Invitations: how a new agent comes in, by a token that works once and for an hour at most.

The token carries the store's key id, so that the agent knows whom it lets know it. The store
keeps the token's SHA-256 only. Whatever is wrong with one is said outside in the same words.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection, insert, select, update

from evidence.errors import ConfigurationError, shown
from evidence.seal import PublicKey
from store import agents, contacts
from store.problems import Refused
from store.schema import enrol_token, enrol_token_site

LONGEST = timedelta(hours=1)
_LOG = logging.getLogger("evidence.store")


def invite(
    rows: Connection, agent: str, sites: Sequence[str], valid: timedelta, now: datetime, store: str
) -> str:
    """A new token for an agent of that name and those sites. `store` is the store's key id.

    Raises ConfigurationError when it would be valid for longer than an hour.
    """
    if not timedelta() < valid <= LONGEST:
        raise ConfigurationError("a token is valid for an hour at most", code="token_too_long")
    secret = secrets.token_hex(24)  # never begins with a dash, which a shell takes for an option
    digest = _digest(secret)
    rows.execute(
        insert(enrol_token).values(digest=digest, agent=agent, made_at=now, expires_at=now + valid)
    )
    rows.execute(insert(enrol_token_site), [{"token": digest, "site": site} for site in sites])
    return f"{secret}.{store}"


def accept(
    rows: Connection, token: str, agent: str, key: PublicKey, now: datetime, origin: str
) -> tuple[str, ...]:
    """Let the agent in with that key, once. Its sites; a repeat with the same key gets them again.

    Raises Refused `token_refused`; the log has the reason.
    """
    digest = _digest(token.partition(".")[0])
    found = rows.execute(select(enrol_token).where(enrol_token.c.digest == digest)).first()
    if found is None:
        raise _refused("token_unknown", agent)
    if found.agent != agent:
        raise _refused(f"token_of_another (for {found.agent})", agent)
    if found.used_at is not None and found.used_by != key.keyid:
        raise _refused(f"token_used (at {found.used_at})", agent)
    if found.used_at is None and found.expires_at <= now:
        raise _refused(f"token_expired (at {found.expires_at})", agent)
    of = enrol_token_site.c
    sites = tuple(rows.scalars(select(of.site).where(of.token == digest).order_by(of.site)))
    if found.used_at is None:
        agents.enrol(rows, agent, sites, key, now, origin)
        contacts.forget(rows, agent)
        used = update(enrol_token).where(enrol_token.c.digest == digest)
        rows.execute(used.values(used_at=now, used_by=key.keyid))
    return sites


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _refused(why: str, agent: str) -> Refused:
    _LOG.warning("enrolment of %r refused: %s", shown(agent), why)
    return Refused(
        "the token is not for this agent, was used, or has expired",
        code="token_refused",
        next_step="ask whoever runs the store for a new one (`evidence-store invite`)",
    )
