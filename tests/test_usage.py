"""What is claimed of a rule's traffic, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from evidence.errors import ConfigurationError
from evidence.facts import RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import (
    ALL_ASSUMPTIONS,
    Assumption,
    Snapshot,
    State,
    Unseen,
)
from tests.usage_vectors import (
    AT,
    BOOTED,
    BUSY,
    DAY,
    FIRST,
    HOUR,
    NOTHING_ASSUMED,
    RULE,
    daily,
    proof_of,
    reading,
    rebooted,
    usage,
)

# --- the plain cases ---


def test_a_rule_at_zero_beside_a_rising_one_is_proven_silent() -> None:
    proof = proof_of(daily())
    assert proof.state is State.proven
    assert proof.gaps == ()
    assert proof.blind_gap_s == 0
    assert Assumption.clear_shows in proof.assumptions
    assert proof.weakest_witness is not None and proof.weakest_witness >= 1000


def test_the_window_is_six_calendar_months_of_taipei_and_ends_with_the_newest_reading() -> None:
    proof = proof_of(daily(), at=AT + 3 * HOUR)
    assert proof.window_end == AT
    # 2 November, 10:30 in Taipei: the period of 1 May is over, that of 2 May is not.
    assert proof.window_start == datetime(2026, 5, 1, 16, tzinfo=UTC)


def test_a_hit_in_the_window_is_traffic() -> None:
    hit = datetime(2026, 8, 8, 8, tzinfo=UTC)
    proof = proof_of(daily(hits=[hit]))
    assert proof.state is State.has_traffic
    assert proof.traffic_after is not None and proof.last_traffic_at is not None
    assert proof.traffic_after < hit <= proof.last_traffic_at
    assert proof.provable_on == date(2027, 2, 10)


def test_a_count_above_zero_that_stands_still_is_silence() -> None:
    assert proof_of(daily(hits=[FIRST + DAY])).state is State.proven


def test_too_short_a_history_says_on_which_day_it_suffices() -> None:
    first = datetime(2026, 8, 31, 2, 30, tzinfo=UTC)
    proof = proof_of(daily(since=first))
    assert proof.state is State.insufficient
    assert proof.provable_on == date(2027, 3, 1)  # all of 28 February has to pass
    assert [gap.why for gap in proof.gaps] == [Unseen.before_first_reading]


def test_it_is_proven_on_the_day_that_was_given_and_not_the_day_before() -> None:
    first = datetime(2026, 4, 30, 2, 30, tzinfo=UTC)
    day = proof_of(daily(since=first, until=first + 30 * DAY), at=first + 30 * DAY).provable_on
    assert day == date(2026, 10, 31)
    midnight = datetime(2026, 10, 30, 16, tzinfo=UTC)
    for at, state in ((midnight - HOUR, State.insufficient), (midnight + HOUR, State.proven)):
        readings = [*daily(since=first, until=at), reading(at, [usage(0), usage(9999, BUSY)])]
        assert proof_of(readings, at=at, max_gap_s=0).state is state


def test_a_hit_that_may_lie_before_the_window_is_neither_traffic_nor_silence() -> None:
    start = datetime(2026, 5, 1, 16, tzinfo=UTC)
    proof = proof_of(daily(hits=[start - HOUR]))
    assert proof.state is State.insufficient
    assert proof.traffic_after is not None and proof.last_traffic_at is not None
    assert proof.traffic_after < start < proof.last_traffic_at
    assert proof.provable_on == date(2026, 11, 3)


# --- zero is not silence ---


def test_a_zero_counter_without_a_witness_shows_nothing() -> None:
    readings = [
        reading(one.at, [fact for fact in one.of(RuleUsage) if fact.key == RULE]) for one in daily()
    ]
    proof = proof_of(readings)
    assert proof.state is State.insufficient
    assert proof.gaps[-1].why is Unseen.no_witness
    assert proof.provable_on is None


def test_a_zero_counter_that_was_cleared_shows_nothing() -> None:
    cleared_at = datetime(2026, 7, 7, 7, tzinfo=UTC)
    readings = [
        one
        if one.at < cleared_at
        else reading(one.at, [usage(0), usage(one.at.toordinal() - cleared_at.toordinal(), BUSY)])
        for one in daily()
    ]
    proof = proof_of(readings, max_gap_s=2 * 86_400)
    assert proof.state is State.proven
    assert [(gap.why, gap.length_s) for gap in proof.gaps] == [(Unseen.group_zeroed, 86_400)]
    assert proof.gaps[0].from_at < cleared_at < proof.gaps[0].to_at
    assert proof_of(readings, max_gap_s=86_399).state is State.insufficient


def test_a_witness_in_another_domain_is_none() -> None:
    readings = [
        reading(one.at, [usage(0), replace(one.of(RuleUsage)[1], reset_domain="other")])
        for one in daily()
    ]
    assert proof_of(readings).state is State.insufficient


def test_a_counter_whose_domain_is_not_named_stands_alone() -> None:
    readings = [
        reading(
            one.at, [usage(0, reset_domain=""), usage(one.at.toordinal(), BUSY, reset_domain="")]
        )
        for one in daily()
    ]
    assert proof_of(readings).state is State.insufficient


def test_counters_that_all_stand_still_do_not_show_that_anything_is_counted() -> None:
    frozen = [reading(one.at, [usage(0), usage(1000, BUSY)]) for one in daily()]
    assert proof_of(frozen).state is State.insufficient


def test_a_night_in_which_nothing_rises_is_covered_once_something_rises_again() -> None:
    readings = daily()
    quiet = [reading(one.at, [usage(0), usage(1500, BUSY)]) for one in readings[50:80]]
    assert proof_of([*readings[:50], *quiet, *readings[80:]]).state is State.proven


def test_without_assumptions_no_bare_counter_is_proven() -> None:
    proof = proof_of(daily(), accept=NOTHING_ASSUMED)
    assert proof.state is State.insufficient
    assert proof.assumptions == ()


def test_every_assumption_a_proof_needs_can_be_refused() -> None:
    for needed in proof_of(daily()).assumptions:
        assert proof_of(daily(), accept=ALL_ASSUMPTIONS & ~needed).state is State.insufficient


# --- restarts ---


def test_a_restart_leaves_a_gap_from_the_reading_before_it_to_the_boot() -> None:
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)  # five hours after the reading
    proof = proof_of(rebooted(daily(), boot_at))
    assert proof.state is State.proven
    assert [gap.why for gap in proof.gaps] == [Unseen.restart]
    assert proof.gaps[0].length_s == pytest.approx(5 * 3600, abs=61)
    assert proof.resets[0].at == boot_at
    assert Assumption.no_clear_after_restart in proof.assumptions


def test_restarts_that_add_up_past_the_limit_prove_nothing() -> None:
    readings = daily()
    for month in (6, 7, 8, 9, 10):
        readings = rebooted(readings, datetime(2026, month, 7, 7, 30, tzinfo=UTC))
    proof = proof_of(readings)
    assert proof.state is State.insufficient
    assert proof.blind_gap_s == pytest.approx(25 * 3600, abs=5 * 61)
    # When the first of the five has left the window, the rest is within bounds.
    assert proof.provable_on == date(2026, 12, 8)


def test_hits_after_a_restart_are_traffic_even_if_the_count_did_not_grow() -> None:
    readings = daily(hits=[FIRST])
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    after = [
        reading(
            one.at, [usage(1), usage((one.at - boot_at).days + 1, BUSY)], unit=Unit(boot_at=boot_at)
        )
        for one in readings
        if one.at > boot_at
    ]
    proof = proof_of([one for one in readings if one.at < boot_at] + after)
    assert proof.state is State.has_traffic
    assert proof.last_traffic_at == datetime(2026, 7, 8, 2, 30, tzinfo=UTC)


def test_a_restart_is_a_gap_though_the_witness_counted_as_much_again() -> None:
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    readings = [
        replace(one, facts=(Unit(boot_at=boot_at), *one.facts[1:])) if one.at > boot_at else one
        for one in daily()
    ]
    assert [gap.why for gap in proof_of(readings).gaps] == [Unseen.restart]


def test_a_boot_time_that_may_lie_before_the_last_reading_is_not_trusted_to() -> None:
    readings = daily()
    boot_at = readings[150].at - timedelta(seconds=30)
    late = [replace(one, facts=(Unit(boot_at=boot_at), *one.facts[1:])) for one in readings[151:]]
    proof = proof_of([*readings[:151], *late], max_gap_s=86_400)
    assert [gap.from_at for gap in proof.gaps] == [readings[150].at]


def test_a_count_that_fell_belies_an_old_reset_time() -> None:
    told: dict[str, Any] = {"persistent": True, "counter_reset_at": BOOTED}
    hit = FIRST + DAY
    readings = [
        reading(one.at, [usage(0 if day > 150 else int(one.at > hit), **told)])
        for day, one in enumerate(daily())
    ]
    assert [gap.why for gap in proof_of(readings).gaps] == [Unseen.zeroed]
    assert proof_of(readings).blind_gap_s == 86_400


def test_a_counter_that_survives_reboots_has_no_gap_there() -> None:
    boot_at = datetime(2026, 7, 7, 7, 30, tzinfo=UTC)
    readings = [
        replace(
            one,
            facts=tuple(
                replace(fact, persistent=True) if isinstance(fact, RuleUsage) else fact
                for fact in one.facts
            ),
        )
        for one in daily()
    ]
    readings = [
        replace(one, facts=(Unit(boot_at=boot_at), *one.facts[1:])) if one.at > boot_at else one
        for one in readings
    ]
    assert proof_of(readings).gaps == ()


@pytest.mark.parametrize("jitter_s", [-59, -7, 0, 7, 59])
def test_a_boot_time_that_wavers_fabricates_no_restart(jitter_s: int) -> None:
    readings = [
        replace(
            one,
            facts=(Unit(boot_at=BOOTED + timedelta(seconds=jitter_s * (day % 2))), *one.facts[1:]),
        )
        for day, one in enumerate(daily())
    ]
    proof = proof_of(readings)
    assert proof.state is State.proven
    assert proof.resets == ()


def test_a_long_uptime_alone_excludes_no_clear() -> None:
    booted = AT - timedelta(days=400)
    alone = reading(AT, [usage(0), usage(12_345, BUSY)], unit=Unit(boot_at=booted))
    assert proof_of([alone]).state is State.insufficient


def test_a_count_since_a_boot_in_the_window_is_traffic_at_the_first_reading() -> None:
    alone = reading(AT, [usage(3), usage(9, BUSY)], unit=Unit(boot_at=AT - 10 * DAY))
    assert proof_of([alone]).state is State.has_traffic


# --- time out of order ---


def test_the_order_and_repetition_of_readings_do_not_matter() -> None:
    readings = daily(hits=[datetime(2026, 8, 8, 8, tzinfo=UTC)])
    shuffled = [*readings[::-1], *readings[::3]]
    assert proof_of(shuffled).record() == proof_of(readings).record()


def test_readings_after_the_moment_of_judging_are_not_known_yet() -> None:
    hit = AT - 5 * DAY
    assert proof_of(daily(hits=[hit]), at=AT - 10 * DAY).state is State.proven


def test_an_old_newest_reading_proves_nothing_today() -> None:
    assert proof_of(daily(), at=AT + 3 * DAY).state is State.insufficient


def test_a_manager_that_does_not_say_when_it_fetched_founds_nothing() -> None:
    def fetched(one: Reading, at: datetime | None) -> Reading:
        counters = (replace(f, source="manager", manager_fetched_at=at) for f in one.of(RuleUsage))
        return reading(one.at, counters)

    assert proof_of(fetched(one, None) for one in daily()).state is State.insufficient
    assert proof_of(fetched(one, one.at - HOUR) for one in daily()).state is State.proven
    stuck = datetime(2026, 9, 1, tzinfo=UTC)
    assert proof_of(fetched(one, stuck) for one in daily()).state is State.insufficient


def test_a_failed_reading_and_other_subjects_give_no_snapshot() -> None:
    one = daily()[0]
    assert Snapshot.of(replace(one, subject="firmware")) == []


def test_a_proof_says_what_it_rests_on_in_both_languages() -> None:
    record = proof_of(daily()).record()
    assert record["state"] == "no_traffic_6m_proven"
    assert "無流量" in record["reason"]["zh"]
    assert record["units"][0]["observed"] == [["2026-05-01T16:00:00Z", "2026-11-02T02:30:00Z"]]
    assert all(said["zh"] and said["en"] for said in record["assumptions"].values())


def test_the_evidence_is_every_reading_of_the_window_and_the_one_before_it() -> None:
    readings = daily()
    digests = [one.digest for one in readings]
    cited = proof_of(readings).evidence
    assert list(cited) == digests[-len(cited) :]
    assert (
        readings[-len(cited)].at
        < datetime(2026, 5, 1, 16, tzinfo=UTC)
        < readings[-len(cited) + 1].at
    )


def test_an_unknown_assumption_is_a_mistake_of_configuration() -> None:
    with pytest.raises(ConfigurationError, match="clear_show'"):
        Assumption.named(["clear_show"])
