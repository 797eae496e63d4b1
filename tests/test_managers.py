"""Managers read over real HTTPS, each by its own kind of log-in, from its first case's tape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from agent.platforms import platform
from agent.redact import SiteKey
from agent.secret import Credential, Secret
from agent.transports.https import open_https
from agent.visit import Visitor
from evidence.device import Device
from evidence.facts import FirewallRule, RuleUsage
from evidence.tape import Tape, TapeAnswer, read_tape
from lab.devices.https import LabHttps, LabLogin
from tests.by_hand import AT
from tests.test_cases import CASES, read_case

pytestmark = pytest.mark.whole  # sockets, and devices that take their time

SESSION = "the-session"
ACCOUNT = Credential("evidence", password=Secret("the-password"))


@dataclass(frozen=True)
class Manager:
    """How one is logged in to and left; `header` carries the session, "" where the body does."""

    login: str
    header: str
    logout: str
    answer: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)


MANAGERS = {
    ("fmc", "firewall.pair"): Manager(
        "POST /api/fmc_platform/v1/auth/generatetoken",
        "X-auth-access-token",
        "POST /api/fmc_platform/v1/auth/revokeaccess",
        headers={"X-auth-access-token": SESSION},
    ),
    ("fortimanager", "firewall.packages"): Manager(
        'POST /jsonrpc {"method":"exec","params":[{"data":{"user":"evidence",'
        '"passwd":"the-password"},"url":"/sys/login/user"}]}',
        "",
        'POST /jsonrpc {"method":"exec","params":[{"url":"/sys/logout"}],'
        f'"session":"{SESSION}"}}',
        answer=json.dumps(
            {"result": [{"status": {"code": 0, "message": "OK"}}], "session": SESSION}
        ).encode(),
    ),
    ("fdm", "firewall.active_of_a_pair"): Manager(
        'POST /api/fdm/v6/fdm/token {"grant_type":"password","username":"evidence",'
        '"password":"the-password"}',
        "Authorization",
        'POST /api/fdm/v6/fdm/token {"grant_type":"revoke_token",'
        f'"access_token":"{SESSION}","token_to_revoke":"{SESSION}"}}',
        answer=json.dumps({"access_token": SESSION, "expires_in": 1800}).encode(),
    ),
}


@pytest.mark.parametrize(("name", "case"), MANAGERS, ids=lambda value: str(value))
def test_a_manager_is_logged_in_to_once_read_and_left(name: str, case: str) -> None:
    one, tape = MANAGERS[name, case], read_tape(CASES / name / f"{case}.tape")
    answers = [
        TapeAnswer(answer.ask.replace("{$session}", SESSION), answer.body, error=answer.error)
        for answer in tape.answers
    ]
    login = LabLogin(one.login, one.answer, one.headers)
    lab = LabHttps(
        Tape(name, (*answers, TapeAnswer(one.logout, b"{}"))), SESSION, one.header, login=login
    )
    with lab:
        device = Device(
            id="manager",
            platform=name,
            address="127.0.0.1",
            port=lab.port,
            options={"tls_fingerprint": lab.fingerprint},
        )
        visitor = Visitor(
            device=device,
            platform=platform(name),
            open_transport=lambda: open_https(device, ACCOUNT, platform(name)),
            clock=lambda: AT,
            key=SiteKey(b"key"),
        )
        visit = visitor.visit(["firewall"])
    (reading,) = visit.readings
    assert reading.failure is None, reading.failure
    taped = read_case(tape, "firewall")
    assert reading.of(FirewallRule) == taped.of(FirewallRule)
    assert len(reading.of(RuleUsage)) == len(taped.of(RuleUsage)) > 0
    assert lab.lines == [one.login, *(answer.ask for answer in answers), one.logout]
    for secret in (SESSION, "the-password"):
        assert secret not in repr(visit)
