"""The third level: the checks and the fold, run again by an examiner over what was signed.

The pack is of the lab's world: a month of tapes played to the real collectors, so that what is
rebuilt from it (newest readings, counter histories) is what an agent has in its ledger.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from evidence.archive import write_archive
from evidence.bundle import check_collection
from evidence.collection import device_of, device_record
from evidence.lifecycle import Catalogue
from evidence.observation import Observation, Result
from evidence.pack import Pack
from evidence.reading import canonical
from evidence.readings import Zones
from evidence.runs import Assessment
from evidence.seal import Envelope
from evidence.statement import COLLECTION, Statement
from evidence.usage import HISTORY, UnitHistory, histories
from tests.lab_month import NOW, Month, lab_month
from verify.command import examine
from verify.report import Level, Report
from verify.shelf import Shelf

pytestmark = pytest.mark.whole

READ = {"fw-edge-a", "fw-edge-b", "fw-core", "gw-dmz", "sw-core-1", "jump-01"}
FIREWALLS = ("fw-edge-a", "fw-edge-b", "fw-core", "gw-dmz", "fw-branch")


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Month]:
    with lab_month(tmp_path_factory.mktemp("lab") / "month", 30, READ) as made:
        yield made


def codes(report: Report) -> set[str]:
    return {problem.code for problem in report.problems}


def notes(report: Report) -> str:
    return "\n".join(note.en for note in report.notes)


def judged_by(one: Assessment, name: str, digest: str) -> Assessment:
    return replace(one, inputs={**one.inputs, name: digest})


def better(one: Observation) -> Observation:
    """What somebody would like to have been observed."""
    return replace(one, result=Result.satisfied, state="supported")


def bettered(month: Month, observations: list[Observation]) -> tuple[Observation, str]:
    """The first release out of support, made a supported one in place; and its subject."""
    place, old = next(
        (place, one)
        for place, one in enumerate(observations)
        if one.check == "release_is_supported" and one.result is Result.not_satisfied
    )
    observations[place] = better(old)
    return old, old.subject


# What holds


def test_a_month_is_judged_again_from_the_pack_alone(month: Month) -> None:
    report = examine(month.path, month.trust, Level.re_judged)
    assert not report.problems
    assert (report.exit_code, report.reached) == (0, Level.re_judged), notes(report)
    states = {one.state for one in month.assessed.observations}
    assert {"has_traffic", "history_cited", "not_read"} <= states


def test_inputs_are_read_back_as_they_were_written(month: Month) -> None:
    inputs = {name: json.loads(body) for name, body in month.assessed.inputs.items()}
    devices = [device_record(device_of(record)) for record in inputs["devices"]]
    assert canonical(devices) == month.assessed.inputs["devices"]
    zones = Zones.of_record(inputs["zones"])
    assert zones == month.config.zones
    catalogue = Catalogue.of_record(inputs["catalogue"])
    assert catalogue == month.assessed.readings.catalogue


@pytest.mark.parametrize("device", FIREWALLS)
@pytest.mark.parametrize("days", [30, 9])
def test_counters_from_readings_are_those_of_the_ledger(
    month: Month, device: str, days: int
) -> None:
    start, end = NOW - timedelta(days=days), NOW - timedelta(days=3)
    kept = month.agent.ledger.histories(device, start, end)
    made = histories(month.agent.ledger.readings(device, "firewall"), start, end)
    assert len(kept) == len(made)
    assert bool(kept) is (device != "fw-branch")
    for one, other in zip(kept, made, strict=True):
        for field in fields(UnitHistory):
            mine, theirs = getattr(one, field.name), getattr(other, field.name)
            assert np.array_equal(mine, theirs), field.name


def test_an_examiner_s_newest_readings_and_counters_are_the_agent_s(month: Month) -> None:
    shelf = shelved(month.pack)
    end = NOW + timedelta(seconds=1)
    ours = month.agent.ledger.newest_readings(end)
    assert [one.digest for one in shelf.newest(end)] == [one.digest for one in ours]
    for device in FIREWALLS:
        kept = month.agent.ledger.histories(device, NOW - HISTORY, end)
        made = histories(shelf.readings(device, "firewall"), NOW - HISTORY, end)
        assert [one.digests for one in made] == [one.digests for one in kept]


def test_naming_one_reading_of_a_visit_brings_the_others(month: Month) -> None:
    newest = month.assessed.readings.newest
    shelf = shelved(month.pack).visits_of([newest["fw-core", "firmware"].digest])
    assert newest["fw-core", "firewall"].digest in shelf.digests


def shelved(pack: Pack) -> Shelf:
    shelf = Shelf(pack)
    for digest, envelope in pack.records():
        statement = Statement.parse(envelope.payload)
        if statement.predicate_type == COLLECTION:
            shelf.put(digest, check_collection(statement))
    return shelf


# What does not


def test_an_observation_the_readings_do_not_support_is_found(month: Month, tmp_path: Path) -> None:
    observations = list(month.assessed.observations)
    old, subject = bettered(month, observations)
    path = month.forged(tmp_path / "pack.zip", lambda one: month.concluded(one, observations))
    report = examine(path, month.trust)
    # The findings follow from what was signed: the fold by itself would notice nothing.
    assert (report.exit_code, report.reached) == (1, Level.signatures)
    (problem,) = report.problems
    assert problem.code == "rechecked_differs"
    assert f"release_is_supported of {subject}" in problem.message
    assert "signed as satisfied (supported)" in problem.message
    assert f"the readings give not_satisfied ({old.state})" in problem.message


def test_an_observation_left_out_or_put_in_is_found(month: Month, tmp_path: Path) -> None:
    observations = list(month.assessed.observations)
    place = next(n for n, one in enumerate(observations) if one.result is Result.not_satisfied)
    out = observations[:place] + observations[place + 1 :]
    path = month.forged(tmp_path / "out.zip", lambda one: month.concluded(one, out))
    report = examine(path, month.trust)
    assert codes(report) == {"rechecked_differs"}
    assert "nothing was signed" in report.problems[0].message
    twice = [*observations, observations[place]]
    path = month.forged(tmp_path / "in.zip", lambda one: month.concluded(one, twice))
    report = examine(path, month.trust)
    assert codes(report) == {"rechecked_differs"}
    assert "do not support it" in report.problems[0].message


def test_another_measure_under_the_same_state_is_named(month: Month, tmp_path: Path) -> None:
    observations = list(month.assessed.observations)
    place = next(n for n, one in enumerate(observations) if one.check == "rule_carries_traffic")
    observations[place] = replace(observations[place], measures={"readings": 10_000})
    path = month.forged(tmp_path / "pack.zip", lambda one: month.concluded(one, observations))
    (problem,) = examine(path, month.trust).problems
    assert "with another measures" in problem.message


def test_a_reading_passed_over_does_not_help_whoever_names_the_visit(
    month: Month, tmp_path: Path
) -> None:
    """The readings of a visit were had together: naming one of them is having had the rest."""
    without = month.assessed.readings.newest["fw-core", "firewall"].digest
    kept = [one for one in month.assessed.observations if without not in one.evidence]
    path = month.forged(
        tmp_path / "pack.zip",
        lambda one: replace(
            month.concluded(one, kept),
            readings=tuple(digest for digest in one.readings if digest != without),
        ),
    )
    assert codes(examine(path, month.trust)) == {"rechecked_differs"}


def test_findings_the_fold_does_not_come_to_are_found(month: Month, tmp_path: Path) -> None:
    path = month.forged(tmp_path / "pack.zip", lambda one: replace(one, findings=one.findings[1:]))
    report = examine(path, month.trust)
    assert (report.exit_code, codes(report)) == (1, {"rejudged_differs"})
    control = month.assessed.judgement.results[0].control.id
    assert f":{control}" in report.problems[0].message


def test_devices_left_out_of_the_inputs_are_missed(month: Month, tmp_path: Path) -> None:
    body = canonical([])
    digest = sha256(body).hexdigest()
    path = month.forged(
        tmp_path / "pack.zip",
        partial(judged_by, name="devices", digest=digest),
        {f"inputs/{digest}": body},
    )
    report = examine(path, month.trust)
    assert codes(report) == {"rechecked_differs"}
    told = [problem.message for problem in report.problems]
    assert any("fw-core" in message for message in told)
    assert len(told) == 21 and "more" in told[-1], "no report of a thousand lines"


@pytest.mark.parametrize(
    ("name", "body"),
    [("devices", b"\xff"), ("zones", b"[1]"), ("catalogue", b"{}"), ("rule_book", b"[]")],
)
def test_inputs_that_are_none_fail_and_crash_nothing(
    month: Month, tmp_path: Path, name: str, body: bytes
) -> None:
    digest = sha256(body).hexdigest()
    change = partial(judged_by, name=name, digest=digest)
    path = month.forged(tmp_path / "pack.zip", change, {f"inputs/{digest}": body})
    report = examine(path, month.trust)
    assert report.exit_code == 1
    assert "rechecked_differs" in codes(report) <= {"rechecked_differs", "rejudged_differs"}


# What cannot be shown


def test_another_version_that_differs_is_reported_as_just_that(
    month: Month, tmp_path: Path
) -> None:
    observations = list(month.assessed.observations)
    _, subject = bettered(month, observations)
    path = month.forged(
        tmp_path / "pack.zip",
        lambda one: replace(month.concluded(one, observations), agent_version="0.0.1"),
    )
    report = examine(path, month.trust)
    assert (report.exit_code, report.reached) == (0, Level.re_read)
    assert f"a newer check or fold differs (release_is_supported of {subject}" in notes(report)
    assert examine(path, month.trust, Level.re_judged).exit_code == 3


def test_a_bundle_that_is_gone_is_missed(month: Month, tmp_path: Path) -> None:
    members, bundle = month.members(), month.newest_bundle("sw-core-1")
    visit = check_collection(Statement.parse(Envelope.parse(members.pop(bundle)).payload))
    cited = {one.digest for one in visit.readings} & set(month.assessment.readings)
    assert cited
    cut = tmp_path / "cut.zip"
    with cut.open("wb") as file:
        write_archive(file, {"manifest.json": month.pack.manifest.to_json(), **members})
    report = examine(cut, month.trust)
    assert (report.exit_code, codes(report)) == (2, {"archive_incomplete"})

    path = month.signed(tmp_path / "signed.zip", members)
    report = examine(path, month.trust, Level.re_judged)
    assert (report.exit_code, report.reached) == (3, Level.re_read)
    assert f"not re-judged ({len(cited)} of its {len(month.assessment.readings)} readings" in notes(
        report
    )


def test_an_input_that_is_gone_is_missed(month: Month, tmp_path: Path) -> None:
    members = month.members()
    del members[f"inputs/{month.assessment.inputs['zones']}"]
    report = examine(month.signed(tmp_path / "pack.zip", members), month.trust, Level.re_judged)
    assert (report.exit_code, report.reached) == (3, Level.re_read)
    assert "does not hold its zones" in notes(report)


def test_without_the_checks_the_rest_is_still_verified(
    month: Month, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "verify.recheck", None)
    report = examine(month.path, month.trust)
    assert (report.exit_code, report.reached) == (0, Level.re_read)
    assert "the checks cannot run here" in notes(report)


@pytest.mark.drill
@pytest.mark.timeout(600)
def test_two_hundred_days_are_verified_in_half_a_minute(tmp_path: Path) -> None:
    with lab_month(tmp_path / "months", 200) as made:
        started_s = time.monotonic()
        report = examine(made.path, made.trust, Level.re_judged)
        assert time.monotonic() - started_s < 30
        assert (report.exit_code, report.reached) == (0, Level.re_judged)
