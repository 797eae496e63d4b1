"""What a statement claims of itself, and the store's rules for taking it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from evidence.bundle import check_collection, check_digest
from evidence.decisions import Decisions
from evidence.errors import SealError, shown
from evidence.receipt import Entry
from evidence.runs import Assessment, RunRecord
from evidence.statement import ASSESSMENT, COLLECTION, DECISIONS, RUN, Statement
from store.agents import Caller
from store.problems import Refused

AHEAD, BEHIND = timedelta(minutes=5), timedelta(days=90)


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


def entry_of(
    claims: Claims, digest: str, caller: Caller, now: datetime, accept_replayed: bool
) -> Entry:
    """The log entry for a statement, if this agent may deliver it here. Raises Refused."""
    if claims.agent != caller.agent:
        raise Refused(
            f"the statement is of agent {shown(claims.agent)!r}, the key of {caller.agent!r}",
            code="site_mismatch",
        )
    if claims.site is not None and claims.site not in caller.sites:
        raise Refused(
            f"{caller.agent} does not deliver for site {shown(claims.site)!r}",
            code="site_mismatch",
        )
    if claims.replayed and not accept_replayed:
        raise Refused("the statement is marked as replayed", code="replayed_refused")
    suspect = claims.made_at > now + AHEAD or claims.made_at < now - BEHIND
    return Entry(
        kind=claims.kind,
        digest=digest,
        agent=caller.agent,
        received_at=now,
        flags=("replayed",) * claims.replayed + ("time_suspect",) * suspect,
    )


def check_captures(claims: Claims, captures: Mapping[str, bytes]) -> None:
    """That what came along is what the statement names. Raises SealError."""
    if extra := sorted(set(captures) - set(claims.blobs)):
        raise SealError(f"nothing signed names {extra[0]}", code="archive_incomplete")
    for digest, body in captures.items():
        check_digest(digest, body)


def check_owned(claims: Claims, there: set[str]) -> None:
    """That all a statement rests on is there. Raises Refused `blobs_missing`, which lists them."""
    missing = [one for one in claims.blobs if one not in there]
    if missing:
        raise Refused(
            f"{len(missing)} of {len(claims.blobs)} captures are missing",
            code="blobs_missing",
            more={"missing": missing},
        )
