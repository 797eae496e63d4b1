"""Which boxes lie under earlier ones: every answer against brute force over all points."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from benchmarks.reach import covered_by_cudd
from benchmarks.reach.made import made
from evidence.rules.cover import Box, covered, covered_by_one
from evidence.rules.spans import Spans, joined, overlapping, within, without
from tests.covering import adversarial, small_policy

Points = set[tuple[int, ...]]
FEW, FULL = 60, 1_000


def points(box: Box) -> Points:
    return set(product(*([n for a, z in value or () for n in range(a, z + 1)] for value in box)))


def check(boxes: list[Box | None]) -> int:
    """Holds every answer against the points; returns how many rules lie under several."""
    taken = [set() if box is None else points(box) for box in boxes]
    together = 0
    alone = covered_by_one(boxes, boxes)
    for place, by in enumerate(covered(boxes, boxes)):
        earlier: Points = set().union(*taken[:place])
        under = boxes[place] is not None and taken[place] <= earlier
        assert bool(by) == under
        first = [n for n in range(place) if boxes[n] is not None and taken[place] <= taken[n]]
        assert alone[place] == (first[0] if under and first else None)
        if not under:
            continue
        assert taken[place] <= set().union(*(taken[n] for n in by))
        assert all(n < place for n in by)
        for name in by if len(by) > 1 else ():
            rest: Points = set().union(*(taken[n] for n in by if n != name))
            assert not taken[place] <= rest, "a rule is named that is not needed"
        together += len(by) > 1
    return together


def test_covering_is_exact_on_random_policies() -> None:
    assert sum(check(small_policy(Random(seed))) for seed in range(FEW))


@pytest.mark.drill
def test_covering_is_exact_on_a_thousand_random_policies() -> None:
    assert sum(check(small_policy(Random(seed))) for seed in range(FULL)) > FULL / 2


def test_covering_is_exact_where_it_is_made_hard() -> None:
    assert sum(check(adversarial(Random(seed), size=4)) for seed in range(6))


@pytest.mark.drill
def test_covering_is_exact_on_fifty_policies_made_hard() -> None:
    assert sum(check(adversarial(Random(seed), size=8)) for seed in range(50)) >= 25


@pytest.mark.drill
def test_covering_is_what_a_decision_diagram_says() -> None:
    policies = [adversarial(Random(seed), size=8) for seed in range(50)]
    for seed in range(FULL):
        policies.append([*made(60, seed).policy])
    told = covered_by_cudd([[box for box in one if box is not None] for one in policies])
    if isinstance(told, str):
        pytest.skip(told)
    found = [[n for n, by in enumerate(covered(one, one)) if by] for one in policies]
    assert found == told


def test_what_is_no_rule_covers_nothing() -> None:
    whole: Box = (((0, 9),),)
    assert covered([whole, None, whole], [None, None, whole]) == [(), (), ()]


def test_a_dimension_in_which_any_place_is_enough_is_not_asked() -> None:
    narrow: Box = (((3, 3),), ((0, 9),))
    anywhere: Box = (None, ((1, 2),))
    assert covered([None, anywhere], [narrow, None]) == [(), (0,)]


@pytest.mark.parametrize("seed", range(20))
def test_spans_are_sets(seed: int) -> None:
    random = Random(seed)

    def made() -> tuple[Spans, set[int]]:
        some = [(a, a + random.randrange(4)) for a in random.choices(range(30), k=4)]
        return joined(some), {n for a, z in some for n in range(a, z + 1)}

    (one, one_set), (other, other_set) = made(), made()
    assert {n for a, z in one for n in range(a, z + 1)} == one_set
    assert within(one, other) == (one_set <= other_set)
    assert overlapping(one, other) == bool(one_set & other_set)
    left = without((0, 40), one)
    assert {n for a, z in left for n in range(a, z + 1)} == set(range(41)) - one_set
