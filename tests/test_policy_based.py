"""Policy-based NGFW mode: security policies decide, and what stands before them only inspects."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checks import default_is_deny, rule_carries_traffic, rule_is_not_expired, rule_is_specific
from evidence.facts import FirewallRule, RuleUsage
from evidence.observation import Result
from evidence.reading import Reading
from evidence.tape import Tape, TapeAnswer, read_tape
from tests.by_hand import read
from tests.judging import seen
from tests.test_cases import CASES, read_case

SETTINGS, SECURITY = "cmdb/system/settings", "cmdb/firewall/security-policy"


def with_answers(change: Callable[[str, Any], Any]) -> Tape:
    """The tape with each answer's document changed; None: it was not given."""
    tape = read_tape(CASES / "fortios" / "firewall.policy_based.tape")
    made = [(one, change(one.ask, json.loads(one.body))) for one in tape.answers]
    answers = [replace(one, body=json.dumps(new).encode()) for one, new in made if new is not None]
    return replace(tape, answers=tuple(answers))


def rules(reading: Reading) -> dict[str, FirewallRule]:
    assert reading.failure is None, reading.failure
    return {one.key.rpartition("-")[2]: one for one in reading.of(FirewallRule)}


def without(part: str) -> Callable[[str, Any], Any]:
    return lambda ask, document: None if part in ask else document


def released(version: str, *without_: str) -> Callable[[str, Any], Any]:
    def change(ask: str, document: Any) -> Any:
        if any(part in ask for part in without_):
            return None
        return [{**one, "version": version} for one in document]

    return change


def test_security_policies_tell_their_mode_where_settings_may_not_be_read() -> None:
    with_, without_ = (
        rules(read_case(with_answers(change), "firewall"))
        for change in (lambda _, document: document, without(SETTINGS))
    )
    assert {one.key for one in with_.values()} == {one.key for one in without_.values()}
    for found in (with_, without_):
        decides = {one.name: one.permits for one in found.values() if one.context == "edge"}
        assert decides["inspect"] is None
        assert (decides["web"], decides["no file sharing"]) == (True, False)


def test_security_policies_outside_their_mode_decide_nothing() -> None:
    def profile_based(ask: str, document: Any) -> Any:
        for one in document if SETTINGS in ask else ():
            one["results"]["ngfw-mode"] = "profile-based"
        return document

    found = [
        one
        for one in rules(read_case(with_answers(profile_based), "firewall")).values()
        if one.policy == "security-policy"
    ]
    assert found
    assert {one.permits for one in found} == {None}
    assert not any(one.implicit for one in found)


@pytest.mark.parametrize(("version", "code"), [("v6.0.12", None), ("v6.2.3", "ask_not_answered")])
def test_a_release_without_security_policies_decides_by_its_ordinary_ones(
    version: str, code: str | None
) -> None:
    reading = read_case(with_answers(released(version, SECURITY)), "firewall")
    assert (reading.failure.code if reading.failure else None) == code


def test_what_may_not_be_read_fails_the_reading() -> None:
    def refused(ask: str, document: Any) -> Any:
        return (
            [{**document[0], "status": "error", "http_status": 403}]
            if SECURITY in ask
            else document
        )

    reading = read_case(with_answers(refused), "firewall")
    assert reading.failure is not None
    assert reading.failure.code == "privilege_missing"


def test_its_statistics_show_traffic_and_never_its_absence() -> None:
    reading = read_case(with_answers(lambda _, document: document), "firewall")
    used = [one for one in reading.of(RuleUsage) if "security-policy" in one.key]
    assert {one.count for one in used} == {None, 5}
    assert {one.counting for one in used} == {"unknown"}
    readings = seen(replace(reading, device="fw-01"))
    carried = {
        one.measures["rule"].rpartition("-")[2]: one.state
        for one in rule_carries_traffic.check(readings)
        if "rule" in one.measures
    }
    assert carried["0f3a9be0c104"] != "no_traffic_proven"
    assert "0f3a9be0c101" not in carried, "what only inspects is not asked about traffic"


