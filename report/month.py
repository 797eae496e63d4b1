"""A month as the sections see it: what was judged, from which exhibits, read how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from evidence.answers import called
from evidence.clock import month_bounds, taipei_day
from evidence.control import ControlResult, Finding, Verdict
from evidence.device import Device
from evidence.judged import Assessed
from evidence.observation import Observation
from evidence.runs import Assessment, RunRecord
from evidence.sign_off import EvidenceSet, SignOff
from evidence.text import Text
from report.exhibits import Exhibits
from report.words import PROVISIONAL, REPLAYED


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


@dataclass(frozen=True, slots=True)
class SignedStep:
    """A step of the month's signing, with the digest of the statement that says it."""

    digest: str
    said: SignOff


@dataclass(frozen=True, slots=True, kw_only=True)
class Restated:
    """A result that was another one when the month was signed. `subject` empty: the clause as a
    whole; `was` or `now` None: it was not there; `again_at` None: not signed again since."""

    signed_at: datetime
    again_at: datetime | None
    control: str
    subject: str
    was: Verdict | None
    now: Verdict | None


@dataclass(frozen=True)
class Month:
    """Everything the sections are made of. `record` is the assessment as it was signed; `runs` are
    the month's run records, by digest, oldest first; `standing` is where its signing stands,
    printed on every page, and `steps` what led there, as signed in the store; `signable` is what a
    signature is over, or would be now (None: no store, nothing is signed). `names`: what people who
    answered in the store are called, by account. `open_since`: the month each deficient clause is
    open since; None where the months before are not known."""

    agent: str
    keyid: str
    language: str
    devices: Mapping[str, Device]
    assessed: Assessed
    record: Assessment
    exhibits: Exhibits
    runs: Mapping[str, RunRecord]
    tallies: Mapping[tuple[str, str], Tally]
    standing: Text = PROVISIONAL
    steps: Sequence[SignedStep] = ()
    signable: EvidenceSet | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    open_since: Mapping[str, str] | None = None
    restated: Sequence[Restated] = ()

    @property
    def period(self) -> str:
        return self.assessed.period

    @property
    def marks(self) -> list[Text]:
        """What must be said on every page about this pack's standing."""
        return [self.standing, *([REPLAYED] if self.replayed else [])]

    @property
    def replayed(self) -> bool:
        """Whether anything that is cited was played from a tape, be it only old history."""
        return self.record.replayed or any(one.replayed for one in self.exhibits.all)

    def called(self, by: str) -> str:
        """Who said something: 姓名（帳號） where the store knows the person."""
        return called(by, self.names.get(by))

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
