"""Questions the pages ask of the read model. Each is answered through an index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from evidence.control import Verdict
from store.month.tables import (
    coverage,
    disposition,
    finding,
    made_section,
    month,
    month_control,
    observation,
    reading,
    rule,
    visit,
)
from store.said.tables import attachment, said
from store.schema import leaf, statement, statement_blob

MONTHS_SHOWN = 24
PAGE_ROWS = 100
# Among the made sections: what would take long to count for each page.
COUNTS = "counts"
# What asks for something to be done; the rest is as it should be, or nobody's turn.
DEFICIENT = (Verdict.not_satisfied, Verdict.partly, Verdict.not_assessed)
_NOW_BAD, _WAS_BAD = (
    column.in_([each.value for each in DEFICIENT]) for column in (finding.c.verdict, finding.c.was)
)
CHANGES = {
    "new": and_(finding.c.was.is_(None), _NOW_BAD),
    "worse": and_(finding.c.was.is_not(None), ~_WAS_BAD, _NOW_BAD),
    "better": and_(_WAS_BAD, ~_NOW_BAD),
}
"""How a finding differs from the month before."""
# What a finding's rule is called, where it is about a rule.
RULE = (
    select(rule.c.label)
    .where(
        rule.c.agent == finding.c.agent,
        rule.c.period == finding.c.period,
        rule.c.subject == finding.c.subject,
    )
    .scalar_subquery()
    .label("rule")
)


@dataclass(frozen=True)
class Wanted:
    """Which findings: all of a month, narrowed by what is set. `first` counts from 0."""

    control: str = ""
    verdict: str = ""
    device: str = ""
    checked: str = ""
    word: str = ""
    changed: str = ""
    """Against the month before: one of `CHANGES`; anything else, any change."""
    bad: bool = False
    unanswered: bool = False
    overdue: bool = False
    first: int = 0


def months(rows: Connection, agent: str) -> Sequence[Any]:
    """The newest months of an agent, the newest first."""
    return rows.execute(
        select(month)
        .where(month.c.agent == agent)
        .order_by(month.c.period.desc())
        .limit(MONTHS_SHOWN)
    ).all()


def one_month(rows: Connection, agent: str, period: str) -> Any | None:
    return rows.execute(
        select(month).where(month.c.agent == agent, month.c.period == period)
    ).first()


def heat(rows: Connection, agent: str, periods: Sequence[str]) -> Sequence[Any]:
    """(period, control, verdict, place) of every clause of some months."""
    return rows.execute(
        select(
            month_control.c.period,
            month_control.c.control,
            month_control.c.verdict,
            month_control.c.place,
        )
        .where(month_control.c.agent == agent, month_control.c.period.in_(periods))
        .order_by(month_control.c.place)
    ).all()


def clauses(rows: Connection, agent: str, period: str) -> Sequence[Any]:
    """The clauses of a month in the order of the rule book."""
    return rows.execute(
        select(month_control)
        .where(month_control.c.agent == agent, month_control.c.period == period)
        .order_by(month_control.c.place)
    ).all()


def clause(rows: Connection, agent: str, period: str, control: str) -> Any | None:
    return rows.execute(
        select(month_control).where(
            month_control.c.agent == agent,
            month_control.c.period == period,
            month_control.c.control == control,
        )
    ).first()


def verdict_counts(rows: Connection, agent: str, period: str, table: Any) -> dict[str, int]:
    """How many clauses or findings came to each verdict."""
    found = rows.execute(
        select(table.c.verdict, func.count())
        .where(table.c.agent == agent, table.c.period == period)
        .group_by(table.c.verdict)
    )
    return {row[0]: row[1] for row in found}


def findings(rows: Connection, agent: str, period: str, wanted: Wanted) -> Sequence[Any]:
    """A page of findings, the worst first."""
    chosen = _narrowed(select(finding, RULE), agent, period, wanted)
    return rows.execute(
        chosen.order_by(finding.c.rank, finding.c.number).limit(PAGE_ROWS).offset(wanted.first)
    ).all()


def counted_findings(
    rows: Connection, agent: str, period: str, wanted: Wanted
) -> tuple[Sequence[Any], int]:
    """A page of findings, and how many there are on all pages."""
    page = findings(rows, agent, period, wanted)
    # A page that is neither full nor empty is the last: nothing has to be counted.
    if 0 < len(page) < PAGE_ROWS:
        return page, wanted.first + len(page)
    return page, count_findings(rows, agent, period, wanted)


def count_findings(rows: Connection, agent: str, period: str, wanted: Wanted) -> int:
    chosen = _narrowed(
        select(func.count()).select_from(finding), agent, period, replace(wanted, first=0)
    )
    return rows.scalar(chosen) or 0


def one_finding(rows: Connection, agent: str, period: str, id: str) -> Any | None:
    return rows.execute(
        select(finding, RULE).where(
            finding.c.agent == agent, finding.c.period == period, finding.c.id == id
        )
    ).first()


def findings_about(rows: Connection, agent: str, period: str, subject: str) -> Sequence[Any]:
    return rows.execute(
        select(finding, RULE)
        .where(finding.c.agent == agent, finding.c.period == period, finding.c.subject == subject)
        .order_by(finding.c.rank, finding.c.number)
    ).all()


def _narrowed(chosen: Select[Any], agent: str, period: str, wanted: Wanted) -> Select[Any]:
    one = finding.c
    chosen = chosen.where(one.agent == agent, one.period == period)
    if wanted.control:
        below = f"{wanted.control}."
        chosen = chosen.where(
            or_(one.control == wanted.control, one.control.startswith(below, autoescape=True))
        )
    if wanted.verdict:
        chosen = chosen.where(one.verdict == wanted.verdict)
    if wanted.bad or wanted.unanswered:
        chosen = chosen.where(one.verdict.in_([each.value for each in DEFICIENT]))
    if wanted.unanswered:
        chosen = chosen.where(one.record.contains('"dispositions":[]', autoescape=True))
    if wanted.device:
        chosen = chosen.where(one.device == wanted.device)
    if wanted.checked:
        chosen = chosen.where(one.checked == wanted.checked)
    if wanted.overdue:
        chosen = chosen.where(one.overdue == 1)
    if wanted.changed:
        any_change = or_(one.was.is_(None), one.was != one.verdict)
        chosen = chosen.where(CHANGES.get(wanted.changed, any_change))
    if wanted.word:
        chosen = chosen.where(
            or_(
                one.subject.contains(wanted.word, autoescape=True),
                one.device.contains(wanted.word, autoescape=True),
                one.control.contains(wanted.word, autoescape=True),
                one.subject.in_(
                    select(rule.c.subject)
                    .where(rule.c.agent == agent, rule.c.period == period)
                    .where(rule.c.label.contains(wanted.word, autoescape=True))
                ),
            )
        )
    return chosen


def changed_clauses(rows: Connection, agent: str, period: str) -> Sequence[Any]:
    """Clauses whose verdict is another one than a month before."""
    one = month_control.c
    return rows.execute(
        select(month_control)
        .where(one.agent == agent, one.period == period, one.was.is_not(None))
        .where(one.was != one.verdict)
        .order_by(one.place)
    ).all()


def change_counts(rows: Connection, agent: str, period: str) -> dict[str, int]:
    """How many findings are new, worse and better, against the month before, and overdue."""
    one = finding.c
    found = rows.execute(
        select(
            *(func.sum(case((is_so, 1), else_=0)).label(key) for key, is_so in CHANGES.items()),
            func.sum(case((one.overdue == 1, 1), else_=0)).label("overdue"),
        ).where(one.agent == agent, one.period == period)
    ).one()
    return {name: int(value or 0) for name, value in found._mapping.items()}


def counts(rows: Connection, agent: str, period: str) -> dict[str, dict[str, int]]:
    """How many findings came to each verdict, how many changed and how many nobody answered, as the
    index counted them."""
    kept = json.loads(section(rows, agent, period, COUNTS) or "{}")
    return kept if "answers" in kept else counted(rows, agent, period)


def counted(rows: Connection, agent: str, period: str) -> dict[str, dict[str, int]]:
    """The same, counted now: it looks at every finding of the month."""
    return {
        "verdicts": verdict_counts(rows, agent, period, finding),
        "changes": change_counts(rows, agent, period),
        "answers": {"none": count_findings(rows, agent, period, Wanted(unanswered=True))},
    }


def unread(rows: Connection, agent: str, period: str) -> Sequence[Any]:
    """What was not read well at the last try."""
    return rows.execute(
        select(coverage)
        .where(coverage.c.agent == agent, coverage.c.period == period)
        .where(coverage.c.failure.is_not(None))
        .order_by(coverage.c.device, coverage.c.subject)
    ).all()


def device_counts(rows: Connection, agent: str, period: str) -> tuple[int, int]:
    """How many devices were tried, and how many of them had a subject that failed last."""
    one = coverage.c
    mine = (one.agent == agent, one.period == period)
    tried = rows.scalar(select(func.count(one.device.distinct())).where(*mine)) or 0
    failing = (
        rows.scalar(
            select(func.count(one.device.distinct())).where(*mine, one.failure.is_not(None))
        )
        or 0
    )
    return tried, failing


def devices(rows: Connection, agent: str, period: str, first: int, word: str) -> Sequence[Any]:
    """Devices with how well they were read."""
    one = coverage.c
    chosen = select(
        one.device,
        func.count().label("subjects"),
        func.sum(one.good).label("good"),
        func.sum(one.failed).label("failed"),
        func.sum(case((one.failure.is_not(None), 1), else_=0)).label("failing"),
        func.max(one.last_good_at).label("last_good_at"),
    ).where(one.agent == agent, one.period == period)
    if word:
        chosen = chosen.where(one.device.contains(word, autoescape=True))
    return rows.execute(
        chosen.group_by(one.device).order_by(one.device).limit(PAGE_ROWS).offset(first)
    ).all()


def device_subjects(rows: Connection, agent: str, period: str, device: str) -> Sequence[Any]:
    one = coverage.c
    return rows.execute(
        select(coverage)
        .where(one.agent == agent, one.period == period, one.device == device)
        .order_by(one.subject)
    ).all()


def device_readings(
    rows: Connection, agent: str, period: str, device: str, first: int
) -> Sequence[Any]:
    """A device's readings in a month, the newest first."""
    one = reading.c
    return rows.execute(
        select(reading)
        .where(one.agent == agent, one.period == period, one.device == device)
        .order_by(one.read_at.desc(), one.subject)
        .limit(PAGE_ROWS)
        .offset(first)
    ).all()


