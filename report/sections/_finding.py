"""A finding as a row: the columns that every table of findings has."""

from __future__ import annotations

from evidence.control import Finding
from evidence.text import Text
from report.codes import STATES, spoken, word
from report.month import Month
from report.section import Cell
from report.words import both_calendars, minute


def finding_row(month: Month, number: str, finding: Finding) -> dict[str, Cell]:
    """The cells by column; `number` is the finding's in the month."""
    found_at = finding.first_found_at
    return {
        "number": number,
        "control": finding.control.rpartition(":")[2],
        "device": finding.device,
        "subject": finding.subject,
        "verdict": finding.verdict,
        "state": word(STATES, finding.state),
        "reason": Text(finding.reason.en, spoken(finding.reason.zh)),
        "found": None if found_at is None else minute(found_at),
        "due": both_calendars(finding.due_on),
        "evidence": month.exhibits.cite(month.evidence([finding])),
        "observations": "\n".join(finding.observations),
    }
