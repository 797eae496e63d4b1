"""The rows of a folded month: clauses, findings, and what does not hang on what people say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, select

from evidence.control import Finding
from evidence.control.decided import Row
from evidence.judged import Assessed
from evidence.reading import canonical
from evidence.runs import Assessment, RunRecord
from evidence.usage import State
from report.exhibits import Exhibits
from report.month import Month, Tally
from report.review import OWNER, TRAFFIC, View, views
from report.section import Section
from report.sections import criteria, inventory, requests, unread
from store.month.fold import Folded, Folder
from store.month.tables import made_section, observation, rule, run

_ID_CHARACTERS = 16
_ROWS = frozenset(row.value for row in Row)
_SECTIONS = (inventory, unread, criteria, requests)


def control_rows(folded: Folded, before: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """A row a clause, in the order of the rule book."""
    made, order = folded.read.assessment, folded.read.basis.policy.order
    for place, result in enumerate(folded.judgement.results):
        record = dict(result.record())
        del record["findings"]
        yield {
            "agent": made.agent,
            "period": made.period,
            "place": place,
            "control": result.control.id,
            "verdict": result.verdict.value,
            "alone": result.verdict_alone.value,
            "rank": order.index(result.verdict),
            "was": before.get(result.control.id),
            "findings": len(result.findings),
            "record": _json({**record, "clause": result.control.record()}),
        }


def finding_rows(folded: Folded, before: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """A row a finding, numbered in the order of the rule book."""
    made, order = folded.read.assessment, folded.read.basis.policy.order
    checks = {one.digest: one.check.partition("{")[0] for one in folded.read.observations}
    used: Counter[str] = Counter()
    number = 0
    for result in folded.judgement.results:
        for one in result.findings:
            number += 1
            checked = sorted({checks[digest] for digest in one.observations})
            id = _id(one, result.control.id, checked, used)
            yield {
                "agent": made.agent,
                "period": made.period,
                "id": id,
                "number": number,
                "control": result.control.id,
                "device": one.device,
                "subject": one.subject,
                "checked": " ".join(checked),
                "state": one.state,
                "verdict": one.verdict.value,
                "alone": one.verdict_alone.value,
                "was": before.get(id),
                "rank": order.index(one.verdict),
                "due_on": None if one.due_on is None else one.due_on.isoformat(),
                "overdue": int(one.overdue),
                "record": _json(one.record()),
            }


def static_rows(
    rows: Connection, folder: Folder, folded: Folded, covered: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """What was observed, the rules as they stood, and sections of the report."""
    assessed = folder.assessed(rows, folded)
    made = folded.read.assessment
    key = {"agent": made.agent, "period": made.period}
    month = month_of(rows, folder, assessed, made, covered)
    sections: list[Section] = [one.section(month) for one in _SECTIONS]
    observed = {one.digest: one for one in folded.read.observations}
    return {
        observation.name: [
            {
                **key,
                "digest": digest,
                "checked": one.check.partition("{")[0],
                "record": _json(one.record()),
            }
            for digest, one in observed.items()
        ],
        rule.name: [{**key, **_rule(view)} for view in views(assessed)],
        made_section.name: [
            {**key, "id": one.id, "record": _json(one.record())} for one in sections
        ],
    }


def month_of(
    rows: Connection,
    folder: Folder,
    assessed: Assessed,
    made: Assessment,
    covered: Sequence[Mapping[str, Any]],
) -> Month:
    """The month as the report's sections see it, without exhibits: nothing is cited by number."""
    tallies = {
        (row["device"], row["subject"]): Tally(
            good=row["good"], failed=row["failed"], last_good_at=row["last_good_at"]
        )
        for row in covered
    }
    runs = {
        row.digest: RunRecord.of(folder.shelf.statement(row.digest))
        for row in rows.execute(
            select(run.c.digest)
            .where(run.c.agent == made.agent, run.c.period == made.period)
            .order_by(run.c.position)
        )
    }
    return Month(
        agent=made.agent,
        keyid="",
        language="zh-TW",
        devices=assessed.readings.devices,
        assessed=assessed,
        record=made,
        exhibits=Exhibits((), {}),
        runs=runs,
        tallies=tallies,
    )


def _rule(view: View) -> dict[str, Any]:
    held, traffic = view.held, view.seen.get(TRAFFIC)
    one = held.rule
    record = {
        "label": view.label,
        "name": one.name,
        "comment": one.comment,
        "key": one.key,
        "policy": one.policy,
        "context": one.context,
        "action": one.action,
        "from": sorted(held.sources),
        "to": sorted(held.destinations),
        "source_zones": list(one.source_zones),
        "destination_zones": list(one.destination_zones),
        "sources": list(one.sources),
        "sources_negated": one.sources_negated,
        "destinations": list(one.destinations),
        "destinations_negated": one.destinations_negated,
        "services": list(one.services),
        "applications": list(one.applications),
        "logged": one.logged,
        "schedule": one.schedule,
        "risks": [text.record() for text in view.risk_words],
        "owner": view.owner,
        "owner_said": OWNER in view.seen,
        "tickets": list(view.tickets),
        "reading": held.evidence,
        "traffic": None if traffic is None else traffic.digest,
    }
    return {
        "subject": held.subject,
        "firewall": held.group,
        "number": view.number,
        "label": view.label,
        "enabled": int(one.enabled),
        "permits": int(bool(one.permits)),
        "dmz": int(view.touches("dmz")),
        "outside": int(view.touches("external")),
        "traffic": view.state(TRAFFIC) or State.has_traffic.value,
        "last_traffic_at": view.last_traffic_at,
        "risks": len(view.risk_words),
        "match_digest": one.match_digest,
        "record": _json(record),
    }


def _id(one: Finding, control: str, checked: list[str], used: Counter[str]) -> str:
    """A name that stays as long as the same is said of the same thing under the same clause."""
    told = [control, one.device, one.subject, "rule" if one.state in _ROWS else checked]
    name = sha256(canonical(told)).hexdigest()[:_ID_CHARACTERS]
    used[name] += 1
    return name if used[name] == 1 else f"{name}-{used[name]}"


def _json(record: Any) -> str:
    return canonical(record).decode()
