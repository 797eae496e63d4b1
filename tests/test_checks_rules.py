"""The rule review: each check's states, and that what cannot be told is never a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from checks import (
    default_is_deny,
    dmz_is_separated,
    logging_runs_on,
    no_cleartext_or_management_from_outside,
    rule_has_owner,
    rule_is_counted,
    rule_is_logged,
    rule_is_not_expired,
    rule_is_reachable,
    rule_is_specific,
    rules_changed_are_approved,
)
from evidence.facts import Fact, FirewallRule, RuleUsage, Ticket
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings
from tests.judging import AT, company, failed, judged, read, seen
from tests.test_checks_firewall import DENY, ZONES, firewall, rule

Check = Callable[..., Iterator[Observation]]


def state(check: Check, readings: Readings, subject: str = "fw-01/root/7", **settings: Any) -> str:
    """The state of a subject; `fine` where only the count of good ones is told."""
    found = {one.subject: one for one in check(readings, **settings)}
    if subject in found:
        one = found[subject]
        assert one.result is not Result.satisfied or one.state in ("change_approved",), one.state
        assert one.evidence and one.description.zh
        return one.state
    return "fine" if any(one.state == "others_fine" for one in found.values()) else "not asked"


def with_tickets(*facts: Fact, tickets: tuple[Ticket, ...] = ()) -> Readings:
    return seen(read("fw-01", "firewall", *facts), read("desk", "tickets", *tickets), zones=ZONES)


TICKET = Ticket(
    ticket_id="CR-1234",
    target="fw-01/root/7",
    approved_by="chen",
    approved_on=date(2026, 11, 5),
)


def with_use(one: FirewallRule) -> Readings:
    return seen(read("fw-01", "firewall", one, RuleUsage(key=one.key, count=5)), zones=ZONES)


EVERY = [
    (rule_is_logged.check, rule(logged=True)),
    (rule_is_counted.check, rule()),
    (rule_has_owner.check, rule(comment="CR-1234")),
    (rule_is_not_expired.check, rule()),
    (dmz_is_separated.check, rule()),
    (no_cleartext_or_management_from_outside.check, rule()),
    (rule_is_reachable.check, rule()),
    (rule_is_specific.check, rule()),
]


@pytest.mark.parametrize(("check", "good"), EVERY)
def test_what_was_not_read_is_not_assessed(check: Check, good: FirewallRule) -> None:
    [found] = check(seen(failed("fw-01", "firewall", "auth_failed")))
    assert (found.result, found.state) == (Result.not_assessed, "not_read")


@pytest.mark.parametrize(("check", "good"), EVERY)
def test_a_good_rule_is_counted_among_the_others(check: Check, good: FirewallRule) -> None:
    observations = list(check(with_use(good)))
    assert [one.result for one in observations] == [Result.satisfied]


@pytest.mark.parametrize(("check", "good"), EVERY)
def test_a_rule_nobody_understood_is_never_a_pass(check: Check, good: FirewallRule) -> None:
    strange = replace(good, not_understood=("frobnicate 3",))
    [found] = check(with_use(strange))
    assert (found.result, found.measures["rule"]) == (Result.not_assessed, "root/7")
    assert "frobnicate 3" in found.description.zh


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"logged": True}, "fine"),
        ({"logged": False}, "not_logged"),
        ({"logged": None}, "logging_unknown"),
        ({"logged": False, "permits": False}, "not asked"),
        ({"logged": False, "enabled": False}, "not asked"),
    ],
)
def test_rule_is_logged(said: dict[str, Any], expected: str) -> None:
    assert state(rule_is_logged.check, firewall(rule(**said))) == expected


def test_refusals_are_asked_for_logs_where_the_company_says_so() -> None:
    readings = firewall(rule(permits=False, logged=False))
    assert state(rule_is_logged.check, readings, actions=["permit", "deny"]) == "not_logged"


@pytest.mark.parametrize(
    ("said", "usage", "expected"),
    [
        ({}, {"count": 0}, "fine"),
        ({"counted": False}, None, "not_counted"),
        ({"counted": None}, None, "count_unknown"),
        ({}, {"count": None}, "count_unknown"),
        ({}, {"count": 3, "counting": "off"}, "not_counted"),
        ({}, {"count": 3, "counting": "unknown"}, "count_not_exact"),
    ],
)
def test_rule_is_counted(said: dict[str, Any], usage: dict[str, Any] | None, expected: str) -> None:
    facts: list[Fact] = [rule(**said)]
    facts += [] if usage is None else [RuleUsage(key="root/7", **usage)]
    readings = seen(read("fw-01", "firewall", *facts), zones=ZONES)
    assert state(rule_is_counted.check, readings) == expected


@pytest.mark.parametrize(
    ("said", "tickets", "expected"),
    [
        ({"comment": "opened by CR-2041"}, (), "fine"),
        ({"name": "chg1234-quotes"}, (), "fine"),
        ({"comment": "負責人：王小明"}, (), "fine"),
        ({}, (TICKET,), "fine"),
        ({}, (), "no_owner"),
        ({"comment": "settlement"}, (), "no_owner"),
        ({"owner": "docker"}, (), "not asked"),
    ],
)
def test_rule_has_owner(said: dict[str, Any], tickets: tuple[Ticket, ...], expected: str) -> None:
    assert state(rule_has_owner.check, with_tickets(rule(**said), tickets=tickets)) == expected


@pytest.mark.parametrize(
    ("said", "until", "expected"),
    [
        ({}, None, "fine"),
        ({"schedule": "always"}, None, "fine"),
        ({"schedule": "office-hours"}, None, "end_unknown"),
        ({"schedule": "until 2026-12-31"}, None, "fine"),
        ({"schedule": "until 2026-12-20"}, None, "expires_soon"),
        ({"schedule": "until 2026-11-29"}, None, "expired"),
        ({"comment": "臨時開放至 2026/10/31"}, None, "expired"),
        ({"comment": "temporary for the audit"}, None, "end_unknown"),
        ({}, date(2026, 11, 1), "expired"),
        ({}, date(2027, 6, 30), "fine"),
        ({"schedule": "until 2026-11-29"}, date(2027, 6, 30), "expired"),
    ],
)
def test_rule_is_not_expired(said: dict[str, Any], until: date | None, expected: str) -> None:
    tickets = () if until is None else (replace(TICKET, expires_on=until),)
    readings = with_tickets(rule(**said), tickets=tickets)
    assert state(rule_is_not_expired.check, readings) == expected


def test_a_later_approval_takes_the_place_of_an_earlier() -> None:
    old = replace(TICKET, ticket_id="CR-1000", approved_on=date(2026, 1, 5))
    tickets = (
        replace(old, expires_on=date(2026, 6, 30)),
        replace(TICKET, expires_on=date(2027, 6, 30)),
    )
    readings = with_tickets(rule(), tickets=tickets)
    assert state(rule_is_not_expired.check, readings) == "fine"


def test_a_schedule_the_company_knows_to_recur_is_no_end() -> None:
    readings = firewall(rule(schedule="office-hours"))
    known = ["office-hours"]
    assert state(rule_is_not_expired.check, readings, recurring_schedules=known) == "fine"


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (DENY, ["default_denies"]),
        (replace(DENY, permits=True), ["default_permits"]),
        (replace(DENY, permits=None), ["default_not_shown"]),
        (replace(DENY, enabled=False), ["default_not_shown"]),
        (replace(DENY, implicit=False), []),
        (replace(DENY, implicit=False, conditions=("ct state invalid",)), ["default_not_shown"]),
        (replace(DENY, implicit=False, not_understood=("x",)), ["default_not_shown"]),
        (replace(DENY, implicit=False, services=("tcp",)), ["default_not_shown"]),
    ],
)
def test_default_is_deny(last: FirewallRule, expected: list[str]) -> None:
    found = list(default_is_deny.check(firewall(rule(), last)))
    assert [one.state for one in found] == expected


@pytest.mark.parametrize(
    ("source", "destination", "more", "expected"),
    [
        ("lan", "dmz", {}, "fine"),
        ("wan", "dmz", {}, "fine"),
        ("wan", "lan", {}, "way_closed"),
        ("wan", "any", {}, "way_closed"),
        ("dmz", "lan", {}, "fine"),
        ("dmz", "lan", {"services": ("any",)}, "way_too_broad"),
        ("dmz", "lan", {"sources": ("any",)}, "way_too_broad"),
        ("wan", "dmz", {"sources": ("any",)}, "fine"),
        ("wan", "dmz", {"destinations": ("any",)}, "way_too_broad"),
        ("lan", "port9", {}, "fine"),
        ("wan", "lan", {"permits": False}, "not asked"),
    ],
)
def test_dmz_is_separated(
    source: str, destination: str, more: dict[str, Any], expected: str
) -> None:
    leaves = () if destination == "any" else (destination,)
    wide = {"destinations": ("any",)} if destination == "any" else {}
    one = rule(source_zones=(source,), destination_zones=leaves, **{**wide, **more})
    assert state(dmz_is_separated.check, firewall(one)) == expected


def test_places_that_are_not_mapped_are_told_once_a_firewall() -> None:
    places = [("port9", "lan"), ("wan", "port9"), ("wan", "dmz")]
    rules = [
        rule(f"root/{n}", name=f"rule {n}", source_zones=(source,), destination_zones=(to,))
        for n, (source, to) in enumerate(places)
    ]
    [fine, unmapped] = dmz_is_separated.check(firewall(*rules))
    assert (fine.measures, unmapped.measures) == ({"rules": 1}, {"rules": 2})
    assert (unmapped.result, unmapped.state) == (Result.not_assessed, "zone_unknown")
    assert "rule 0、rule 1" in unmapped.description.zh


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"services": ("tcp/443",)}, "fine"),
        ({"services": ("tcp/20-25",)}, "exposed"),
        ({"services": ("udp/161",)}, "exposed"),
        ({"services": ("any",)}, "exposed"),
        ({"services": ("gre",)}, "fine"),
        ({"services": ("HTTPS",)}, "fine"),
        ({"services": ("our-service",)}, "exposure_unknown"),
        ({"services": ("application-default",), "applications": ("ssh",)}, "exposed"),
        ({"services": ("application-default",), "applications": ("ssl",)}, "fine"),
        ({"services": ("tcp/22",), "source_zones": ("lan",)}, "fine"),
        ({"services": ("tcp/22",), "source_zones": ("port9",)}, "exposure_unknown"),
    ],
)
def test_no_cleartext_or_management_from_outside(said: dict[str, Any], expected: str) -> None:
    one = rule(**{"source_zones": ("wan",), **said})
    check = no_cleartext_or_management_from_outside.check
    assert state(check, firewall(one)) == expected


@pytest.mark.parametrize(
    ("earlier", "expected", "result"),
    [
        ({"sources": ("10.2.0.0/16",)}, "fine", None),
        ({"permits": False}, "shadowed", Result.not_satisfied),
        ({}, "redundant", Result.partly),
        ({"sources": ("staff-pcs",)}, "reach_unknown", Result.not_assessed),
    ],
)
def test_rule_is_reachable(earlier: dict[str, Any], expected: str, result: Result | None) -> None:
    readings = firewall(rule("root/1", position=1, **earlier), rule(position=2), DENY)
    assert state(rule_is_reachable.check, readings) == expected
    found = [one for one in rule_is_reachable.check(readings) if one.subject == "fw-01/root/7"]
    assert [one.result for one in found] == ([] if result is None else [result])
    if found:
        assert found[0].measures["by"] == ["root/1"]


def test_what_a_rule_that_is_not_reached_is_worth_is_the_companys() -> None:
    readings = firewall(rule("root/1", position=1), rule(position=2))
    found = list(rule_is_reachable.check(readings, worth={"redundant": "not_satisfied"}))
    assert found[0].result is Result.not_satisfied


# --- rules_changed_are_approved ---


def changed(then: list[FirewallRule] | None, now: list[FirewallRule], *tickets: Ticket) -> Readings:
    """`then`: the rules of the last reading before the month."""
    readings = seen(read("fw-01", "firewall", *now), read("desk", "tickets", *tickets), zones=ZONES)

    def before(device: str, subject: str, at: datetime) -> Reading | None:
        if then is None or subject != "firewall":
            return None
        return read(device, subject, *then, at=at - timedelta(days=1))

    return replace(readings, before=before)


def changes(readings: Readings) -> dict[str, str]:
    found = rules_changed_are_approved.check(readings)
    return {one.subject: one.state for one in found if one.state != "others_fine"}


def test_without_a_reading_before_the_month_changes_cannot_be_told() -> None:
    assert changes(changed(None, [rule()])) == {"fw-01/changes": "no_reading_before"}


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ([], [rule()]),
        ([rule()], [rule("root/8")]),
        ([rule(services=("tcp/80",))], [rule()]),
        ([rule(enabled=False)], [rule()]),
        ([rule(logged=False)], [rule()]),
    ],
)
def test_a_change_needs_its_ticket(then: list[FirewallRule], now: list[FirewallRule]) -> None:
    assert changes(changed(then, now))["fw-01/root/7"] == "change_unapproved"
    approved = changes(changed(then, now, TICKET))
    assert approved["fw-01/root/7"] == "change_approved"


@pytest.mark.parametrize(
    "said",
    [
        {"approved_by": None},
        {"approved_on": date(2025, 11, 5)},
        {"target": "fw-01/root/99"},
    ],
)
def test_a_ticket_that_is_none_of_this_change_approves_nothing(said: dict[str, Any]) -> None:
    found = changes(changed([], [rule()], replace(TICKET, **said)))
    assert found["fw-01/root/7"] == "change_unapproved"


def test_a_ticket_whose_number_stands_in_the_comment_approves() -> None:
    ticket = replace(TICKET, target=None)
    found = changes(changed([], [rule(comment="cr-1234 quotes")], ticket))
    assert found == {"fw-01/root/7": "change_approved"}


def test_a_comment_a_counter_and_a_number_are_no_change() -> None:
    then = [rule(position=3, comment="old", counted=None)]
    assert changes(changed(then, [rule(position=4)])) == {}


def test_another_order_is_told_once() -> None:
    then = [rule(position=1), rule("root/8", position=2)]
    now = [rule(position=2), rule("root/8", position=1)]
    assert changes(changed(then, now)) == {"fw-01/order of rules": "order_changed"}


def test_the_review_clauses_see_the_new_checks() -> None:
    readings = firewall(rule(logged=False, source_zones=("wan",), services=("tcp/23",)), DENY)
    observations = [
        *rule_is_logged.check(readings),
        *no_cleartext_or_management_from_outside.check(readings),
        *default_is_deny.check(readings),
    ]
    judgement = judged(*observations)
    verdicts = {name: judgement.result(name).verdict.value for name in _CLAUSES}
    assert verdicts == {
        "CC-17010.b.c": "not_satisfied",
        "CC-17010.b.g": "satisfied",
        "CC-17010.b.h": "not_satisfied",
    }


_CLAUSES = ("CC-17010.b.c", "CC-17010.b.g", "CC-17010.b.h")


def test_the_companys_own_settings_win_over_the_part_s() -> None:
    policy = company()
    own = replace(policy, checks={"rule_is_not_expired": {"warn_days": 7}})
    settings = own.settings("rule_is_not_expired")
    assert settings["warn_days"] == 7 and "ticket_patterns" in settings
    assert type(policy).of_record(policy.record()) == policy


def test_rules_that_are_all_as_they_should_be_are_one_line() -> None:
    rules = [
        rule(f"root/{n}", position=n, destinations=(f"10.9.{n // 250}.{n % 250}/32",))
        for n in range(600)
    ]
    observations = list(rule_is_reachable.check(firewall(*rules)))
    assert [one.measures.get("rules") for one in observations] == [600]
    assert observations[0].at == AT


# --- logging_runs_on ---


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ({"logged": True}, {"logged": True}, "fine"),
        ({"logged": True}, {"logged": False}, "logging_switched_off"),
        ({"logged": False}, {"logged": False}, "fine"),
        ({"logged": False}, {"logged": True}, "fine"),
        ({"logged": None}, {"logged": False}, "fine"),
        ({"logged": True}, {"logged": None}, "fine"),
        ({"logged": True}, {"logged": False, "enabled": False}, "not asked"),
        ({"logged": True}, {"logged": False, "name": "renamed"}, "logging_switched_off"),
    ],
)
def test_logging_that_was_switched_off_is_a_finding_of_its_own(
    then: dict[str, Any], now: dict[str, Any], expected: str
) -> None:
    readings = changed([rule(**then)], [rule(**now)])
    assert state(logging_runs_on.check, readings) == expected


def test_a_renamed_rule_that_no_longer_logs_is_found_by_what_it_matches() -> None:
    same = {"match_digest": "0" * 64}
    before, after = rule("root/6", logged=True, **same), rule("root/7", logged=False, **same)
    readings = changed([before], [after])
    [found] = logging_runs_on.check(readings)
    assert (found.result, found.state) == (Result.partly, "logging_switched_off")
    assert len(found.evidence) == 2, "both readings are cited"


def test_without_a_reading_from_before_nothing_is_said_of_logging() -> None:
    assert not list(logging_runs_on.check(changed(None, [rule(logged=False)])))
