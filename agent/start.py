"""The start: what an agent makes sure of before it reads anything."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent.ledger import DATABASE
from agent.ledger.repair import Repaired, repair
from agent.notify import Notifier
from agent.sealing import Agent, adopt, keep_gap
from evidence.clock import stamp
from evidence.collection import Gap
from evidence.reading import Failure

log = logging.getLogger("evidence-agent")
# A restart is shorter; nothing is due as often as that.
ABSENCE = timedelta(minutes=5)


def still_here(state: Path, now: datetime) -> None:
    """Leave behind that the agent was there now, for the start after its end."""
    path = state / "alive"
    path.touch(0o600)
    os.utime(path, (now.timestamp(), now.timestamp()))


def keep_absence(agent: Agent) -> Gap | None:
    """Put on record since when nobody was there, if it was long."""
    path, now = agent.ledger.folder / "alive", agent.clock()
    if not path.exists():
        return None
    last_at = datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
    if now - last_at < ABSENCE:
        return None
    why = Failure(
        "agent_off",
        f"the agent was not running from {stamp(last_at)} to {stamp(now)}",
        "nothing; what fell due is read once now",
    )
    log.warning("%s: %s", why.code, why.message)
    gap = Gap(failure=why, from_at=last_at, until_at=now)
    keep_gap(agent, gap)
    return gap


def mend_ledger(state: Path, now: datetime) -> Repaired | None:
    """Before the ledger is opened: a damaged one is moved aside and a new one made."""
    repaired = repair(state / DATABASE, now)
    if repaired is not None:
        log.error("the ledger was damaged: it lies at %s", repaired.aside)
    return repaired


def take_in(agent: Agent, repaired: Repaired | None, notifier: Notifier) -> int:
    """Take in the bundles the ledger does not know, and put on record if it had been damaged."""
    adopted = adopt(agent, notifier.still_starting)
    if repaired is not None:
        taken = ", ".join(f"{count} rows of {name}" for name, count in repaired.rows.items())
        why = Failure(
            "ledger_rebuilt",
            f"the ledger was damaged and has been built anew: {adopted} bundles and records from "
            f"their files, and what could still be read of it: {taken}",
            "`evidence-agent ledger rebuild --from-store` fetches what only the store has; then "
            f"look at the disk and at {repaired.aside.name}",
        )
        log.error("%s: %s", why.code, why.message)
        keep_gap(agent, Gap(failure=why))
    return adopted
