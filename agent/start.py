"""The start: what an agent makes sure of before it reads anything."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from agent.collect import Agent, adopt, keep_gap
from agent.ledger import DATABASE
from agent.ledger.repair import Repaired, repair
from agent.notify import Notifier
from evidence.collection import Gap
from evidence.reading import Failure

log = logging.getLogger("evidence-agent")


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
