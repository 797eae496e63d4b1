"""Collecting: a run visits devices side by side, seals each visit, and records what it did.

One run record lists the run's bundles and gaps and names the record before it, so a run
that vanished shows.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

import psutil

from agent.brake import Brake
from agent.ledger import Ledger
from agent.ledger.faults import StateBroken
from agent.ledger.restore import restore_record
from agent.logs import about
from agent.platforms import parser_version, platform
from agent.quarantine import Quarantine
from agent.redact import SiteKey
from agent.rounds import Effort, Errand, rounds
from agent.steady import SteadyClock
from agent.transports import Transport
from agent.turns import Turns
from agent.visit import SCHEDULE, Exchange, Visit, Visitor
from evidence.ask import Ask
from evidence.bundle import Bundle, load_bundle, seal
from evidence.capture import Provenance
from evidence.clock import Clock
from evidence.collection import Asked, Collection, Gap
from evidence.device import Device
from evidence.errors import EnvironmentProblem, SealError
from evidence.reading import Failure
from evidence.runs import RunRecord
from evidence.seal import Envelope, SigningKey
from evidence.statement import RUN

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Agent:
    """Who collects: its name, keys, memory and clock. `replayed` marks everything it seals."""

    id: str
    site: str
    ledger: Ledger
    signing_key: SigningKey
    site_key: SiteKey
    clock: Clock
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A device and the subjects of it that are to be read now.

    `missed` is what was to be read before and cannot be any more: gaps of the run that reads it.
    """

    device: Device
    subjects: tuple[str, ...]
    missed: tuple[Gap, ...] = ()


@dataclass(frozen=True)
class Progress:
    """Hooks for whoever watches: each is told, none can stop a run."""

    on_ask: Callable[[Device, Ask], None] = lambda device, ask: None
    on_visit: Callable[[Visit], None] = lambda visit: None


@dataclass(frozen=True, slots=True)
class Run:
    """What a run brought home: its record and the visits, in the order they ended."""

    id: str
    record: Envelope
    visits: tuple[Visit, ...] = field(default=())

    @property
    def failed(self) -> int:
        """How many readings failed."""
        return sum(reading.failure is not None for v in self.visits for reading in v.readings)


def jobs_for(
    devices: Iterable[Device], names: Sequence[str] = (), subject: str | None = None
) -> list[Job]:
    """The devices by name (none: all), each with all its subjects or just one."""
    jobs = []
    for device in devices:
        subjects = tuple(one for one in device.subjects if subject in (None, one))
        if subjects and (not names or device.id in names):
            jobs.append(Job(device, subjects))
    return jobs


def collect(
    agent: Agent,
    jobs: Sequence[Job],
    open_transport: Callable[[Device], Transport],
    requester: str = SCHEDULE,
    progress: Progress | None = None,
    provenance: Provenance | None = None,
    brake: Brake | None = None,
    turns: Turns | None = None,
    no_room: Callable[[], Failure | None] = lambda: None,
    effort: Effort | None = None,
) -> Run:
    """Visit every job's device, keep a sealed bundle of each, and close with the run record.

    A visit has its device for itself (`turns`). What breaks off is read again, as the `effort`
    allows. Once the `brake` is pulled, what has not been read when its time is over is a gap of
    the run, and stays due; so is what was not begun when `no_room` gave a reason. Raises
    EnvironmentProblem, after the run record is closed, when a bundle could not be kept;
    StateBroken at once.
    """
    progress, brake, turns = progress or Progress(), brake or Brake(), turns or turns_of(agent)
    effort = effort or Effort()
    run = str(uuid.uuid4())
    started_at = agent.clock()
    visits: list[Visit] = []
    bundles: list[str] = []

    # What an operator asks for is read whatever it did before, and their ^C is no death.
    quarantine = Quarantine(agent.ledger, agent.clock) if requester == SCHEDULE else None

    def errand(job: Job) -> Errand:
        device, turn = job.device, ExitStack()

        def open_in_turn() -> Transport:
            # Held once the way is open: who tries again does not wait for themselves.
            with ExitStack() as opening:
                opening.enter_context(turns.of(device))
                carried = open_transport(device)
                turn.enter_context(opening.pop_all())
            return carried

        visitor = Visitor(
            device=device,
            platform=platform(device.platform),
            open_transport=open_in_turn,
            clock=agent.clock,
            key=agent.site_key,
            requester=requester,
            provenance=provenance or Provenance("replayed" if agent.replayed else "device"),
            on_ask=lambda ask: progress.on_ask(device, ask),
            budget=effort.budget,
        )
        if quarantine is not None:
            visitor.around = partial(quarantine.around, device)

        def go(subjects: Sequence[str]) -> Visit:
            with turn, about(run=run, device=device.id):
                return visitor.visit(subjects)

        alone = quarantine is not None and quarantine.suspects(device)
        return Errand(device, job.subjects, go, alone)

    host = host_health(agent)
    gaps: list[Gap] = []
    not_kept: EnvironmentProblem | None = None
    full: list[Failure] = []
    errands = [errand(job) for job in jobs]
    missed = {job.device.id: job.missed for job in jobs}
    try:
        with closing(rounds(errands, effort, brake, lambda: bool(full))) as done:
            for one in done:
                if one.visit is None:
                    gaps.append(_not_read(one.device, started_at, agent.clock(), full))
                    continue
                try:
                    bundles.append(keep(agent, one.visit, run, host).digest)
                except StateBroken:
                    raise
                except EnvironmentProblem as error:
                    not_kept = error
                    full.append(Failure.of(error))
                    gaps.append(_not_read(one.device, started_at, agent.clock(), full))
                    continue
                gaps += missed[one.device.id]
                visits.append(one.visit)
                progress.on_visit(one.visit)
                if quarantine is not None:
                    quarantine.acquit(one.visit)
                if (reason := no_room()) is not None:
                    full.append(reason)
    finally:
        if quarantine is not None:
            quarantine.forgive()
    envelope = _close_run(agent, run, requester, started_at, host, bundles, gaps)
    if not_kept is not None:
        raise not_kept
    return Run(run, envelope, tuple(visits))


