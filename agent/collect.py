"""Collecting: a run visits devices side by side, seals each visit, and records what it did."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import partial

from agent.brake import Brake
from agent.ledger.faults import StateBroken
from agent.logs import about
from agent.own_clock import OwnClock
from agent.platforms import platform
from agent.quarantine import Quarantine
from agent.rounds import Effort, Errand, rounds
from agent.sealing import Agent, close_run, host_health, keep, turns_of
from agent.transports import Transport
from agent.turns import Turns
from agent.visit import SCHEDULE, Budget, Visit, Visitor
from evidence.ask import Ask
from evidence.capture import Provenance
from evidence.collection import Gap
from evidence.device import Device
from evidence.errors import EnvironmentProblem
from evidence.reading import Failure
from evidence.seal import Envelope


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
    progress, brake, effort = progress or Progress(), brake or Brake(), effort or Effort()
    # What an operator asks for is read whatever it did before, and their ^C is no death.
    quarantine = Quarantine(agent.ledger, agent.clock) if requester == SCHEDULE else None
    running = _Running(agent, requester)
    sender = _Sender(
        running=running,
        open_transport=open_transport,
        turns=turns or turns_of(agent),
        provenance=provenance or Provenance("replayed" if agent.replayed else "device"),
        budget=effort.budget,
        on_ask=progress.on_ask,
        quarantine=quarantine,
        own_clock=OwnClock(agent.clock, agent.ledger, agent.synchronised),
    )
    errands = [sender.errand(job) for job in jobs]
    missed = {job.device.id: job.missed for job in jobs}
    try:
        with closing(rounds(errands, effort, brake, lambda: running.full is not None)) as done:
            for one in done:
                if one.visit is None or not running.keep(one.visit):
                    running.leave(one.device)
                    continue
                running.gaps += missed[one.device.id]
                progress.on_visit(one.visit)
                if quarantine is not None:
                    quarantine.acquit(one.visit)
                running.full = running.full or no_room()
    finally:
        if quarantine is not None:
            quarantine.forgive()
    return running.close()


class _Running:
    """A run while it goes on: what it kept, what it had to leave, and since when it is full."""

    def __init__(self, agent: Agent, requester: str) -> None:
        self.agent, self.requester = agent, requester
        self.id = str(uuid.uuid4())
        self.started_at = agent.clock()
        self.host = host_health(agent)
        self.bundles: list[str] = []
        self.gaps: list[Gap] = []
        self.visits: list[Visit] = []
        self.full: Failure | None = None
        self._not_kept: EnvironmentProblem | None = None

    def keep(self, visit: Visit) -> bool:
        """Seal and keep a visit. False where the disk would not take it. Raises StateBroken."""
        try:
            self.bundles.append(keep(self.agent, visit, self.id, self.host).digest)
        except StateBroken:
            raise
        except EnvironmentProblem as error:
            self._not_kept = error
            self.full = self.full or Failure.of(error)
            return False
        self.visits.append(visit)
        return True

    def leave(self, device: Device) -> None:
        """The device was not read, or what was read could not be kept: a gap says why."""
        why = self.full or Failure(
            "run_stopped",
            f"{device.id}: the agent was told to stop before this device was read",
            "it is read when the agent runs again",
        )
        until_at = self.agent.clock()
        gap = Gap(failure=why, device=device.id, from_at=self.started_at, until_at=until_at)
        self.gaps.append(gap)

    def close(self) -> Run:
        """Sign and keep the run record. Raises what kept a bundle from being kept."""
        envelope = close_run(
            self.agent,
            self.id,
            self.requester,
            self.started_at,
            self.host,
            self.bundles,
            self.gaps,
        )
        if self._not_kept is not None:
            raise self._not_kept
        return Run(self.id, envelope, tuple(self.visits))


@dataclass(frozen=True, kw_only=True)
class _Sender:
    """Sends a visitor to each device of a run."""

    running: _Running
    open_transport: Callable[[Device], Transport]
    turns: Turns
    provenance: Provenance
    budget: Budget
    on_ask: Callable[[Device, Ask], None]
    quarantine: Quarantine | None
    own_clock: OwnClock

    def errand(self, job: Job) -> Errand:
        """The visit of a job's device, to be made when its turn has come, and made again."""
        device, turn, agent = job.device, ExitStack(), self.running.agent

        def open_in_turn() -> Transport:
            # Held once the way is open: who tries again does not wait for themselves.
            with ExitStack() as opening:
                opening.enter_context(self.turns.of(device))
                carried = self.open_transport(device)
                turn.enter_context(opening.pop_all())
            return carried

        visitor = Visitor(
            device=device,
            platform=platform(device.platform),
            open_transport=open_in_turn,
            clock=agent.clock,
            key=agent.site_key,
            requester=self.running.requester,
            provenance=self.provenance,
            on_ask=lambda ask: self.on_ask(device, ask),
            budget=self.budget,
        )
        if self.provenance.kind == "device":
            visitor.own_clock = partial(self.own_clock.look, device.id)
        if self.quarantine is not None:
            visitor.around = partial(self.quarantine.around, device)

        def go(subjects: Sequence[str]) -> Visit:
            with turn, about(run=self.running.id, device=device.id):
                return visitor.visit(subjects)

        alone = self.quarantine is not None and self.quarantine.suspects(device)
        return Errand(device, job.subjects, go, alone)