def one_reading(rows: Connection, agent: str, digest: str) -> Any | None:
    return rows.execute(
        select(reading).where(reading.c.agent == agent, reading.c.digest == digest)
    ).first()


def readings_of(rows: Connection, agent: str, digests: Sequence[str]) -> dict[str, Any]:
    found = rows.execute(
        select(reading).where(reading.c.agent == agent, reading.c.digest.in_(digests))
    )
    return {row.digest: row for row in found}


def one_visit(rows: Connection, agent: str, digest: str) -> Any | None:
    return rows.execute(
        select(visit).where(visit.c.agent == agent, visit.c.digest == digest)
    ).first()


def visits_with(rows: Connection, agent: str, capture: str) -> Sequence[Any]:
    """The visits in which an answer came, the oldest first; the same bytes may come often."""
    return rows.execute(
        select(visit)
        .join(statement_blob, statement_blob.c.statement == visit.c.digest)
        .where(statement_blob.c.blob == capture, visit.c.agent == agent)
        .order_by(visit.c.position)
        .limit(PAGE_ROWS)
    ).all()


def observations(
    rows: Connection, agent: str, period: str, digests: Sequence[str]
) -> Sequence[Any]:
    one = observation.c
    return rows.execute(
        select(observation).where(one.agent == agent, one.period == period, one.digest.in_(digests))
    ).all()


