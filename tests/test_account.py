"""What the reading account may do: asked of each device, warned of, and refused where wished."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from agent.doctor import examine
from agent.platforms import platform
from agent.redact import SiteKey
from agent.transports import Answer
from agent.visit import Visit, Visitor
from checks import account_is_read_only
from evidence.ask import Ask
from evidence.device import Device
from evidence.errors import NotAnswered
from evidence.facts import AccountPrivilege
from evidence.observation import Result
from tests.fixtures_lab import ASA, ASA_TERMINAL, Site, failure_of, tape_of
from tests.judging import read, seen

NOW = datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
PRIVILEGED = tape_of("asa/firewall.pair", "asa/firmware.asa5516", "asa/account.level_15")


class Told:
    """Answers by the beginning of what is asked, to one account."""

    def __init__(self, account: str | None, answers: dict[str, str]) -> None:
        self._account, self._answers = account, answers

    def ask(self, ask: Ask) -> Answer:
        for begins, body in self._answers.items():
            if ask.text.startswith(begins) or ask.name == begins:
                return Answer(body.encode(), account=self._account)
        raise NotAnswered(f"{ask.text!r}", code="privilege_missing")

    def close(self) -> None:
        """Nothing is open."""


def visited(name: str, account: str | None, answers: dict[str, str], **options: str) -> Visit:
    one = platform(name)
    return Visitor(
        device=Device(id="d-1", platform=name, options=options),
        platform=one,
        open_transport=lambda: Told(account, answers),
        clock=lambda: NOW,
        key=SiteKey(b"the key of the test cases"),
    ).visit(["account"])


def privilege(name: str, account: str | None, answers: dict[str, str]) -> AccountPrivilege:
    (reading,) = visited(name, account, answers).readings
    assert reading.failure is None, reading.failure
    (found,) = reading.of(AccountPrivilege)
    return found


NEXUS = (
    "user:admin\n        this user account has no expiry date\n        roles:network-admin \n"
    "user:evidence\n        this user account has no expiry date\n        roles:network-operator \n"
    "user:ops\n        this user account has no expiry date\n        roles:site-tools \n"
)


@pytest.mark.parametrize(
    ("account", "level", "can_write"),
    [
        ("admin", "network-admin", True),
        ("evidence", "network-operator", False),
        ("ops", "site-tools", None),
        ("radius-user", None, None),
    ],
)
def test_a_nexus_account_is_known_by_its_name(
    account: str, level: str | None, can_write: bool | None
) -> None:
    found = privilege("nxos", account, {"show user-account": NEXUS})
    assert (found.account, found.level, found.can_write) == (account, level, can_write)


SYSTEM = (
    '<response status="success"><result><system><hostname>pa</hostname><serial>0001</serial>'
    "<sw-version>11.1.2</sw-version><model>PA-440</model></system></result></response>"
)


@pytest.mark.parametrize(
    ("role", "level", "can_write"),
    [
        ("<superreader>yes</superreader>", "superreader", False),
        ("<superuser>yes</superuser>", "superuser", True),
        ("<custom><profile>evidence</profile></custom>", "custom evidence", None),
        ("", None, None),
    ],
)
def test_a_key_s_role_is_read_by_the_name_beside_it(
    role: str, level: str | None, can_write: bool | None
) -> None:
    said = f"<permissions><role-based>{role}</role-based></permissions>"
    body = f'<response status="success"><result>{said}</result></response>'
    found = privilege("panos", "evidence", {"system_info": SYSTEM, "permissions": body})
    assert (found.level, found.can_write) == (level, can_write)


def test_a_name_with_strange_signs_is_never_sent() -> None:
    (reading,) = visited("panos", "a']/../x", {"system_info": SYSTEM}).readings
    assert failure_of(reading) == "gate_denied"


def test_several_api_users_are_told_apart_by_the_credential_s_name() -> None:
    listed = [
        {"name": "a", "accprofile": "super_admin"},
        {"name": "b", "accprofile": "super_admin_readonly"},
    ]
    envelope = {"http_method": "GET", "status": "success", "http_status": 200, "vdom": "root"}
    body = envelope | {"results": listed, "serial": "FGT", "version": "v7.4.5", "build": 1}
    users = {"GET /api/v2/cmdb/system/api-user": json.dumps(body)}
    found = [privilege("fortios", name, users).can_write for name in ("a", "b", None)]
    assert found == [True, False, None]


def test_an_account_that_could_write_is_a_caution_and_a_finding() -> None:
    admin = visited("ios", "lin", {"show privilege": "Current privilege level is 15\n"})
    (reading,) = admin.readings
    (caution,) = reading.cautions
    assert caution.code == "privilege_too_high" and "lin" in caution.message
    states = []
    for can_write in (True, False, None):
        fact = AccountPrivilege(account="lin", level="level 15", can_write=can_write)
        (one,) = account_is_read_only.check(seen(read("sw-01", "account", fact)))
        states.append((one.state, one.result))
    assert states == [
        ("account_could_write", Result.not_satisfied),
        ("account_only_reads", Result.satisfied),
        ("account_unknown", Result.not_assessed),
    ]


def test_an_account_that_could_write_can_be_refused(lab_site: Site) -> None:
    refusing = {"privileged_account": "refuse"}
    lab_site.ssh(
        "fw-01", PRIVILEGED, "firmware", "account", terminal=ASA_TERMINAL, options=refusing
    )
    lab_site.ssh("fw-02", PRIVILEGED, "firmware", "account", terminal=ASA_TERMINAL)
    found = lab_site.readings()
    assert failure_of(found["fw-01", "firmware"]) == "privilege_too_high"
    assert "show version" not in lab_site.heard["fw-01"]
    assert found["fw-01", "account"].failure is None
    assert found["fw-02", "firmware"].failure is None


def test_the_doctor_warns_of_an_account_that_could_write(lab_site: Site) -> None:
    lab_site.ssh("fw-01", PRIVILEGED, "account", terminal=ASA_TERMINAL)
    config = lab_site.write()
    with lab_site.agent(config) as agent:
        lab_site.collect(config, agent)
        found = {one.about: one for one in examine(config, datetime.now(UTC), ["fw-01"])}
    one = found["privilege"]
    assert (one.state, one.exit_code) == ("warn", 0)
    assert one.said.startswith("privilege_too_high: ")
    assert "docs/platforms/asa.md" in one.mend


def test_a_device_that_cannot_be_asked_leaves_the_account_unjudged(lab_site: Site) -> None:
    lab_site.ssh("fw-01", ASA, "account", terminal=ASA_TERMINAL)
    found = lab_site.readings()["fw-01", "account"]
    assert failure_of(found) == "output_unexpected"
    (one,) = account_is_read_only.check(seen(found))
    assert one.result is Result.not_assessed
