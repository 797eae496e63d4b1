"""Sealing: what was read becomes bundles and run records, signed and kept in the ledger.

One run record lists the run's bundles and gaps and names the record before it, so a run
that vanished shows.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psutil

from agent.ledger import Ledger
from agent.ledger.restore import restore_record
from agent.redact import SiteKey
from agent.steady import SteadyClock
from agent.turns import Turns
from agent.visit import SCHEDULE, Exchange, Visit
from evidence.bundle import Bundle, load_bundle, seal
from evidence.clock import Clock
from evidence.collection import Asked, Collection, Gap
from evidence.errors import SealError
from evidence.reading import Failure
from evidence.replay import installed_version
from evidence.runs import RunRecord
from evidence.seal import Envelope, SigningKey
from evidence.statement import RUN

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Agent:
    """Who collects: its name, keys, memory and clock. `replayed` marks everything it seals.

    `synchronised`: whether something keeps the clock right (None: not known).
    """

    id: str
    site: str
    ledger: Ledger
    signing_key: SigningKey
    site_key: SiteKey
    clock: Clock
    replayed: bool = False
    synchronised: Callable[[], bool | None] = lambda: None


def turns_of(agent: Agent) -> Turns:
    """The agent's locks, without limits per site and platform."""
    return Turns(agent.ledger.folder / "locks")


def keep(agent: Agent, visit: Visit, run: str, host: Mapping[str, object] | None) -> Bundle:
    """Seal a visit and put it into the ledger."""
    collection = Collection(
        agent=agent.id,
        agent_version=installed_version(),
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
    close_run(agent, run, visit.requester, visit.started_at, host, [digest])
    return digest


def keep_gap(agent: Agent, gap: Gap) -> None:
    """Record as a run of its own what could not be read."""
    began = gap.from_at or agent.clock()
    close_run(agent, str(uuid.uuid4()), SCHEDULE, began, host_health(agent), [], [gap])


def close_run(
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
            agent_version=installed_version(),
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
