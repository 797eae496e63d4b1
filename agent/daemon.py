"""The daemon: reads what is due, pushes what waits, until told to stop.

Four things go on side by side: the scheduler, in the main thread, collects what is due; the
spool's thread pushes and ends custody, whatever the scheduler is doing; the door lets operators
in, each in a thread; and one thread fetches the runs that people ask for at the store.
SIGTERM ends runs within their budget; SIGHUP reads the configuration anew, or keeps the old.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from types import FrameType
from typing import NoReturn
from wsgiref.simple_server import WSGIServer

import schedule

from agent.asked_runs import carry_out
from agent.brake import Brake
from agent.collect import Progress, collect, jobs_for
from agent.config import Config, load_config
from agent.connect import Connector
from agent.door import Request
from agent.door.server import Door, Tell
from agent.ledger import Ledger
from agent.ledger.faults import StateBroken, problem_of
from agent.ledger.repair import Repaired
from agent.logins import Logins
from agent.logs import start_logs
from agent.metrics import FIGURES, PREFIX, Metrics
from agent.notify import Notifier
from agent.room import days_without_store, hold_reserve, no_room, spend_reserve
from agent.sealing import Agent, keep_gap
from agent.start import keep_absence, mend_ledger, still_here, take_in
from agent.steady import SteadyClock
from agent.timetable import Waiting, with_missed
from agent.told import ask_rows, visit_rows
from agent.visit import Visit
from agent.wired import agent_of, system_clock
from agent.work import effort_in, keep_spool, store_client, tick, tidy, turns_in
from evidence.ask import Ask
from evidence.collection import Gap
from evidence.device import Device
from evidence.errors import ConfigurationError, EnvironmentProblem, EvidenceError, shown
from evidence.metrics import serve_metrics

log = logging.getLogger("evidence-agent")
# Seconds between two turns of the spool; a store that is away is asked no oftener.
SPOOL_EVERY_S = 15.0
TIDY_EVERY_S = 3600.0


class Daemon:
    """One running agent: its configuration, which SIGHUP may replace, and its threads."""

    def __init__(
        self, config: Config, agent: Agent, notifier: Notifier, repaired: Repaired | None = None
    ) -> None:
        self._repaired = repaired
        self.config, self.agent, self.notifier = config, agent, notifier
        self.brake = Brake()
        self.metrics = Metrics()
        self._reload = Event()
        self._full: Gap | None = None
        self._broken: StateBroken | None = None

    def run(self) -> None:
        """Until the brake is pulled. Signals are this method's, so it runs in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        signal.signal(signal.SIGHUP, self._ask_to_reload)
        door = self._open_door()
        metrics = self._open_metrics()
        self.start()
        spool = Thread(target=self._keep_spool, name="spool", daemon=True)
        spool.start()
        Thread(target=self._fetch_runs, name="asked runs", daemon=True).start()
        self.notifier.ready()
        log.info("ready: %d devices", len(self.config.devices))
        self._say_idle()
        ticker = schedule.Scheduler()
        ticker.every(1).minutes.do(self.turn)
        ticker.run_all()
        # A second's turn: a signal's wish is fulfilled at once, a minute's work each minute.
        while not self.brake.wait(1.0):
            if self._broken is not None:
                _end(self._broken)
            if self._reload.is_set():
                self.reload()
            ticker.run_pending()
            self.notifier.progress("scheduler")
        if door is not None:
            door.close(wait_s=self.brake.budget_s)
        if metrics is not None:
            metrics.shutdown()
            metrics.server_close()
        # The store keeps what it acknowledged; a push that is cut off is repeated.
        spool.join(timeout=5.0)

    def start(self) -> None:
        """What is made sure of before anything is read."""
        take_in(self.agent, self._repaired, self.notifier)
        keep_absence(self.agent)

    def reload(self) -> None:
        """Take the configuration as it is written now, or keep the old one and say why."""
        self._reload.clear()
        try:
            new = load_config(self.config.path)
            for key in ("id", "site", "state", "socket"):
                if getattr(new, key) != getattr(self.config, key):
                    raise ConfigurationError(
                        f"`{key}` cannot change while the agent runs",
                        code="restart_needed",
                        next_step="restart the agent",
                    )
        except EvidenceError as error:
            log.error("the configuration was kept as it was: %s", error)
            self.notifier.status(f"configuration kept: {error.code}")
            self.metrics.count("reloads_total", "kept")
            return
        self.config = new
        self.metrics.count("reloads_total", "taken")
        log.info("the configuration was read anew: %d devices", len(new.devices))
        self._say_idle()

    def _open_door(self) -> Door | None:
        """The door, or None where there cannot be one: evidence is collected all the same.

        Raises EnvironmentProblem when another daemon runs.
        """
        door = Door(self.config.socket, self.config.daemon.operators, self._serve)
        try:
            door.open()
        except EnvironmentProblem as error:
            if error.code == "env_running":
                raise
            log.warning("%s", error)
            return None
        return door

    def _open_metrics(self) -> WSGIServer | None:
        """The figures' server, if one is configured and its port is free."""
        port = self.config.daemon.metrics_port
        if port is None:
            return None
        try:
            server = serve_metrics(PREFIX, FIGURES, self.metrics, port)
        except OSError as error:
            log.warning("no metrics: port %d cannot be had: %s", port, error.strerror)
            return None
        log.info("metrics at http://127.0.0.1:%d/metrics", server.server_port)
        return server

    def _serve(self, request: Request, requester: str, tell: Tell) -> None:
        """An operator's collection, in their thread, with its own connection to the ledger."""
        config = self.config
        if unknown := [name for name in request.devices if name not in config.devices]:
            raise ConfigurationError(
                f"not in the daemon's inventory: {', '.join(map(shown, unknown))}",
                code="device_unknown",
                next_step="`systemctl reload evidence-agent` if it was added just now",
            )
        jobs = jobs_for(config.devices.values(), request.devices, request.subject)
        if not jobs:
            raise ConfigurationError("no device has that subject", code="subject_unknown")
        if not request.dry_run and self._full is not None:
            why = self._full.failure
            raise EnvironmentProblem(why.message, code=why.code, next_step=why.next_step)
        if request.dry_run:
            tell({"asks": ask_rows(jobs)})
            return

        def on_ask(device: Device, ask: Ask) -> None:
            self.metrics.count("asks_total")
            tell({"ask": {"device": device.id, "name": ask.name}})

        def on_visit(visit: Visit) -> None:
            self._count(visit)
            tell({"visit": visit_rows(visit)})

        ledger = Ledger(config.state)
        agent = replace(self.agent, ledger=ledger)
        try:
            now = agent.clock()
            run = collect(
                agent,
                [with_missed(config, ledger, job, now) for job in jobs],
                Connector(Logins(agent, requester), config.credentials, config.devices),
                requester=requester,
                effort=effort_in(config),
                progress=Progress(on_ask, on_visit),
                brake=self.brake,
                turns=turns_in(config),
                no_room=lambda: no_room(config, ledger),
            )
        finally:
            self._broken = self._broken or ledger.broken
            ledger.close()
        self.metrics.count("runs_total", "operator")
        tell({"done": {"run": run.id, "failed": run.failed}})

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.brake.pull()

    def _ask_to_reload(self, number: int, frame: FrameType | None) -> None:
        self._reload.set()

    def _say_idle(self) -> None:
        self.notifier.status(f"{len(self.config.devices)} devices, waiting for what is due")

    def turn(self) -> None:
        """A turn of the scheduler. An error is logged; turns go on."""
        if self.brake.pulled:
            return

        def on_ask(device: Device, ask: Ask) -> None:
            self.metrics.count("asks_total")
            self.notifier.progress("scheduler")

        def on_visit(visit: Visit) -> None:
            self._count(visit)
            self.notifier.progress("scheduler")

        _done(lambda: self._collect_due(Progress(on_ask, on_visit)))
        _done(lambda: still_here(self.config.state, self.agent.clock()))
        self.notifier.progress("scheduler")

    def _collect_due(self, progress: Progress) -> None:
        if not self._has_room():
            return
        run = tick(self.config, self.agent, self.brake, progress, self._count_waiting)
        if run is not None:
            self.metrics.count("runs_total", "schedule")
            self.metrics.put("last_run_timestamp_seconds", {"": self.agent.clock().timestamp()})
            self.notifier.status(f"last run {run.id}: {run.failed} failed readings")

    def _has_room(self) -> bool:
        """Whether there is room for a run. When it ends and when it is back, a gap is recorded."""
        why, now = no_room(self.config, self.agent.ledger), self.agent.clock()
        self.metrics.put("collection_stopped", {"": why is not None})
        if why is None:
            hold_reserve(self.config)
        else:
            spend_reserve(self.config)
        if why is not None and self._full is None:
            self._full = Gap(failure=why, from_at=now)
            log.error("%s: %s", why.code, why.message)
            self.notifier.status(why.message)
            keep_gap(self.agent, self._full)
        if why is None and self._full is not None:
            log.info("there is room again: collecting goes on")
            keep_gap(self.agent, replace(self._full, until_at=now))
            self._full = None
        return why is None

    def _count(self, visit: Visit) -> None:
        for reading in visit.readings:
            state = "failed" if reading.failure else "read"
            self.metrics.count("readings_total", state)

    def _count_waiting(self, waiting: list[Waiting]) -> None:
        self.metrics.put("waiting_devices", Counter(one.code for one in waiting))

    def _measure(self, ledger: Ledger) -> None:
        """What is as it is, whoever did it."""
        put = self.metrics.put
        put("devices", {"": len(self.config.devices)})
        put("spool_bundles", {state: ledger.count_in(state) for state in ("spooled", "refused")})
        days = days_without_store(self.config, ledger, self.agent.clock())
        put("spool_days", {} if days is None else {"": days})
        put("state_free_bytes", {"": shutil.disk_usage(self.config.state).free})
        if isinstance(self.agent.clock, SteadyClock):
            put("clock_step_seconds", {"": self.agent.clock.stepped.total_seconds()})

    def _keep_spool(self) -> None:
        """The spool's thread, with a connection of its own to the ledger."""
        ledger = Ledger(self.config.state)
        agent = replace(self.agent, ledger=ledger)
        tidied_s = -TIDY_EVERY_S
        try:
            while not self.brake.pulled:
                tidies = time.monotonic() - tidied_s >= TIDY_EVERY_S
                try:
                    self._spool_turn(agent, tidies)
                    self.notifier.progress("spool")
                except Exception:
                    # A mistake of the program is no progress: if it stays, the watchdog notices.
                    log.exception("a turn of the spool failed")
                tidied_s = time.monotonic() if tidies else tidied_s
                self.brake.wait(self.notifier.pace_s(SPOOL_EVERY_S))
        finally:
            ledger.close()

    def _fetch_runs(self) -> None:
        """The thread of the runs that people ask for at the store, where the site allows it."""
        while not self.brake.pulled:
            if not _done(self._fetch_run):
                self.brake.wait(SPOOL_EVERY_S)

    def _fetch_run(self) -> None:
        config = self.config
        if config.store is None or not config.daemon.asked_runs:
            self.brake.wait(SPOOL_EVERY_S)
            return
        if carry_out(store_client(config, self.agent, self.brake.wait), self._serve):
            self.metrics.count("runs_total", "store")

    def _spool_turn(self, agent: Agent, tidies: bool) -> None:
        config = self.config
        reached = _done(lambda: keep_spool(config, agent, self.notifier, self.brake.wait))
        if config.store is not None:
            self.metrics.put("store_reachable", {"": reached})
        if tidies:
            _done(lambda: tidy(config, agent))
        _done(lambda: self._measure(agent.ledger))


def _done(work: Callable[[], object]) -> bool:
    """Do it, and say what went wrong; whether it was done. A disk that failed ends the process."""
    try:
        work()
    except (EvidenceError, OSError, sqlite3.Error) as error:
        problem = error if isinstance(error, EvidenceError) else problem_of(error) or error
        if isinstance(problem, StateBroken):
            _end(problem)
        log.warning("%s", problem)
        return False
    return True


def _end(broken: StateBroken) -> NoReturn:
    """At once: no thread writes to that disk again, and nothing that is open is closed."""
    log.critical("%s", broken)
    logging.shutdown()
    os._exit(broken.exit_code)


def serve(config: Config) -> None:
    """Run as the daemon until SIGTERM or SIGINT."""
    start_logs()
    notifier = Notifier()
    repaired = mend_ledger(config.state, system_clock())
    with agent_of(config) as made:
        daemon = Daemon(config, replace(made, clock=SteadyClock(system_clock)), notifier, repaired)
        daemon.run()
        notifier.stopping()
    log.info("stopped")
    if daemon.brake.spent:
        # Visits that were given up still wait for silent devices, and Python would wait for
        # them. All that was kept is on disk.
        logging.shutdown()
        os._exit(0)
