"""What devices, logs and people tell of a rule's traffic, and how far it is believed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from evidence.facts import AdministrativeEvent, Unit
from evidence.reading import Reading
from evidence.usage import (
    ALL_ASSUMPTIONS,
    Assumption,
    State,
    Unseen,
)
from tests.usage_vectors import (
    AT,
    BOOTED,
    BUSY,
    DAY,
    HOUR,
    RULE,
    daily,
    proof_of,
    reading,
    rebooted,
    usage,
)

# --- what devices tell ---


def test_an_old_last_hit_is_not_use() -> None:
    old = AT - timedelta(days=300)
    proof = proof_of([reading(AT, [usage(5, last_hit_at=old), usage(9, BUSY)])])
    assert proof.state is State.proven
    assert proof.last_hit_at == old


def test_a_last_hit_in_the_window_is_use() -> None:
    proof = proof_of([reading(AT, [usage(5, last_hit_at=AT - 30 * DAY)])])
    assert proof.state is State.has_traffic


def test_a_missing_last_hit_proves_nothing() -> None:
    assert proof_of([reading(AT, [usage(0, last_hit_at=None)])]).state is State.insufficient


def test_a_counter_that_survives_reboots_and_tells_its_reset_is_proven_by_one_reading() -> None:
    told: dict[str, Any] = {"persistent": True, "counter_reset_at": AT - timedelta(days=200)}
    modified = {"modified_at": AT - timedelta(days=300)}
    proof = proof_of([reading(AT, [usage(0, **told)], rule=modified)])
    assert proof.state is State.proven
    assert proof.assumptions == (Assumption.no_older_sessions,)
    assert len(proof.evidence) == 1


def test_a_reset_in_the_window_ends_what_one_reading_can_say() -> None:
    told: dict[str, Any] = {"persistent": True, "counter_reset_at": AT - timedelta(days=20)}
    proof = proof_of([reading(AT, [usage(0, **told)])])
    assert proof.state is State.insufficient
    assert proof.provable_on == date(2027, 4, 14)


def test_a_rule_made_in_the_window_is_too_young() -> None:
    told: dict[str, Any] = {"persistent": True, "counter_reset_at": AT - timedelta(days=200)}
    made = {"created_at": AT - timedelta(days=20)}
    proof = proof_of([reading(AT, [usage(0, **told)], rule=made)])
    assert proof.state is State.insufficient
    assert proof.anchor_at == AT - timedelta(days=20)


def test_another_rule_that_was_hit_long_ago_shows_that_the_group_was_not_zeroed() -> None:
    quiet = usage(7, BUSY, last_hit_at=AT - timedelta(days=250))
    proof = proof_of([reading(AT, [usage(0), quiet])])
    assert proof.state is State.proven
    assert Assumption.no_single_reset in proof.assumptions
    assert Assumption.clear_shows not in proof.assumptions


def test_counters_zeroed_one_by_one_cast_doubt_on_the_whole_group() -> None:
    quiet = usage(7, "root/ip/policy/2", last_hit_at=AT - timedelta(days=250))
    readings = [
        reading(one.at, [usage(0), quiet, usage(one.at.toordinal() if day < 150 else day, BUSY)])
        for day, one in enumerate(daily())
    ]
    assert [gap.why for gap in proof_of(readings).gaps] == [Unseen.group_zeroed]


def test_open_sessions_are_use_though_the_count_stands_still() -> None:
    readings = [
        reading(
            one.at,
            [usage(0, open_sessions=int(one.at.day == 9)), usage(one.at.toordinal(), BUSY)],
        )
        for one in daily()
    ]
    assert proof_of(readings).state is State.has_traffic


def test_sessions_told_closed_all_along_need_no_assumption() -> None:
    readings = [
        reading(
            one.at,
            [usage(0, open_sessions=0), usage(one.at.toordinal(), BUSY, open_sessions=3)],
        )
        for one in daily()
    ]
    proof = proof_of(readings, accept=ALL_ASSUMPTIONS & ~Assumption.no_older_sessions)
    assert proof.state is State.proven


def test_sessions_that_close_unseen_may_have_carried_traffic_until_the_next_reading() -> None:
    start = datetime(2026, 5, 1, 16, tzinfo=UTC)
    readings = [
        reading(
            one.at,
            [usage(1, open_sessions=int(one.at < start)), usage(one.at.toordinal(), BUSY)],
        )
        for one in daily()
    ]
    proof = proof_of(readings)
    assert proof.state is State.insufficient
    assert proof.last_traffic_at == datetime(2026, 5, 2, 2, 30, tzinfo=UTC)


def test_a_gap_may_hide_the_beginning_of_a_session() -> None:
    readings = [
        reading(
            one.at,
            [usage(0, open_sessions=0), usage(one.at.toordinal(), BUSY, open_sessions=3)],
        )
        for one in daily()
    ]
    readings = rebooted(readings, datetime(2026, 7, 7, 7, 30, tzinfo=UTC))
    assert Assumption.no_older_sessions in proof_of(readings).assumptions


def test_what_a_rule_matched_before_the_first_reading_is_assumed_or_told() -> None:
    old = usage(5, last_hit_at=AT - timedelta(days=300))
    untold = proof_of([reading(AT, [old])])
    assert Assumption.match_unchanged_before in untold.assumptions
    refused = ALL_ASSUMPTIONS & ~Assumption.match_unchanged_before
    assert proof_of([reading(AT, [old])], accept=refused).state is State.insufficient
    told = reading(AT, [old], rule={"modified_at": BOOTED})
    assert proof_of([told], accept=refused).state is State.proven


def test_a_clock_that_is_known_to_be_wrong_is_corrected() -> None:
    hit = AT - timedelta(days=200)
    wrong = Unit(boot_at=BOOTED - timedelta(days=365), clock_offset_s=-86_400 * 90.0)
    told = usage(5, last_hit_at=hit - timedelta(days=90))
    assert proof_of([reading(AT, [told], unit=wrong)]).last_hit_at == hit


def test_what_was_written_down_before_the_clock_was_set_is_not_moved_by_setting_it() -> None:
    """The window begins on 1 May, 16:00; until it is set, the clock is a day behind."""
    behind = Unit(boot_at=BOOTED, clock_offset_s=-86_400.0)
    first = datetime(2026, 5, 2, 2, 30, tzinfo=UTC)
    before = reading(first, [usage(1, last_hit_at=BOOTED)], unit=behind)
    # Cleared, hit at noon of 2 May, and the clock set, all before the next reading.
    after = usage(1, last_hit_at=datetime(2026, 5, 1, 12, tzinfo=UTC))
    proof = proof_of([before, reading(AT, [after], unit=replace(behind, clock_offset_s=0.0))])
    assert proof.state is State.has_traffic
    assert proof.last_hit_at == datetime(2026, 5, 2, 12, tzinfo=UTC)


def test_a_time_that_two_settings_of_the_clock_can_mean_is_known_between_the_two() -> None:
    behind = Unit(boot_at=BOOTED, clock_offset_s=-3600.0)
    read_at = datetime(2026, 8, 1, 2, 30, tzinfo=UTC)
    hit = usage(1, last_hit_at=read_at + 3 * HOUR)
    right = replace(behind, clock_offset_s=0.0)
    proof = proof_of(
        [reading(read_at, [usage(0)], unit=behind), reading(read_at + DAY, [hit], unit=right)],
        at=read_at + DAY,
    )
    assert proof.traffic_after == read_at + 3 * HOUR - timedelta(minutes=2)
    assert proof.last_traffic_at == read_at + 4 * HOUR + timedelta(minutes=2)


# --- logs of administrators ---


def test_a_clear_in_the_log_breaks_the_interval_it_fell_in() -> None:
    readings = daily()
    clear = AdministrativeEvent(kind="counters_cleared", at=readings[100].at - HOUR, detail=RULE)
    readings[120] = replace(readings[120], facts=(*readings[120].facts, clear))
    proof = proof_of(readings)
    assert [gap.why for gap in proof.gaps] == [Unseen.cleared]
    assert proof.gaps[0].from_at < readings[100].at - HOUR < proof.gaps[0].to_at


@pytest.mark.parametrize("newest_first", [False, True])
def test_of_several_clears_in_a_log_the_latest_counts_however_the_log_is_sorted(
    newest_first: bool,
) -> None:
    """The log is complete, and shows a clear before the window and one within it."""
    begins = AdministrativeEvent(kind="log_begins", at=AT - timedelta(days=400))
    clears = [
        AdministrativeEvent(kind="counters_cleared", at=AT - timedelta(days=days), detail=RULE)
        for days in ((30, 300) if newest_first else (300, 30))
    ]
    alone = reading(AT, [usage(0)], events=[begins, *clears], rule={"modified_at": BOOTED})
    proof = proof_of([alone])
    assert proof.state is State.insufficient
    assert proof.gaps[-1].to_at > AT - timedelta(days=30)


def test_a_log_that_is_complete_witnesses_for_a_counter_alone() -> None:
    begins = AdministrativeEvent(kind="log_begins", at=AT - timedelta(days=200))
    alone = reading(AT, [usage(0)], events=[begins], rule={"modified_at": BOOTED})
    proof = proof_of([alone])
    assert proof.state is State.proven
    assert proof.assumptions == (Assumption.no_older_sessions,)


# --- who vouches ---


def by_hand(one: Reading, confirmed_by: str | None = None) -> Reading:
    return replace(one, provenance="hand-delivered", confirmed_by=confirmed_by)


def test_readings_by_hand_found_nothing_without_a_second_person() -> None:
    assert proof_of(map(by_hand, daily())).state is State.insufficient
    assert proof_of(by_hand(one, "second") for one in daily()).state is State.proven


def test_a_reading_by_hand_breaks_a_claim_without_a_second_person() -> None:
    at = datetime(2026, 8, 8, 9, tzinfo=UTC)
    seen = by_hand(reading(at, [usage(4), usage(2700, BUSY)]))
    assert proof_of([*daily(), seen]).state is State.has_traffic


def test_a_fall_that_only_a_reading_by_hand_shows_spoils_the_interval() -> None:
    at = datetime(2026, 8, 8, 9, tzinfo=UTC)
    fallen = by_hand(reading(at, [usage(0), usage(1, BUSY)]))
    assert [gap.why for gap in proof_of([*daily(), fallen]).gaps] == [Unseen.group_zeroed]
