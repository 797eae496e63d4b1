"""Every platform's cases: a tape and the facts expected from it, paired by name.

`cases/<platform>/<subject>.<case>.tape` and `.facts.json`. A missing half fails. A case
whose name ends in `.failure` expects a failed reading: its facts file holds the code.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agent.platforms import platform, platforms
from agent.redact import SiteKey
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import from_record, to_record
from evidence.reading import Reading
from evidence.tape import Tape, read_tape

CASES = Path(__file__).parent / "cases"
KEY = SiteKey(b"the key of the test cases")
WITHOUT_TIME = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def read_case(tape: Tape, subject: str) -> Reading:
    one = platform(tape.platform)
    visitor = Visitor(
        device=Device(id="case", platform=one.name, subjects=(subject,)),
        platform=one,
        open_transport=lambda: TapeTransport(tape.answers),
        clock=lambda: WITHOUT_TIME,
        key=KEY,
    )
    return visitor.visit([subject]).readings[0]


def cases() -> list[Path]:
    return sorted(CASES.rglob("*.tape"))


@pytest.mark.parametrize("path", cases(), ids=lambda path: str(path.relative_to(CASES)))
def test_a_tape_gives_exactly_the_expected_facts(path: Path) -> None:
    subject = path.name.split(".")[0]
    reading = read_case(read_tape(path), subject)
    expected = json.loads(path.with_suffix(".facts.json").read_text("utf-8"))
    if isinstance(expected, dict):
        assert reading.failure is not None, f"{path.name} should fail, and gave facts"
        assert reading.failure.code == expected["failure"]
        return
    assert reading.failure is None, reading.failure
    assert [to_record(fact) for fact in reading.facts] == expected
    assert [from_record(record) for record in expected] == list(reading.facts)


def test_every_expected_file_has_its_tape() -> None:
    tapes = {path.with_suffix("") for path in CASES.rglob("*.tape")}
    expected = {path.with_suffix("").with_suffix("") for path in CASES.rglob("*.facts.json")}
    assert expected == tapes


@pytest.mark.parametrize("name", sorted(platforms()))
def test_every_collector_has_a_case(name: str) -> None:
    missing = [
        subject
        for subject in platforms()[name].collectors
        if not list((CASES / name).glob(f"{subject}.*.tape"))
    ]
    assert not missing, f"{name}: no tape for {missing}"
