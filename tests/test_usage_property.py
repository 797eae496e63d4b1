"""The proof against simulated firewalls: never proven beside traffic, never withheld in calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.clock import window_start
from evidence.usage import (
    ALL_ASSUMPTIONS,
    Assumption,
    Criteria,
    Proofs,
    State,
    UnitHistory,
    UsageProof,
    prove,
)
from evidence.usage.glance import glance
from evidence.usage.marks import Marks
from tests.simulated_counters import (
    BEGIN,
    DAY_S,
    Box,
    Platform,
    World,
    ambushed_world,
    random_world,
)

AT = datetime.fromtimestamp(BEGIN + 56 * DAY_S, UTC)

platforms = st.builds(
    Platform,
    persistent=st.booleans(),
    says_persistent=st.booleans(),
    follows_name=st.booleans(),
    tells_last_hit=st.booleans(),
    tells_first_hit=st.booleans(),
    tells_reset=st.booleans(),
    tells_boot=st.booleans(),
    tells_role_since=st.booleans(),
    tells_sessions=st.booleans(),
    tells_changes=st.booleans(),
    skew_s=st.integers(-100, 100),
)


def proofs_of(world: World, accept: Assumption, max_gap_s: int) -> Proofs:
    histories = [UnitHistory.of(box.readings, box.name) for box in world.boxes.values()]
    return prove(histories, AT, criteria=Criteria(months=1, accept=accept, max_gap_s=max_gap_s))


def unstated_traffic(world: World, proof: UsageProof) -> list[tuple[str, datetime]]:
    """Real hits in the window that lie in no stated gap of their unit."""
    return [
        (box.name, at)
        for box in world.boxes.values()
        for at in (datetime.fromtimestamp(hit, UTC) for hit in box.hits.get(proof.key, ()))
        if proof.window_start < at <= proof.window_end
        and not any(gap.unit == box.name and gap.from_at < at <= gap.to_at for gap in proof.gaps)
    ]


def check_sound(world: World, accept: Assumption, max_gap_s: int) -> Counter[State]:
    proofs = proofs_of(world, accept & ~world.broken(), max_gap_s)
    for key, state in proofs.states().items():
        proof = proofs[key]
        assert proof.state is state
        if state is State.proven:
            assert unstated_traffic(world, proof) == []
            assert proof.blind_gap_s <= max_gap_s
        if state is State.has_traffic:
            assert proof.traffic_after is not None
    return Counter(proofs.states().values())


def test_nothing_is_proven_beside_unstated_traffic(drill_count: Callable[[int, int], int]) -> None:
    seen: Counter[State] = Counter()

    @settings(max_examples=drill_count(500, 10_000), suppress_health_check=list(HealthCheck))
    @given(
        platform=platforms,
        seed=st.integers(0, 2**32),
        accept=st.sampled_from([ALL_ASSUMPTIONS, *(ALL_ASSUMPTIONS & ~one for one in Assumption)]),
        max_gap_days=st.sampled_from([0, 1, 4, 15]),
        make=st.sampled_from([random_world, ambushed_world]),
    )
    def example(
        platform: Platform,
        seed: int,
        accept: Assumption,
        max_gap_days: int,
        make: Callable[[Platform, int], World],
    ) -> None:
        world = make(platform, seed)
        seen.update(check_sound(world, accept, max_gap_days * DAY_S))

    example()
    assert seen[State.proven] > 10, f"the property was hardly tried: {seen}"


def calm_rules(world: World, max_gap_s: int) -> list[str]:
    """Rules that must be proven, judged from what really happened and not from the counters.

    No hit since the poll before the window; nothing edited; every span between polls in which
    anything happened to counters or roles is counted as unseen, and all of it together is
    within bounds; in every other span something stood in the rule's domain, and the unit
    counted on later.
    """
    polls = [poll.at for box in world.boxes.values() for poll in box.polls]
    if not polls:
        return []
    end = max(polls)
    start = int(window_start(datetime.fromtimestamp(end, UTC), 1).timestamp())
    return [
        key for key in world.domains if _unseen_s(world, key, start, end, max_gap_s) <= max_gap_s
    ]


def _unseen_s(world: World, key: str, start: int, end: int, max_gap_s: int) -> int:
    never = max_gap_s + 1
    unseen: set[tuple[int, int]] = set()
    for box in world.boxes.values():
        if not box.polls or box.polls[0].at > start or key not in box.rules:
            return never
        last_before = max(poll.at for poll in box.polls if poll.at <= start)
        if any(hit > last_before for hit in box.hits.get(key, ())):
            return never
        unseen |= _troubled(world, box, key, last_before, end)
    return sum(min(to, end) - max(since, start) for since, to in unseen)


def _troubled(world: World, box: Box, key: str, since: int, end: int) -> set[tuple[int, int]]:
    """Spans between polls that no counter is asked to speak for, and the time after the last."""
    spans = {(box.polls[-1].at, end)}
    hits = [hit for of_rule in box.hits.values() for hit in of_rule if _shows(box, hit)]
    for before, after in pairwise(box.polls):
        # A boot so shortly before a poll cannot be told from one after it.
        events = [one for one in box.happened if before.at - 200 < one[0] <= after.at]
        stands = any(
            count > 0 and domain == world.domains[key] != ""
            for (_, _, domain), count in before.counts.items()
        )
        counts_on = any(hit > before.at for hit in hits)
        standby = before.role == after.role == "standby" and len(world.boxes) > 1
        if after.at > since and (events or not (standby or (stands and counts_on))):
            spans.add((before.at, after.at))
    return spans


def _shows(box: Box, hit: int) -> bool:
    """Whether the next poll saw the hit: nothing zeroed the counter in between."""
    seen_at = min((poll.at for poll in box.polls if poll.at >= hit), default=0)
    return seen_at > 0 and not any(hit <= at <= seen_at for at, _, _ in box.happened)


def test_no_proof_is_withheld_where_its_rules_are_met(
    drill_count: Callable[[int, int], int],
) -> None:
    demanded = 0

    @settings(max_examples=drill_count(500, 10_000), suppress_health_check=list(HealthCheck))
    @given(platform=platforms, seed=st.integers(0, 2**32))
    def example(platform: Platform, seed: int) -> None:
        nonlocal demanded
        world = random_world(platform, seed, calm=True)
        if platform.follows_name:
            return
        states = proofs_of(world, ALL_ASSUMPTIONS, 7 * DAY_S).states()
        demand = calm_rules(world, 7 * DAY_S)
        assert {key: states[key] for key in demand} == dict.fromkeys(demand, State.proven)
        demanded += len(demand)

    example()
    assert demanded > 20, "the property was hardly tried"


def test_bits_give_the_states_and_dates_of_the_full_histories(
    drill_count: Callable[[int, int], int],
) -> None:
    judged: Counter[State] = Counter()
    refused: Counter[int] = Counter()
    counters_only = st.builds(
        Platform,
        persistent=st.booleans(),
        says_persistent=st.booleans(),
        tells_boot=st.booleans(),
        tells_role_since=st.booleans(),
    )

    @settings(max_examples=drill_count(500, 10_000), suppress_health_check=list(HealthCheck))
    @given(
        platform=counters_only,
        seed=st.integers(0, 2**32),
        accept=st.sampled_from([ALL_ASSUMPTIONS, *(ALL_ASSUMPTIONS & ~one for one in Assumption)]),
        max_gap_s=st.sampled_from([0, DAY_S, 4 * DAY_S, 15 * DAY_S]),
        day=st.sampled_from([20, 40, 50, 56]),
        make=st.sampled_from([random_world, partial(random_world, calm=True), ambushed_world]),
    )
    def example(
        platform: Platform,
        seed: int,
        accept: Assumption,
        max_gap_s: int,
        day: int,
        make: Callable[[Platform, int], World],
    ) -> None:
        world = make(platform, seed)
        at = datetime.fromtimestamp(BEGIN + day * DAY_S, UTC)
        criteria = Criteria(months=1, accept=accept, max_gap_s=max_gap_s)
        histories = [
            UnitHistory.of([one for one in box.readings if one.provenance == "device"], box.name)
            for box in world.boxes.values()
        ]
        found = glance([Marks.of(one) for one in histories], at, criteria)
        if found is None:
            refused.update([seed])
            return
        proofs = prove(histories, at, criteria=criteria)
        states = proofs.states()
        assert found.states() == states
        assert found.provable_on() == {
            key: proofs[key].provable_on
            for key, state in states.items()
            if state is State.insufficient
        }
        judged.update(states.values())

    example()
    # A boot told to be ahead of its reading, or an edit that one unit has and the other not yet.
    assert refused.total() < drill_count(500, 10_000) // 20
    assert min(judged[one] for one in (State.proven, State.has_traffic, State.insufficient)) > 3
