"""No tape's secret reaches a capture, a fact or a failure: they are called `canary-…` there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.platforms import platform
from agent.transports.tape import TapeTransport
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import to_record
from evidence.tape import read_tape
from tests.test_cases import CASES, KEY, WITHOUT_TIME

WITH_CANARY = sorted(
    path
    for path in CASES.rglob("*.tape")
    if any(b"canary" in one.body.replace(b"\0", b"") for one in read_tape(path).answers)
)


@pytest.mark.parametrize("path", WITH_CANARY, ids=lambda path: str(path.relative_to(CASES)))
def test_a_tapes_secret_goes_no_further(path: Path) -> None:
    tape, subject = read_tape(path), path.name.split(".")[0]
    visit = Visitor(
        device=Device(id="case", platform=tape.platform, subjects=(subject,)),
        platform=platform(tape.platform),
        open_transport=lambda: TapeTransport(tape.answers),
        clock=lambda: WITHOUT_TIME,
        key=KEY,
    ).visit([subject])
    for body in visit.captures.values():
        assert b"canary" not in body.replace(b"\0", b"")
    reading = visit.readings[0]
    assert "canary" not in json.dumps([to_record(fact) for fact in reading.facts])
    assert reading.failure is None or "canary" not in reading.failure.message
