"""Wireless read over real HTTPS and real terminals: one log-in, declared requests, no secret."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agent.platforms import platform
from agent.redact import SiteKey, redact
from agent.secret import Credential, Secret
from agent.transports.https import open_https
from agent.transports.ssh import open_ssh
from agent.visit import Visitor
from evidence.device import Device
from evidence.errors import VisitError
from evidence.facts import to_record
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices.https import LabHttps, LabLogin
from lab.devices.ssh import LabSsh
from lab.devices.terminal import Terminal
from tests import toy
from tests.test_cases import CASES, KEY

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

SESSION = "canary-session-4711"
CREDENTIAL = Credential("evidence", password=Secret("canary-word"), token=Secret("canary-key"))


@dataclass(frozen=True)
class Way:
    """How a controller is entered and left. `header` carries the token; "": the address does."""

    header: str
    token: str
    login: LabLogin | None = None
    logout: str | None = None
    sent: dict[str, str] = field(default_factory=dict)


WAYS = {
    "smartzone/wireless.nine_networks": Way(
        "",
        SESSION,
        LabLogin(
            "POST /wsg/api/public/v9_1/serviceTicket "
            '{"username":"evidence","password":"canary-word"}',
            json.dumps({"serviceTicket": SESSION, "controllerVersion": "6.1"}).encode(),
        ),
        f"DELETE /wsg/api/public/v9_1/serviceTicket?serviceTicket={SESSION}",
    ),
    "arubaos/wireless.rest": Way(
        "Cookie",
        f"SESSION={SESSION}",
        LabLogin(
            "POST /v1/api/login username=evidence&password=canary-word",
            json.dumps({"_global_result": {"status": "0", "UIDARUBA": SESSION}}).encode(),
        ),
        f"POST /v1/api/logout?UIDARUBA={SESSION}",
    ),
    "meraki/wireless.fifteen_slots": Way("Authorization", "canary-key"),
    "unifi_api/wireless.five_networks": Way("X-API-Key", "canary-key"),
}


def visited(device: Device, name: str, way: Any) -> Any:
    one = platform(name)
    return Visitor(
        device=device,
        platform=one,
        open_transport=way,
        clock=lambda: datetime.now(UTC),
        key=KEY,
    ).visit(["wireless"])


def expected(path: Path) -> list[dict[str, Any]]:
    found = json.loads(path.with_suffix(".facts.json").read_text("utf-8"))
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("case", WAYS)
def test_a_controller_is_entered_once_read_and_left(case: str) -> None:
    way, path = WAYS[case], CASES / f"{case}.tape"
    tape = read_tape(path)
    answers = [
        TapeAnswer(one.ask.replace("{$session}", SESSION), one.body, error=one.error)
        for one in tape.answers
    ]
    if way.logout:
        answers.append(TapeAnswer(way.logout, b"{}"))
    with LabHttps(
        Tape(tape.platform, tuple(answers)), way.token, way.header, login=way.login
    ) as lab:
        device = Device(
            id="lab",
            platform=tape.platform,
            transport="https",
            address="127.0.0.1",
            port=lab.port,
            options={"tls_fingerprint": lab.fingerprint},
        )
        one = platform(tape.platform)
        visit = visited(device, tape.platform, lambda: open_https(device, CREDENTIAL, one))
        heard = list(lab.lines)
    (reading,) = visit.readings
    assert reading.failure is None, reading.failure
    assert [to_record(fact) for fact in reading.facts] == expected(path)
    if way.login:
        assert heard[0] == way.login.request and heard[-1] == way.logout
        assert sum("login" in line or "serviceTicket {" in line for line in heard) == 1
    assert not any(b"canary" in body for body in visit.captures.values())


TERMINALS = {
    "arubaos/wireless.eight_networks": Terminal(
        prompt="(ky-wlc) [mynode] #",
        user_prompt="(ky-wlc) [mynode] >",
        secret_prompt="Password:",
        pager="--More-- (q) quit (u) pageup (/) search (n) repeat ",
        pager_off="no paging",
        comment="\0",
    ),
    "aruba_instant/wireless.seven_networks": Terminal(
        prompt="KY-IAP# ", pager="--More-- (q) quit ", page_lines=20, comment="\0"
    ),
}


@pytest.mark.parametrize("case", TERMINALS)
def test_over_a_terminal_only_what_is_declared_is_typed(case: str) -> None:
    path = CASES / f"{case}.tape"
    tape = read_tape(path)
    one = platform(tape.platform)
    with LabSsh(tape, toy.ACCOUNT, TERMINALS[case]) as lab:
        device = Device(
            id="lab", platform=one.name, transport="ssh", address="127.0.0.1", port=lab.port
        )
        visit = visited(
            device,
            one.name,
            lambda: open_ssh(device, toy.CREDENTIAL, one, {lab.fingerprint}),
        )
        typed = list(lab.lines)
    (reading,) = visit.readings
    assert reading.failure is None, reading.failure
    assert [to_record(fact) for fact in reading.facts] == expected(path)
    assert [line for line in typed if not any(ask.admits(line) for ask in one.all_asks)] == []
    assert typed[-1] == "exit" and "encrypt disable" not in typed
    assert not any(b"canary" in body for body in visit.captures.values())


CUT = sorted(
    path
    for path in CASES.rglob("wireless.*.tape")
    if any(b"canary" in one.body for one in read_tape(path).answers)
)


@pytest.mark.parametrize("path", CUT, ids=lambda path: str(path.relative_to(CASES)))
def test_a_secret_that_is_cut_off_in_the_middle_goes_no_further_either(path: Path) -> None:
    """An answer may break off within a passphrase: what is left of it is one too."""
    tape = read_tape(path)
    one = platform(tape.platform)
    for answer in tape.answers:
        (ask,) = (
            ask
            for ask in one.all_asks
            if answer.ask in (ask.text, *ask.also) or ask.admits(answer.ask)
        )
        place = answer.body.find(b"canary")
        while place >= 0:
            try:
                kept = redact(ask, answer.body[: place + 8], SiteKey(b"k" * 32))
            except VisitError as error:
                assert "canary" not in error.message
            else:
                assert b"canary" not in kept, answer.body[max(0, place - 60) : place + 8]
            place = answer.body.find(b"canary", place + 1)
