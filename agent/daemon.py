"""The daemon: every minute, read what is due and push what waits, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
from datetime import datetime, timedelta
from types import FrameType

import schedule

from agent.cadence import Cadence, cadence
from agent.collect import Agent, Job, adopt, collect
from agent.config import Config
from agent.connect import Connector
from agent.ledger import Ledger
from agent.push import StoreClient, push
from agent.wired import agent_of
from evidence.errors import EvidenceError

log = logging.getLogger("evidence-agent")


def due(config: Config, ledger: Ledger, now: datetime) -> list[Job]:
    """The devices and subjects whose last due moment has not been attempted yet."""
    common = cadence(config.schedule)
    jobs = []
    for device in config.devices.values():
        own = config.schedules.get(device.id)
        when = cadence(own) if own else common
        subjects = tuple(
            one for one in device.subjects if _is_due(ledger, device.id, one, when, now)
        )
        if subjects:
            jobs.append(Job(device, subjects))
    return jobs


def _is_due(ledger: Ledger, device: str, subject: str, when: Cadence, now: datetime) -> bool:
    # An attempt from the future was made while the clock was wrong; it settles nothing.
    last = ledger.last_attempt(device, subject, until=now)
    return last is None or last < when.last_due_at(now)


def tick(config: Config, agent: Agent) -> None:
    """One turn: collect what is due, push, end custody. An error is logged; turns go on."""
    try:
        jobs = due(config, agent.ledger, agent.clock())
        if jobs:
            run = collect(
                agent,
                jobs,
                Connector(agent.ledger, config.credentials),
                workers=config.limits.workers,
            )
            log.info("run %s: %d devices, %d failed readings", run.id, len(jobs), run.failed)
        if config.store is not None:
            done = push(
                agent.ledger,
                StoreClient(config.store, agent.signing_key, agent.clock, config.path.parent),
            )
            if done.stored or done.refused:
                log.info("pushed %d, refused %d", done.stored, len(done.refused))
        agent.ledger.end_custody(
            agent.clock(),
            custody=timedelta(days=config.limits.custody_days),
            history=timedelta(days=31 * config.limits.history_months),
        )
    except EvidenceError as error:
        log.warning("%s", error)


def serve(config: Config) -> None:
    """Run until SIGTERM or SIGINT; a running collection is finished first."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    stop = threading.Event()

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    ticker = schedule.Scheduler()
    with agent_of(config) as agent:
        adopt(agent)
        ticker.every(1).minutes.do(tick, config, agent)
        ticker.run_all()
        while not stop.wait(timeout=max(0.0, min(ticker.idle_seconds or 0.0, 60.0))):
            ticker.run_pending()
    log.info("stopped")
