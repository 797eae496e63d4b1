"""Collecting: a run visits devices side by side, seals each visit, and records what it did.

One run record lists the run's bundles and gaps and names the record before it, so a run
that vanished shows.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import datetime

import psutil

from agent.ledger import Ledger
from agent.platforms import parser_version, platform
from agent.redact import SiteKey
from agent.transports import Transport
from agent.visit import Exchange, Visit, Visitor
from evidence.ask import Ask
from evidence.bundle import Bundle, load_bundle, seal
from evidence.capture import Provenance
from evidence.clock import Clock
from evidence.collection import Asked, Collection
from evidence.device import Device
from evidence.errors import SealError
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
    """A device and the subjects of it that are to be read now."""

    device: Device
    subjects: tuple[str, ...]


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
    requester: str = "schedule",
    workers: int = 16,
    progress: Progress | None = None,
    provenance: Provenance | None = None,
) -> Run:
    """Visit every job's device, keep a sealed bundle of each, and close with the run record."""
    progress = progress or Progress()
    run = str(uuid.uuid4())
    started_at = agent.clock()
    visits: list[Visit] = []
    bundles: list[str] = []

    def visit(job: Job) -> Visit:
        return Visitor(
            device=job.device,
            platform=platform(job.device.platform),
            open_transport=lambda: open_transport(job.device),
            clock=agent.clock,
            key=agent.site_key,
            requester=requester,
            provenance=provenance or Provenance("replayed" if agent.replayed else "device"),
            on_ask=lambda ask: progress.on_ask(job.device, ask),
        ).visit(job.subjects)

    host = host_health()
    with ThreadPoolExecutor(max_workers=max(1, min(workers, len(jobs)))) as pool:
        for done in as_completed([pool.submit(visit, job) for job in jobs]):
            made = done.result()
            bundles.append(keep(agent, made, run, host).digest)
            visits.append(made)
            progress.on_visit(made)
    envelope = _close_run(agent, run, requester, started_at, host, bundles)
    return Run(run, envelope, tuple(visits))


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
    agent.ledger.keep_bundle(bundle.digest, bundle.to_bytes(), visit.readings, run, agent.replayed)
    return bundle


def adopt(agent: Agent) -> int:
    """Take in bundles whose file a killed process left without its row. Returns how many.

    A file that does not hold together is left where it is, for somebody to look at.
    """
    adopted = 0
    for path in agent.ledger.sweep(agent.clock()):
        try:
            bundle = load_bundle(path, [agent.signing_key.public])
        except SealError as error:
            log.warning("%s: %s", path, error)
            continue
        said = bundle.collection
        agent.ledger.keep_bundle(
            bundle.digest, path.read_bytes(), said.readings, said.run, said.replayed
        )
        adopted += 1
    return adopted


def _asked(one: Exchange) -> Asked:
    if one.capture is not None:
        return Asked.answered(one.subject, one.capture)
    failure = one.error or Failure("ask_not_answered", "no answer")
    return Asked.failed(one.subject, one.ask, one.asked_at, one.answered_at, failure)


def keep_handed(agent: Agent, visit: Visit) -> str:
    """Keep a hand-delivered visit as a run of its own. Returns the bundle's digest."""
    run = str(uuid.uuid4())
    host = host_health()
    digest = keep(agent, visit, run, host).digest
    _close_run(agent, run, visit.requester, visit.started_at, host, [digest])
    return digest


def _close_run(
    agent: Agent,
    run: str,
    requester: str,
    started_at: datetime,
    host: Mapping[str, object],
    bundles: Sequence[str],
) -> Envelope:
    """Sign and keep the run record, chained to the one before it."""
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
        previous=agent.ledger.newest_record(RUN),
    )
    envelope = record.seal(agent.signing_key)
    agent.ledger.keep_record(RUN, envelope.digest, envelope.to_json(), record.ended_at)
    return envelope


def host_health() -> dict[str, object]:
    """The agent's own host by psutil: what could have made a collection fail."""
    return {
        "disk_free_bytes": psutil.disk_usage("/").free,
        "memory_available_bytes": psutil.virtual_memory().available,
        "load_1min": psutil.getloadavg()[0],
        "booted_at_s": int(psutil.boot_time()),
    }
