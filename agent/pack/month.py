"""A month as the sections see it: what was judged, from which exhibits, read how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from agent.assess import Assessed
from agent.config import Config
from agent.pack.exhibits import Exhibits
from agent.pack.words import PROVISIONAL, REPLAYED
from agent.sealing import Agent
from evidence.clock import month_bounds, taipei_day
from evidence.control import ControlResult, Finding
from evidence.device import Device
from evidence.observation import Observation
from evidence.runs import Assessment, RunRecord
from evidence.seal import Envelope
from evidence.statement import RUN, Statement
from evidence.text import Text


@dataclass(slots=True)
class Tally:
    """How often one subject of one device was read in the month, and how it went."""

    good: int = 0
    failed: int = 0
    days: set[date] = field(default_factory=set)
    last_good_at: datetime | None = None
    codes: Counter[str] = field(default_factory=Counter)

    def count(self, at: datetime, failure: str | None) -> None:
        if failure is not None:
            self.failed += 1
            self.codes[failure] += 1
            return
        self.good += 1
        self.days.add(taipei_day(at))
        self.last_good_at = max(at, self.last_good_at or at)


@dataclass(frozen=True)
class Month:
    """Everything the sections are made of. `record` is the assessment as it was signed; `runs` are
    the month's run records, by digest, oldest first."""

    agent: str
    keyid: str
    language: str
    devices: Mapping[str, Device]
    assessed: Assessed
    record: Assessment
    exhibits: Exhibits
    runs: Mapping[str, RunRecord]
    tallies: Mapping[tuple[str, str], Tally]

    @classmethod
    def of(
        cls,
        config: Config,
        agent: Agent,
        assessed: Assessed,
        record: Assessment,
        exhibits: Exhibits,
        runs: Mapping[str, RunRecord],
    ) -> Month:
        start, _ = month_bounds(assessed.period)
        return cls(
            agent=agent.id,
            keyid=agent.signing_key.public.keyid,
            language=config.language,
            devices=config.devices,
            assessed=assessed,
            record=record,
            exhibits=exhibits,
            runs=runs,
            tallies=_tallies(agent, start, assessed.at),
        )

    @property
    def period(self) -> str:
        return self.assessed.period

    @property
    def marks(self) -> list[Text]:
        """What must be said on every page about this pack's standing."""
        return [PROVISIONAL, *([REPLAYED] if self.replayed else [])]

    @property
    def replayed(self) -> bool:
        """Whether anything that is cited was played from a tape, be it only old history."""
        return self.record.replayed or any(one.replayed for one in self.exhibits.all)

    @property
    def days(self) -> int:
        """Days of the month until it was assessed, the last one included."""
        first = taipei_day(month_bounds(self.period)[0])
        return (taipei_day(self.assessed.at) - first).days + 1

    @property
    def results(self) -> tuple[ControlResult, ...]:
        return self.assessed.judgement.results

    @cached_property
    def _observations(self) -> Mapping[str, Observation]:
        return {one.digest: one for one in self.assessed.observations}

    def observations(self, finding: Finding) -> list[Observation]:
        """What was observed that a finding stands on."""
        return [self._observations[digest] for digest in finding.observations]

    @cached_property
    def _histories(self) -> Mapping[str, tuple[str, ...]]:
        """The readings of counter histories, which many rules cite by one digest."""
        return {
            str(one.measures["history_digest"]): one.evidence
            for one in self.assessed.observations
            if one.state == "history_cited"
        }

    def evidence(self, findings: Iterable[Finding]) -> set[str]:
        """The digests of the readings that some findings stand on."""
        seen = [one for finding in findings for one in self.observations(finding)]
        cited = {reading for one in seen for reading in one.evidence}
        for digest in {str(one.measures.get("history_digest")) for one in seen}:
            cited.update(self._histories.get(digest, ()))
        return cited

    def numbered(self) -> Iterator[tuple[str, Finding]]:
        """Every finding with its number (`F-0001`), in the order of the rule book."""
        findings = (finding for result in self.results for finding in result.findings)
        for number, finding in enumerate(findings, start=1):
            yield f"F-{number:04d}", finding


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
