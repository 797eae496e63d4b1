"""The checks of firewall rules: use, specificity, decommissioned systems, tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from checks import (
    rule_carries_traffic,
    rule_is_decided,
    rule_is_specific,
    rule_of_decommissioned_system,
)
from evidence.facts import Asset, Fact, FirewallRule, Interface, RuleUsage, Ticket, Unit
from evidence.observation import Observation, Result
from evidence.reading import Reading
from evidence.readings import Readings, Zones
from tests.judging import AT, company, failed, judged, on, read, review_finding, seen

ZONES = Zones(
    by_device={"fw-01": {"wan": "external", "lan": "internal", "dmz": "dmz"}},
    networks={"10.0.0.0/8": "internal", "10.9.0.0/16": "dmz", "0.0.0.0/0": "external"},
)


def rule(key: str = "root/7", **said: Any) -> FirewallRule:
    """A specific, logged rule from the inside to the DMZ, unless said otherwise."""
    usual: dict[str, Any] = {
        "context": "root",
        "action": "accept",
        "permits": True,
        "source_zones": ("lan",),
        "destination_zones": ("dmz",),
        "sources": ("10.1.1.0/24",),
        "destinations": ("10.9.0.10/32",),
        "services": ("tcp/443",),
        "logged": True,
        "counted": True,
        "match_digest": "m" + key,
    }
    return FirewallRule(key=key, **{**usual, **said})


DENY = rule(
    "root/0",
    implicit=True,
    permits=False,
    action="deny",
    sources=("any",),
    destinations=("any",),
    services=("any",),
    source_zones=(),
    destination_zones=(),
)


def firewall(*rules: FirewallRule, zones: Zones = ZONES) -> Readings:
    return seen(read("fw-01", "firewall", *rules), zones=zones)


def about(observations: list[Observation], subject: str) -> Observation:
    [found] = [one for one in observations if one.subject == subject]
    return found


# --- rule_is_specific ---


def specific(one: FirewallRule, zones: Zones = ZONES, **settings: Any) -> Observation:
    observations = list(rule_is_specific.check(firewall(one, DENY, zones=zones), **settings))
    return about(observations, f"fw-01/{one.key}")


def test_a_narrow_logged_rule_is_specific() -> None:
    found = specific(rule())
    assert (found.result, found.state) == (Result.satisfied, "specific")
    assert found.scope == ("site:main", "zone:dmz", "zone:internal")


@pytest.mark.parametrize(
    ("said", "detector"),
    [
        ({"sources": ("any",)}, "any_source"),
        ({"sources": ("0.0.0.0/0",)}, "any_source"),
        ({"destinations": ("all",)}, "any_destination"),
        ({"services": ("any",)}, "any_service"),
        ({"services": ("ALL",)}, "any_service"),
        ({"services": ("tcp/1-65535",)}, "any_service"),
        ({"services": ("tcp",)}, "any_service"),
        ({"services": ("udp/any from 53",)}, "any_service"),
        ({"source_zones": ("wan",), "services": ("tcp/22",)}, "management_from_external"),
        ({"source_zones": ("wan",), "services": ("tcp/3000-4000",)}, "management_from_external"),
        ({"source_zones": ("wan",), "services": ("RDP",)}, "management_from_external"),
        ({"source_zones": ("wan",), "services": ("tcp/telnet",)}, "clear_text_from_external"),
        ({"source_zones": (), "sources": ("203.0.113.7",), "services": ("21/tcp",)},
         "clear_text_from_external"),
        ({"source_zones": ("wan",), "services": ("any",)}, "inbound_any"),
        ({"logged": False}, "logging_off"),
        ({"sources": ("10.0.0.0/8",)}, "wide_range"),
        ({"sources": ("2001:db8::/32",)}, "wide_range"),
        ({"services": ("tcp/10000-20000",)}, "wide_range"),
        ({"schedule": "onetime 2026-01-01 to 2026-06-30"}, "expired"),
        ({"comment": "臨時開放至 2026/10/31"}, "expired"),
        ({"name": "temp-20261101"}, "expired"),
    ],
)  # fmt: skip
def test_each_detector(said: dict[str, Any], detector: str) -> None:
    found = specific(rule(**said))
    assert (found.result, found.state) == (Result.not_satisfied, "high_risk")
    assert detector in found.measures["found"]


@pytest.mark.parametrize(
    "said",
    [
        {"services": ("icmp/echo-request",)},
        {"services": ("any",), "applications": ("web-browsing",)},
        {"services": ("tcp/22",)},  # from the inside
        {"schedule": "recurring mon-fri 09:00-17:00"},
        {"schedule": "onetime until 2026-12-31"},
        {"comment": "opened 2020-01-01 for settlement"},  # a date, and nothing temporary
        {"sources": ("10.1.0.0-10.1.0.9",)},
        {"services": ("esp",)},
    ],
)
def test_what_is_no_risk(said: dict[str, Any]) -> None:
    assert specific(rule(**said)).result is Result.satisfied


@pytest.mark.parametrize(
    ("said", "unclear"),
    [
        ({"source_zones": ("port9",), "services": ("tcp/22",)}, ["management_from_external"]),
        ({"logged": None}, ["logging_off"]),
        (
            {"source_zones": ("wan",), "services": ("our-service",)},
            ["management_from_external", "clear_text_from_external"],
        ),
    ],
)
def test_what_cannot_be_told_is_not_assessed(said: dict[str, Any], unclear: list[str]) -> None:
    found = specific(rule(**said))
    assert (found.result, found.measures["unclear"]) == (Result.not_assessed, unclear)


def test_an_unmapped_zone_does_not_matter_where_nothing_depends_on_it() -> None:
    found = specific(rule(source_zones=("port9",)))
    assert found.result is Result.satisfied
    assert "zone:?" in found.scope


def test_an_interface_lies_in_the_zone_of_its_network() -> None:
    reading = read(
        "fw-01",
        "firewall",
        rule(source_zones=("eth7",)),
        Interface(name="eth7", addresses=("10.9.3.1/24",)),
    )
    [found] = rule_is_specific.check(seen(reading, zones=ZONES))
    assert found.scope == ("site:main", "zone:dmz")


def test_the_detectors_are_the_companys() -> None:
    assert specific(rule(sources=("any",)), detectors=["any_service"]).result is Result.satisfied


def test_disabled_rules_and_rules_that_deny_are_no_risk() -> None:
    off = rule("root/8", enabled=False, sources=("any",))
    no = rule("root/9", permits=False, sources=("any",))
    jump = rule("root/10", permits=None, sources=("any",))
    observations = list(rule_is_specific.check(firewall(off, no, jump, DENY)))
    assert not observations


# --- rule_carries_traffic ---


def counted(count: int, at: datetime, unit: str | None = None, **more: Any) -> Reading:
    """A persistent counter, with the device's word that it was never zeroed since 2025."""
    reset = datetime.fromisoformat("2025-01-01T00:00:00+00:00")
    usage = RuleUsage(
        key="root/7",
        reset_domain="root",
        count=count,
        persistent=True,
        counter_reset_at=reset,
        open_sessions=0,
        subject_unit=unit,
    )
    facts: tuple[Fact, ...] = (
        Unit(subject_unit=unit, boot_at=reset, serial="A1"),
        replace(rule(created_at=reset, modified_at=reset), subject_unit=unit),
        usage,
    )
    return read("fw-01", "firewall", *facts, at=at, **more)


