"""Contacts: every time an agent comes, it counts one up; a copy of it counts the same one twice.

The agent writes its next number and a random mark down before it sends them, and sends them
again until it is answered. The same number with another mark is another agent of the same state
folder: both are locked out until somebody looked.
"""

from __future__ import annotations

import logging
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from store.problems import Refused
from store.schema import agent_contact as table

_LOG = logging.getLogger("evidence.store")


def contact(
    rows: Connection, agent: str, generation: int, mark: str, now: datetime, *, put_back: bool
) -> bool:
    """Note an agent's contact. False when it is a copy, which is locked from now on.

    `put_back`: the store itself may have forgotten contacts, so that a number may be skipped.
    """
    last = rows.execute(select(table).where(table.c.agent == agent)).first()
    if last is None:
        rows.execute(
            insert(table).values(
                agent=agent, generation=generation, mark=mark, mark_before="", contacted_at=now
            )
        )
        return True
    of_agent = update(table).where(table.c.agent == agent)
    if generation == last.generation + 1 or (put_back and generation > last.generation):
        rows.execute(
            of_agent.values(
                generation=generation, mark=mark, mark_before=last.mark, contacted_at=now
            )
        )
        return True
    # An answer was lost, or this one was overtaken by the next.
    if (generation, mark) in (
        (last.generation, last.mark),
        (last.generation - 1, last.mark_before),
    ):
        return True
    rows.execute(of_agent.values(locked_at=now))
    _LOG.error(
        "agent %s came with contact %d, and %d is known: its state folder was copied or put back;"
        " locked until `evidence-store unlock`",
        agent,
        generation,
        last.generation,
    )
    return False


def locked(agent: str) -> Refused:
    """What a locked agent is told."""
    return Refused(
        f"two agents call themselves {agent}; both are locked",
        code="agent_locked",
        next_step="see which of the hosts is the right one, then `evidence-store unlock` there,"
        " or revoke its key and invite it again",
    )


def forget(rows: Connection, agent: str) -> None:
    """Take the agent's next contact whatever its number is."""
    rows.execute(delete(table).where(table.c.agent == agent))


def unlock(rows: Connection, agent: str) -> bool:
    """Forget what a locked agent counted. False when it was not locked."""
    found = select(table.c.locked_at).where(table.c.agent == agent)
    if rows.scalar(found) is None:
        return False
    forget(rows, agent)
    return True
