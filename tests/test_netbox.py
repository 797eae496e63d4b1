"""NetBox over a real TLS connection: both kinds of token, what refuses one, and every page."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.https import open_https
from agent.visit import Visitor
from agent.wired import system_clock
from collectors.netbox import DEVICES
from evidence.device import Device
from evidence.facts import Asset
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices.https import LabHttps
from tests.test_cases import CASES, read_case

TAPE = read_tape(CASES / "netbox" / "assets.two_pages.tape")
FIRST = "0123456789abcdef0123456789abcdef01234567"
SECOND = "nbt_4F9DAouzURLb.zjebxBPzICiPbWz0Wtx0fTL7bCKXKGTYhNzkgC2S"


def read(lab: LabHttps, token: str) -> Reading:
    device = Device(
        id="netbox",
        platform="netbox",
        subjects=("assets",),
        transport="https",
        address="127.0.0.1",
        port=lab.port,
        options={"tls_fingerprint": lab.fingerprint},
    )
    one, credential = platform("netbox"), Credential(token=Secret(token))
    with lab:
        visit = Visitor(
            device=device,
            platform=one,
            open_transport=lambda: open_https(device, credential, one),
            clock=system_clock,
            key=SiteKey(b"key"),
        ).visit(["assets"])
    assert token not in str(visit.readings)
    return visit.readings[0]


@pytest.mark.parametrize(("token", "scheme"), [(FIRST, "Token"), (SECOND, "Bearer")])
def test_each_kind_of_token_is_sent_by_its_own_scheme(token: str, scheme: str) -> None:
    lab = LabHttps(TAPE, f"{scheme} {token}", "authorization")
    reading = read(lab, token)
    assert reading.failure is None, reading.failure
    assert len(reading.of(Asset)) == 6
    assert [line.rpartition("=")[2] for line in lab.lines] == ["0", "2", "0", "0"]
    assert all(line.startswith("GET /api/") for line in lab.lines)


@pytest.mark.parametrize(
    ("detail", "code"),
    [
        ("Invalid token", "auth_failed"),
        ("Token expired", "auth_failed"),
        ("Authentication credentials were not provided.", "auth_failed"),
        ("You do not have permission to perform this action.", "privilege_missing"),
    ],
)
def test_a_refused_token_is_told_from_a_missing_right(detail: str, code: str) -> None:
    """NetBox answers 403 to both; only the first must never be sent again."""
    body = f'{{"detail":"{detail}"}}'.encode()
    ask = DEVICES(offset="0").text
    tape = Tape("netbox", (TapeAnswer(ask, body, error="privilege_missing"),))
    lab = LabHttps(tape, f"Token {FIRST}", "authorization")
    failure = read(lab, FIRST).failure
    assert failure is not None
    assert failure.code == code


def test_a_secret_that_somebody_kept_in_a_custom_field_is_not_taken() -> None:
    answers = [
        replace(one, body=one.body.replace(b'"core": true', b'"password": "canary-71c2"'))
        for one in TAPE.answers
    ]
    reading = read_case(replace(TAPE, answers=tuple(answers)), "assets")
    assert reading.failure is None
    assert "canary-71c2" not in str(reading)