def traffic(*readings: Reading, **settings: Any) -> list[Observation]:
    policy = company().settings("rule_carries_traffic")
    return list(rule_carries_traffic.check(seen(*readings), **{**policy, **settings}))


def test_a_rule_in_use_carries_traffic() -> None:
    found = about(traffic(counted(5, AT - timedelta(days=1)), counted(9, AT)), "fw-01/root/7")
    assert (found.result, found.state) == (Result.satisfied, "has_traffic")
    assert found.measures["last_traffic_at"] is not None


def test_silence_is_proven_by_what_the_device_tells() -> None:
    found = about(traffic(counted(0, AT)), "fw-01/root/7")
    assert (found.result, found.state) == (Result.not_satisfied, "no_traffic_6m_proven")
    assert found.measures["proof"]["state"] == "no_traffic_6m_proven"
    assert found.measures["provable_on"] is None


def test_the_readings_behind_the_proofs_are_listed_once() -> None:
    observations = traffic(counted(0, AT - timedelta(hours=1)), counted(0, AT))
    history = about(observations, "fw-01/counter history")
    rules = about(observations, "fw-01/root/7")
    assert history.measures["history_digest"] == rules.measures["history_digest"]
    assert len(history.evidence) == history.measures["readings"] > 0


def test_a_volatile_counter_that_is_new_says_when_it_can_be_proven() -> None:
    first, second = AT - timedelta(days=3), AT
    readings = [
        read(
            "fw-01",
            "firewall",
            Unit(boot_at=AT - timedelta(days=30)),
            rule(),
            rule("root/8"),
            RuleUsage(key="root/7", reset_domain="d", count=0, persistent=False, open_sessions=0),
            RuleUsage(key="root/8", reset_domain="d", count=count, persistent=False),
            at=at,
        )
        for at, count in ((first, 10), (second, 90))
    ]
    found = about(traffic(*readings), "fw-01/root/7")
    assert (found.result, found.state) == (Result.not_assessed, "insufficient_history")
    assert date.fromisoformat(found.measures["provable_on"]) > date(2027, 1, 1)
    assert review_finding(judged(found)).state == "provable_later"


