"""Proof from a manager that speaks of several units: who has the rule, who counts, as of when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from evidence.facts import Fact, FirewallRule, RuleUsage, Unit
from evidence.reading import Reading
from evidence.usage import Assumption, State, UsageProof, histories, prove
from tests.usage_vectors import AT, DAY, FIRST, RULE

SENT_LATE = timedelta(hours=2)
MADE_AT = FIRST - 400 * DAY
ACCEPTED = Assumption.no_older_sessions


@dataclass(frozen=True)
class Told:
    """What a manager says of the rule on one unit. `since`: from when on the unit has it;
    `sent_until`: when the unit's last counts came (None: they keep coming). `counted`: whether
    the manager has any."""

    count: int = 0
    last_hit_at: datetime | None = None
    since: datetime = FIRST
    sent_until: datetime | None = None
    counting: str = "on"
    counted: bool = True


def reading(at: datetime, units: Mapping[str, Told]) -> Reading:
    facts: list[Fact] = []
    for name, told in units.items():
        facts.append(Unit(subject_unit=name))
        if at < told.since:
            continue
        fetched_at = min(at - SENT_LATE, told.sent_until or at)
        facts.append(
            FirewallRule(key=RULE, match_digest="m1", subject_unit=name, created_at=MADE_AT)
        )
        if not told.counted:
            continue
        facts.append(
            RuleUsage(
                key=RULE,
                subject_unit=name,
                count=told.count,
                last_hit_at=told.last_hit_at,
                counter_reset_at=fetched_at - timedelta(days=370),
                kept_months=12,
                persistent=True,
                counting="unknown" if told.counting == "unknown" else "on",
                source="manager",
                manager_fetched_at=fetched_at,
            )
        )
    return Reading(device="mgmt", subject="firewall", at=at, facts=tuple(facts))


def proof(at: datetime = AT, **units: Told) -> UsageProof:
    """The proof over daily readings of the manager since `FIRST`."""
    days = (at - FIRST) // DAY
    readings: Iterable[Reading] = [reading(FIRST + n * DAY, units) for n in range(days + 1)]
    return prove(histories(readings), at, accept=ACCEPTED)[RULE]


def test_a_rule_silent_on_every_unit_that_has_it_is_proven() -> None:
    found = proof(a=Told(), b=Told(count=3, last_hit_at=FIRST - 30 * DAY))
    assert found.state == State.proven
    assert {part.unit for part in found.units} == {"a", "b"}


def test_a_unit_that_has_the_rule_and_of_which_no_count_ever_came_may_have_traffic() -> None:
    found = proof(a=Told(), b=Told(counted=False))
    assert found.state == State.insufficient
    assert {part.unit for part in found.units} == {"a", "b"}


def test_a_day_on_which_no_counts_of_one_unit_came_is_covered_by_the_days_around_it() -> None:
    days = [FIRST + n * DAY for n in range((AT - FIRST) // DAY + 1)]
    readings = [reading(at, {"a": Told(), "b": Told(counted=at != days[150])}) for at in days]
    assert prove(histories(readings), AT, accept=ACCEPTED)[RULE].state == State.proven


def test_traffic_on_one_unit_is_traffic_of_the_rule() -> None:
    assert proof(a=Told(), b=Told(3, AT - 9 * DAY)).state == State.has_traffic


def test_a_policy_pushed_to_some_units_only_is_judged_by_those() -> None:
    """The other unit is known to the manager, and never had the rule."""
    nobody = AT + DAY
    assert proof(a=Told(), b=Told(since=nobody)).state == State.proven


def test_a_policy_pushed_to_another_unit_later_waits_for_that_unit() -> None:
    """What it enforced before the push is not in these readings."""
    pushed_at = AT - 40 * DAY
    found = proof(a=Told(), b=Told(since=pushed_at))
    assert found.state == State.insufficient
    assert [gap.unit for gap in found.gaps] == ["b"]
    assert found.provable_on is not None and found.provable_on > (pushed_at + 180 * DAY).date()
    used = proof(a=Told(), b=Told(5, pushed_at + DAY, since=pushed_at))
    assert used.state == State.has_traffic


def test_a_unit_with_an_older_policy_proves_nothing() -> None:
    """Its count is not of the rule as it stands."""
    found = proof(a=Told(), b=Told(counting="unknown"))
    assert found.state != State.proven
    assert found.provable_on is None or found.provable_on > AT.date()


def test_a_unit_whose_counts_stopped_coming_proves_nothing_since() -> None:
    """The manager goes on answering, with what it has."""
    stopped_at = AT - 20 * DAY
    found = proof(a=Told(), b=Told(sent_until=stopped_at))
    assert found.state == State.insufficient
    assert [gap.unit for gap in found.gaps] == ["b"]
    assert found.gaps[0].length_s > 19 * 86_400


def test_counts_that_come_a_few_hours_late_are_no_gap() -> None:
    found = proof(a=Told(), b=Told())
    assert found.window_end == AT - SENT_LATE
    assert found.blind_gap_s == 0
