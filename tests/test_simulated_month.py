"""A month of the daemon, with everything that goes wrong in one: every due reading is there, once,
or there is a gap with its reason."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from pytest_mock import MockerFixture

from agent.config import Config
from agent.push import StoreClient
from agent.sealing import Agent
from agent.wired import agent_of
from evidence.bundle import load_bundle
from evidence.collection import Gap
from evidence.reading import Reading
from evidence.runs import RunRecord
from evidence.seal import Envelope
from evidence.statement import RUN, Statement
from tests.month_oracle import TAIPEI, Missed, Span, judge, windows
from tests.simulated_month import Month, lived, make_plan

pytestmark = pytest.mark.whole

WEEK = Span(datetime(2026, 12, 28, tzinfo=TAIPEI), datetime(2027, 1, 4, tzinfo=TAIPEI))
MONTH = Span(datetime(2026, 12, 5, tzinfo=TAIPEI), datetime(2027, 1, 6, tzinfo=TAIPEI))


@dataclass
class Told:
    """What the records say: readings by who asked, gaps, and the runs."""

    runs: list[RunRecord]
    scheduled: list[Reading] = field(default_factory=list)
    asked: list[Reading] = field(default_factory=list)

    @property
    def gaps(self) -> list[Gap]:
        return [gap for run in self.runs for gap in run.gaps]


def told_by(agent: Agent) -> Told:
    envelopes = [Envelope.parse(bytes(one)) for _, _, one in agent.ledger.records(RUN)]
    told = Told([RunRecord.of(Statement.parse(one.payload)) for one in envelopes])
    previous = [None, *(one.digest for one in envelopes)]
    assert [run.previous for run in told.runs] == previous[:-1], "no run vanished"
    for run in told.runs:
        readings = told.scheduled if run.requester == "schedule" else told.asked
        for digest in run.bundles:
            kept = agent.ledger.bundle(digest)
            assert kept is not None and kept.path is not None
            readings += load_bundle(kept.path).collection.readings
    return told


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory: how long a disk syncs is not what this asks."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="month-") as folder:
        yield Path(folder)


def test_a_week_reads_what_is_due_once_or_says_why_not(memory: Path, mocker: MockerFixture) -> None:
    random = Random(17010)
    plan = make_plan(WEEK, 8, random)
    month = Month(memory, plan, timedelta(minutes=10), timedelta(hours=4), random)
    with lived(month, mocker) as config:
        examine(month, config)


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(2))
def test_a_month_of_fifty_devices_reads_what_is_due_once_or_says_why_not(
    memory: Path, mocker: MockerFixture, seed: int
) -> None:
    random = Random(seed)
    plan = make_plan(MONTH, 50, random)
    month = Month(memory, plan, timedelta(minutes=1), timedelta(hours=1), random)
    with lived(month, mocker) as config:
        examine(month, config)


def examine(month: Month, config: Config) -> None:
    plan = month.plan
    assert config.store is not None
    with agent_of(config) as agent:
        told = told_by(agent)
        client = StoreClient(config.store, agent.signing_key, month.true_time, month.folder)
        stored = {what: [one for _, one in client.listed(what)] for what in ("bundles", "records")}
        kept = {one.digest for one in agent.ledger.bundles_in("stored")}
        records = {digest for _, digest, _ in agent.ledger.records()}
        assert agent.ledger.bundles_in("spooled") == agent.ledger.bundles_in("refused") == []
    assert sorted(stored["bundles"]) == sorted(kept)
    assert sorted(stored["records"]) == sorted(records)
    missed = [one for device in plan.schedules for one in missed_of(month, told, device)]
    assert {one.code for one in missed} >= {"quiet_hours", "maintenance", "run_missed"}
    assert {one.around for one in missed} >= {"agent_off", "disk_full"}
    for one in missed:
        assert told_of(one.device, one.code, one.at, told), f"nothing says why: {one}"
        assert one.around is None or told_of(None, one.around, one.at, told), f"no reason: {one}"
    assert not list(gaps_without_a_cause(missed, told))
    assert {(r.device, r.subject) for r in told.asked} == {
        (device, subject) for device, _ in month.asked for subject in plan.subjects[device]
    }
    for reading in (*told.scheduled, *told.asked):
        assert (reading.failure is not None) == plan.is_out(reading.device, reading.at)
    flagged = [run for run in told.runs if run.host and run.host["clock_step_s"]]
    assert flagged and all(plan.step(run.started_at) for run in flagged)


def missed_of(month: Month, told: Told, device: str) -> Iterator[Missed]:
    found, due = [], windows(month.plan, device)
    for subject in month.plan.subjects[device]:
        scheduled = times(told.scheduled, device, subject)
        attempts = sorted(scheduled + times(told.asked, device, subject))
        found.append(list(judge(month.plan, device, due, attempts, scheduled)))
    assert all(one == found[0] for one in found), "subjects of one device are read together"
    return iter(found[0])


def times(readings: list[Reading], device: str, subject: str) -> list[datetime]:
    return sorted(one.at for one in readings if (one.device, one.subject) == (device, subject))


def told_of(device: str | None, code: str, at: datetime, told: Told) -> bool:
    return any(
        (gap.device, gap.failure.code) == (device, code) and covers(gap, at) for gap in told.gaps
    )


def covers(gap: Gap, at: datetime) -> bool:
    assert gap.from_at is not None
    return gap.from_at <= at and (gap.until_at is None or at < gap.until_at)


def gaps_without_a_cause(missed: list[Missed], told: Told) -> Iterator[Gap]:
    """Gaps of a device that say something was missed where nothing was."""
    for gap in told.gaps:
        if gap.device is not None and not any(
            (one.device, one.code) == (gap.device, gap.failure.code) and covers(gap, one.at)
            for one in missed
        ):
            yield gap