def test_a_rule_that_is_not_counted_is_not_measurable() -> None:
    found = about(traffic(read("fw-01", "firewall", Unit(), rule(counted=False))), "fw-01/root/7")
    assert (found.result, found.state) == (Result.not_assessed, "not_measurable")


def test_a_unit_of_the_pair_that_was_never_read_prevents_proof() -> None:
    readings = seen(
        counted(0, AT), subjects={"fw-02": ("firewall",)}, groups={"fw-01": "edge", "fw-02": "edge"}
    )
    observations = list(rule_carries_traffic.check(readings))
    found = about(observations, "edge/root/7")
    assert found.result is Result.not_assessed
    assert about(observations, "fw-02/firewall").state == "not_read"


def test_nobody_asks_a_default_or_a_jump_for_traffic_and_a_disabled_rule_is_void() -> None:
    off = rule("root/8", enabled=False)
    jump = rule("root/9", permits=None)
    observations = traffic(read("fw-01", "firewall", off, jump, DENY))
    assert [one.state for one in observations] == ["history_cited", "rule_disabled"]


def test_a_device_that_failed_is_a_record() -> None:
    observations = traffic(failed("fw-01", "firewall", "auth_failed"))
    assert [(one.state, one.measures["code"]) for one in observations] == [
        ("not_read", "auth_failed")
    ]
    assert judged(*observations).result("CC-17010.b.f").verdict.value == "not_assessed"


# --- rule_of_decommissioned_system ---


def register(*assets: Asset) -> Reading:
    return read("register", "assets", *assets)


GONE = Asset(
    asset_id="A-1",
    name="old-quote",
    addresses=("10.9.0.10",),
    decommissioned_on=date(2026, 8, 31),
)


def left(one: FirewallRule, *assets: Asset, **settings: Any) -> Observation:
    readings = seen(read("fw-01", "firewall", one), register(*assets), zones=ZONES)
    observations = list(rule_of_decommissioned_system.check(readings, **settings))
    return about(observations, "fw-01/root/7")


def test_the_deadline_is_six_calendar_months_from_the_31st() -> None:
    found = left(rule(), GONE)
    assert (found.result, found.state) == (Result.not_satisfied, "decommissioned")
    assert found.measures["deadline_on"] == "2027-02-28"


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"destinations": ("10.9.0.0/24",)}, "system_in_service"),  # a network around it
        ({"destinations": ("any",)}, "system_in_service"),
        ({"destinations": ("10.9.0.99", "10.9.0.10")}, "decommissioned"),
        ({"destinations": ("OLD-QUOTE",)}, "decommissioned"),
        ({"destinations": ("10.9.0.99",), "sources": ("10.9.0.10/32",)}, "decommissioned"),
    ],
)
def test_which_rules_are_the_systems_own(said: dict[str, Any], state: str) -> None:
    assert left(rule(**said), GONE).state == state


def test_a_system_that_will_leave_is_still_there() -> None:
    later = replace(GONE, decommissioned_on=date(2026, 12, 1))
    assert left(rule(), later).state == "system_in_service"
    assert left(rule(), replace(GONE, decommissioned_on=None)).state == "system_in_service"


