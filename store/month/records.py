"""What statements say, as rows of the read model: visits, readings, runs, assessments, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from evidence.answers import Answers
from evidence.clock import period_of
from evidence.collection import Collection
from evidence.decisions import Decisions
from evidence.reading import canonical
from evidence.runs import Assessment, RunRecord
from evidence.statement import ANSWERS, ASSESSMENT, COLLECTION, DECISIONS, RUN, Statement
from store.month.tables import assessment, disposition, reading, run, visit


@dataclass
class Found:
    """What a batch of statements holds: rows by table, and the months they touch."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    touched: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, table: str, row: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).append(row)

    def touch(self, agent: str, period: str, fold: bool) -> None:
        key = (agent, period)
        self.touched[key] = max(self.touched.get(key, 0), int(fold))


def read_statement(found: Found, one: Statement, digest: str, agent: str, position: int) -> None:
    """Add the rows of one statement. Raises SealError, KeyError, TypeError or ValueError for one
    that does not hold together; a sign-off has no rows here."""
    if one.predicate_type == COLLECTION:
        _read_collection(found, Collection.of_record(one.predicate), digest, agent, position)
    elif one.predicate_type == RUN:
        told = RunRecord.of(one)
        period = period_of(told.started_at)
        found.add(
            run.name,
            {
                "digest": digest,
                "agent": agent,
                "period": period,
                "started_at": told.started_at,
                "ended_at": told.ended_at,
                "bundles": len(told.bundles),
                "gaps": _json([gap.record() for gap in told.gaps]),
                "position": position,
            },
        )
        found.touch(agent, period, fold=False)
    elif one.predicate_type == ASSESSMENT:
        made = Assessment.of(one)
        found.add(
            assessment.name,
            {
                "digest": digest,
                "agent": agent,
                "period": made.period,
                "revision": made.revision,
                "assessed_at": made.assessed_at,
                "position": position,
            },
        )
        found.touch(agent, made.period, fold=True)
    elif one.predicate_type == DECISIONS:
        entered = Decisions.of(one)
        period = period_of(entered.entered_at)
        _read_said(found, entered, digest, agent, period, position, here=0)
    elif one.predicate_type == ANSWERS:
        answers = Answers.of(one)
        _read_said(found, answers, digest, agent, answers.period, position, here=1)


def _read_collection(found: Found, one: Collection, digest: str, agent: str, position: int) -> None:
    period = period_of(one.started_at)
    found.add(
        visit.name,
        {
            "digest": digest,
            "agent": agent,
            "device": one.device.id,
            "site": one.device.site,
            "run": one.run,
            "requester": one.requester,
            "period": period,
            "started_at": one.started_at,
            "ended_at": one.ended_at,
            "replayed": int(one.replayed),
            "position": position,
        },
    )
    for place, read in enumerate(one.readings):
        found.add(
            reading.name,
            {
                "digest": read.digest,
                "visit": digest,
                "place": place,
                "agent": agent,
                "device": read.device,
                "subject": read.subject,
                "period": period_of(read.at),
                "read_at": read.at,
                "failure": None if read.failure is None else read.failure.code,
                "message": None if read.failure is None else read.failure.message,
                "provenance": read.provenance,
            },
        )
    found.touch(agent, period, fold=False)


def _read_said(
    found: Found,
    one: Decisions | Answers,
    digest: str,
    agent: str,
    period: str,
    position: int,
    here: int,
) -> None:
    for each in one.dispositions:
        found.add(
            disposition.name,
            {
                "statement": digest,
                "id": each.id,
                "agent": agent,
                "period": period,
                "kind": each.kind.value,
                "subject": each.subject,
                "said_at": each.at,
                "entered_at": one.entered_at,
                "here": here,
                "record": _json(each.record()),
                "position": position,
            },
        )
    found.touch(agent, period, fold=True)


def _json(record: Any) -> str:
    return canonical(record).decode()
