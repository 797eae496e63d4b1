"""Rules that are never reached: under one earlier rule, or under several. Time and truth.

Ours answers the harder question (together, with the rules named); the peers answer the easier.
"""

from __future__ import annotations

import json
import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.reach.made import Made, Policy, expanded, made
from benchmarks.reach.peers import by_loop, by_numpy, of_rules
from benchmarks.result import Result, beside, spent
from benchmarks.scratch import packages
from evidence.rules.cover import Box, covered, covered_by_one

DD = ("dd==0.6.0", "astutils==0.0.6", "ply==3.10")
_MIB = 1 << 20


def run(
    *, rules: int = 10_000, many: int = 50_000, policies: int = 40, cudd: bool = True
) -> Iterator[Result]:
    """Without `cudd` that peer is not looked for."""
    yield _alone(made(rules))
    yield _groups(made(rules, groups=True))
    yield _many(rules, many)
    if cudd:
        yield _beside_cudd([made(60, seed).policy for seed in range(policies)])


def _alone(one: Made) -> Result:
    """Covered by one, boxes expanded: the loop is slow, so it runs once."""
    boxes, _ = expanded(one.policy)
    needs: list[Box | None] = [tuple((span,) for span in box) for box in boxes]
    looping, expected = spent(lambda: by_loop(boxes))
    ours, found = spent(lambda: covered_by_one(needs, needs))
    share = sum(by is not None for by in expected) / len(boxes)
    return Result(
        name="reach: under one rule",
        ours=len(boxes) / ours.wall_s,
        peer=len(boxes) / looping.wall_s,
        unit="rules/s",
        against="loop over integers",
        truth=found == expected,
        note=f"{len(boxes):,} rules, {share:.0%} of them covered",
    )


def _groups(one: Made) -> Result:
    """Covered by several together, as rules hold their groups, beside numpy's single cover of the
    same rules expanded."""
    boxes, owners = expanded(one.policy)
    needs: list[Box | None] = list(one.policy)
    answers: list[list[tuple[int, ...]]] = []
    ours, peer = beside(
        lambda: spent(lambda: answers.append(covered(needs, needs)))[0],
        lambda: spent(lambda: by_numpy(boxes))[0],
        rounds=3,
    )
    found = {place for place, by in enumerate(answers[-1]) if by}
    simple = of_rules(by_numpy(boxes), owners)
    together = sum(len(by) > 1 for by in answers[-1])
    return Result(
        name="reach: under several",
        ours=len(one.policy) / ours.wall_s,
        peer=len(one.policy) / peer.wall_s,
        unit="rules/s",
        against="numpy, under one only",
        # Every rule that was made to be covered is found, and every one that the peer finds.
        truth=one.planted <= found and simple <= found,
        note=f"{len(boxes):,} boxes; {len(found) / len(one.policy):.0%} covered, "
        f"{together} only together, {len(found - simple)} beyond the peer's",
    )


def _many(rules: int, many: int) -> Result:
    """A long list in a process of its own, with what memory it took, and how time grows."""
    with get_context("spawn").Pool(1) as pool:
        sizes = [rules // 4, rules, many]
        seconds, peak_bytes, planted = pool.apply(_measured, (sizes,))
    growth = [
        math.log(after / before) / math.log(larger / smaller)
        for (smaller, larger), (before, after) in zip(
            pairwise(sizes), pairwise(seconds), strict=True
        )
    ]
    return Result(
        name=f"reach: {many:,} rules",
        ours=seconds[-1],
        peer=None,
        unit="s",
        against="",
        truth=planted and peak_bytes < 1 << 30,
        more_is_better=False,
        note=f"peak {peak_bytes / _MIB:.0f} MiB; time grows as n to the "
        + ", ".join(f"{one:.2f}" for one in growth),
    )


def _measured(sizes: Sequence[int]) -> tuple[list[float], int, bool]:
    seconds, planted = [], True
    for size in sizes:
        one = made(size)
        needs: list[Box | None] = list(one.policy)
        took, found = spent(partial(covered, needs, needs))
        seconds.append(took.wall_s)
        planted &= all(found[place] for place in one.planted)
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, planted


def _beside_cudd(policies: Sequence[Policy]) -> Result:
    """Every answer against a binary decision diagram's, rule for rule."""
    began = time.perf_counter()
    told = covered_by_cudd(policies)
    cudd_s = time.perf_counter() - began
    ours, found = spent(lambda: [_places(policy) for policy in policies])
    count = sum(map(len, policies))
    absent = isinstance(told, str)
    return Result(
        name="reach: small policies",
        ours=count / ours.wall_s,
        peer=None if absent else count / cudd_s,
        unit="rules/s",
        against="dd with CUDD",
        truth=absent or told == found,
        note=str(told) if absent else f"{len(policies)} policies, every rule as CUDD says",
    )


def _places(policy: Policy) -> list[int]:
    needs: list[Box | None] = list(policy)
    return [place for place, by in enumerate(covered(needs, needs)) if by]


def covered_by_cudd(policies: Sequence[Sequence[Sequence[object]]]) -> list[list[int]] | str:
    """The places of covered rules in each policy, or why there is no answer."""
    folders = [packages(one) for one in DD]
    if missing := [one for one in folders if isinstance(one, str)]:
        return missing[0]
    with TemporaryDirectory() as name:
        path = Path(name) / "policies.json"
        path.write_text(json.dumps(policies), "utf-8")
        where = [*map(str, folders), *sys.path]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.reach.cudd", str(path)],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(where)},
        )
    if done.returncode:
        return f"CUDD failed: {done.stderr.strip().splitlines()[-1]}"
    answer: list[list[int]] = json.loads(done.stdout)
    return answer
