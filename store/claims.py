"""What a statement claims of itself, as far as the store's rules ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evidence.bundle import check_collection
from evidence.decisions import Decisions
from evidence.runs import Assessment, RunRecord
from evidence.statement import ASSESSMENT, COLLECTION, DECISIONS, RUN, Statement
from store.problems import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """`site` is None where a statement speaks of several; `blobs` are what it
    rests on: the captures of a bundle, the inputs of an assessment."""

    kind: str
    agent: str
    replayed: bool
    made_at: datetime
    site: str | None = None
    blobs: tuple[str, ...] = ()


def claims_of(statement: Statement) -> Claims:
    """The claims of a statement, once its parts agree. Raises SealError or Refused."""
    if statement.predicate_type == COLLECTION:
        collection = check_collection(statement)
        return Claims(
            kind=statement.kind,
            agent=collection.agent,
            replayed=collection.replayed,
            made_at=collection.ended_at,
            site=collection.device.site,
            blobs=tuple(sorted(set(statement.subjects.values()))),
        )
    if statement.predicate_type == RUN:
        run = RunRecord.of(statement)
        return Claims(
            kind=statement.kind, agent=run.agent, replayed=run.replayed, made_at=run.ended_at
        )
    if statement.predicate_type == ASSESSMENT:
        assessment = Assessment.of(statement)
        return Claims(
            kind=statement.kind,
            agent=assessment.agent,
            replayed=assessment.replayed,
            made_at=assessment.assessed_at,
            # Without them the month could not be judged again.
            blobs=tuple(sorted(set(assessment.inputs.values()))),
        )
    if statement.predicate_type == DECISIONS:
        said = Decisions.of(statement)
        return Claims(
            kind=statement.kind, agent=said.agent, replayed=False, made_at=said.entered_at
        )
    raise Refused(f"a store does not take a {statement.kind}", code="statement_invalid")
