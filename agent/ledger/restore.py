"""Restoring a signed record into a ledger that lost it, from its file or from the store."""

from __future__ import annotations

from agent.ledger import Ledger
from evidence.clock import parse_at
from evidence.control import needs_decision
from evidence.observation import Observation
from evidence.runs import Assessment
from evidence.seal import Envelope
from evidence.statement import ASSESSMENT, Statement


def restore_record(ledger: Ledger, envelope: Envelope) -> None:
    """Keep a run record or an assessment as if it had just been made. Raises SealError."""
    statement = Statement.parse(envelope.payload)
    said_at = statement.predicate.get("ended_at") or statement.predicate["assessed_at"]
    ledger.keep_record(
        statement.predicate_type,
        envelope.digest,
        envelope.to_json(),
        parse_at(said_at),
        statement.predicate.get("period"),
    )
    if statement.predicate_type == ASSESSMENT:
        _find_again(ledger, Assessment.of(statement))


def _find_again(ledger: Ledger, one: Assessment) -> None:
    """Take from an assessment since when a subject has needed a decision: that clock does not
    begin anew because a disk was lost."""
    observations = [Observation.of_record(record) for record in one.observations]
    needing = set(needs_decision(observations))
    settled = {observation.subject for observation in observations} - needing
    ledger.first_found(needing, settled, one.assessed_at)
