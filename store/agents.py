"""Who may deliver: agents, the sites they speak for, and the keys they sign with.

Keys come and go; each coming and going is an entry of the log.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from evidence.errors import ConfigurationError
from evidence.receipt import Entry
from evidence.seal import PublicKey
from store.database import insert_missing
from store.leaves import append
from store.recovery import check_whole
from store.schema import agent as agents
from store.schema import agent_contact, agent_key, agent_site

# Of an agent, as its settings call it `id`.
ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Built once, for they are asked with every request.
_AGENT_OF = select(agent_key.c.agent).where(
    agent_key.c.keyid == bindparam("keyid"), agent_key.c.revoked_at.is_(None)
)
_CURRENT = (
    select(agent_contact.c.locked_at, agent_site.c.site, agent_key.c.raw)
    .select_from(agents)
    .outerjoin(agent_contact, agent_contact.c.agent == agents.c.id)
    .outerjoin(agent_site, agent_site.c.agent == agents.c.id)
    .outerjoin(agent_key, (agent_key.c.agent == agents.c.id) & agent_key.c.revoked_at.is_(None))
    .where(agents.c.id == bindparam("agent"))
    .order_by(agent_key.c.enrolled_at, agent_site.c.site)
)


@dataclass(frozen=True, slots=True)
class Caller:
    """An enrolled agent as it stands now: its sites, the keys in force, whether it is locked."""

    agent: str
    sites: tuple[str, ...]
    keys: tuple[PublicKey, ...]
    locked: bool = False


def enrol(
    rows: Connection,
    agent: str,
    sites: Sequence[str],
    key: PublicKey,
    now: datetime,
    origin: str,
) -> None:
    """Let `agent` deliver for `sites`, signing with `key`; further keys and sites add up.

    Raises ConfigurationError `key_taken` when the key is another agent's, or was revoked.
    """
    insert_missing(rows, agents, id=agent, enrolled_at=now)
    for site in sites:
        insert_missing(rows, agent_site, agent=agent, site=site)
    found = rows.execute(
        select(agent_key.c.agent, agent_key.c.revoked_at).where(agent_key.c.keyid == key.keyid)
    ).first()
    if found is not None and tuple(found) == (agent, None):
        return
    if found is not None:
        raise ConfigurationError(
            f"key {key.keyid} was revoked or belongs to another agent",
            code="key_taken",
            next_step="make a new key for this agent",
        )
    check_whole(rows)
    rows.execute(
        insert(agent_key).values(keyid=key.keyid, agent=agent, raw=key.raw, enrolled_at=now)
    )
    append(rows, Entry(kind="enrol", digest=key.keyid, agent=agent, received_at=now), origin)


def revoke(rows: Connection, agent: str, keyid: str | None, now: datetime, origin: str) -> int:
    """Put the agent's key (None: all its keys) out of force. Returns how many were in force."""
    in_force = select(agent_key.c.keyid).where(_in_force(agent))
    if keyid is not None:
        in_force = in_force.where(agent_key.c.keyid == keyid)
    found = list(rows.scalars(in_force.order_by(agent_key.c.keyid)))
    if found:
        check_whole(rows)
    for one in found:
        rows.execute(update(agent_key).where(agent_key.c.keyid == one).values(revoked_at=now))
        append(rows, Entry(kind="revoke", digest=one, agent=agent, received_at=now), origin)
    return len(found)


def caller(rows: Connection, keyid: str) -> Caller | None:
    """The agent whose key this is; None when the key is unknown or revoked."""
    agent = rows.scalar(_AGENT_OF, {"keyid": keyid})
    return None if agent is None else current(rows, agent)


def callers(rows: Connection) -> list[Caller]:
    """Every agent ever enrolled, by name."""
    found = rows.scalars(select(agents.c.id).order_by(agents.c.id)).all()
    return [current(rows, one) for one in found]


def current(rows: Connection, agent: str) -> Caller:
    """An agent that was enrolled once, as it stands now."""
    found = rows.execute(_CURRENT, {"agent": agent}).all()
    sites = dict.fromkeys(one.site for one in found if one.site is not None)
    keys = dict.fromkeys(one.raw for one in found if one.raw is not None)
    locked = any(one.locked_at is not None for one in found)
    return Caller(agent, tuple(sorted(sites)), tuple(map(PublicKey, keys)), locked)


def keys_ever(rows: Connection) -> dict[str, tuple[PublicKey, ...]]:
    """Every key each agent had, also those that were revoked: what it signed with them stays."""
    found: dict[str, tuple[PublicKey, ...]] = {}
    for agent, raw in rows.execute(select(agent_key.c.agent, agent_key.c.raw)):
        found[agent] = (*found.get(agent, ()), PublicKey(raw))
    return found


def _in_force(agent: str) -> ColumnElement[bool]:
    return (agent_key.c.agent == agent) & agent_key.c.revoked_at.is_(None)
