"""What is not known makes nothing pass: no check says 符合 of less than it was told before.

Every reading of the cases is judged once as it stands and once for each thing that is left
untold; and a small broker's readings, each of them failed in its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from checks import known_checks, run_checks
from evidence.facts import Fact
from evidence.observation import Observation, Result
from evidence.readings import Readings
from evidence.tape import read_tape
from tests.judging import company, failed, read, rule_book, seen
from tests.test_cases import CASES, cases, read_case
from tests.test_checks_run import broker

SUBJECTS = (
    *("wireless", "remote_desktop", "remote_access", "session_log", "logon_hours"),
    *("crypto", "host"),
)
CHECKS = (
    *("wireless_is_strong", "wireless_users_are_known", "wireless_agrees_with_air"),
    *("wireless_key_is_changed", "guest_is_separated", "remote_access_uses_mfa"),
    *("remote_sessions_are_reviewed", "remote_session_is_limited", "remote_hours_are_limited"),
    *("remote_desktop_is_restricted", "rdp_requires_nla", "rdp_agrees_with_wire"),
    *("remote_control_is_sanctioned", "vendor_accounts_expire", "cryptography_is_current"),
    *("administration_is_closed_to_outside", "endpoint_is_managed", "mail_is_scanned"),
    *("malware_protection_is_current", "software_allowlist_is_enforced"),
)
# What tells one thing from another; without it a fact is of another thing, not less known.
_NAMES = {"subject_unit", "place", "address", "port", "ssid", "profile", "user"}
# Empty, it says that nothing is offered.
_SAYS_NONE = {"names"}
MOST_FACTS = 40


def _results(observations: Iterable[Observation]) -> dict[tuple[str, str], set[Result]]:
    found: dict[tuple[str, str], set[Result]] = {}
    for one in observations:
        found.setdefault((one.check, one.subject), set()).add(one.result)
    return found


def _judged(readings: Readings) -> dict[tuple[str, str], set[Result]]:
    policy = company()
    return _results(
        one for name in CHECKS for one in known_checks()[name](readings, **policy.settings(name))
    )


def _untold(fact: Fact) -> Iterator[tuple[str, Fact]]:
    """The fact with one field after the other unknown."""
    for field in fields(fact):
        kind = str(field.type)
        unknown = None if "None" in kind else () if kind.startswith("tuple") else ...
        known = getattr(fact, field.name) not in (None, ())
        if known and unknown is not ... and field.name not in _NAMES | _SAYS_NONE:
            changed: dict[str, Any] = {field.name: unknown}
            yield field.name, replace(fact, **changed)


def _passes(
    before: Mapping[tuple[str, str], set[Result]], after: Mapping[tuple[str, str], set[Result]]
) -> list[tuple[str, str]]:
    """What passes now and did not before; what was not on the air, say, was not judged."""
    passing, unjudged = {Result.satisfied}, {Result.satisfied, Result.not_applicable}
    return [
        key
        for key, told in after.items()
        if told == passing and not before.get(key, passing) <= unjudged
    ]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_field_that_is_not_told_makes_nothing_pass(subject: str) -> None:
    judged = 0
    for path in cases():
        if path.name.split(".")[0] != subject or ".failure." in path.name:
            continue
        facts = read_case(read_tape(path), subject).facts
        if len(facts) > MOST_FACTS:
            continue
        before = _judged(seen(read("d", subject, *facts)))
        for place, fact in enumerate(facts):
            for name, less in _untold(fact):
                told = (*facts[:place], less, *facts[place + 1 :])
                now = _passes(before, _judged(seen(read("d", subject, *told))))
                assert not now, (_case(path), type(fact).__name__, name, now)
                judged += 1
    assert judged > 8


def _case(path: Path) -> str:
    return str(path.relative_to(CASES))


def test_a_reading_that_failed_makes_nothing_pass() -> None:
    known = broker()
    before = _results(run_checks(rule_book(), company(), known))
    for one in known.all:
        rest = [failed(one.device, one.subject, "device_unreachable", one.at)]
        rest += [other for other in known.all if other is not one]
        less = replace(known, all=sorted(rest, key=lambda each: each.at))
        now = _passes(before, _results(run_checks(rule_book(), company(), less)))
        assert not now, (one.device, one.subject, now)
