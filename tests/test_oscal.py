"""The month as OSCAL assessment results: valid, closed in itself, and no pass but a pass."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.scratch import packages
from evidence.control import Verdict
from report.oscal import NAMESPACE
from tests.fixtures_pack import HOSTILE, MonthPack

MEMBER = "oscal/assessment-results.json"
# NIST's metaschemas of every release, and a validator that walks them.
VALIDATOR = "oscal==3.2.2"
_VALIDATE = """
import json, sys
from oscal import AssessmentResults
read = AssessmentResults.loads(sys.stdin.read())
print(json.dumps([read.validate(), read.validation_status, read.validation_errors]))
"""


@pytest.fixture
def results(month_pack: MonthPack) -> dict[str, Any]:
    document: dict[str, dict[str, Any]] = json.loads(month_pack.pack.archive.read(MEMBER))
    return document["assessment-results"]


def prop(thing: dict[str, Any], name: str) -> str:
    (value,) = (one["value"] for one in thing["props"] if one["name"] == name)
    return str(value)


def keys(thing: Any, name: str) -> Iterator[Any]:
    """Every value of that key, however deep."""
    if isinstance(thing, dict):
        yield from ([thing[name]] if name in thing else [])
        for inner in thing.values():
            yield from keys(inner, name)
    elif isinstance(thing, list):
        for inner in thing:
            yield from keys(inner, name)


def test_only_satisfied_is_satisfied(month_pack: MonthPack, results: dict[str, Any]) -> None:
    (result,) = results["results"]
    (selection,) = result["reviewed-controls"]["control-selections"]
    excluded = {one["control-id"] for one in selection.get("exclude-controls", ())}
    found = {one["target"]["target-id"]: one for one in result["findings"]}
    seen = set()
    for one in month_pack.assessed.judgement.results:
        seen.add(one.verdict)
        if one.verdict is Verdict.not_applicable:
            assert one.control.id in excluded and one.control.id not in found
            continue
        finding = found[one.control.id]
        state = finding["target"]["status"]["state"]
        assert (state == "satisfied") == (one.verdict is Verdict.satisfied)
        assert prop(finding, "verdict") == one.verdict.value
    assert len(seen) > 3


def test_what_is_named_is_there(month_pack: MonthPack, results: dict[str, Any]) -> None:
    made = list(keys(results, "uuid"))
    assert len(made) == len(set(made))
    for name in ("observation-uuid", "risk-uuid", "actor-uuid", "subject-uuid"):
        named = set(keys(results, name))
        assert named and named <= set(made), name
    members = set(month_pack.pack.archive.names)
    hrefs = [one for one in keys(results, "href") if not one.startswith("#")]
    assert hrefs and set(hrefs) <= members
    for one in results["results"][0]["observations"]:
        assert all(each["ns"] == NAMESPACE for each in one["props"])


def test_every_observation_and_shortfall_is_in_it(
    month_pack: MonthPack, results: dict[str, Any]
) -> None:
    (result,) = results["results"]
    assert len(result["observations"]) == len(month_pack.assessed.observations)
    short = {Verdict.partly, Verdict.not_satisfied, Verdict.not_assessed}
    judged = month_pack.assessed.judgement.results
    wanted = sum(found.verdict in short for one in judged for found in one.findings)
    assert len(result["risks"]) == wanted > 0


def test_what_an_intruder_calls_a_rule_is_text_without_controls(month_pack: MonthPack) -> None:
    body = month_pack.pack.archive.read(MEMBER).decode()
    assert "calc" in body and HOSTILE not in body
    assert not any(character in body for character in "\x1b\u202e")


@pytest.mark.drill
def test_it_is_valid_by_the_metaschema(month_pack: MonthPack, tmp_path: Path) -> None:
    folder = packages(VALIDATOR, alone=False)
    if isinstance(folder, str):
        pytest.skip(f"package index: {folder}")
    body = month_pack.pack.archive.read(MEMBER)
    for document, valid in ((body, True), (body.replace(b'"not-satisfied"', b'"maybe"'), False)):
        done = subprocess.run(
            [sys.executable, "-c", _VALIDATE],
            input=document,
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(folder)},
            capture_output=True,
            check=True,
        )
        said = json.loads(done.stdout.splitlines()[-1])
        assert said[0] is valid, said[2][:5]