def turns_of(agent: Agent) -> Turns:
    """The agent's locks, without limits per site and platform."""
    return Turns(agent.ledger.folder / "locks")


def _not_read(
    device: Device, started_at: datetime, ended_at: datetime, full: Sequence[Failure]
) -> Gap:
    why = next(iter(full), None) or Failure(
        "run_stopped",
        f"{device.id}: the agent was told to stop before this device was read",
        "it is read when the agent runs again",
    )
    return Gap(failure=why, device=device.id, from_at=started_at, until_at=ended_at)


def keep(agent: Agent, visit: Visit, run: str, host: Mapping[str, object] | None) -> Bundle:
    """Seal a visit and put it into the ledger."""
    collection = Collection(
        agent=agent.id,
        agent_version=parser_version(),
        run=run,
        visit=str(uuid.uuid4()),
        device=visit.device,
        requester=visit.requester,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        replayed=agent.replayed,
        host=host,
        asks=tuple(_asked(one) for one in visit.exchanges),
        readings=visit.readings,
    )
    bundle = seal(collection, visit.captures.values(), agent.signing_key)
    agent.ledger.keep_bundle(
        bundle.digest, bundle.to_bytes(), visit.readings, run, agent.replayed, visit.ended_at
    )
    return bundle


def adopt(agent: Agent, on_adopted: Callable[[], None] = lambda: None) -> int:
    """Take in what a killed process left as a file without its row. Returns how many.

    A file that does not hold together is set aside under another name, for somebody to look at.
    """
    adopted = 0
    for path in sorted(agent.ledger.sweep(agent.clock())):
        try:
            digest = _take_in(agent, path)
            if digest != path.stem:
                raise SealError(f"it holds {digest}", code="digest_mismatch")
        except SealError as error:
            log.error("%s: %s", agent.ledger.set_aside(path), error)
            continue
        adopted += 1
        on_adopted()
    if adopted:
        log.warning("%d bundles and records without their rows were taken in", adopted)
    return adopted


def _take_in(agent: Agent, path: Path) -> str:
    """Keep what a file of our own holds; its digest. Raises SealError."""
    keys = [agent.signing_key.public]
    if path.suffix == ".json":
        envelope = Envelope.parse(path.read_bytes())
        envelope.verify(keys)
        restore_record(agent.ledger, envelope)
        return envelope.digest
    bundle = load_bundle(path, keys)
    said = bundle.collection
    agent.ledger.keep_bundle(
        bundle.digest, path.read_bytes(), said.readings, said.run, said.replayed
    )
    return bundle.digest


def _asked(one: Exchange) -> Asked:
    if one.capture is not None:
        return Asked.answered(one.subject, one.capture, one.attempt)
    failure = one.error or Failure("ask_not_answered", "no answer")
    return Asked.failed(one.subject, one.ask, one.asked_at, one.answered_at, failure, one.attempt)


def keep_handed(agent: Agent, visit: Visit) -> str:
    """Keep a hand-delivered visit as a run of its own. Returns the bundle's digest."""
    run = str(uuid.uuid4())
    host = host_health(agent)
    digest = keep(agent, visit, run, host).digest
    _close_run(agent, run, visit.requester, visit.started_at, host, [digest])
    return digest


def keep_gap(agent: Agent, gap: Gap) -> None:
    """Record as a run of its own what could not be read."""
    began = gap.from_at or agent.clock()
    _close_run(agent, str(uuid.uuid4()), SCHEDULE, began, host_health(agent), [], [gap])


def _close_run(
    agent: Agent,
    run: str,
    requester: str,
    started_at: datetime,
    host: Mapping[str, object],
    bundles: Sequence[str],
    gaps: Sequence[Gap] = (),
) -> Envelope:
    """Sign and keep the run record, chained to the one before it.

    Two runs that end at once would both name the same one before; so one waits.
    """
    with turns_of(agent).alone("run-records"):
        record = RunRecord(
            agent=agent.id,
            agent_version=parser_version(),
            run=run,
            requester=requester,
            started_at=started_at,
            ended_at=agent.clock(),
            replayed=agent.replayed,
            host=host,
            bundles=tuple(bundles),
            gaps=tuple(gaps),
            previous=agent.ledger.newest_record(RUN),
        )
        envelope = record.seal(agent.signing_key)
        agent.ledger.keep_record(RUN, envelope.digest, envelope.to_json(), record.ended_at)
    return envelope


def host_health(agent: Agent) -> dict[str, object]:
    """The agent's own host by psutil: what makes a collection fail or its times doubtful.

    `clock_step_s` is there where the clock is watched: how far it is from its course.
    """
    host: dict[str, object] = {
        "disk_free_bytes": psutil.disk_usage(str(agent.ledger.folder)).free,
        "memory_available_bytes": psutil.virtual_memory().available,
        "load_1min": psutil.getloadavg()[0],
        "booted_at_s": int(psutil.boot_time()),
    }
    if isinstance(agent.clock, SteadyClock):
        host["clock_step_s"] = agent.clock.stepped.total_seconds()
    return host