def test_its_denial_is_the_default_and_a_proxy_policy_is_not_understood() -> None:
    readings = seen(
        replace(read_case(with_answers(lambda _, document: document), "firewall"), device="fw-01")
    )
    denials = [one for one in default_is_deny.check(readings) if "security-policy" in one.subject]
    assert [one.result for one in denials] == [Result.satisfied]
    specific = [one for one in rule_is_specific.check(readings) if "proxy-policy" in one.subject]
    assert all(one.result is not Result.satisfied for one in specific)
    assert specific


def test_a_package_of_a_manager_is_read_in_its_mode() -> None:
    tape = read_tape(CASES / "fortimanager" / "firewall.packages.tape")
    url = "/pm/config/adom/root/pkg/HQ/firewall/security-policy"
    answers = [
        replace(
            one, body=one.body.replace(b'"hitc-taskid":77', b'"ngfw-mode":"policy-based","x":7')
        )
        for one in tape.answers
    ]
    row = {
        "policyid": 4,
        "name": "apps",
        "srcintf": ["port1"],
        "dstintf": ["port2"],
        "srcaddr": ["all"],
        "dstaddr": ["office"],
        "service": ["HTTPS"],
        "action": "accept",
    }
    for option, data in (('"option":"count"', 1), ('"range":[0,1000]', [row])):
        params = f'"params":[{{{option},"url":"{url}"}}],"session":"{{$session}}","verbose":1'
        body = {"id": 1, "result": [{"data": data, "status": {"code": 0}, "url": url}]}
        answers.append(
            TapeAnswer(f'POST /jsonrpc {{"method":"get",{params}}}', json.dumps(body).encode())
        )
    reading = read_case(replace(tape, answers=tuple(answers)), "firewall")
    assert reading.failure is None, reading.failure
    found = [one for one in reading.of(FirewallRule) if one.policy.startswith("HQ")]
    decided = {(one.policy, one.name): (one.permits, one.implicit) for one in found}
    assert decided["HQ", "web in"] == (None, False)
    assert decided["HQ security-policy", "apps"] == (True, False)
    assert decided["HQ security-policy", "Implicit Deny"] == (False, True)
    assert len({one.key for one in found}) == len(found)


SCHEDULED = """\
config firewall schedule onetime
    edit "supplier"
        set start 00:00 2026/01/01
        set end 23:59 2026/06/30
    next
end
config firewall schedule recurring
    edit "always"
        set day sunday monday tuesday wednesday thursday friday saturday
    next
    edit "office"
        set start 08:00
        set end 18:00
        set day monday tuesday
    next
end
config firewall policy
"""


def test_a_schedule_tells_its_end() -> None:
    names = ("supplier", "always", "office", "unknown")
    policies = "".join(
        f"    edit {n}\n        set action accept\n"
        '        set srcintf "a"\n        set dstintf "b"\n'
        f'        set srcaddr "all"\n        set dstaddr "all"\n        set service "ALL"\n'
        f'        set schedule "{name}"\n    next\n'
        for n, name in enumerate(names, start=1)
    )
    body = f"{SCHEDULED}{policies}end\n".encode()
    reading = read("fortios", "firewall", ("show full-configuration", body))
    told = [one.schedule for one in reading.of(FirewallRule) if not one.implicit]
    assert told == ["supplier until 2026-06-30", "always", "office recurring", "unknown"]
    readings = seen(replace(reading, device="fw-01"))
    states = {one.state for one in rule_is_not_expired.check(readings) if "rule" in one.measures}
    assert states == {"expired", "end_unknown"}


def test_header_policies_that_may_not_be_read_fail_the_reading() -> None:
    tape = read_tape(CASES / "fortimanager" / "firewall.packages.tape")
    answers = [
        replace(one, body=one.body.replace(b'"code":-3', b'"code":-11'))
        if "global/header" in one.ask
        else one
        for one in tape.answers
    ]
    assert answers != list(tape.answers)
    reading = read_case(replace(tape, answers=tuple(answers)), "firewall")
    assert reading.failure is not None
    assert reading.failure.code == "privilege_missing"
