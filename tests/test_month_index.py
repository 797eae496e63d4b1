"""The read model: what was pushed comes out as the agent judged it, however often it is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import select

from evidence.seal import Envelope
from store.month.tables import READ_MODEL, finding, month, month_control, reading, rule, visit
from tests.fixtures_month import Kept, deliver, kept_in
from tests.lab_month import NOW, Month


def rows_of(kept: Kept) -> dict[str, list[Any]]:
    with kept.custody.database.reading() as rows:
        return {
            table.name: sorted(map(tuple, rows.execute(select(table))), key=repr)
            for table in READ_MODEL
        }


def test_a_pushed_month_is_folded_as_the_agent_folded_it(kept: Kept) -> None:
    assessment = kept.month.assessment
    with kept.custody.database.reading() as rows:
        folded = kept.custody.index.folder.fold(rows, assessment.agent, assessment.period)
        (shown,) = rows.execute(select(month)).all()
        clauses = rows.execute(select(month_control).order_by(month_control.c.place)).all()
    assert folded is not None
    assert folded.judgement.records() == assessment.findings
    assert shown.problem is None and shown.assessment == kept.month.assessed.envelope.digest
    assert [(one.control, one.verdict) for one in clauses] == [
        (one.control.id, one.verdict.value) for one in kept.month.assessed.judgement.results
    ]


def test_every_finding_is_there_once_with_what_it_stands_on(kept: Kept) -> None:
    judged = kept.month.assessed.judgement
    wanted = [one.record() for result in judged.results for one in result.findings]
    with kept.custody.database.reading() as rows:
        found = rows.execute(select(finding).order_by(finding.c.number)).all()
    assert [json.loads(one.record) for one in found] == wanted
    assert [one.number for one in found] == list(range(1, len(wanted) + 1))


def test_every_reading_points_at_its_visit_and_every_rule_is_listed(kept: Kept) -> None:
    with kept.custody.database.reading() as rows:
        readings = rows.execute(select(reading)).all()
        visits = set(rows.scalars(select(visit.c.digest)))
        rules = rows.execute(select(rule)).all()
    for one in readings[::17]:
        assert kept.custody.shelf.reading(one.visit, one.place).digest == one.digest
    assert {one.visit for one in readings} == visits
    assert {one.firewall for one in rules} >= {"edge"} and all(one.number for one in rules)


def test_made_again_from_the_log_it_is_the_same(kept: Kept) -> None:
    before = rows_of(kept)
    assert kept.custody.index.rebuild() > 0
    assert rows_of(kept) == before
    assert before["unsettled"] == [] and len(before["indexed"]) == 1


def test_what_is_pushed_again_changes_nothing(
    pushed_month: Month, tmp_path: Path, database_url: str | None
) -> None:
    with kept_in(tmp_path / "store", pushed_month, database_url) as kept:
        before = rows_of(kept)
        kept.now[0] = NOW
        deliver(kept.month.agent, kept.url)
        assert kept.custody.index.catch_up() == 0
        assert rows_of(kept) == before


def test_a_month_whose_inputs_are_gone_says_so_and_the_others_go_on(kept: Kept) -> None:
    assessment = kept.month.assessment
    envelope = Envelope.parse(
        kept.custody.files.path("envelopes", kept.month.assessed.envelope.digest).read_bytes()
    )
    assert envelope.digest == kept.month.assessed.envelope.digest
    kept.custody.files.path("blobs", assessment.inputs["policy"]).unlink()
    kept.custody.index.rebuild()
    with kept.custody.database.reading() as rows:
        (shown,) = rows.execute(select(month)).all()
        assert rows.scalar(select(reading.c.digest)) is not None
    assert shown.problem == "blobs_missing" and shown.judgement is None
