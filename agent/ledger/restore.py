"""Restoring a signed record into a ledger that lost it, from its file or from the store."""

from __future__ import annotations

from agent.ledger import Ledger
from evidence.clock import parse_at
from evidence.runs import Assessment
from evidence.seal import Envelope
from evidence.statement import ASSESSMENT, Statement

_MADE_AT = ("ended_at", "assessed_at", "entered_at")


def restore_record(ledger: Ledger, envelope: Envelope) -> None:
    """Keep a run record, an assessment or decisions as if it had just been made. Raises
    SealError."""
    statement = Statement.parse(envelope.payload)
    said = statement.predicate
    ledger.keep_record(
        statement.predicate_type,
        envelope.digest,
        envelope.to_json(),
        parse_at(next(said[key] for key in _MADE_AT if said.get(key))),
        said.get("period"),
    )
    if statement.predicate_type == ASSESSMENT:
        _find_again(ledger, Assessment.of(statement))


def _find_again(ledger: Ledger, one: Assessment) -> None:
    """Take from an assessment since when a rule has needed a decision: that clock does not begin
    anew because a disk was lost."""
    findings = [finding for control in one.findings for finding in control["findings"]]
    needing = {str(finding["subject"]) for finding in findings if finding["first_found_at"]}
    settled = {str(finding["subject"]) for finding in findings} - needing
    ledger.first_found((), settled, one.assessed_at)
    for finding in findings:
        if finding["first_found_at"]:
            ledger.first_found((finding["subject"],), (), parse_at(finding["first_found_at"]))
