"""Records above the bundle: the run, which shows what is missing, and the assessment, which shows
what was concluded from what. Both are statements of plain records, signed by the agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evidence.clock import month_bounds, parse_at, stamp
from evidence.collection import Gap
from evidence.errors import shown
from evidence.seal import Envelope, SigningKey
from evidence.statement import ASSESSMENT, RUN, Statement, by_digest, invalid, is_digest

FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run: its bundles by digest, what was not read, and the digest of the run before.

    `previous` is None for an agent's first run only. `host` is the health of the agent's own
    host, as plain values. `replayed` as in a collection.
    """

    agent: str
    agent_version: str
    run: str
    requester: str
    started_at: datetime
    ended_at: datetime
    bundles: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    previous: str | None = None
    host: Mapping[str, Any] | None = None
    replayed: bool = False

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "agent": self.agent,
            "agent_version": self.agent_version,
            "run": self.run,
            "requester": self.requester,
            "started_at": stamp(self.started_at),
            "ended_at": stamp(self.ended_at),
            "bundles": list(self.bundles),
            "gaps": [gap.record() for gap in self.gaps],
            "previous": self.previous,
            "host": None if self.host is None else dict(self.host),
            "replayed": self.replayed,
        }
        subjects = by_digest("bundles", self.bundles)
        return Envelope(Statement(RUN, subjects, predicate).payload()).signed_by(key)

    @classmethod
    def of(cls, statement: Statement) -> RunRecord:
        """The run a statement tells of. Raises SealError."""
        record = _predicate(statement, RUN, "bundles")
        try:
            return cls(
                **{key: record[key] for key in ("agent", "agent_version", "run", "requester")},
                **{key: record[key] for key in ("previous", "host", "replayed")},
                started_at=parse_at(record["started_at"]),
                ended_at=parse_at(record["ended_at"]),
                bundles=tuple(record["bundles"]),
                gaps=tuple(Gap.of_record(gap) for gap in record["gaps"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise invalid(f"the run does not parse ({shown(repr(error))})") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What was concluded for a period, at one time, from which readings and by which rules.

    `readings` are digests of readings (`Reading.digest`). `inputs` names what the judgement
    rests on besides them, by digest: `rule_book`, `policy`, `catalogue`, `profile`, `zones` …
    `observations` are `Observation.record()`s; `findings` the fold without dispositions, so
    they are provisional. A late delivery makes `revision` n+1 with `previous` the digest of
    revision n; no revision is ever edited.
    """

    agent: str
    agent_version: str
    period: str
    assessed_at: datetime
    revision: int = 1
    previous: str | None = None
    readings: tuple[str, ...] = ()
    inputs: Mapping[str, str]
    observations: tuple[Mapping[str, Any], ...] = ()
    findings: tuple[Mapping[str, Any], ...] = ()
    replayed: bool = False

    def seal(self, key: SigningKey) -> Envelope:
        predicate = {
            "format": FORMAT,
            "agent": self.agent,
            "agent_version": self.agent_version,
            "period": self.period,
            "assessed_at": stamp(self.assessed_at),
            "revision": self.revision,
            "previous": self.previous,
            "readings": list(self.readings),
            "inputs": dict(self.inputs),
            "observations": list(self.observations),
            "findings": list(self.findings),
            "provisional": True,
            "replayed": self.replayed,
        }
        subjects = by_digest("readings", self.readings)
        return Envelope(Statement(ASSESSMENT, subjects, predicate).payload()).signed_by(key)

    @classmethod
    def of(cls, statement: Statement) -> Assessment:
        """The assessment a statement holds. Raises SealError."""
        record = _predicate(statement, ASSESSMENT, "readings")
        try:
            month_bounds(record["period"])
            return cls(
                **{key: record[key] for key in ("agent", "agent_version", "period", "revision")},
                **{key: record[key] for key in ("previous", "inputs", "replayed")},
                assessed_at=parse_at(record["assessed_at"]),
                readings=tuple(record["readings"]),
                observations=tuple(record["observations"]),
                findings=tuple(record["findings"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise invalid(f"the assessment does not parse ({shown(repr(error))})") from None


def _predicate(statement: Statement, kind: str, listed: str) -> Mapping[str, Any]:
    """The predicate, once kind, format and subjects are what they should be."""
    record = statement.read_as(kind, FORMAT, f"the {statement.kind} has")
    digests = record.get(listed)
    if not isinstance(digests, list) or not all(map(is_digest, digests)):
        raise invalid(f"its {listed} are not digests")
    if by_digest(listed, digests) != statement.subjects:
        raise invalid(f"its subjects are not its {listed}")
    if not isinstance(record.get("replayed"), bool):
        raise invalid("replayed is neither true nor false")
    return record
