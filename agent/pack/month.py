"""What the agent holds of a month, for the sections to be made of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from agent.config import Config
from agent.sealing import Agent
from evidence.clock import month_bounds
from evidence.control import Verdict
from evidence.follow_up import open_since
from evidence.judged import Assessed
from evidence.runs import Assessment, RunRecord
from evidence.seal import Envelope
from evidence.statement import ASSESSMENT, RUN, Statement
from report.exhibits import Exhibits
from report.month import Month, Tally


def month_of(
    config: Config,
    agent: Agent,
    assessed: Assessed,
    record: Assessment,
    exhibits: Exhibits,
    runs: Mapping[str, RunRecord],
) -> Month:
    """The month as the sections see it."""
    start, _ = month_bounds(assessed.period)
    return Month(
        agent=agent.id,
        keyid=agent.signing_key.public.keyid,
        language=config.language,
        devices=config.devices,
        assessed=assessed,
        record=record,
        exhibits=exhibits,
        runs=runs,
        tallies=_tallies(agent, start, assessed.at),
        open_since=_open_since(agent, assessed),
    )


def _open_since(agent: Agent, assessed: Assessed) -> dict[str, str]:
    """The month each deficient clause is open since, by the newest assessment of every month that
    this agent judged before. What people answered in the store alone is not among it."""
    history = []
    for period in agent.ledger.periods(ASSESSMENT):
        digest = agent.ledger.newest_record(ASSESSMENT, period)
        if period < assessed.period and digest is not None:
            envelope = Envelope.parse(agent.ledger.record(digest))
            found = Assessment.of(Statement.parse(envelope.payload)).findings
            verdicts = {one["control"].rpartition(":")[2]: Verdict(one["verdict"]) for one in found}
            history.append((period, verdicts))
    now = {one.control.id: one.verdict for one in assessed.judgement.results}
    return open_since([*history, (assessed.period, now)])


def month_runs(agent: Agent, assessed: Assessed) -> dict[str, tuple[RunRecord, bytes]]:
    """The month's run records with their envelopes, by digest, oldest first.

    All from the first to the last in the order of their chain: a run that began in the month
    before and ended between two of these belongs to it, or the chain would seem broken.
    """
    start, _ = month_bounds(assessed.period)
    chain = [
        (digest, RunRecord.of(Statement.parse(Envelope.parse(envelope).payload)), envelope)
        for _, digest, envelope in agent.ledger.records(kind=RUN)
    ]
    inside = [
        place for place, (_, run, _) in enumerate(chain) if start <= run.started_at <= assessed.at
    ]
    if not inside:
        return {}
    mine = chain[inside[0] : inside[-1] + 1]
    return {digest: (run, envelope) for digest, run, envelope in mine}


def _tallies(agent: Agent, start: datetime, at: datetime) -> dict[tuple[str, str], Tally]:
    tallies: dict[tuple[str, str], Tally] = {}
    for device, subject, read_at, failure in agent.ledger.outcomes(
        start, at + timedelta(seconds=1)
    ):
        tallies.setdefault((device, subject), Tally()).count(read_at, failure)
    return tallies