def observations_of(
    rows: Connection, agent: str, period: str, checks: Sequence[str]
) -> Sequence[Any]:
    """What some checks observed."""
    one = observation.c
    return rows.execute(
        select(observation)
        .where(one.agent == agent, one.period == period, one.checked.in_(checks))
        .order_by(one.checked, one.digest)
    ).all()


def dispositions_about(rows: Connection, agent: str, subject: str) -> Sequence[Any]:
    """What people said about a subject, the newest first."""
    one = disposition.c
    return rows.execute(
        select(disposition)
        .where(one.agent == agent, one.subject == subject)
        .order_by(one.position.desc())
        .limit(PAGE_ROWS)
    ).all()


def attachment_of(rows: Connection, agent: str, digest: str) -> Any | None:
    return rows.execute(
        select(attachment)
        .join(said, said.c.digest == attachment.c.statement)
        .where(said.c.agent == agent, attachment.c.digest == digest)
    ).first()


def section(rows: Connection, agent: str, period: str, id: str) -> str | None:
    one = made_section.c
    found: str | None = rows.scalar(
        select(one.record).where(one.agent == agent, one.period == period, one.id == id)
    )
    return found


def log_entry(rows: Connection, agent: str, digest: str) -> Any | None:
    """Where a statement lies in the log, with its receipt; None: not of this agent."""
    for table in (statement, said):
        found = rows.execute(
            select(table.c.digest, table.c.kind, table.c.position, table.c.receipt, leaf.c.entry)
            .join(leaf, leaf.c.position == table.c.position)
            .where(table.c.agent == agent, table.c.digest == digest)
        ).first()
        if found is not None:
            return found
    return None


def one_rule(rows: Connection, agent: str, period: str, subject: str) -> Any | None:
    return rows.execute(
        select(rule).where(
            rule.c.agent == agent, rule.c.period == period, rule.c.subject == subject
        )
    ).first()