def test_the_first_of_several_systems_gives_the_deadline() -> None:
    other = replace(GONE, asset_id="A-2", decommissioned_on=date(2026, 6, 1))
    assert left(rule(), GONE, other).measures["deadline_on"] == "2026-12-01"


def test_the_strict_profile_is_due_on_the_day_itself() -> None:
    assert left(rule(), GONE, deadline_months=0).measures["deadline_on"] == "2026-08-31"


def test_a_rule_nobody_understood_may_be_of_a_system_that_left() -> None:
    found = left(rule(destinations=("10.9.0.99",), not_understood=("via-group X",)), GONE)
    assert (found.result, found.state) == (Result.not_assessed, "not_understood")


def test_a_rule_whose_action_nobody_knows_may_let_a_system_in_that_left() -> None:
    found = left(rule(permits=None, not_understood=("action x",)), GONE)
    assert (found.result, found.state) == (Result.not_satisfied, "decommissioned")


def test_without_a_register_nothing_can_be_joined() -> None:
    observations = list(rule_of_decommissioned_system.check(firewall(rule())))
    assert [one.state for one in observations] == ["no_register"]
    assert judged(*observations).result("CC-17010.b.f").verdict.value == "not_assessed"


# --- rule_is_decided ---


def ticket(**said: Any) -> Ticket:
    usual: dict[str, Any] = {
        "target": "fw-01/root/7",
        "decision": "keep",
        "reason": "monthly batch",
        "requested_by": "wang",
        "approved_by": "chen",
        "approved_on": date(2026, 11, 5),
    }
    return Ticket(ticket_id="T-1", **{**usual, **said})


def decided(*tickets: Ticket, **said: Any) -> list[Observation]:
    readings = seen(
        read("fw-01", "firewall", rule(**said)), read("tickets", "tickets", *tickets), zones=ZONES
    )
    return list(rule_is_decided.check(readings))


def test_an_approved_ticket_decides_about_its_rule() -> None:
    [found] = decided(ticket(decision="Keep"))
    assert (found.subject, found.state) == ("fw-01/root/7", "decided")
    assert (found.measures["by"], found.measures["approver"]) == ("wang", "chen")


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ({"approved_by": None}, "ticket_incomplete"),
        ({"reason": None}, "ticket_incomplete"),
        ({"target": "fw-01/root/99"}, "rule_unknown"),
        ({"target": "FW-01/Quotes"}, "decided"),
    ],
)
def test_tickets_that_decide_and_those_that_do_not(said: dict[str, Any], state: str) -> None:
    [found] = decided(ticket(**said), name="quotes")
    assert (found.state, found.result) == (state, Result.not_applicable)


def test_a_ticket_that_calls_two_rules_decides_about_neither() -> None:
    """Two VDOMs have a policy 7 each."""
    both = [rule(vendor_id="7"), rule(key="guest/7", context="guest", vendor_id="7")]
    readings = seen(
        read("fw-01", "firewall", *both),
        read("tickets", "tickets", ticket(target="fw-01/7"), ticket(target="fw-01/guest/7")),
        zones=ZONES,
    )
    found = {one.subject: one.state for one in rule_is_decided.check(readings)}
    assert found == {"ticket T-1": "rule_unknown", "fw-01/guest/7": "decided"}


@pytest.mark.parametrize(
    ("read_on", "matched", "state"),
    [
        (4, "before it was edited", "rule_changed_since"),
        (5, "before it was edited", "rule_changed_since"),  # read on the day it was approved
        (6, "before it was edited", "decided"),  # what it was on that day no reading tells
        (4, "mroot/7", "decided"),
    ],
)
def test_a_ticket_decides_about_what_the_rule_matched_when_it_was_approved(
    read_on: int, matched: str, state: str
) -> None:
    then = read("fw-01", "firewall", rule(match_digest=matched), at=on(f"2026-11-0{read_on}"))
    readings = seen(
        read("fw-01", "firewall", rule()), read("tickets", "tickets", ticket()), zones=ZONES
    )
    readings = replace(
        readings, before=lambda device, subject, moment: then if then.at < moment else None
    )
    [found] = rule_is_decided.check(readings)
    assert (found.subject, found.state) == ("fw-01/root/7", state)
    assert (then.digest in found.evidence) is (state == "rule_changed_since")


def test_a_ticket_about_something_else_is_passed_over() -> None:
    assert decided(ticket(decision=None), ticket(decision="install")) == []
