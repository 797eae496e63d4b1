"""The proof against simulated firewalls: never proven beside traffic, never withheld in calm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.usage import (
    ALL_ASSUMPTIONS,
    Assumption,
    Criteria,
    Proofs,
    State,
    prove,
)
from evidence.usage.glance import glance
from evidence.usage.marks import Marks
from tests.simulated_firewalls import BEGIN, DAY_S, Platform, World
from tests.simulated_readings import known
from tests.simulated_truth import (
    OUR_ERROR_S,
    broken,
    calm_rules,
    deceived,
    traffic,
    unstated_traffic,
)
from tests.simulated_worlds import ambushed_world, misdated_world, random_world

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
    tells_created=st.booleans(),
    tells_serial=st.booleans(),
    named_by_serial=st.booleans(),
    tells_peer=st.booleans(),
    tells_clock=st.booleans(),
    skew_s=st.integers(-90, 90),
    agents=st.integers(1, 2),
    ntp=st.sampled_from([True, True, False]),
)


def proofs_of(world: World, accept: Assumption, max_gap_s: int) -> Proofs:
    return prove(known(world), AT, criteria=Criteria(months=1, accept=accept, max_gap_s=max_gap_s))


def check_sound(world: World, accept: Assumption, max_gap_s: int) -> Counter[State | str]:
    if deceived(world):
        # A clock that NTP never had, and that was wrong from its start to the end.
        return Counter(["deceived"])
    proofs = proofs_of(world, accept & ~broken(world), max_gap_s)
    # An open connection is use without a hit; what is made up shows traffic that never was.
    forged = any(not poll.founding for box in world.boxes.values() for poll in box.polls)
    polls = [poll for box in world.boxes.values() for poll in box.polls]
    wrong = any(abs(poll.off_s) > OUR_ERROR_S for poll in polls)
    unsure = forged or wrong or world.platform.tells_sessions
    for key, state in proofs.states().items():
        proof = proofs[key]
        assert proof.state is state
        if state is State.proven:
            assert unstated_traffic(world, proof) == []
            assert proof.blind_gap_s <= max_gap_s
        if state is State.has_traffic:
            assert proof.traffic_after is not None
            assert unsure or traffic(world, proof)
    found: Counter[State | str] = Counter(proofs.states().values())
    return found + Counter({"wrong clock": wrong and found[State.proven]})


def test_nothing_is_proven_beside_unstated_traffic(drill_count: Callable[[int, int], int]) -> None:
    seen: Counter[State | str] = Counter()

    @settings(max_examples=drill_count(500, 10_000), suppress_health_check=list(HealthCheck))
    @given(
        platform=platforms,
        seed=st.integers(0, 2**32),
        accept=st.sampled_from([ALL_ASSUMPTIONS, *(ALL_ASSUMPTIONS & ~one for one in Assumption)]),
        max_gap_days=st.sampled_from([0, 1, 4, 15]),
        make=st.sampled_from([random_world, ambushed_world, misdated_world]),
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
    assert seen["wrong clock"] >= drill_count(1, 50), f"our clock was hardly wrong: {seen}"
    assert seen["deceived"] < drill_count(500, 10_000) // 10


def test_no_proof_is_withheld_where_its_rules_are_met(
    drill_count: Callable[[int, int], int],
) -> None:
    demanded = 0

    @settings(max_examples=drill_count(500, 10_000), suppress_health_check=list(HealthCheck))
    @given(platform=platforms, seed=st.integers(0, 2**32))
    def example(platform: Platform, seed: int) -> None:
        nonlocal demanded
        world = random_world(platform, seed, calm=True)
        if platform.follows_name or deceived(world):
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
        tells_serial=st.booleans(),
        named_by_serial=st.booleans(),
        tells_peer=st.booleans(),
        tells_clock=st.booleans(),
        agents=st.integers(1, 2),
        ntp=st.sampled_from([True, True, False]),
    )

    @settings(max_examples=drill_count(500, 10_000), suppress_health_check=list(HealthCheck))
    @given(
        platform=counters_only,
        seed=st.integers(0, 2**32),
        accept=st.sampled_from([ALL_ASSUMPTIONS, *(ALL_ASSUMPTIONS & ~one for one in Assumption)]),
        max_gap_s=st.sampled_from([0, DAY_S, 4 * DAY_S, 15 * DAY_S]),
        day=st.sampled_from([20, 40, 50, 56]),
        make=st.sampled_from(
            [random_world, partial(random_world, calm=True), ambushed_world, misdated_world]
        ),
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
        for box in world.boxes.values():
            box.readings = [one for one in box.readings if one.provenance == "device"]
        histories = known(world)
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
    assert refused.total() < drill_count(500, 10_000) // 5
    assert min(judged[one] for one in (State.proven, State.has_traffic, State.insufficient)) > 3
