"""The benchmarks at a tiny size: that they run, and that their answers are checked and right.

Nothing here looks at a time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import typer

from benchmarks import identify, lifecycle, parse, reach, seal, ssh, store, usage, wire
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.result import Result
from benchmarks.store import pack
from benchmarks.usage.made import made
from evidence.usage import State

pytestmark = pytest.mark.whole

TINY: dict[str, Callable[[], Iterable[Result]]] = {
    "ssh": partial(ssh.run, count=2, rules=60, workers=2, rounds=1, peer=False),
    "usage": partial(usage.run, units=4, rules=200, duckdb=False),
    "seal": partial(seal.run, visits=2, size_bytes=4000, rounds=1, many=3),
    "store": partial(store.run, visits=3, size_bytes=4000, clients=2, rounds=2, entries=(300, 700)),
    "pack": partial(pack.run, bundles=8, size_bytes=4000),
    "parse": partial(parse.run, rules=50, json_rules=50, rounds=1),
    "identify": partial(identify.run, count=2, compared=False),
    "reach": partial(reach.run, rules=300, many=600, policies=3, cudd=False),
    "wire": partial(wire.run, count=2, peers=False, away_ms=2.0),
    "lifecycle": partial(lifecycle.run, items=200, scanned=5, rounds=1),
}


_NEEDS = {
    "identify": pytest.mark.part("snmpd"),
    "wire": pytest.mark.part("root", "sshd", "nginx", "xrdp"),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=_NEEDS.get(name, ())) for name in TINY])
def test_a_benchmark_gets_its_answers_right(name: str) -> None:
    results = list(TINY[name]())
    assert results
    for result in results:
        assert result.truth, result.record()
        assert result.name.startswith(f"{name}: ")
        assert result.ours > 0


def test_a_ratio_above_one_is_better_whichever_way_the_unit_counts() -> None:
    rate = Result(name="a", ours=10, peer=5, unit="things/s", against="b", truth=True)
    assert rate.ratio == 2
    assert replace(rate, more_is_better=False).ratio == 0.5
    assert replace(rate, peer=None).ratio is None


def test_a_wrong_answer_fails_the_run_and_a_slow_one_does_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = Result(name="x", ours=1, peer=1000, unit="things/s", against="b", truth=True)
    monkeypatch.setitem(BENCHMARKS, "seal", lambda: [slow])
    main(only=["seal"], as_json=True)
    assert json.loads(capsys.readouterr().out)["ratio"] == 0.001
    monkeypatch.setitem(BENCHMARKS, "seal", lambda: [replace(slow, truth=False)])
    with pytest.raises(typer.Exit) as wrong:
        main(only=["seal"])
    assert wrong.value.exit_code == 1
    assert "1/1,000" in capsys.readouterr().out


def test_the_made_counters_hold_every_kind_of_truth() -> None:
    """Else the comparison of answers would compare little."""
    states = [state for number in range(4) for state in made(number, 200, 190).states().values()]
    assert set(states) == {State.has_traffic, State.proven, State.insufficient}
    assert all(made(number, 200, 190).lost.any() for number in range(4))
    assert all((made(number, 200, 190).gone < 100).any() for number in range(4))
    assert np.array_equal(made(1, 200, 190).count, made(1, 200, 190).count)
