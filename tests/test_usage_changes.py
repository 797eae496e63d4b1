"""Rules that change, and several units that enforce together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from evidence.changes import changes
from evidence.facts import Fact, FirewallRule, RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import (
    Assumption,
    State,
    UnitHistory,
    Unseen,
    histories,
    prove,
)
from tests.usage_vectors import (
    AT,
    BOOTED,
    BUSY,
    DAY,
    FIRST,
    HOUR,
    RULE,
    daily,
    proof_of,
    reading,
    rebooted,
    usage,
)

# --- rules that change ---


def test_a_changed_match_begins_a_new_window_and_shows_its_lineage() -> None:
    edited_at = datetime(2026, 8, 1, tzinfo=UTC)
    readings = [
        reading(one.at, one.of(RuleUsage), match="m1" if one.at < edited_at else "m2")
        for one in daily()
    ]
    proof = proof_of(readings)
    assert proof.state is State.insufficient
    assert (proof.match_digest, proof.lineage) == ("m2", ("m1",))
    assert proof.anchor_at == datetime(2026, 8, 1, 2, 30, tzinfo=UTC)
    assert proof.provable_on == date(2027, 2, 2)


def test_a_renamed_and_moved_rule_is_the_same_rule() -> None:
    readings = [
        reading(one.at, one.of(RuleUsage), rule={"name": f"name {day}", "position": day})
        for day, one in enumerate(daily())
    ]
    assert proof_of(readings).state is State.proven


def test_a_rule_that_is_known_by_its_name_alone_begins_anew_under_another() -> None:
    """Nothing tells a rename from a rule that was deleted and another one that was made."""
    renamed_at = FIRST + 150 * DAY
    readings = [
        one if one.at < renamed_at else replace(one, facts=tuple(map(_renamed, one.facts)))
        for one in daily()
    ]
    proof = prove(histories(readings), AT)["new"]
    assert (proof.state, proof.anchor_at) == (State.insufficient, renamed_at)
    [change] = changes(readings[149], readings[150])
    assert change.note == "matches the same under another key: its history of use begins anew"


def _renamed(fact: Fact) -> Fact:
    if isinstance(fact, FirewallRule | RuleUsage) and fact.key == RULE:
        return replace(fact, key="new")
    return fact


def test_a_counter_that_follows_the_name_is_another_one_after_a_rename() -> None:
    readings = [
        reading(one.at, [usage(0, reset_domain=f"rule {name}", counter_reset_at=BOOTED)])
        for day, one in enumerate(daily())
        for name in ["old" if day < 150 else "new"]
    ]
    assert [gap.why for gap in proof_of(readings).gaps] == [Unseen.other_counter]


def test_a_rule_made_again_between_two_readings_leaves_a_gap_where_its_creation_is_told() -> None:
    made_again_at = FIRST + 150 * DAY - HOUR
    readings = [
        reading(
            one.at,
            one.of(RuleUsage),
            rule={"created_at": BOOTED if one.at < made_again_at else made_again_at},
        )
        for one in daily()
    ]
    proof = proof_of(readings)
    assert [gap.why for gap in proof.gaps] == [Unseen.other_counter]
    assert proof.gaps[0].from_at < made_again_at < proof.gaps[0].to_at


def test_a_rule_that_was_gone_for_a_while_begins_anew() -> None:
    readings = daily()
    readings[150] = reading(readings[150].at, [usage(9000, BUSY)])
    proof = proof_of(readings)
    assert proof.state is State.insufficient
    assert proof.anchor_at == readings[151].at


def test_a_rule_without_a_counter_is_not_measurable() -> None:
    readings = [reading(one.at, [usage(None), one.of(RuleUsage)[1]]) for one in daily()]
    proof = proof_of(readings)
    assert proof.state is State.not_measurable
    assert proof.provable_on is None


def test_counting_that_was_off_for_a_while_is_a_gap() -> None:
    readings = daily()
    off = [usage(0, counting="off"), readings[150].of(RuleUsage)[1]]
    readings[150] = reading(readings[150].at, off)
    proof = proof_of(readings, max_gap_s=3 * 86_400)
    assert {gap.why for gap in proof.gaps} == {Unseen.not_counted}
    assert proof.blind_gap_s == 2 * 86_400


def test_a_count_that_is_not_exact_can_show_traffic_only() -> None:
    unsure = [
        reading(one.at, [usage(0, counting="unknown"), one.of(RuleUsage)[1]]) for one in daily()
    ]
    assert proof_of(unsure).state is State.insufficient
    rising = [reading(one.at, [usage(one.at.toordinal(), counting="unknown")]) for one in daily()]
    assert proof_of(rising).state is State.has_traffic


# --- several units ---

ACTIVE = Unit(boot_at=BOOTED, ha_role="active", role_since_at=BOOTED)
STANDBY = Unit(boot_at=BOOTED, ha_role="standby", role_since_at=BOOTED)


def named(serial: str, readings: list[Reading]) -> list[Reading]:
    """The readings of a unit that is called by its serial number."""
    return [
        replace(one, facts=tuple(replace(fact, subject_unit=serial) for fact in one.facts))
        for one in readings
    ]


def standby(**dates: Any) -> list[Reading]:
    """A standby unit: nothing counts, nothing witnesses."""
    return [
        reading(one.at, [usage(0), usage(0, BUSY)], unit=STANDBY, device="fw-2")
        for one in daily(**dates)
    ]


def test_a_standby_unit_that_says_since_when_needs_no_witness() -> None:
    assert proof_of([*daily(unit=ACTIVE), *standby()]).state is State.proven


def test_a_rule_removed_from_one_unit_may_have_been_hit_there_before_it_went() -> None:
    other = [
        one if day < 150 else reading(one.at, one.of(RuleUsage)[1:], device="fw-2")
        for day, one in enumerate(daily(device="fw-2"))
    ]
    gaps = proof_of([*daily(), *other]).gaps
    assert [(gap.unit, gap.why, gap.length_s) for gap in gaps] == [
        ("fw-2", Unseen.rule_came_or_went, 86_400)
    ]


def test_a_standby_unit_that_restarted_may_have_been_active_before() -> None:
    unsaid = replace(STANDBY, role_since_at=None)
    slept = [reading(one.at, one.of(RuleUsage), unit=unsaid, device="fw-2") for one in standby()]
    assert Assumption.standby_stays in proof_of([*daily(unit=ACTIVE), *slept]).assumptions
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    woke = [
        replace(one, facts=(replace(unsaid, boot_at=boot_at), *one.facts[1:]))
        if one.at > boot_at
        else one
        for one in slept
    ]
    gaps = proof_of([*daily(unit=ACTIVE), *woke]).gaps
    assert [(gap.unit, gap.why) for gap in gaps] == [("fw-2", Unseen.restart)]


def test_a_unit_that_was_read_later_leaves_its_time_before_unseen() -> None:
    later = standby(since=datetime(2026, 8, 1, 2, 30, tzinfo=UTC))
    proof = proof_of([*daily(unit=ACTIVE), *later])
    assert proof.state is State.insufficient
    assert proof.gaps[0].unit == "fw-2"


def test_traffic_on_either_unit_is_traffic() -> None:
    other = daily(device="fw-2", hits=[datetime(2026, 8, 8, 8, tzinfo=UTC)])
    assert proof_of([*daily(), *other]).state is State.has_traffic


def test_gaps_of_two_units_are_counted_once_where_they_overlap() -> None:
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    both = [*rebooted(daily(), boot_at), *rebooted(daily(device="fw-2"), boot_at + HOUR)]
    proof = proof_of(both)
    assert len(proof.gaps) == 2
    assert proof.blind_gap_s == pytest.approx(6 * 3600, abs=61)


def test_a_gap_within_a_longer_one_of_the_other_unit_counts_for_nothing() -> None:
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    away = rebooted(daily(), boot_at + 3 * DAY)
    away = [one for one in away if not boot_at - DAY < one.at < boot_at + 3 * DAY]
    other = daily(device="fw-2")
    for day in (0, 1, 2):
        other = rebooted(other, boot_at + day * DAY)
    proof = proof_of([*away, *other], max_gap_s=10 * 86_400)
    assert len(proof.gaps) == 4
    longest_s = int(max(gap.length_s for gap in proof.gaps))
    assert proof.blind_gap_s == longest_s
    assert proof_of([*away, *other], max_gap_s=longest_s).state is State.proven


def test_a_unit_that_was_never_read_leaves_everything_unseen() -> None:
    known = [*histories(daily()), UnitHistory.of([], "fw-2")]
    proof = prove(known, AT)[RULE]
    assert proof.state is State.insufficient
    assert proof.gaps[0].why is Unseen.never_read


def test_a_peer_that_nobody_reads_leaves_its_active_time_unseen() -> None:
    since = datetime(2026, 10, 1, tzinfo=UTC)
    alone = replace(ACTIVE, ha_peer="FG2", role_since_at=since)
    proof = proof_of(daily(unit=alone))
    assert proof.state is State.insufficient
    assert {gap.unit for gap in proof.gaps} == {"FG2"}
    assert proof_of(daily(unit=replace(ACTIVE, ha_peer="FG2"))).state is State.proven


def test_an_exchanged_unit_does_not_hide_a_peer_that_nobody_reads() -> None:
    alone = replace(ACTIVE, ha_peer="FG2")
    old = named("SN1", daily(unit=replace(alone, role_since_at=None), until=FIRST + 150 * DAY))
    new = named("SN2", daily(unit=alone, since=FIRST + 151 * DAY))
    proof = proof_of([*old, *new], max_gap_s=2 * 86_400)
    assert proof.state is State.insufficient
    assert "FG2" in {gap.unit for gap in proof.gaps}


def test_a_standby_unit_that_was_exchanged_does_not_vouch_for_the_one_before_it() -> None:
    unsaid = Unit(ha_role="standby", serial="SN1")
    exchanged_at = FIRST + 150 * DAY
    slept = [
        reading(one.at, [usage(0), usage(0, BUSY)], unit=replace(unsaid, serial=serial))
        for one in daily()
        for serial in ["SN1" if one.at < exchanged_at else "SN2"]
    ]
    gaps = proof_of([*daily(unit=ACTIVE, device="fw-2"), *slept]).gaps
    assert [(gap.unit, gap.why, gap.length_s) for gap in gaps] == [
        ("fw-1", Unseen.other_counter, 86_400)
    ]


def test_a_third_of_a_cluster_that_nobody_reads_leaves_its_time_unseen() -> None:
    """Of three units two are read; members of a cluster all enforce."""
    member = replace(ACTIVE, ha_role="member", role_since_at=None)
    first, second = (
        daily(unit=replace(member, ha_peer=peers), device=device)
        for device, peers in (("fw-1", "FG2, FG3"), ("fw-2", "FG1, FG3"))
    )
    proof = proof_of([*first, *second])
    assert proof.state is State.insufficient
    assert {gap.why for gap in proof.gaps} == {Unseen.peer_not_read}
    third = daily(unit=replace(member, ha_peer="FG1, FG2"), device="fw-3")
    assert proof_of([*first, *second, *third]).state is State.proven
    leads = daily(unit=replace(ACTIVE, ha_peer="FG2, FG3"), device="fw-1")
    assert proof_of(leads).state is State.proven, "it was the active one all along"


def test_a_failover_leaves_a_small_gap_when_its_time_is_told() -> None:
    moved_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    woken = Unit(boot_at=BOOTED, ha_role="active", role_since_at=moved_at)
    asleep = Unit(boot_at=BOOTED, ha_role="standby", role_since_at=moved_at)
    pair = [
        *daily(unit=ACTIVE, until=moved_at),
        *(
            replace(one, device="fw-1", facts=(asleep, *one.facts[1:]))
            for one in daily(since=FIRST + 129 * DAY)
        ),
        *standby(until=moved_at),
        *daily(unit=woken, device="fw-2", since=FIRST + 129 * DAY),
    ]
    proof = proof_of(pair)
    assert proof.state is State.proven
    # The unit that woke had no witness before it counted: unseen from its waking on.
    assert {(gap.unit, gap.why) for gap in proof.gaps} == {("fw-2", Unseen.no_witness)}
    assert proof.gaps[0].from_at == moved_at - timedelta(minutes=2)


def test_an_exchanged_unit_leaves_the_time_between_it_and_the_new_one_unseen() -> None:
    old = named("SN1", daily(until=FIRST + 150 * DAY))
    new = named("SN2", daily(since=FIRST + 151 * DAY))
    proof = proof_of([*old, *new], max_gap_s=2 * 86_400)
    assert proof.state is State.proven
    assert proof.blind_gap_s == 86_400
