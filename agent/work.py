"""The daemon's work, a turn at a time: collect what is due, push what waits, tidy up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from agent.brake import Brake
from agent.collect import Progress, Run, collect
from agent.config import Config
from agent.connect import Connector
from agent.logins import Logins
from agent.notify import Notifier
from agent.push import StoreClient, push
from agent.room import no_room
from agent.rounds import Effort
from agent.sealing import Agent, adopt
from agent.timetable import Waiting, timetable
from agent.turns import Turns
from agent.visit import SCHEDULE, Budget
from evidence.errors import ConfigurationError

log = logging.getLogger("evidence-agent")


def tick(
    config: Config,
    agent: Agent,
    brake: Brake | None = None,
    progress: Progress | None = None,
    on_waiting: Callable[[list[Waiting]], None] = lambda waiting: None,
) -> Run | None:
    """One turn of the scheduler: collect what is due. None when nothing was."""
    jobs, waiting = timetable(config, agent.ledger, agent.clock())
    on_waiting(waiting)
    if not jobs:
        return None
    run = collect(
        agent,
        jobs,
        Connector(Logins(agent, SCHEDULE), config.credentials, config.devices),
        effort=effort_in(config),
        progress=progress,
        brake=brake,
        turns=turns_in(config),
        no_room=lambda: no_room(config, agent.ledger),
    )
    log.info("run %s: %d devices, %d failed readings", run.id, len(jobs), run.failed)
    return run


def effort_in(config: Config) -> Effort:
    """How much a run of a configuration spends."""
    limits = config.limits
    budget = Budget(limits.session_s, limits.session_bytes)
    return Effort(limits.workers, limits.retry_after_s, budget)


def turns_in(config: Config) -> Turns:
    """The locks of a configuration, with its limits."""
    limits = config.limits
    return Turns(config.state / "locks", limits.per_site, limits.per_platform)


def store_client(
    config: Config, agent: Agent, wait: Callable[[float], object] = time.sleep
) -> StoreClient:
    """The way to the store that a configuration names. Raises ConfigurationError
    `store_missing`."""
    if config.store is None:
        raise ConfigurationError(
            "no store is configured", code="store_missing", next_step="set store.url in agent.yaml"
        )
    return StoreClient(config.store, agent.signing_key, agent.clock, config.path.parent, wait=wait)


def keep_spool(
    config: Config,
    agent: Agent,
    notifier: Notifier,
    rest: Callable[[float], object] = lambda seconds: None,
) -> None:
    """One turn of the spool: push what waits. Raises EvidenceError."""
    if config.store is not None:
        client = store_client(config, agent, rest)
        done = push(agent.ledger, client, lambda digest: notifier.progress("spool"), rest=rest)
        if done.stored or done.refused:
            log.info("pushed %d, refused %d", done.stored, len(done.refused))


def tidy(config: Config, agent: Agent) -> None:
    """Take in what killed processes left, and end the custody of what the store has held long
    enough. Raises EvidenceError."""
    adopt(agent)
    agent.ledger.end_custody(
        agent.clock(),
        custody=timedelta(days=config.limits.custody_days),
        history=timedelta(days=31 * config.limits.history_months),
    )
